"""What a RUN leaves behind: what is in its layer, what the next instruction sees of it, and who is to blame for it."""

import os
import re
import shutil
import subprocess

import pytest
from test_build import base, build, context, store  # noqa: F401 (fixtures)

KINDS = ["overlay", "userns", "copy"]
SET = """
#include <sys/xattr.h>
int main(int count, char** words) { return count != 3 || setxattr(words[1], words[2], "y", 1, 0) != 0; }
"""


@pytest.fixture
def kind(request, ix):
    ix.environment["IXIAN_ROOTFS"] = request.param


@pytest.mark.skipif(os.geteuid() != 0, reason="all kinds of root file systems need root")
@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_what_is_as_it_was_is_left_out(base, context, build, kind):
    built = build(
        context(
            "FROM busybox:1\n"
            "RUN mkdir /d && head -c 100000 /dev/urandom >/big && cp /big /d/big\n"
            "RUN exec 3<>/big\nRUN chmod 644 /big && chmod -R 755 /d/. && touch /d/x && rm /d/x\nRUN cp -a /d /e && rm -r /d && mv /e /d\n"
            "RUN echo x >/d/new\n"
        )
    )
    names = [sorted(layer.getnames()) for layer in built.layers[1:]]
    assert names[0] == ["big", "d", "d/big"]
    assert names[-1] == ["d", "d/new"]
    assert [each for each in names[1:-1] if each not in ([], ["d", "d/big"])] == [], "at most the modes that were changed"


@pytest.mark.skipif(os.geteuid() != 0, reason="all kinds of root file systems need root")
@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_attributes_that_look_like_marks_are_attributes(ix, base, context, build, tmp_path, kind):
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    (tmp_path / "mark.c").write_text(SET)
    subprocess.run(["gcc", "-static", "-o", tmp_path / "mark", tmp_path / "mark.c"], check=True)
    folder = context(
        "FROM busybox:1\nCOPY mark /bin/\nRUN mkdir /D && echo a >/D/a && touch /f /g\n"
        "RUN mark /D user.overlay.opaque && mark /f user.overlay.metacopy && mark /f user.overlay.redirect && mark /g user.overlay.whiteout\n"
        "RUN ls /D /f /g >/seen && touch /D/b\n"
    )
    shutil.copy(tmp_path / "mark", folder / "mark")
    assert build(folder).text("seen").split() == ["/f", "/g", "/D:", "a"]
    ix("build", "--network=none", "-o", tmp_path / "out", folder).ok()
    assert sorted(os.listdir(tmp_path / "out/D")) == ["a", "b"]
    assert os.getxattr(tmp_path / "out/D", "user.overlay.opaque") == b"y"


@pytest.mark.skipif(os.geteuid() != 0, reason="the copy is made for root as well")
def test_a_device_that_hides_cannot_be_made(ix, base, context, build):
    ix.environment["IXIAN_ROOTFS"] = "copy"
    folder = context("FROM busybox:1\nRUN echo x >/x && mkdir /d && mknod /d/c c 0 0; true\nRUN ls /d >/seen; mknod /x c 0 0; ls / >/dev/null\n")
    built = build(folder)
    assert built.text("seen") == ""
    assert built.text("x") == "x\n"


def test_zeros_are_holes_wherever_they_are_written(ix, base, context, build, tmp_path):
    folder = context(
        "FROM busybox:1 AS a\nRUN mkdir /o && truncate -s 40M /o/s && echo x >>/o/s\n"
        "FROM busybox:1\nCOPY --from=a /o /p\nCOPY full /q\nRUN --mount=type=cache,from=a,source=/o,target=/c du -k /p/s /q /c/s | cut -f1 >/used\n"
    )
    (folder / "full").write_bytes(bytes(8_000_000) + b"x")
    assert all(int(size) < 200 for size in build(folder).text("used").split())
    ix("build", "--network=none", "--target", "a", "-o", tmp_path / "out", folder).ok()
    status = os.stat(tmp_path / "out/o/s")
    assert status.st_size == (40 << 20) + 2 and status.st_blocks * 512 < 200_000


def test_the_next_step_sees_times_as_the_layer_has_them(base, context, build):
    built = build(context("FROM busybox:1\nRUN mkdir /d && touch /d/f\nRUN stat -c %y /d /d/f >/seen\n"))
    assert set(re.findall(r"\.(\d+)", built.text("seen"))) <= {"000000000"}


@pytest.mark.parametrize("rest", ["", "RUN ls\n", "COPY Dockerfile /x\n", "FROM busybox:1\nCOPY --from=a /c /c\n"])
def test_a_fault_is_told_of_the_instruction_that_made_it(ix, base, context, rest):
    folder = context("FROM busybox:1 AS a\nRUN mkdir /c && touch /c/.wh.foo\n" + rest)
    failed = ix("build", "--network=none", folder)
    failed.failed(1, "Dockerfile:2:1", ".wh.foo")
    assert failed.stderr.count("error: ") == 1 and "Dockerfile:3" not in failed.stderr and "Dockerfile:4" not in failed.stderr
