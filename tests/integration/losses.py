"""Takes parts of images away from a registry, and looks whether they are whole."""

import json


def tag_of(registry, stage, repository="t/shop", other_than=""):
    tags = json.loads(registry.get(f"/v2/{repository}/tags/list")[2])["tags"]
    return next(tag for tag in tags if tag.startswith(stage + "-") and tag != other_than)


def part(registry, repository, tag, which):
    """The digest of an image's manifest, its configuration or its last layer."""
    if which == "manifest":
        return registry.digest(repository, tag)
    manifest = json.loads(registry.get(f"/v2/{repository}/manifests/{tag}")[2])
    return manifest["config"]["digest"] if which == "config" else manifest["layers"][-1]["digest"]


def data_of(registry, digest):
    return registry.folder / f"store/docker/registry/v2/blobs/sha256/{digest[7:9]}/{digest[7:]}/data"


def lose(registry, digest, how="gone"):
    data = data_of(registry, digest)
    bytes_ = data.read_bytes()
    if how == "gone":
        data.unlink()
    else:
        data.write_bytes(bytes_[:-1] if how == "short" else bytes_[:-1] + bytes([bytes_[-1] ^ 1]))


def warnings(result, word):
    return [line for line in result.stderr.splitlines() if line.startswith("warning:") and word in line]


def whole(registry, repository, tag):
    status, _, body = registry.get(f"/v2/{repository}/manifests/{tag}")
    manifest = json.loads(body)
    parts = [manifest["config"], *manifest["layers"]]
    return status == 200 and all(registry.get(f"/v2/{repository}/blobs/{each['digest']}")[0] == 200 for each in parts)
