"""Images made by hand, byte for byte, as blobs and as OCI layouts: what ix reads and writes is compared with these."""

import gzip
import hashlib
import io
import json
import random
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

OCI = "application/vnd.oci.image"
MANIFEST = f"{OCI}.manifest.v1+json"
INDEX = f"{OCI}.index.v1+json"
CONFIG = f"{OCI}.config.v1+json"
LAYER = f"{OCI}.layer.v1.tar+gzip"
DOCKER = "application/vnd.docker"
DOCKER_MANIFEST = f"{DOCKER}.distribution.manifest.v2+json"
DOCKER_LIST = f"{DOCKER}.distribution.manifest.list.v2+json"
DOCKER_CONFIG = f"{DOCKER}.container.image.v1+json"
DOCKER_LAYER = f"{DOCKER}.image.rootfs.diff.tar.gzip"
REF_NAME = "org.opencontainers.image.ref.name"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass
class Blob:
    media_type: str
    data: bytes
    more: dict = field(default_factory=dict)  # of its descriptor: platform, annotations

    @property
    def digest(self):
        return digest_of(self.data)

    @property
    def descriptor(self):
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data), **self.more}


@dataclass
class Image:
    """A manifest or an index (`top`), with all that it names below it."""

    top: Blob
    blobs: list  # configs and layers, each once
    manifests: list = field(default_factory=list)  # of an index: its images

    @property
    def digest(self):
        return self.top.digest

    @property
    def everything(self):
        return [*self.blobs, *(each.top for each in self.manifests), self.top]


def tar_of(files):
    """A tar archive of {name: content}, the same bytes each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def noise(size, seed):
    """Bytes that do not compress, so that a layer is as large on the wire as it is meant to be."""
    return random.Random(seed).randbytes(size)


def layer(seed, size=2000, media_type=LAYER):
    tar = tar_of({f"srv/{seed}.bin": noise(size, seed), f"srv/{seed}.txt": f"{seed}\n".encode()})
    made = Blob(media_type, gzip.compress(tar, 1, mtime=0))
    made.diff_id = digest_of(tar)
    return made


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def image(layers, architecture="amd64", variant=None, env=("A=1",), docker=False, workdir=None):
    platform = {"os": "linux", "architecture": architecture, **({"variant": variant} if variant else {})}
    config = Blob(
        DOCKER_CONFIG if docker else CONFIG,
        as_json(
            {
                **platform,
                "created": "2024-01-01T00:00:00Z",
                "config": {"Env": list(env), "Cmd": ["/srv/run"], **({"WorkingDir": workdir} if workdir else {})},
                "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
                "history": [{"created": "2024-01-01T00:00:00Z", "created_by": f"layer {n}"} for n, _ in enumerate(layers)],
            }
        ),
    )
    media_type = DOCKER_MANIFEST if docker else MANIFEST
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config.descriptor,
        "layers": [each.descriptor for each in layers],
    }
    return Image(Blob(media_type, as_json(manifest), {"platform": platform}), [config, *layers])


def small_image(seed="app", layers=3, size=2000, **options):
    media_type = DOCKER_LAYER if options.get("docker") else LAYER
    return image([layer(f"{seed}-{n}", size, media_type) for n in range(layers)], **options)


def index(images, docker=False):
    media_type = DOCKER_LIST if docker else INDEX
    top = {"schemaVersion": 2, "mediaType": media_type, "manifests": [each.top.descriptor for each in images]}
    blobs = {blob.digest: blob for each in images for blob in each.blobs}
    return Image(Blob(media_type, as_json(top)), list(blobs.values()), list(images))


def multi_platform(seed="multi", size=2000):
    """amd64 and arm64 over one common layer, each with one of its own."""
    common = layer(f"{seed}-common", size)
    return index(
        [
            image([common, layer(f"{seed}-amd64", size)], "amd64"),
            image([common, layer(f"{seed}-arm64", size)], "arm64", "v8"),
        ]
    )


class Layout:
    """A folder in the OCI image layout."""

    def __init__(self, path):
        self.path = Path(path)

    def add(self, tag, image):
        blobs = self.path / "blobs/sha256"
        blobs.mkdir(parents=True, exist_ok=True)
        for blob in image.everything:
            (blobs / blob.digest[7:]).write_bytes(blob.data)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        named = [each for each in self.entries() if each.get("annotations", {}).get(REF_NAME) != tag]
        named.append({**image.top.descriptor, "annotations": {REF_NAME: tag}})
        (self.path / "index.json").write_bytes(as_json({"schemaVersion": 2, "manifests": named}))
        return f"oci:{self.path}:{tag}"

    def entries(self):
        file = self.path / "index.json"
        return json.loads(file.read_bytes())["manifests"] if file.exists() else []

    def digest(self, tag):
        found = [each["digest"] for each in self.entries() if each.get("annotations", {}).get(REF_NAME) == tag]
        assert len(found) == 1, f"{tag} is {len(found)} times in {self.path}"
        return found[0]

    def read(self, digest):
        data = (self.path / "blobs/sha256" / digest[7:]).read_bytes()
        assert digest_of(data) == digest, f"{self.path} holds other bytes for {digest}"
        return data

    def check(self, tag, image):
        """`tag` is this image, and all of it is there, byte for byte."""
        assert self.digest(tag) == image.digest
        for blob in image.everything:
            assert self.read(blob.digest) == blob.data
