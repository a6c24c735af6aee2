"""Layers: a 450 MB tree of 20,000 files becomes one, and one becomes such a tree.

Needs the program layer_speed beside ix (`ninja -C build/release layer_speed`) and igzip.
"""

import pathlib
import random
import shutil
import subprocess


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


def figures(bench, program, *arguments):
    done = subprocess.run([program, *arguments], cwd=bench.folder, check=True, capture_output=True, text=True)
    *numbers, digest = done.stdout.split()
    return [float(word) for word in numbers] + [digest]


def run(bench):
    program = str(pathlib.Path(bench.ix).with_name("layer_speed"))
    folder = bench.folder
    files, size = (1_000, 40 << 20) if bench.quick else (20_000, 450 << 20)
    tree = pathlib.Path(folder) / "tree"
    make_tree(tree, files, size)
    subprocess.run(["sync"], check=True)

    commits = [figures(bench, program, "commit", "tree", "layer.tar.gz") for _ in range(bench.runs)]
    digest = commits[0][3]
    assert all(run[3] == digest for run in commits)
    rate, memory = max(run[1] for run in commits), max(run[2] for run in commits)
    name = f"a tree of {files:,} files, {size >> 20} MiB"
    bench.state(f"{name} as a gzip layer", rate, "MB/s of tar", "≥ 300 MB/s", rate >= 300)
    bench.state(f"{name} as a gzip layer, memory", memory, "MiB", "≤ 150 MiB", memory <= 150)

    def clean():
        for name in ("ours", "theirs"):
            shutil.rmtree(pathlib.Path(folder) / name, ignore_errors=True)
        subprocess.run(["sync"], check=True)

    bench.compare(f"extract a layer of {files:,} files", [program, "extract", "layer.tar.gz", "ours", digest],
                  ["sh", "-c", "mkdir theirs && igzip -dc layer.tar.gz | tar -x -C theirs"], "`igzip -dc | tar -x`", 1.2,
                  before=clean)
    clean()
    memory = figures(bench, program, "extract", "layer.tar.gz", "ours", digest)[2]
    bench.state(f"extract a layer of {files:,} files, memory", memory, "MiB", "≤ 150 MiB", memory <= 150)
