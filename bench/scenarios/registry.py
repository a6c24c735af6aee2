"""Images to, from and between registries

Against skopeo and Debian's docker-registry, everything on one machine. The layers are random bytes, so that compression is nobody's work. The limit of a push is a bare
upload by curl, which neither reads a manifest nor verifies a byte: the registry itself hashes what it gets on one processor, and that is nearly all of the time
that one large layer takes. What can be pulled faster than skopeo does it is limited by SHA-256 alone.
"""

import shutil

from parts import images
from parts.bench import Subject, at_most
from parts.far import FarRegistry
from parts.registry import Registry

BARE_UPLOAD = """
for blob in "$1"/blobs/sha256/*; do
  location=$(curl -fsS -i -X POST "$2" | tr -d '\\r' | sed -n 's/^Location: //p')
  curl -fsS -o /dev/null -H Expect: -H 'Content-Type: application/octet-stream' -T "$blob" "$location&digest=sha256:${blob##*/}"
done
"""
HASH_AND_WRITE = """
for blob in "$1"/blobs/sha256/*; do tee "$2/${blob##*/}" < "$blob" | openssl dgst -sha256 > /dev/null; done
"""


def three_ways(bench, origin, target, what, count, size):
    """Push, pull and copy. All subjects use the same two registries in turn; the target is emptied before each."""
    layout = images.noise_layout(bench.folder / f"layout-{count}", count, size)
    source, there = f"oci:{layout}:1", origin.image("app:1")
    origin.wipe()
    bench.once([bench.ix, "image", "copy", source, there])
    pulled = bench.folder / "pulled"
    uploads = f"http://{target.host}/v2/app/blobs/uploads/"

    def empty():
        target.wipe()
        shutil.rmtree(pulled, ignore_errors=True)
        pulled.mkdir()

    def ours(*args, registry):
        return bench.ours("image", "copy", *args, registry=registry, before=empty)

    def skopeo(*args, registry):
        return Subject("skopeo", images.skopeo_copy(*args), before=empty, registry=registry)

    asked = [at_most(0.8, "skopeo")]
    upload = [Subject("bare upload by curl", ["sh", "-ec", BARE_UPLOAD, "sh", layout, uploads], "limit", before=empty)] if count == 1 else []
    hashing = [Subject("SHA-256 and a copy", ["sh", "-ec", HASH_AND_WRITE, "sh", layout, pulled], "limit", before=empty)] if count == 1 else []
    bench.compare(f"push {what}", [ours(source, target.image("app:1"), registry=target), skopeo(source, "docker://" + target.image("app:1"), registry=target),
                                   *upload], asked)
    bench.compare(f"pull {what}", [ours(there, f"oci:{pulled}:1", registry=origin), skopeo("docker://" + there, f"oci:{pulled}:1", registry=origin),
                                   *hashing], asked)
    bench.compare(f"copy {what} between registries", [ours(there, target.image("app:1"), registry=target),
                                                      skopeo("docker://" + there, "docker://" + target.image("app:1"), registry=target)], asked)
    shutil.rmtree(layout)


def round_trips(bench, registry):
    layout = images.noise_layout(bench.folder / "layout", 20, 1000)
    registry.wipe()
    source = f"oci:{layout}:1"
    bench.once([bench.ix, "image", "copy", source, registry.image("app:1")])
    counts = []
    with FarRegistry(registry, 0.2) as far:
        for run in range(bench.runs):
            near = bench.once([bench.ix, "image", "copy", source, registry.image(f"app:near-{run}")]).seconds
            taken = bench.once([bench.ix, "image", "copy", source, f"{far.host}/app:far-{run}"]).seconds
            # The first question of all finds out whether this loopback host speaks TLS; other hosts are not asked.
            counts.append(round((taken - near) / far.delay - 1))
    bench.figure("copy of an image of 20 layers whose blobs are there, a new tag", "round trips", counts, [at_most(3)],
                 about="Every request takes 200 ms longer, as in a far network; what is left of the time is how many requests waited for one another.")


def run(bench):
    large, many = ((8 << 20), 20) if bench.quick else ((120 << 20), 200)
    with Registry(bench.folder / "origin") as origin, Registry(bench.folder / "target") as target:
        three_ways(bench, origin, target, f"one layer of {large >> 20} MiB", 1, large)
        three_ways(bench, origin, target, f"{many} layers of 100 kB", many, 100_000)
        round_trips(bench, origin)
