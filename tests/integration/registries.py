"""Real registries: Debian's docker-registry, started for a test, with a password file, a token server or TLS before it."""

import base64
import json
import re
import shutil
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass

import pytest
from authority import Authority
from images import DOCKER_LIST, DOCKER_MANIFEST, INDEX, MANIFEST, digest_of
from token_server import TokenServer
from waiting import wait_for

KINDS = ["plain", "htpasswd", "token", "tls"]
REGISTRY = shutil.which("docker-registry")
ACCESS = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d+) (?P<size>\d+)')


@dataclass
class Access:
    method: str
    path: str
    status: int

    @property
    def sends_blob(self):
        return "/blobs/uploads/" in self.path and self.method in ("PATCH", "PUT", "POST")


class Registry:
    """One docker-registry. `user` and `password` are "" where it lets everybody in."""

    def __init__(self, folder, user="", password="", tokens=None, authority=None, client_authority=None, delete=True):
        if REGISTRY is None:
            pytest.skip("docker-registry is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.user, self.password = folder, user, password
        self.tokens, self.authority = tokens, authority
        self.log = folder / "log"
        settings = {
            "version": 0.1,
            "log": {"level": "warn", "formatter": "json"},
            "storage": {"filesystem": {"rootdirectory": str(folder / "store")}, "delete": {"enabled": delete}},
            "http": {"addr": "127.0.0.1:0", "secret": "for tests"},
        }
        if tokens is not None:
            settings["auth"] = tokens.registry_settings()
        elif user:
            settings["auth"] = {"htpasswd": {"realm": "test", "path": str(self.password_file())}}
        if authority is not None:
            certificate, key = authority.server()
            settings["http"]["tls"] = {"certificate": str(certificate), "key": str(key)}
            if client_authority is not None:
                settings["http"]["tls"]["clientcas"] = [str(client_authority.certificate)]
        settings["log"]["level"] = "info"
        (folder / "config.yml").write_text(json.dumps(settings))  # JSON is YAML
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [REGISTRY, "serve", str(folder / "config.yml")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
            )
        self.port = int(wait_for(self.listening, "docker-registry to listen"))
        self.host = f"127.0.0.1:{self.port}"
        self.seen = 0

    def listening(self):
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log.read_text())
        return found and found.group(1)

    def password_file(self):
        file = self.folder / "htpasswd"
        made = subprocess.run(
            ["htpasswd", "-niB", "-C", "4", self.user], input=self.password.encode(), capture_output=True, check=True
        )
        file.write_bytes(made.stdout)
        return file

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.tokens is not None:
            self.tokens.stop()

    # Names and credentials, as clients want them.

    def name(self, repository, tag="1"):
        return f"{self.host}/{repository}:{tag}"

    @property
    def auth(self):
        """What a docker config holds of the credentials."""
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def config(self):
        return {"auths": {self.host: {"auth": self.auth}} if self.user else {}}

    # What is in it, past every client under test.

    def get(self, path):
        """Status, headers and body."""
        return self.ask("GET", path)

    def ask(self, method, path, body=None, content_type="application/octet-stream"):
        scheme = "https" if self.authority else "http"
        url = path if "://" in path else f"{scheme}://{self.host}{path}"
        request = urllib.request.Request(url, method=method, data=body, headers={"Content-Type": content_type})
        request.add_header("Accept", ", ".join((MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST)))
        if self.user and self.tokens is None:
            request.add_header("Authorization", "Basic " + self.auth)
        elif self.tokens is not None:
            repository = re.match(r".*/v2/(.+?)/(manifests|blobs|tags)/", path)
            access = [{"type": "repository", "name": repository.group(1), "actions": ["pull", "push", "delete"]}] if repository else []
            request.add_header("Authorization", "Bearer " + self.tokens.sign("the test", access))
        context = ssl.create_default_context(cafile=str(self.authority.certificate)) if self.authority else None
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def put(self, repository, tag, image):
        """Stores an image, one blob after the other."""
        for blob in image.blobs:
            _, headers, _ = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"")
            status, _, body = self.ask("PUT", f"{headers['Location']}&digest={blob.digest}", blob.data)
            assert status == 201, body
        for each, reference in [*((entry.top, entry.digest) for entry in image.manifests), (image.top, tag)]:
            status, _, body = self.ask("PUT", f"/v2/{repository}/manifests/{reference}", each.data, each.media_type)
            assert status == 201, body

    def digest(self, repository, tag="1"):
        """What the tag names, or None."""
        status, _, body = self.get(f"/v2/{repository}/manifests/{tag}")
        return digest_of(body) if status == 200 else None

    def check(self, repository, tag, image):
        """The tag is this image, and all of it is there, byte for byte."""
        assert self.digest(repository, tag) == image.digest
        for blob in image.blobs:
            status, _, body = self.get(f"/v2/{repository}/blobs/{blob.digest}")
            assert status == 200 and body == blob.data, f"blob {blob.digest}: {status}"
        for each in image.manifests:
            status, _, body = self.get(f"/v2/{repository}/manifests/{each.digest}")
            assert status == 200 and body == each.top.data, f"manifest {each.digest}: {status}"

    # What it was asked.

    def forget(self):
        """From now on accesses() starts anew."""
        self.settle()
        self.seen = self.log.stat().st_size

    def accesses(self, method=None):
        self.settle()
        with self.log.open("rb") as log:
            log.seek(self.seen)
            text = log.read().decode("utf-8", "replace")
        found = [Access(m["method"], m["path"], int(m["status"])) for m in ACCESS.finditer(text)]
        found = [each for each in found if "/settled/" not in each.path]
        return found if method is None else [each for each in found if each.method == method]

    def settle(self):
        """Waits until the log has all that was asked before."""
        self.marks = getattr(self, "marks", 0) + 1
        mark = f"/v2/settled/{self.marks}/"
        if self.authority is None:
            self.get(mark)
            wait_for(lambda: mark in self.log.read_text(errors="replace"), "the registry's log")


def start(kind, folder, user="ci", password="canary-password", **options):
    """plain, htpasswd, token or tls."""
    if kind == "plain":
        return Registry(folder, **options)
    if kind == "htpasswd":
        return Registry(folder, user, password, **options)
    if kind == "token":
        tokens = TokenServer(folder / "tokens", {user: password}, **options.pop("token_options", {}))
        return Registry(folder, user, password, tokens=tokens, **options)
    if kind == "tls":
        authority = options.pop("authority", None) or Authority(folder / "authority")
        return Registry(folder, user, password, authority=authority, **options)
    raise ValueError(kind)
