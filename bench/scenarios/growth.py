"""Growth

How time grows with layers, bytes and steps: the exponent is the slope on logarithmic axes, 1 is linear growth, and below 1 the constant part still counts. Files are under *A
context of 100,000 files*, stages under *The registry as the cache*, tasks under *Planning*.
"""

import os
import shutil

from parts import images
from parts.bench import at_most
from parts.registry import Registry
from peers import ix as ix_peer


def moved(bench, registry, sizes, make):
    """Pushes and pulls by ix and skopeo of layouts that `make(folder, size)` makes: name → size → seconds."""
    push, pull = ({name: {size: [] for size in sizes} for name in ("ix", "skopeo")} for _ in range(2))
    pulled = bench.folder / "pulled"
    for size in sizes:
        layout = make(bench.folder / f"layout-{size}", size)
        for _ in range(bench.runs):
            for name in ("ix", "skopeo"):
                registry.wipe()
                shutil.rmtree(pulled, ignore_errors=True)
                image = registry.image("app:1")
                to, back = (([bench.ix, "image", "copy", f"oci:{layout}:1", image], [bench.ix, "image", "copy", image, f"oci:{pulled}:1"]) if name == "ix" else
                            (images.skopeo_copy(f"oci:{layout}:1", "docker://" + image), images.skopeo_copy("docker://" + image, f"oci:{pulled}:1")))
                os.sync()
                push[name][size].append(bench.once(to).seconds)
                os.sync()
                pull[name][size].append(bench.once(back).seconds)
        shutil.rmtree(layout)
    return push, pull


def series(taken):
    return {name: ("ours" if name == "ix" else "peer", points) for name, points in taken.items()}


def steps(bench, registry, sizes):
    images.put_base(bench.folder, registry, images.busybox_root())
    ix = ix_peer.Builder(bench, bench.folder)
    cold, warm = {}, {}
    for size in sizes:
        context = bench.folder / f"steps-{size}"
        context.mkdir()
        (context / "Dockerfile").write_text(f"FROM {registry.image('base:1')}\n" + "".join(f"RUN echo {index} > /{index}\n" for index in range(size)))
        cold[size], warm[size] = [], []
        ix.wipe()
        for _ in range(bench.runs):
            cold[size].append(bench.once(ix.build(context, "bench:1", fresh=True)).seconds)
        bench.once(ix.build(context, "bench:1"))
        for _ in range(bench.runs):
            warm[size].append(bench.once(ix.build(context, "bench:1")).seconds)
    bench.growth("RUN steps, nothing cached", "steps", {"ix": ("ours", cold)}, [at_most(1.1)])
    bench.growth("RUN steps, all cached", "steps", {"ix": ("ours", warm)}, [at_most(1.1)])


def run(bench):
    with Registry(bench.folder / "registry") as registry:
        push, pull = moved(bench, registry, [5, 10, 20] if bench.quick else [20, 60, 200], lambda folder, size: images.noise_layout(folder, size, 100_000))
        bench.growth("push of layers of 100 kB", "layers", series(push), [at_most(1.1)])
        bench.growth("pull of layers of 100 kB", "layers", series(pull), [at_most(1.1)])
        push, pull = moved(bench, registry, [2, 4, 8] if bench.quick else [32, 128, 512], lambda folder, size: images.noise_layout(folder, 1, size << 20))
        bench.growth("push of one layer", "MiB", series(push), [at_most(1.1)])
        bench.growth("pull of one layer", "MiB", series(pull), [at_most(1.1)])
        registry.wipe()
        if os.geteuid() == 0:
            steps(bench, registry, [5, 10, 20] if bench.quick else [10, 30, 100])
