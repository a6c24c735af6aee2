"""Layers

A tree of 450 MB in 20,000 files becomes a layer, and a layer becomes such a tree: what `ix build` does with the files of a `RUN`, alone, by a program of its own. Extraction is
beside `igzip -dc` into `tar -x`, which verify nothing.
"""

import os
import random

from parts.bench import Subject, at_least, at_most


def make_tree(folder, files, size):
    """Half of each file shrinks well, half hardly; every hundredth file is large."""
    numbers = random.Random(1)
    noise = numbers.randbytes(1 << 20)
    text = b"".join(b"%d bottles of beer on the wall\n" % index for index in range(40_000))
    small = size // files // 2
    for index in range(files):
        path = folder / f"{index % 40}" / f"{index % 800}" / f"file-{index}"
        path.parent.mkdir(parents=True, exist_ok=True)
        length = small if index % 100 else small * 100
        with path.open("wb") as out:
            while length > 0:
                at = numbers.randrange(len(noise) // 2)
                piece = min(length, 400_000)
                out.write(noise[at:at + piece // 2] + text[at:at + piece - piece // 2])
                length -= piece


def figures(bench, *arguments):
    """MB/s of tar, and the digest."""
    speed, digest = bench.output([bench.layer_speed, *arguments])[0].split()
    return float(speed), digest


def run(bench):
    files, size = (1_000, 40 << 20) if bench.quick else (20_000, 450 << 20)
    tree = bench.folder / "tree"
    make_tree(tree, files, size)
    os.sync()

    name = f"a tree of {files:,} files, {size >> 20} MiB, as a layer"
    commits = [figures(bench, "commit", "tree", "layer.tar.gz") for _ in range(bench.runs + 1)][1:]
    digest = commits[0][1]
    assert all(each[1] == digest for each in commits)
    bench.figure(f"{name}: speed", "MB/s of tar", [each[0] for each in commits], [at_least(300)], about="gzip on all processors, with the digests of tar and blob.")
    bench.compare(name, [Subject("ix", [bench.layer_speed, "commit", "tree", "layer.tar.gz"], "ours"),
                         Subject("`tar | igzip -1`", ["sh", "-c", "tar -c tree | igzip -1 -c > other.tar.gz"], "limit")], [at_most(150, figure="peak_mib")])

    fresh = '"$(mktemp -d -p .)"'
    bench.compare(f"extract a layer of {files:,} files", [
        Subject("ix", ["sh", "-c", f'exec "$0" extract layer.tar.gz {fresh}/tree {digest}', bench.layer_speed], "ours"),
        Subject("`igzip -dc | tar -x`", ["sh", "-c", f"igzip -dc layer.tar.gz | tar -x -C {fresh}"], "limit")],
        [at_most(1.2, "`igzip -dc | tar -x`"), at_most(150, figure="peak_mib")])
