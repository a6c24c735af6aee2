"""Files that the user names stay what they are: devices, pipes, links and descriptors are written into, only regular files are replaced."""

import json
import os
import stat
import subprocess
import tarfile
import threading

import pytest
from program import IX

WAYS = {
    "--iidfile": lambda path: ["--iidfile", path],
    "--metadata-file": lambda path: ["--metadata-file", path],
    "tar": lambda path: ["-o", f"type=tar,dest={path}"],
    "oci": lambda path: ["-o", f"type=oci,dest={path}"],
    "docker": lambda path: ["-o", f"type=docker,dest={path}"],
}


@pytest.fixture
def context(ix, tmp_path):
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY f /\n")
    (folder / "f").write_text("f\n")
    return folder


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def device(path):
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_device_stays_a_device(ix, context, out, way):
    null = device(out / "null")
    (out / "link").symlink_to("null")
    for path in (null, out / "link"):
        ix("build", *WAYS[way](path), context).ok()
    info = null.stat()
    assert stat.S_ISCHR(info.st_mode) and info.st_rdev == os.makedev(1, 3) and stat.S_IMODE(info.st_mode) & 0o600 == 0o600
    assert sorted(os.listdir(out)) == ["link", "null"] and (out / "link").is_symlink()


@pytest.mark.parametrize("way", WAYS)
def test_what_a_link_leads_to_is_written(ix, context, out, way):
    (out / "real").write_text("keep")
    (out / "real").chmod(0o640)
    (out / "link").symlink_to("real")
    (out / "later").symlink_to("made")
    for name in ("link", "later"):
        ix("build", *WAYS[way](out / name), context).ok()
    assert sorted(os.listdir(out)) == ["later", "link", "made", "real"]
    assert (out / "link").is_symlink() and (out / "real").read_bytes() == (out / "made").read_bytes() != b"keep"
    assert stat.S_IMODE((out / "real").stat().st_mode) == 0o640


@pytest.mark.parametrize("way", WAYS)
def test_the_reader_of_a_pipe_gets_all_of_it(ix, context, out, way):
    os.mkfifo(out / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((out / "pipe").read_bytes()))
    reader.start()
    ix("build", *WAYS[way](out / "pipe"), context).ok()
    reader.join()
    ix("build", *WAYS[way](out / "file"), context).ok()
    assert got[0] == (out / "file").read_bytes() and stat.S_ISFIFO((out / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-", "link"])
@pytest.mark.parametrize("way", ["--metadata-file", "tar", "docker"])
def test_standard_output_gets_it_and_nothing_else(ix, context, out, way, name):
    (out / "link").symlink_to("/dev/stdout")
    path = out / "link" if name == "link" else name
    before = os.lstat("/dev/stdout")
    done = subprocess.run([IX, "build", *map(str, WAYS[way](path)), context], env=ix.environment, capture_output=True, cwd=out)
    assert done.returncode == 0, done
    ix("build", *WAYS[way](out / "file"), context).ok()
    assert done.stdout == (out / "file").read_bytes()
    assert os.lstat("/dev/stdout").st_ino == before.st_ino and (out / "link").is_symlink()


def test_a_descriptor_of_the_shell_is_written_from_where_it_stands(ix, context, out):
    script = f'exec 9>>{out}/log; echo before >&9; {IX} build --iidfile /dev/fd/9 {context} >/dev/null; echo " after" >&9; {IX} build --metadata-file >(cat >{out}/m) {context}; wait $!'
    subprocess.run(["bash", "-c", script], env=ix.environment, check=True, capture_output=True)
    lines = (out / "log").read_text().split()
    assert lines[0] == "before" and lines[1].startswith("sha256:") and lines[2] == "after"
    assert json.loads((out / "m").read_text())["containerimage.config.digest"] == lines[1]


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_written_is_refused_before_anything_is_built(ix, context, out, tmp_path, way):
    (out / "d").mkdir()
    for path in (out / "d", f"{out}/new/", "/dev/fd/87"):
        ix("build", *WAYS[way](path), context).failed(2, "cannot write")
    assert not (tmp_path / "store").exists() and sorted(os.listdir(out)) == ["d"]


def test_export_writes_into_what_is_there(ix, context, out):
    null = device(out / "null")
    (out / "real.tar").write_text("keep")
    (out / "link.tar").symlink_to("real.tar")
    ix("build", "-t", "app:1", context).ok()
    ix("image", "export", "store:app:1", null).ok()
    ix("image", "copy", "store:app:1", f"docker-archive:{null}").ok()
    ix("image", "export", "store:app:1", out / "link.tar").ok()
    assert stat.S_ISCHR(null.stat().st_mode) and stat.S_IMODE(null.stat().st_mode) & 0o600 == 0o600
    assert (out / "link.tar").is_symlink() and "manifest.json" in tarfile.open(out / "real.tar").getnames()
    piped = subprocess.run([IX, "image", "export", "store:app:1", "-"], env=ix.environment, capture_output=True, check=True)
    assert piped.stdout == (out / "real.tar").read_bytes()


def test_what_tasks_write_goes_the_same_way(ix, out):
    null = device(out / "null")
    (out / "link").symlink_to("real")
    (out / "ixian.py").write_text(
        "from ixian.config import CONFIG\nfrom ixian.task import Task\nfrom ixian.utils.filesystem import write_file\n"
        "def init(): CONFIG.PROJECT_NAME = 'x'\n"
        "class Write(Task):\n    name = 'write'\n    def execute(self):\n        write_file('null', b'x'); write_file('link', b'x')\n"
    )
    ix("write", cwd=out).ok()
    assert stat.S_ISCHR(null.stat().st_mode) and (out / "link").is_symlink() and (out / "real").read_text() == "x"
