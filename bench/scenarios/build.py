"""ix build against Buildah and dockerd: five stages over a Debian base, with a stage that unpacks a tree of 20,000 files and 450 MB, and one
that copies it.

Cold means that a builder's storage is empty, the base is in a registry on this machine, and dockerd has just been started. Three runs, of
which none is left out where all begins cold; with --quick the tree has 500 files and 10 MB. Nothing is removed before the end: on ext4
without a journal, which does not use an inode again for half a minute, a removal makes slow whoever makes files next. It takes 25 GB of
disk at the most.
"""

import gzip
import hashlib
import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's docker, not what else has that name
DOCKERFILE = """FROM {base} AS base
RUN echo app:x:1000:1000::/srv:/bin/sh >> /etc/passwd && mkdir -p /srv/app

FROM base AS unpacked
RUN --mount=type=bind,source=archive,target=/mnt tar -xf /mnt/tree.tar -C /srv

FROM unpacked AS copied
RUN cp -a /srv/tree /srv/copy

FROM base AS app
COPY src /srv/app
RUN cat /srv/app/* > /srv/app/all && sha256sum /srv/app/all > /srv/app/sum

FROM base
COPY --from=copied /srv/copy /srv/tree
COPY --from=app /srv/app /srv/app
ENV MODE=bench
CMD ["/bin/cat", "/srv/app/sum"]
"""


def sibling(name):
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def need(*programs):
    missing = [each for each in programs if shutil.which(each, path=PATH) is None]
    if missing:
        raise SystemExit(f"{', '.join(missing)} must be installed: scripts/deps does it.")


# What is built.


def debian_root():
    """A tar of a small Debian, as mmdebstrap makes it from the mirror in use here."""
    return subprocess.run(["mmdebstrap", "--variant=essential", "--quiet", "bookworm", "-"], capture_output=True, check=True).stdout


def busybox_root():
    """In place of Debian where only the scenario itself is tried."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("bin", "dev", "etc", "proc", "run", "sys", "tmp"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add("/usr/bin/busybox", "bin/busybox")
        for name in ("sh", "cat", "cp", "echo", "mkdir", "sha256sum", "tar", "true"):
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return buffer.getvalue()


def put_base(folder, registry, root):
    """The image of that tar, in a registry."""
    layout = folder / "base"
    blob = sibling("registry").blob
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(layout, gzip.compress(root, 6, mtime=0))}
    config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/usr/bin:/bin"]},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(root).hexdigest()]}, "history": [{"created_by": "base"}]}
    described = {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(layout, json.dumps(config).encode())}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": described, "layers": [layer]}
    named = {"mediaType": manifest["mediaType"], **blob(layout, json.dumps(manifest).encode())}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}", "docker://" + registry.image("base:1")],
                   check=True)
    shutil.rmtree(layout)


def make_tree(file, count, size):
    """A tar of files that compress as programs do: half of each is noise."""
    each = size // count
    with tarfile.open(file, "w") as archive:
        for index in range(count):
            entry = tarfile.TarInfo(f"tree/{index % 100}/{index % 1000}/{index}")
            entry.size = each
            archive.addfile(entry, io.BytesIO(os.urandom(each // 2) + bytes(each - each // 2)))


def make_project(folder, registry, files, size):
    (folder / "archive").mkdir(parents=True)
    (folder / "src").mkdir()
    make_tree(folder / "archive/tree.tar", files, size)
    for index in range(50):
        (folder / f"src/{index:02}").write_text(f"source {index}\n" * 100)
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=registry.image("base:1")))
    return folder


# The builders. Each can be put into the state of a fresh machine, and has one command to build.


def put_away(folder):
    """What the next run is to begin without."""
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}-{time.monotonic_ns()}"))


class Ix:
    name = "ix"

    def __init__(self, bench, folder):
        self.bench, self.store = bench, folder / "ix"

    def wipe(self):
        put_away(self.store)
        self.store.mkdir(parents=True)

    def command(self, context, *options):
        return ["env", f"IXIAN_STORE={self.store}", self.bench.ix, "build", "--network=none", "-t", "bench:1", *options, str(context)]

    def stop(self):
        pass


class Buildah:
    name = "Buildah"

    def __init__(self, folder):
        self.folder = folder / "buildah"
        self.folder.mkdir()
        (self.folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        (self.folder / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')

    def wipe(self):
        self.stop()
        for name in ("root", "run"):
            put_away(self.folder / name)

    def command(self, context, *options):
        return ["env", f"PATH={PATH}", f"TMPDIR={self.folder}", f"CONTAINERS_STORAGE_CONF={self.folder}/storage.conf", "buildah", f"--root={self.folder}/root",
                f"--runroot={self.folder}/run", "--storage-driver=overlay", "build", "--layers", "--isolation=oci", "--runtime=runc", "--network=none",
                "--tls-verify=false", f"--signature-policy={self.folder}/policy.json", "-t", "bench:1", *options, str(context)]

    def stop(self):
        for name in ("root/overlay", "root", "run"):
            subprocess.run(["umount", "-l", self.folder / name], capture_output=True)


class Docker:
    name = "dockerd"

    def __init__(self, folder):
        self.folder, self.daemon = folder / "docker", None
        self.folder.mkdir()
        (self.folder / "daemon.json").write_text("{}")
        self.host = f"unix://{self.folder}/socket"
        self.client = ["env", f"PATH={PATH}", f"DOCKER_HOST={self.host}", f"DOCKER_CONFIG={self.folder}", "DOCKER_BUILDKIT=1", "docker"]

    def wipe(self):
        self.stop()
        put_away(self.folder / "data")
        self.daemon = subprocess.Popen(
            ["dockerd", f"--config-file={self.folder}/daemon.json", "--iptables=false", "--bridge=none", f"--host={self.host}",
             f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PATH": PATH})
        for _ in range(300):
            if subprocess.run([*self.client, "version"], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("dockerd did not start")

    def command(self, context, *options):
        return [*self.client, "build", "--network=none", "-t", "bench:1", *options, str(context)]

    def stop(self):
        if self.daemon is not None:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon = None
        for line in reversed(pathlib.Path("/proc/self/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", line.split()[1]], capture_output=True)


def peak_memory(command, program):
    """MiB that the process of `program` itself has held at most, not what it ran."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            if os.readlink(f"/proc/{process.pid}/exe") == os.path.realpath(program):
                peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        except OSError:
            pass
        time.sleep(0.01)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    if peak == 0:
        raise SystemExit(f"{program} was never seen running, so its memory is not known.")
    return peak / 1024


def five_stages(bench, context, ix, peer):
    change = iter(range(10**6))

    def both_cold():
        ix.wipe()
        peer.wipe()

    def edit():
        (context / "src/07").write_text(f"changed for the {next(change)}. time\n")

    bench.compare("cold build, five stages", ix.command(context), peer.command(context), peer.name, 0.4, before=both_cold, warm_up=False)
    bench.compare("build, nothing changed", ix.command(context), peer.command(context), peer.name, 0.15)
    bench.compare("build, one source file changed", ix.command(context), peer.command(context), peer.name, 0.5, before=edit)


def small_steps(bench, folder, base, ix, peer):
    context = folder / f"steps-{peer.name}"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {base}\n" + "".join(f"RUN echo {index} > /{index}\n" for index in range(30)))
    bench.compare("30 small RUN steps, nothing cached", ix.command(context, "--no-cache"), peer.command(context, "--no-cache"), peer.name, 0.4)


def run(bench):
    need("buildah", "docker", "dockerd", "runc", "docker-registry", "skopeo", *([] if bench.quick else ["mmdebstrap"]))
    if os.geteuid() != 0:
        raise SystemExit("The scenario build runs dockerd, which takes root.")
    if subprocess.run([bench.ix, "build", "--help"], capture_output=True).returncode != 0:
        raise SystemExit(f"{bench.ix} has no command `build`.")
    bench.runs = min(bench.runs, 3)  # a run moves gigabytes
    folder = pathlib.Path(bench.folder)
    registry = sibling("registry").Registry(folder / "registry")
    ix, peers = Ix(bench, folder), [Buildah(folder), Docker(folder)]
    try:
        put_base(folder, registry, busybox_root() if bench.quick else debian_root())
        context = make_project(folder / "project", registry, *((500, 10_000_000) if bench.quick else (20_000, 450_000_000)))
        for peer in peers:
            five_stages(bench, context, ix, peer)
            small_steps(bench, folder, registry.image("base:1"), ix, peer)
            peer.stop()
        ix.wipe()
        memory = peak_memory(ix.command(context), bench.ix)
        bench.state("memory of ix, cold build of five stages", memory, "MiB", "≤ 150 MiB", memory <= 150)
    finally:
        for each in [ix, *peers]:
            each.stop()
        registry.process.kill()
        registry.process.wait()
