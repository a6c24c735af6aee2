"""Pull to an extracted root file system

An image of two layers, Debian and the npm tree over it, from a registry on this machine to files in a folder, on an empty storage each time. `podman pull` and `docker pull` extract
into their overlay storage. Of ix it is `ix build -o DIR` of a Dockerfile of one `FROM`, which leaves the files twice: in its store, and in the folder, as the user's own. The
limit is the same by hand: `curl | igzip -d | tar -x` of one layer after the other.
"""

import json
import subprocess
import urllib.request

from parts import images, inputs
from parts.bench import Subject
from parts.registry import Registry
from peers import available, put_away
from peers.podman import Podman

BY_HAND = """
place=$(mktemp -d -p "$1"); shift
for layer; do curl -fsS "$layer" | igzip -dc | tar -x -C "$place"; done
"""


def put_image(bench, registry):
    """app:1 in the registry, and the addresses of its layers."""
    layout = bench.folder / "layout"
    base, tree = bench.folder / "base.tar", bench.folder / "tree.tar"
    base.write_bytes(inputs.base_root(bench.quick))
    inputs.put_tree(tree, bench.quick)
    images.tree_layout(layout, [base, tree])
    subprocess.run(images.skopeo_copy(f"oci:{layout}:1", "docker://" + registry.image("app:1")), check=True)
    at = f"http://{registry.host}/v2/app"
    manifest = json.load(urllib.request.urlopen(urllib.request.Request(f"{at}/manifests/1", headers={"Accept": images.MANIFEST})))
    return registry.image("app:1"), [f"{at}/blobs/{each['digest']}" for each in manifest["layers"]]


def measure(bench, registry, builders, podman):
    named = {each.name: each for each in builders}
    ix, dockerd = named["ix"], named.get("dockerd")
    target = bench.folder / "files"

    def fresh():
        for each in (ix, podman, *([dockerd] if dockerd else [])):
            each.wipe()
        put_away(target)

    image, layers = put_image(bench, registry)
    context = bench.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {image}\n")
    bench.compare("pull to an extracted root file system", [
        Subject("ix", ix.run("build", "-o", str(target), str(context)), "ours", registry=registry),
        Subject("podman", podman.pull(image), registry=registry),
        *([Subject("dockerd", dockerd.run("pull", "-q", image), registry=registry, daemon=dockerd.daemon)] if dockerd else []),
        Subject("by hand", ["sh", "-ec", BY_HAND, "sh", bench.folder, *layers], "limit", registry=registry)], before=fresh)


def run(bench):
    if Podman.missing():
        raise SystemExit(f"The scenario rootfs compares with podman: {Podman.missing()}.")
    with Registry(bench.folder / "registry") as registry, available(bench) as builders, Podman(bench.folder) as podman:
        measure(bench, registry, builders, podman)
