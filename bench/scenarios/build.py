"""Builds

Five stages over a Debian base: one unpacks the tree of everyday npm packages (440 MB in 27,000 files), one copies it, one has 50 source files, and the last takes
from two of them by `COPY --from`. Cold means that a builder's storage is empty, the base is in a registry on this machine, and dockerd has just been started. The
limit of the cold build is the same work by hand: `tar -x`, `cp -a`, and a layer of each, as `tar | igzip` and `sha256sum` make it. No `RUN` has a network.
"""

import subprocess

from parts import inputs, projects
from parts.bench import Subject, at_most
from parts.registry import Registry
from peers import available, subjects

BY_HAND = """
place=$(mktemp -d -p "$1")
tar -xf "$2" -C "$place"
cp -a "$place/tree" "$place/copy"
for each in tree copy; do
  tar -c -C "$place" "$each" | igzip -1 -c > "$place/$each.tar.gz" &
  tar -c -C "$place" "$each" | sha256sum
  wait
  sha256sum "$place/$each.tar.gz"
done
"""
IN_NAMESPACES = """
for index in $(seq 30); do
  unshare --mount --pid --ipc --uts --net --fork chroot "$1" /bin/sh -c "echo $index > /$index"
done
"""


def asked(builders, limit):
    return [at_most(limit, each.name) for each in builders if each.name in ("Buildah", "dockerd")]


def cold(bench, builders, context, registry):
    by_hand = Subject("by hand", ["sh", "-ec", BY_HAND, "sh", bench.folder, context / "archive/tree.tar"], "limit")

    def wipe():
        for each in builders:
            each.wipe()
        registry.forget("bench/")

    bench.compare("cold build", [*subjects(builders, lambda each: each.build(context, "bench:1"), registry=registry), by_hand], asked(builders, 0.4),
                  before=wipe, warm_up=False)
    bench.compare("cold build and push", subjects(builders, lambda each: each.build(context, registry.image(f"bench/{each.name.lower()}:1"), push=True), registry=registry),
                  before=wipe, warm_up=False, about="One command, to a registry that has the base and nothing else.")


def warm(bench, builders, context):
    build = subjects(builders, lambda each: each.build(context, "bench:1"))
    for each in builders:
        bench.once(each.build(context, "bench:1"))
    bench.compare("nothing changed, warm", build, asked(builders, 0.15))
    bench.compare("one source file changed, warm", build, asked(builders, 0.5), before=projects.Edits(context))


def small_steps(bench, builders, base):
    context = bench.folder / "steps"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {base}\n" + "".join(f"RUN echo {index} > /{index}\n" for index in range(30)))
    (bench.folder / "root").mkdir()
    subprocess.run(["tar", "-x", "-C", bench.folder / "root"], input=inputs.base_root(bench.quick), check=True)
    in_namespaces = Subject("namespaces and chroot", ["sh", "-ec", IN_NAMESPACES, "sh", bench.folder / "root"], "limit")
    bench.compare("30 small RUN steps, nothing cached", [*subjects(builders, lambda each: each.build(context, "bench:2", fresh=True)), in_namespaces],
                  asked(builders, 0.4), about="The limit is `unshare` and `chroot`, 30 times, without a layer of what each step wrote.")


def memory(bench):
    """Of ix alone, from the row of the cold build."""
    peaks = [run["peak_mib"] for row in bench.rows if row["title"] == "cold build" for each in row["subjects"] if each["role"] == "ours" for run in each["runs"]]
    bench.figure("memory of ix in the cold build", "MiB", peaks, [at_most(150)],
                 about="The largest resident set of one process, those of the RUN steps (tar, cp) included.")


def run(bench):
    with Registry(bench.folder / "registry") as registry, available(bench) as builders:
        context = projects.five_stages(bench, registry)
        cold(bench, builders, context, registry)
        memory(bench)
        warm(bench, builders, context)
        small_steps(bench, builders, registry.image("base:1"))
