"""Layers: a 450 MB tree of 20,000 files becomes one, and one becomes such a tree.

Needs the program layer_speed beside ix (`ninja -C build/release layer_speed`) and igzip.
"""

import pathlib
import random
import shutil
import subprocess
import time


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

    # Each time into folders that were never there. ext4 without a journal does not use an inode again for half a minute after its
    # file was removed, and looks at all such before it makes a new file: who extracts first after a large removal pays for it.
    shutil.rmtree(tree)
    time.sleep(0 if bench.quick else 60)
    bench.runs = min(bench.runs, 5)  # a run leaves twice the tree behind
    fresh = '"$(mktemp -d -p .)"'
    bench.compare(f"extract a layer of {files:,} files", ["sh", "-c", f'exec "$0" extract layer.tar.gz {fresh}/tree {digest}', program],
                  ["sh", "-c", f"igzip -dc layer.tar.gz | tar -x -C {fresh}"], "`igzip -dc | tar -x`", 1.2,
                  before=lambda: subprocess.run(["sync"], check=True))
    memory = figures(bench, program, "extract", "layer.tar.gz", "ours", digest)[2]
    bench.state(f"extract a layer of {files:,} files, memory", memory, "MiB", "≤ 150 MiB", memory <= 150)
