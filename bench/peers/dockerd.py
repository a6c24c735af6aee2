"""Docker Engine, whose builder is BuildKit, with a daemon of its own."""

import os
import pathlib
import subprocess
import time

from peers import PATH, lacking, put_away


class Builder:
    name = "dockerd"

    @staticmethod
    def missing():
        return lacking("docker", "dockerd", "runc")

    @staticmethod
    def version(bench):
        return bench.output(["env", f"PATH={PATH}", "dockerd", "--version"])[0]

    def __init__(self, _, folder):
        self.folder, self.process = folder / "docker", None
        self.folder.mkdir(parents=True)
        (self.folder / "daemon.json").write_text("{}")
        self.host = f"unix://{self.folder}/socket"

    def run(self, *args):
        return ["env", f"PATH={PATH}", f"DOCKER_HOST={self.host}", f"DOCKER_CONFIG={self.folder}", "DOCKER_BUILDKIT=1", "docker", *args]

    def wipe(self):
        self.stop()
        put_away(self.folder / "data")
        self.process = subprocess.Popen(
            ["dockerd", f"--config-file={self.folder}/daemon.json", "--iptables=false", "--bridge=none", f"--host={self.host}",
             f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PATH": PATH})
        for _ in range(300):
            if subprocess.run(self.run("version"), capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("dockerd did not start")

    def build(self, context, image, push=False, cache_from=None, cache_to=None, fresh=False):
        # A cache in a registry is `inline` here: it goes into the image that is pushed.
        options = [*([f"--cache-from={cache_from}"] if cache_from else []), *(["--build-arg=BUILDKIT_INLINE_CACHE=1"] if cache_to else []),
                   *(["--no-cache"] if fresh else [])]
        building = self.run("build", "--network=none", "-t", image, *options, str(context))
        return ["sh", "-ec", f"{' '.join(building)}\n{' '.join(self.run('push', image))}"] if push else building

    def daemon(self):
        return self.process.pid if self.process else None

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None
        for line in reversed(pathlib.Path("/proc/self/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", line.split()[1]], capture_output=True)
