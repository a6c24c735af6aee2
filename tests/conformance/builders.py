"""The builders that are compared. Each is told the same in docker's words; what it makes is read by built_image."""

import ctypes
import functools
import json
import os
import shutil
import signal
import stat
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import built_image
from program import IX
from waiting import SANITIZED, wait_for

TIMEOUT = 120 * (6 if SANITIZED else 1)
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's programs, not what else is called docker
POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'


@dataclass
class Outcome:
    ok: bool
    output: str
    image: object = None
    seconds: float = 0


def run(argv, environment):
    """Exit code and all output; a build that does not end is one that failed."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                               start_new_session=True)  # fmt: skip
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        output += f"\nstopped after {TIMEOUT} s".encode()
    return process.returncode, output.decode(errors="replace")


def without_network(arguments):
    """No case needs a network, and neither peer can make one without root's firewall."""
    return [] if any(each.startswith("--network") for each in arguments) else ["--network=none"]


class Builder:
    name = ""

    def __init__(self, folder):
        self.folder = folder
        self.lock, self.started = threading.Lock(), False
        folder.mkdir(parents=True)
        self.environment = {"PATH": PATH, "HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": str(folder)}
        self.environment.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})

    @classmethod
    def missing(cls):
        """Why it cannot be asked, or ""."""
        return ""

    def start(self):
        pass

    def start_once(self):
        with self.lock:
            if not self.started:
                self.start()
                self.started = True

    def stop(self):
        pass

    def build(self, name, context, dockerfile, arguments):
        start = time.monotonic()
        code, output = run(self.command(name, context, dockerfile, arguments), self.environment)
        image = self.read(name) if code == 0 else None
        return Outcome(code == 0, output, image, time.monotonic() - start)


class Ix(Builder):
    name = "ix"

    def __init__(self, folder):
        super().__init__(folder)
        self.environment["IXIAN_STORE"] = str(folder / "store")

    @classmethod
    def missing(cls):
        if not os.access(IX, os.X_OK):
            return f"there is no {IX}"
        done = subprocess.run([IX, "build", "--help"], stdin=subprocess.DEVNULL, capture_output=True, cwd="/")
        return "" if done.returncode == 0 else f"{IX} has no command `build`"

    def command(self, name, context, dockerfile, arguments):
        output = f"--output=type=oci,tar=false,dest={self.folder / name}"
        return [IX, "build", *without_network(arguments), *arguments, "-f", str(dockerfile), output, str(context)]

    def read(self, name):
        image = built_image.read_layout(self.folder / name)
        shutil.rmtree(self.folder / name)
        return image


class IxAsUser(Ix):
    """ix as an ordinary user, who exists only where it runs: in a mount namespace with a passwd and subordinate ids of its own."""

    name = "ix-as-user"
    UID = 61000
    SCRIPT = """
for name in passwd group subuid subgid; do mount --bind "$0/etc/$name" /etc/$name || exit; done
mount --bind "$1" "$0/program" && shift && exec setpriv --reuid=61000 --regid=61000 --clear-groups "$0/program" "$@"
"""

    def __init__(self, folder):
        super().__init__(folder)
        (folder / "etc").mkdir()
        for name, line in (("passwd", "builder:x:61000:61000::/:/bin/sh"), ("group", "builder:x:61000:"), ("subuid", "builder:200000:65536"),
                           ("subgid", "builder:200000:65536")):  # fmt: skip
            (folder / "etc" / name).write_text(f"{line}\n")
        (folder / "program").touch()
        os.chown(folder, self.UID, self.UID)

    @classmethod
    def missing(cls):
        for each in ("newuidmap", "unshare", "setpriv"):
            if shutil.which(each, path=PATH) is None:
                return f"{each} is not installed"
        return super().missing() or ("" if os.geteuid() == 0 else "only root can run ix as another user")

    def command(self, name, context, dockerfile, arguments):
        for place in (context, *context.rglob("*")):
            mode = place.lstat().st_mode
            os.chown(place, self.UID, self.UID, follow_symlinks=False)
            if not stat.S_ISLNK(mode):
                place.chmod(stat.S_IMODE(mode))  # a change of owner takes setuid and setgid away
        return ["unshare", "--mount", "sh", "-c", self.SCRIPT, str(self.folder), *super().command(name, context, dockerfile, arguments)]


class Buildah(Builder):
    """With a layer for each instruction and in Docker's format, which alone has room for all that a Dockerfile says."""

    name = "buildah"

    def __init__(self, folder):
        super().__init__(folder)
        (folder / "policy.json").write_text(POLICY)
        # What /etc/containers says of storage is the machine's own affair.
        (folder / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')
        self.environment["CONTAINERS_STORAGE_CONF"] = f"{folder}/storage.conf"
        self.options = [f"--root={folder}/root", f"--runroot={folder}/run", "--storage-driver=overlay"]
        self.policy = f"--signature-policy={folder}/policy.json"

    @classmethod
    def missing(cls):
        for each in ("buildah", "runc"):
            if shutil.which(each, path=PATH) is None:
                return f"{each} is not installed"
        return "" if os.geteuid() == 0 else "runc must be started by root"

    def command(self, name, context, dockerfile, arguments):
        return ["buildah", *self.options, "build", "--layers", "--no-cache", "--format=docker", "--isolation=oci", "--runtime=runc",
                "--identity-label=false", "--tls-verify=false", self.policy, *without_network(arguments), *arguments,
                "-f", str(dockerfile), "-t", f"{name}:1", str(context)]  # fmt: skip

    def read(self, name):
        file = self.folder / f"{name}.tar"
        code, output = run(["buildah", *self.options, "push", self.policy, f"{name}:1", f"docker-archive:{file}"], self.environment)
        assert code == 0, output
        image = built_image.read_docker_archive(file)
        file.unlink()
        return image

    def stop(self):
        for place in ("root/overlay", "root", "run"):
            subprocess.run(["umount", "-l", self.folder / place], capture_output=True)


class Docker(Builder):
    """A dockerd of its own, without a bridge and so without root's firewall, and its BuildKit: that of Debian 12, of 2020."""

    name = "docker"
    SETTINGS = {}

    def __init__(self, folder):
        super().__init__(folder)
        self.socket = f"unix://{folder}/socket"
        self.environment.update(DOCKER_BUILDKIT="1", BUILDKIT_PROGRESS="plain", DOCKER_HOST=self.socket, DOCKER_CONFIG=str(folder))
        self.daemon = None

    @classmethod
    def missing(cls):
        for each in ("dockerd", "docker", "containerd", "runc"):
            if shutil.which(each, path=PATH) is None:
                return f"{each} is not installed"
        return "" if os.geteuid() == 0 else "dockerd must be started by root"

    def start(self):
        (self.folder / "daemon.json").write_text(json.dumps(self.SETTINGS))
        log = self.folder / "log"
        with log.open("wb") as file:
            self.daemon = subprocess.Popen(
                ["dockerd", f"--config-file={self.folder}/daemon.json", "--iptables=false", "--bridge=none", f"--host={self.socket}",
                 f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid"],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=self.environment, preexec_fn=end_with_parent, start_new_session=True,
            )  # fmt: skip

        def answers():
            assert self.daemon.poll() is None, log.read_text()[-3000:]
            return subprocess.run(["docker", "version"], env=self.environment, capture_output=True).returncode == 0

        wait_for(answers, "dockerd to answer")

    def command(self, name, context, dockerfile, arguments):
        return ["docker", "build", "--no-cache", *without_network(arguments), *arguments, "-f", str(dockerfile), "-t", f"{name}:1", str(context)]

    def read(self, name):
        file = self.folder / f"{name}.tar"
        code, output = run(["docker", "save", "-o", str(file), f"{name}:1"], self.environment)
        assert code == 0, output
        image = built_image.read_docker_archive(file)
        file.unlink()
        return image

    def stop(self):
        if self.daemon is None:
            return
        self.daemon.send_signal(signal.SIGTERM)
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.daemon.pid, signal.SIGKILL)
            self.daemon.wait()
        for line in reversed(open("/proc/self/mounts").read().splitlines()):
            place = line.split()[1]
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", place], capture_output=True)


@functools.cache
def todays_docker():
    """The folder of a later Debian's packages of Docker, and why there is none."""
    script = Path(__file__).parents[2] / "scripts/later-debian"
    done = subprocess.run([script, "docker"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return (Path(done.stdout.strip()), "") if done.returncode == 0 else (None, f"today's Docker cannot be fetched: {done.stderr.strip()}")


class BuildKit(Docker):
    """Today's: the dockerd of Debian's unstable suite, which keeps images as containerd does, with Debian 12's runc. It is the oracle:
    what it does is what Docker's users know."""

    name = "buildkit"
    SETTINGS = {"features": {"containerd-snapshotter": True}}

    def __init__(self, folder):
        super().__init__(folder)
        root, _ = todays_docker()
        self.environment["PATH"] = f"{root}/usr/sbin:{root}/usr/bin:{PATH}"
        plugins = folder / "cli-plugins"
        plugins.mkdir()
        (plugins / "docker-buildx").symlink_to(root / "usr/libexec/docker/cli-plugins/docker-buildx")

    @classmethod
    def missing(cls):
        if shutil.which("runc", path=PATH) is None:
            return "runc is not installed"
        return todays_docker()[1] or ("" if os.geteuid() == 0 else "dockerd must be started by root")

    def command(self, name, context, dockerfile, arguments):
        output = f"type=oci,compression=uncompressed,dest={self.folder / name}.tar"
        return ["docker", "buildx", "build", "--no-cache", "--provenance=false", *without_network(arguments), *arguments, "-f", str(dockerfile),
                "-o", output, str(context)]  # fmt: skip

    def read(self, name):
        file = self.folder / f"{name}.tar"
        image = built_image.read_layout_archive(file)
        file.unlink()
        return image


def end_with_parent():
    """In a child: end when the thread that started it ends, which is when the tests end, however they do."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


OURS = (Ix, IxAsUser)
PEERS = (BuildKit, Docker, Buildah)
