"""Debian's docker-registry, and what was asked of it."""

import re
import shutil
import socket
import subprocess
import time
import urllib.request

CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: false}}}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
http: {{addr: '127.0.0.1:{port}'}}
"""
ACCESS = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3}) (?P<bytes>\d+)')


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def traffic(log):
    """How many requests an access log tells of, and how many bytes of blobs and manifests were read."""
    found = list(ACCESS.finditer(log))
    return len(found), sum(int(each["bytes"]) for each in found if each["method"] == "GET" and each["status"] in ("200", "206"))


class Registry:
    """One in a folder of its own, without a password; used in `with`, or stopped by `stop`."""

    def __init__(self, folder):
        self.root = folder / "data"
        self.root.mkdir(parents=True)
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        (folder / "config.yml").write_text(CONFIG.format(root=self.root, port=self.port))
        self.log = folder / "access.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdout=out, stderr=out)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://{self.host}/v2/").close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("docker-registry did not start")

    def image(self, name):
        return f"{self.host}/{name}"

    def wipe(self):
        for each in self.root.iterdir():
            shutil.rmtree(each)

    def forget(self, prefix):
        """Repositories below `prefix` and the blobs that no other repository has."""
        repositories = self.root / "docker/registry/v2/repositories"
        shutil.rmtree(repositories / prefix, ignore_errors=True)
        links = repositories.rglob("link")
        kept = {link.read_text().partition(":")[2] for link in links}
        for each in self.root.glob("docker/registry/v2/blobs/*/*/*"):
            if each.name not in kept:
                shutil.rmtree(each)

    def stored_bytes(self):
        """Of the blobs that it has; manifests are blobs too."""
        return sum(each.stat().st_size for each in self.root.glob("docker/registry/v2/blobs/*/*/*/data"))

    def watch(self):
        """What is seen from now on."""
        self._at, self._stored = self.log.stat().st_size, self.stored_bytes()

    def seen(self):
        """The requests, the bytes read and the bytes that came new since `watch`."""
        with self.log.open() as log:
            log.seek(self._at)
            requests, pulled = traffic(log.read())
        return requests, pulled, self.stored_bytes() - self._stored

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.kill()
        self.process.wait()
