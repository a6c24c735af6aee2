"""Images that scenarios move and build on."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def blob(layout, data):
    """Puts it into a layout and returns its digest and size."""
    digest = hashlib.sha256(data).hexdigest()
    path = layout / "blobs/sha256" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


def put_layout(layout, layers, diff_ids, settings=None):
    """An OCI layout with one image, tag 1, of layers that `blob` has put there."""
    config = {"architecture": "amd64", "os": "linux", "config": settings or {}, "rootfs": {"type": "layers", "diff_ids": diff_ids},
              "history": [{"created_by": "bench"} for _ in diff_ids]}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": CONFIG, **blob(layout, json.dumps(config).encode())},
                "layers": [{"mediaType": LAYER, **each} for each in layers]}
    named = {"mediaType": MANIFEST, **blob(layout, json.dumps(manifest).encode()), "annotations": {"org.opencontainers.image.ref.name": "1"}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return layout


def _layer_of(layout, tar):
    """Puts a tar into a layout as gzip at level 1, without holding it in memory. Returns its descriptor, as `blob` does, and its diffID."""
    (layout / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    packed = layout / "packed"
    with packed.open("wb") as out:
        subprocess.run(["igzip", "-c", "-1", tar], stdout=out, check=True)
    digest, diff_id = _sha256_of(packed), _sha256_of(tar)
    size = packed.stat().st_size
    packed.rename(layout / "blobs/sha256" / digest)
    return {"digest": "sha256:" + digest, "size": size}, "sha256:" + diff_id


def _sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_layout(layout, archives):
    """An image of the files of tar archives, one layer each. Each is read before the next is taken."""
    layers, diff_ids = zip(*(_layer_of(layout, archive) for archive in archives))
    return put_layout(layout, layers, list(diff_ids))


class _Noise:
    """A file of random bytes without an end."""

    @staticmethod
    def read(size):
        return os.urandom(size)


def noise_layout(layout, count, size):
    """An image of `count` layers with one file of random bytes each, which gzip can only store."""

    def archives():
        tar = layout.parent / f"{layout.name}.tar"
        for index in range(count):
            with tarfile.open(tar, "w") as archive:
                entry = tarfile.TarInfo(f"file-{index}")
                entry.size = size
                archive.addfile(entry, _Noise())
            yield tar
        tar.unlink()

    return tree_layout(layout, archives())


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


def skopeo_copy(source, target):
    return ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", source, target]


def put_base(folder, registry, root):
    """base:1 in a registry: the image of that tar."""
    layout = pathlib.Path(folder) / "base"
    layer = blob(layout, gzip.compress(root, 6, mtime=0))
    put_layout(layout, [layer], ["sha256:" + hashlib.sha256(root).hexdigest()], {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]})
    subprocess.run(skopeo_copy(f"oci:{layout}:1", "docker://" + registry.image("base:1")), check=True)
    shutil.rmtree(layout)
