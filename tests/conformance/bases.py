"""The images that the cases are FROM, made here, byte for byte the same each time, and the registry they are in."""

import functools
import gzip
import http.server
import io
import os
import shutil
import subprocess
import tarfile
import threading

import images
import pytest

BUSYBOX = "/usr/bin/busybox"
BORN = 1_609_459_200  # 2021-01-01
PASSWD = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\napp:x:1000:1000::/home/app:/bin/sh\nlone:x:1001:50::/:/bin/sh\n"
GROUP = "root:x:0:\ndaemon:x:1:\nstaff:x:50:app\napp:x:1000:\nweb:x:2000:app,lone\n"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Tar:
    """A layer in the making."""

    def __init__(self):
        self.buffer, self.seen = io.BytesIO(), {""}
        self.archive = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, path, kind=tarfile.REGTYPE, data=b"", mode=0o644, owner=(0, 0), target="", xattrs={}):
        parent = os.path.dirname(path)
        if parent not in self.seen:
            self.folder(parent)
        self.seen.add(path)
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, (entry.uid, entry.gid), entry.linkname, entry.mtime = kind, mode, owner, target, BORN
        entry.size = len(data)
        entry.pax_headers = {f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape") for key, value in xattrs.items()}
        self.archive.addfile(entry, io.BytesIO(data))
        return self

    def folder(self, path, mode=0o755, owner=(0, 0)):
        return self.add(path, tarfile.DIRTYPE, mode=mode, owner=owner)

    def link(self, path, target):
        return self.add(path, tarfile.SYMTYPE, target=target, mode=0o777)

    def blob(self):
        self.archive.close()
        tar = self.buffer.getvalue()
        made = images.Blob(images.LAYER, gzip.compress(tar, 1, mtime=0))
        made.diff_id = images.digest_of(tar)
        return made


def image(layers, config, architecture="amd64", variant=None, history=None):
    platform = {"os": "linux", "architecture": architecture, **({"variant": variant} if variant else {})}
    steps = history or [{"created_by": f"layer {n}"} for n, _ in enumerate(layers)]
    document = {
        **platform,
        "created": "2021-01-01T00:00:00Z",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
        "history": [{"created": "2021-01-01T00:00:00Z", **each} for each in steps],
    }
    made = images.Blob(images.CONFIG, images.as_json(document))
    manifest = {"schemaVersion": 2, "mediaType": images.MANIFEST, "config": made.descriptor, "layers": [each.descriptor for each in layers]}
    return images.Image(images.Blob(images.MANIFEST, images.as_json(manifest), {"platform": platform}), [made, *layers])


@functools.cache
def busybox_layer(bare=False):
    if not os.path.exists(BUSYBOX):
        pytest.skip("busybox-static is not installed")
    tar = Tar()
    for name in ("bin", "etc", "home", "root", "srv", "usr", "usr/bin", "var"):
        tar.folder(name)
    if not bare:
        # Where a RUN mounts something, some builders leave what they mounted it on; only the image "bare" shows it.
        for name in ("dev", "proc", "run", "sys"):
            tar.folder(name)
        for name in ("hostname", "hosts", "resolv.conf"):
            tar.add(f"etc/{name}")
    tar.folder("tmp", 0o1777).folder("home/app", 0o750, (1000, 1000))
    with open(BUSYBOX, "rb") as file:
        tar.add("bin/busybox", data=file.read(), mode=0o755)
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in sorted(set(listed) - {"busybox"}):
        tar.link(f"bin/{name}", "busybox")
    return tar.add("etc/passwd", data=PASSWD.encode()).add("etc/group", data=GROUP.encode()).blob()


def busybox():
    return image([busybox_layer()], {"Env": [PATH], "Cmd": ["/bin/sh"]})


def bare():
    return image([busybox_layer(bare=True)], {"Env": [PATH], "Cmd": ["/bin/sh"]})


def maze():
    """Symbolic links in the way, several layers, and whiteouts."""
    first = Tar()
    first.folder("real").add("real/old", data=b"old\n").folder("real/deep").add("real/deep/old", data=b"deep\n")
    first.link("relative", "real").link("absolute", "/real").link("chain", "relative").link("up", "../../real/deep").link("nowhere", "/not/there")
    first.link("to-file", "real/old").link("outside", "/../../real")
    first.folder("private", 0o700, (1000, 1000)).add("private/key", data=b"key\n", mode=0o600, owner=(1000, 1000))
    first.add("setuid", data=b"s\n", mode=0o4755).folder("sticky", 0o1777).add("first", data=b"same\n", mode=0o640)
    first.add("second", tarfile.LNKTYPE, target="first", mode=0o640)
    first.add("capable", data=b"c\n", mode=0o755, xattrs={"security.capability": bytes.fromhex("0100000200040000000000000000000000000000")})
    first.folder("gone").add("gone/one", data=b"1\n").add("gone/two", data=b"2\n").folder("emptied").add("emptied/x", data=b"x\n")
    second = Tar()
    second.folder("emptied").add("emptied/.wh..wh..opq").add("emptied/new", data=b"new\n").add(".wh.gone")
    return image([busybox_layer(), first.blob(), second.blob()], {"Env": [PATH], "Cmd": ["/bin/sh"]})


def parent():
    """Every field of a configuration."""
    config = {
        "Env": [PATH, "GREETING=hello", "EMPTY="],
        "Entrypoint": ["/bin/echo", "parent"],
        "Cmd": ["from", "parent"],
        "User": "app",
        "WorkingDir": "/srv/work",
        "Volumes": {"/data": {}},
        "ExposedPorts": {"80/tcp": {}},
        "Labels": {"org.example.kept": "yes", "org.example.changed": "no"},
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000, "Retries": 2},
        "Shell": ["/bin/sh", "-e", "-c"],
    }
    layer = Tar().folder("srv/work", owner=(1000, 1000)).folder("data").add("data/kept", data=b"kept\n").blob()
    history = [{"created_by": "layer 0"}, {"created_by": "ENV GREETING=hello EMPTY=", "empty_layer": True}, {"created_by": "layer 1"}]
    return image([busybox_layer(), layer], config, history=history)


def onbuild():
    triggers = ["ENV TRIGGERED=yes", "COPY onbuild.txt /onbuild/", "RUN echo $TRIGGERED > /onbuild/ran", "WORKDIR /onbuild"]
    return image([busybox_layer()], {"Env": [PATH], "Cmd": ["/bin/sh"], "OnBuild": triggers})


def many():
    """For two machines, without any program."""
    def one(name, variant=None):
        return image([Tar().add("machine", data=f"{name}\n".encode()).blob()], {"Env": [f"MACHINE={name}"]}, name, variant)

    return images.index([one("amd64"), one("arm64", "v8")])


ALL = {"busybox": busybox, "bare": bare, "maze": maze, "parent": parent, "onbuild": onbuild, "many": many}


def put_all(registry):
    for name, make in ALL.items():
        registry.put(name, "1", make())


class Files:
    """Serves a few files over HTTP, for ADD."""

    def __init__(self, folder):
        folder.mkdir(parents=True)
        (folder / "hello.txt").write_text("hello over HTTP\n")
        packed = Tar().add("packed/file", data=b"packed\n").blob()
        (folder / "packed.tar.gz").write_bytes(packed.data)
        (folder / "sub").mkdir()
        shutil.copy(folder / "hello.txt", folder / "sub/other.txt")
        for each in folder.rglob("*"):
            os.utime(each, (BORN, BORN))

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
