"""What takes long to make is made once and kept: the folder IXIAN_BENCH_CACHE, or ~/.cache/ixian-bench."""

import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

from . import images

# About 440 MB in 27,000 files.
NPM_PACKAGES = """webpack@5.91.0 webpack-cli@5.1.4 react@18.3.1 react-dom@18.3.1 express@4.19.2 typescript@5.4.5 next@14.2.3 eslint@8.57.0 jest@29.7.0
prettier@3.2.5 @babel/core@7.24.5 @babel/preset-env@7.24.5 lodash@4.17.21 @mui/material@5.15.17 aws-sdk@2.1620.0""".split()


def _kept(name, make):
    """The path of a kept file, which `make(path)` has made, now or earlier."""
    folder = pathlib.Path(os.environ.get("IXIAN_BENCH_CACHE") or pathlib.Path.home() / ".cache/ixian-bench")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        with tempfile.TemporaryDirectory(prefix="making-", dir=folder) as place:
            make(pathlib.Path(place) / name)
            (pathlib.Path(place) / name).rename(folder / name)
    return folder / name


def _install(archive):
    if shutil.which("npm") is None:
        raise SystemExit("npm must be installed: the tree of the bench is a real one, from the npm registry.")
    folder = archive.parent / "install"
    (folder / "tree").mkdir(parents=True)
    (folder / "tree/package.json").write_text(json.dumps({"name": "tree", "version": "1.0.0"}))
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *NPM_PACKAGES], cwd=folder / "tree",
                   stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-cf", archive, "-C", folder, "tree"], check=True)


def npm_archive():
    """A tar of a folder `tree` with node_modules of everyday packages."""
    return _kept("npm-tree-1.tar", _install)


def _noise_archive(file, count, size):
    """A tar of files that compress as programs do: half of each is noise."""
    each = size // count
    with tarfile.open(file, "w") as archive:
        for index in range(count):
            entry = tarfile.TarInfo(f"tree/{index % 100}/{index % 1000}/{index}")
            entry.size = each
            archive.addfile(entry, io.BytesIO(os.urandom(each // 2) + bytes(each - each // 2)))


def put_tree(file, quick):
    """A tar of a folder `tree`: that of npm packages, or a small one."""
    if quick:
        _noise_archive(file, 500, 10_000_000)
    else:
        shutil.copy(npm_archive(), file)


def debian_archive():
    """A tar of a small Debian."""
    return _kept("debian-1.tar", lambda file: file.write_bytes(images.debian_root()))


def base_root(quick):
    return images.busybox_root() if quick else debian_archive().read_bytes()
