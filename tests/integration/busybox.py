"""A base image with busybox, for builds that run something, and what came of a build."""

import gzip
import io
import json
import subprocess
import tarfile
from pathlib import Path

import images
import pytest

BUSYBOX = Path("/usr/bin/busybox")
PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n"
GROUP = "root:x:0:\napp:x:1000:\nweb:x:2000:app\n"


def image(**more):
    if not BUSYBOX.exists():
        pytest.skip("busybox-static is not installed")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:

        def add(name, kind, mode, data=b"", target=""):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(data), target
            archive.addfile(entry, io.BytesIO(data))

        for name in ("bin", "etc", "root", "usr", "usr/bin"):
            add(name, tarfile.DIRTYPE, 0o755)
        add("tmp", tarfile.DIRTYPE, 0o1777)
        add("bin/busybox", tarfile.REGTYPE, 0o755, BUSYBOX.read_bytes())
        for name in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
            if name != "busybox":
                add(f"bin/{name}", tarfile.SYMTYPE, 0o777, target="busybox")
        add("etc/passwd", tarfile.REGTYPE, 0o644, PASSWD.encode())
        add("etc/group", tarfile.REGTYPE, 0o644, GROUP.encode())
    layer = images.Blob(images.LAYER, gzip.compress(buffer.getvalue(), 1, mtime=0))
    layer.diff_id = images.digest_of(buffer.getvalue())
    return images.image([layer], **more)


class Built:
    """An image in a layout, as its files and its configuration."""

    def __init__(self, folder, tag="latest"):
        layout = images.Layout(folder)
        manifest = json.loads(layout.read(layout.digest(tag)))
        self.config = json.loads(layout.read(manifest["config"]["digest"]))
        self.layers = [tarfile.open(fileobj=io.BytesIO(gzip.decompress(layout.read(each["digest"])))) for each in manifest["layers"]]
        self.blobs = manifest["layers"]
        self.files = {}
        for layer in self.layers:
            for entry in layer:
                folder, _, name = entry.name.rpartition("/")
                if name.startswith(".wh."):
                    gone = f"{folder}/{name[4:]}".lstrip("/")
                    self.files = {path: each for path, each in self.files.items() if path != gone and not path.startswith(gone + "/")}
                else:
                    self.files[entry.name] = (layer, entry)

    def text(self, path):
        layer, entry = self.files[path]
        return layer.extractfile(entry).read().decode()
