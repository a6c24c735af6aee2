"""Memory while moving 2 GB

One layer of 2 GiB, of random bytes. Memory must not grow with the layer.
"""

import shutil

from parts import images
from parts.bench import Subject, at_most
from parts.registry import Registry


def run(bench):
    size = (64 << 20) if bench.quick else (2 << 30)
    layout = images.noise_layout(bench.folder / "layout", 1, size)
    what = f"a layer of {size >> 20:,} MiB"
    source = f"oci:{layout}:1"
    pulled = bench.folder / "pulled"
    asked = [at_most(64, figure="peak_mib")]
    with Registry(bench.folder / "origin") as origin, Registry(bench.folder / "target") as target:
        there = origin.image("app:1")
        bench.once([bench.ix, "image", "copy", source, there])

        def empty():
            target.wipe()
            shutil.rmtree(pulled, ignore_errors=True)

        def both(title, ours, theirs, registry):
            bench.compare(title, [bench.ours("image", "copy", *ours, before=empty, registry=registry),
                                  Subject("skopeo", images.skopeo_copy(*theirs), before=empty, registry=registry)], asked, warm_up=False, runs=min(bench.runs, 3))

        both(f"push {what}", (source, target.image("app:1")), (source, "docker://" + target.image("app:1")), target)
        both(f"pull {what}", (there, f"oci:{pulled}:1"), ("docker://" + there, f"oci:{pulled}:1"), origin)
        both(f"copy {what} between registries", (there, target.image("app:1")), ("docker://" + there, "docker://" + target.image("app:1")), target)
