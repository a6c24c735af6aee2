"""Hashes of files

`FileHash` is what most tasks are checked by. With nothing changed nothing is read but what `stat()` says; the digests come from the cache in the builder folder. `find` does
the same walk. `openssl dgst` is the limit of one core for a first read; both use the processor's SHA instructions, and several files are read on all cores.
"""

import os
import time

from parts.bench import Subject, at_most

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
    bench.once([bench.ix, "hashed"], folder)
    bench.compare(f"FileHash of {files:,} unchanged files, whole process", [
        bench.ours("plan", "hashed", folder=folder),
        Subject("`find -printf`", ["find", "tree", "-type", "f", "-printf", r"%s %T@ %C@\n"], "limit", folder=folder)], [at_most(1.5, "`find -printf`")])


def first_read(bench, folder):
    size = (64 if bench.quick else 1024) << 20
    with open(folder / "large", "wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    (folder / "ixian.py").write_text(PROJECT.format(path="large") + INIT)
    cache = folder / ".builder/file-cache"

    def forget():
        cache.unlink(missing_ok=True)

    bench.once([bench.ix, "hashed"], folder)
    bench.compare(f"first FileHash of one file of {size >> 20} MiB, whole process", [
        bench.ours("plan", "hashed", folder=folder, before=forget),
        Subject("`openssl dgst -sha256`", ["openssl", "dgst", "-sha256", "large"], "limit", folder=folder)], [at_most(1.25, "`openssl dgst -sha256`")])


def run(bench):
    for part in (unchanged, first_read):
        place = bench.folder / part.__name__
        place.mkdir()
        part(bench, place)
