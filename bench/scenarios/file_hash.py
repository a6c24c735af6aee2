"""FileHash: a tree that has not changed, and the first read of a large file."""

import os
import pathlib
import time

PROJECT = '''from ixian.check import FileHash
from ixian.task import Task


class Hashed(Task):
    name = "hashed"
    check = FileHash("{path}")

    def execute(self):
        pass
'''
INIT = "\n\ndef init():\n    pass\n"


def make_tree(folder, files):
    for index in range(files):
        path = folder / f"{index % 20}" / f"{index % 400}" / f"{index}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{index}\n" * 20)


def unchanged(bench, folder):
    files = 2_000 if bench.quick else 20_000
    make_tree(folder / "tree", files)
    (folder / "ixian.py").write_text(PROJECT.format(path="tree") + INIT)
    time.sleep(2.1)  # files younger than a coarse clock's grain are read again, by design
    bench.seconds([bench.ix, "hashed"])
    bench.compare(f"FileHash of {files:,} unchanged files, whole process", [bench.ix, "plan", "hashed"],
                  ["find", "tree", "-type", "f", "-printf", r"%s %T@ %C@\n"],
                  "`find -printf`", 1.5)


def first_read(bench, folder):
    size = (64 if bench.quick else 1024) << 20
    with open(folder / "large", "wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    (folder / "ixian.py").write_text(PROJECT.format(path="large") + INIT)
    cache = folder / ".builder/file-cache"

    def forget():
        cache.unlink(missing_ok=True)

    bench.seconds([bench.ix, "hashed"])
    bench.compare(f"first FileHash of one file of {size >> 20} MiB, whole process", [bench.ix, "plan", "hashed"],
                  ["openssl", "dgst", "-sha256", "large"], "`openssl dgst -sha256`", 0.8, before=forget, rate=True)


def run(bench):
    folder = pathlib.Path(bench.folder)
    for part in (unchanged, first_read):
        place = folder / part.__name__
        place.mkdir()
        bench.folder = str(place)
        part(bench, place)
