"""The mounts of a RUN, from a Dockerfile's side."""

import os
import socket
import threading

import busybox
import images
import pytest
from test_build import base, build, context, store  # noqa: F401 (fixtures)


def test_a_target_that_is_left_out_is_the_working_directory(base, context, build):
    folder = context(
        "FROM busybox:1\nWORKDIR /w\nRUN --mount=type=bind cat a >/1\nRUN --mount=ro ls >/2\n"
        "RUN --mount=type=cache,target=sub/cache echo c >sub/cache/c && ls /w/sub >/3\nRUN --mount=type=tmpfs touch x && ls /w >/4\n",
        a="hi",
    )
    image = build(folder)
    assert [image.text(name) for name in "1234"] == ["hi", "Dockerfile\na\n", "cache\n", "x\n"]


def test_an_empty_target_cannot_be_the_root(ix, base, context):
    ix("build", "--network=none", context("FROM busybox:1\nRUN --mount=type=bind true\n")).failed(1, "Dockerfile:2:1", "cannot mount on /")
    ix("build", "--network=none", context("FROM busybox:1\nWORKDIR /a\nRUN --mount=type=cache,target=.. true\n")).failed(1, "Dockerfile:3:1")


def test_a_part_of_a_cache_is_shown(ix, base, context, build):
    fill = "RUN --mount=type=cache,id=k,target=/c mkdir -p /c/d/e && echo x >/c/d/f && ln -sf /etc /c/out\n"
    folder = context("FROM busybox:1\n" + fill + "RUN --mount=type=cache,id=k,target=/e,source=d ls /e >/seen && echo y >/e/g\nRUN --mount=type=cache,id=k,target=/c cat /c/d/g >/got\n")
    image = build(folder)
    assert image.text("seen").split() == ["e", "f"] and image.text("got") == "y\n"
    for part in ("none", "out"):
        folder = context(f"FROM busybox:1\n{fill}RUN --mount=type=cache,id=k,target=/e,source={part} true\n")
        ix("build", "--network=none", folder).failed(1, "Dockerfile:3:1", f"cannot mount {part} of cache k")


def test_another_owner_or_mode_is_another_cache(base, context, build):
    folder = context(
        "FROM busybox:1\n"
        "RUN --mount=type=cache,target=/cache echo r >/cache/r\n"
        "RUN --mount=type=cache,target=/cache,mode=0700 ls /cache >/first && stat -c %a /cache >>/first\n"
        "RUN --mount=type=cache,target=/cache,mode=0777 stat -c %a /cache >/second\n"
        "RUN --mount=type=cache,target=/cache,uid=0,gid=0,mode=0755 ls /cache >/third\n"
        "USER 1000\n"
        "RUN --mount=type=cache,target=/cache,uid=1000,gid=1000 echo u >/cache/u && stat -c '%u %g' /cache | grep '1000 1000'\n"
        "USER 0\n"
        "RUN --mount=type=cache,target=/cache,uid=1000,gid=1000 cat /cache/u >/fourth\n"
    )
    image = build(folder)
    assert [image.text(name) for name in ("first", "second", "third", "fourth")] == ["700\n", "777\n", "r\n", "u\n"]


def test_a_cache_that_begins_with_a_stage_begins_anew_when_that_changes(base, context, build):
    dockerfile = "FROM busybox:1 AS seed\nRUN mkdir /s && echo {} >/s/v\nFROM busybox:1\nRUN --mount=type=cache,from=seed,source=/s,target=/c cat /c/v >/seen\n"
    for word in ("one", "two"):
        assert build(context(dockerfile.format(word))).text("seen") == word + "\n"


@pytest.mark.parametrize("user", ["", "USER 1000\n"], ids=["root", "user"])
def test_a_working_directory_that_no_layer_has_is_made(ix, store, context, build, tmp_path, user):
    for folder in ("/srv/app", "/a/b/c/d"):
        layout = images.Layout(tmp_path / ("odd" + folder.replace("/", "-")))
        ix("image", "copy", layout.add("1", busybox.image(workdir=folder)), "store:odd:1").ok()
        built = build(context(f"FROM odd:1\n{user}RUN stat -c '%n %u %a' {folder} .\n"))
        assert f"{folder} 0 755" in built.result.stderr and ". 0 755" in built.result.stderr


def test_a_working_directory_behind_links_is_made(base, context, build):
    image = build(context("FROM busybox:1\nWORKDIR /w\nRUN rm -rf /w && ln -s /deep/er /w\nRUN pwd >/seen\n"))
    assert image.text("seen") == "/deep/er\n"


# Whoever may write to the context while it is built.


def test_what_is_swapped_for_a_link_meanwhile_is_neither_read_nor_written(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\nRUN --mount=type=bind,source=d,target=/m,rw cat /m/file; echo x >/m/written\n", **{"d/file": "INSIDE"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("OUTSIDE")
    (folder / "evil").symlink_to(outside)
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            os.rename(folder / "d", folder / "away")
            os.rename(folder / "evil", folder / "d")
            os.rename(folder / "d", folder / "evil")
            os.rename(folder / "away", folder / "d")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(40 if os.environ.get("IXIAN_NIGHTLY") == "1" else 5):
            told = ix("build", "--network=none", "--no-cache", folder)
            assert "OUTSIDE" not in told.stderr and told.code in (0, 1)
            assert not (outside / "written").exists()
            if told.code == 0:
                # Or it was away at that moment.
                assert "INSIDE" in told.stderr or "can't open" in told.stderr
    finally:
        stop.set()
        swapping.join()


def test_an_ssh_agent_is_handed_on(ix, base, context, tmp_path):
    check = 'test -S "$SSH_AUTH_SOCK" && stat -c "%a %u %n" "$SSH_AUTH_SOCK"'
    folder = context(f"FROM busybox:1\nRUN --mount=type=ssh,required,mode=0606 {check}\nRUN --mount=type=ssh,id=other test -z \"$SSH_AUTH_SOCK\" && test ! -e /run/buildkit\n")
    ix("build", "--network=none", folder).failed(2, "Dockerfile:2:1", 'required SSH agent "default" is missing')
    ix("build", "--network=none", "--ssh", "default", folder).failed(2, "SSH_AUTH_SOCK is not set")
    ix("build", "--network=none", "--ssh", "default=none", folder).failed(2, "none not found")
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(f"{tmp_path}/agent")
        agent.listen()
        told = ix("build", "--network=none", "--ssh", f"default={tmp_path}/agent", "-t", "a:1", folder).ok()
        assert "606 0 /run/buildkit/ssh_agent.0" in told.stderr
        ix.environment["SSH_AUTH_SOCK"] = f"{tmp_path}/agent"
        assert "606 0" not in ix("build", "--network=none", "--ssh", "default", folder).ok().stderr  # cached
    assert "SSH_AUTH_SOCK=" not in ix("image", "inspect", "store:a:1").ok().stdout
