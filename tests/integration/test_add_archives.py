"""ADD of archives: whatever they hold, the destination is their root."""

import io
import shutil
import tarfile

import pytest
from test_build import store  # noqa: F401 (a fixture)


def archive(path, *entries, mode="w"):
    """Entries are (name, content), or (name, type, link)."""
    with tarfile.open(path, mode) as tar:
        for name, *rest in entries:
            member = tarfile.TarInfo(name)
            member.uid = member.gid = 7
            if len(rest) == 2:
                member.type, member.linkname = rest
                tar.addfile(member)
            else:
                member.size = len(rest[0])
                tar.addfile(member, io.BytesIO(rest[0]))


@pytest.fixture
def build(ix, store, tmp_path):
    context = tmp_path / "context"
    context.mkdir()
    (context / "passwd").write_text("good")

    def run(*entries, flags="", mode="w", to="/srv/app/"):
        archive(context / "t.tar", *entries, mode=mode)
        (context / "Dockerfile").write_text(f"FROM scratch\nCOPY passwd /etc/passwd\nADD {flags} t.tar {to}\n")
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        result = ix("build", "-o", tmp_path / "out", context)
        return result, tmp_path / "out"

    run.context = context
    return run


LINKS = {"relative": "../..", "absolute": "/", "far": "../../../../../.."}


@pytest.mark.parametrize("kind", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("link", LINKS)
def test_links_of_an_archive_lead_nowhere_else(build, kind, link):
    result, out = build(("up", tarfile.SYMTYPE, LINKS[link]), ("up/etc/passwd", b"evil"), mode=kind)
    result.ok()
    assert (out / "etc/passwd").read_text() == "good"
    assert (out / "srv/app/etc/passwd").read_text() == "evil"


def test_a_name_that_leads_out_is_an_error(build):
    for name in ("../../f", "a/../../f"):
        build((name, b"x"))[0].failed(1, "Dockerfile:3:1", "escapes the archive")
    build(("f", b"x"), ("l", tarfile.LNKTYPE, "../../etc/passwd"))[0].failed(1, "escapes the archive")


def test_chown_gives_away_all_that_was_unpacked(ix, store, build, tmp_path):
    build(("a/f", b"x"), ("l", tarfile.SYMTYPE, "a"))
    (build.context / "Dockerfile").write_text("FROM scratch\nADD --chown=5:6 --chmod=700 t.tar /d/\n")
    ix("build", "-o", f"type=tar,dest={tmp_path}/out.tar", build.context).ok()
    with tarfile.open(tmp_path / "out.tar") as tar:
        found = {each.name.rstrip("/"): (each.uid, each.gid, each.mode) for each in tar}
    # Of --chmod archives know nothing; what lies between is nobody's.
    assert found["d"] == (5, 6, 0o755)
    assert found["d/a"] == (0, 0, 0o755)
    assert found["d/a/f"] == (5, 6, 0o644)
    assert found["d/l"][:2] == (5, 6)
