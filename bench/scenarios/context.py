"""A context of 100,000 files

`COPY . /srv` over an empty base, with 100,000 small files in 1,000 folders. First, with empty storage, everything is read and becomes a layer; then with nothing changed; then with
one file changed, where a layer of all files has to be made again. dockerd's client sends it only what has changed. How the time grows is measured for ix alone.
"""

import os

from parts import projects
from peers import available, subjects


def make_context(folder, files):
    (folder / "src").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /srv\n")
    for index in range(files):
        path = folder / "src" / f"{index % 1000:03}"
        path.mkdir(exist_ok=True)
        (path / f"{index}.js").write_text(f"export const value{index} = {index};\n" * 8)
    projects.Edits(folder)()
    return folder


def measure(bench, builders, context, files):
    build = subjects(builders, lambda each: each.build(context, "bench:1"))

    def wipe():
        for each in builders:
            each.wipe()

    bench.compare(f"a context of {files:,} files, cold", build, before=wipe, warm_up=False, runs=min(bench.runs, 3))
    bench.compare(f"a context of {files:,} files, nothing changed", build)
    bench.compare(f"a context of {files:,} files, one changed", build, before=projects.Edits(context))


def grow(bench, ix, sizes):
    cold, warm = {}, {}
    for size in sizes:
        context = make_context(bench.folder / f"context-{size}", size)
        cold[size], warm[size] = [], []
        for _ in range(3):
            ix.wipe()
            os.sync()
            cold[size].append(bench.once(ix.build(context, "bench:1")).seconds)
        for _ in range(bench.runs):
            warm[size].append(bench.once(ix.build(context, "bench:1")).seconds)
    bench.growth("cold build of a context", "files", {"ix": ("ours", cold)})
    bench.growth("a context in which nothing has changed", "files", {"ix": ("ours", warm)})


def run(bench):
    files = 2_000 if bench.quick else 100_000
    with available(bench) as builders:
        measure(bench, builders, make_context(bench.folder / "context", files), files)
        grow(bench, builders[0], [500, 1000, 2000] if bench.quick else [5_000, 20_000, 80_000])
