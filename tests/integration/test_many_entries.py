"""Memory does not grow with the number of entries that a layer has, be they many."""

import hashlib
import os
import shutil
import tarfile
import zlib

import images
import pytest
from test_build import store  # noqa: F401 (a fixture)

NIGHTLY = os.environ.get("IXIAN_NIGHTLY") == "1"
ENTRIES = 3_999_000 if NIGHTLY else 300_000  # a layer may have 4,000,000
MOST = 256 if NIGHTLY else 128  # MiB
PATIENCE = 3600 if NIGHTLY else 300

BLOCK = 512


def header(name, kind=b"0", link=b"", mode=b"0000644"):
    """An entry without content, as tar has it (POSIX ustar); faster than tarfile."""
    folder, name = (name.rsplit(b"/", 1) if len(name) > 100 else (b"", name))
    block = bytearray(BLOCK)
    block[: len(name)] = name
    block[100:107], block[108:115], block[116:123] = mode, b"0000000", b"0000000"
    block[124:135], block[136:147], block[148:156] = b"0" * 11, b"14000000000", b" " * 8
    block[156:157], block[157 : 157 + len(link)] = kind, link
    block[257:265] = b"ustar\x0000"
    block[345 : 345 + len(folder)] = folder
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


def files(count):
    yield header(b"d/", b"5", mode=b"0000755")
    for i in range(count - 1):
        yield header(b"d/%s%d" % (b"x" * 60, i))


def folders_without_entries(count):
    for i in range(count):
        yield header(b"d%d/f" % (i * 2654435761 % 2**32))


def links(count):
    """Each file has two names, of which one is far from the other."""
    for i in range(count // 2):
        yield header(b"a/%d" % i)
    for i in range(count // 2):
        yield header(b"b/%d" % (count - i), b"1", b"a/%d" % i)


def symlinks(count):
    for i in range(count):
        yield header(b"%d" % (i * 2654435761 % 2**32), b"2", b"somewhere/else/%d" % i)


KINDS = [files, folders_without_entries, links, symlinks]
nightly = pytest.mark.skipif(not NIGHTLY, reason="IXIAN_NIGHTLY is not set")


def layer(entries):
    packer, hashed, packed, waiting = zlib.compressobj(1, wbits=31), hashlib.sha256(), [], []

    def flush():
        block = b"".join(waiting)
        waiting.clear()
        hashed.update(block)
        packed.append(packer.compress(block))

    for each in entries:
        waiting.append(each)
        if len(waiting) == 1000:
            flush()
    waiting.append(bytes(2 * BLOCK))
    flush()
    blob = images.Blob(images.LAYER, b"".join([*packed, packer.flush()]))
    blob.diff_id = "sha256:" + hashed.hexdigest()
    return blob


@pytest.fixture(params=KINDS if NIGHTLY else KINDS[:2], ids=lambda kind: kind.__name__)
def many(ix, store, tmp_path, request):  # noqa: F811
    """The store has such an image."""
    layout = images.Layout(tmp_path / "layout")
    place = layout.add("1", images.image([layer(request.param(ENTRIES))]))
    ix.measured("image", "copy", place, "store:many:1", timeout=PATIENCE).takes_less_than(MOST)
    shutil.rmtree(layout.path)
    return "many:1"


@pytest.fixture
def build(ix, tmp_path):
    def run(dockerfile, *args):
        folder = tmp_path / "context"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(dockerfile)
        (folder / "f").write_text("content\n")
        return ix.measured("build", "--network=none", *args, folder, timeout=PATIENCE)

    return run


def test_copies_over_them(build, many, tmp_path):
    out = tmp_path / "out"
    build(f"FROM {many}\nCOPY f /\nCOPY f /d/\n", "-o", f"type=oci,tar=false,dest={out}").takes_less_than(MOST)
    # Once more, with what the store says of the layer.
    build(f"FROM {many}\nCOPY f /e/\n", "-o", f"type=oci,tar=false,dest={out}").takes_less_than(MOST)


@nightly
def test_writes_them_as_files(build, many, tmp_path):
    build(f"FROM {many}\nCOPY f /\n", "-o", tmp_path / "out").takes_less_than(MOST)
    assert (tmp_path / "out/f").read_text() == "content\n"
    assert len(os.listdir(tmp_path / "out")) > 1
    shutil.rmtree(tmp_path / "out")


@nightly
def test_writes_them_as_an_archive(build, many, tmp_path):
    archive = tmp_path / "out.tar"
    build(f"FROM {many}\nCOPY f /\n", "-o", f"type=tar,dest={archive}").takes_less_than(MOST)
    with tarfile.open(archive) as tar:
        first = tar.next()
        assert first is not None
    assert archive.stat().st_size > ENTRIES * BLOCK


@nightly
def test_runs_over_them(build, many, tmp_path):
    """RUN mounts the layer; that there is no shell in it is said by what starts the command."""
    build(f"FROM {many}\nRUN [\"/none\"]\n").failed(1).stayed_below(MOST)
