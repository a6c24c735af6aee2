"""`ix build` where it meets what is not its own: other machines' programs, servers, set-user-ID programs, files that change meanwhile."""

import gzip
import http.server
import io
import os
import stat
import struct
import tarfile
import threading
from pathlib import Path

import busybox
import images
import pytest
from test_build import base, build, context, steps_that_ran, store  # noqa: F401 (fixtures)


@pytest.fixture
def served():
    """A server of one file with an ETag, which counts what it sends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            tag = f'"{hash(self.server.content)}"'
            unchanged = self.headers.get("If-None-Match") == tag
            self.server.answers.append(304 if unchanged else 200)
            body = b"" if unchanged else self.server.content
            self.send_response(304 if unchanged else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.answers = b"first", []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_is_sent_once_and_asked_for_by_what_is_known_of_it(base, context, build, served):
    folder = context(f"FROM busybox:1\nADD http://127.0.0.1:{served.server_port}/file /file\n")
    assert build(folder).text("file") == "first"
    assert served.answers == [200]
    assert steps_that_ran(build(folder).result) == []
    assert served.answers == [200, 304]
    served.content = b"second"
    assert build(folder).text("file") == "second"
    assert served.answers == [200, 304, 200]


def test_a_run_for_another_machine_says_which_and_what_helps(ix, store, context, tmp_path):
    layout = images.Layout(tmp_path / "foreign")
    ix("image", "copy", layout.add("1", busybox.image(architecture="s390x")), "store:foreign:1").ok()
    folder = context("FROM foreign:1\nCOPY Dockerfile /\nRUN true\n")
    if not Path("/proc/sys/fs/binfmt_misc/qemu-s390x").exists():
        failed = ix("build", "--network=none", "--platform", "linux/s390x", folder)
        failed.failed(1, "Dockerfile:3:1", "linux/s390x", "qemu-user-static", "binfmt")
    # Without a RUN it is an image like any other.
    ix("build", "--platform", "linux/s390x", context("FROM foreign:1\nCOPY Dockerfile /\n")).ok()


def test_new_privileges_are_for_those_who_ask(ix, base, context, build):
    folder = context("FROM busybox:1\nRUN grep NoNewPrivs /proc/self/status > /x\n")
    assert build(folder).text("x").split() == ["NoNewPrivs:", "1"]
    assert build(folder, "--allow", "new-privileges").text("x").split() == ["NoNewPrivs:", "0"]
    ix("build", "--allow", "everything", folder).failed(2, "new-privileges")


def test_hosts_and_name_servers_of_a_run(base, context, build):
    folder = context("FROM busybox:1\nRUN cat /etc/hosts /etc/resolv.conf > /x\n")
    hosts = ["--add-host", "db:192.0.2.7,v6=[2001:db8::1]", "--add-host=db=192.0.2.8"]
    built = build(folder, *hosts, "--dns=192.0.2.1", "--dns-search=example.org", "--dns-option=ndots:2")
    text = built.text("x")
    for line in ("192.0.2.7\tdb", "2001:db8::1\tv6", "192.0.2.8\tdb", "nameserver 192.0.2.1", "search example.org", "options ndots:2"):
        assert line in text.splitlines(), text
    assert text.count("nameserver") == 1
    # The hosts are in the key, the name servers are not.
    assert build(folder, *hosts).text("x") == text
    assert "192.0.2.7" not in build(folder).text("x")


def test_a_context_that_changes_below_a_mount_is_noticed(ix, base, context):
    folder = context("FROM busybox:1\nRUN --mount=type=bind,target=/c echo be''gun; until grep -q new /c/f; do sleep 0.1; done\n", f="old")
    running = ix.start("build", "--network=none", folder)
    line = ""
    while "begun" not in line:
        line = running.process.stderr.readline().decode()
    (folder / "f").write_text("new")
    running.end().failed(1, "Dockerfile:2:1", "f changed during the build", ".dockerignore")


def test_devices_keep_their_numbers(ix, base, store, context, build, tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("tape")
        entry.type, entry.mode, entry.devmajor, entry.devminor = tarfile.CHRTYPE, 0o640, 9, 128
        archive.addfile(entry)
    layer = images.Blob(images.LAYER, gzip.compress(buffer.getvalue(), 1, mtime=0))
    layer.diff_id = images.digest_of(buffer.getvalue())
    ix("image", "copy", images.Layout(tmp_path / "devices").add("1", images.image([layer])), "store:devices:1").ok()
    built = build(context("FROM busybox:1\nCOPY --from=devices:1 /tape /dev/tape\n"))
    entry = built.files["dev/tape"][1]
    assert (entry.type, entry.devmajor, entry.devminor) == (tarfile.CHRTYPE, 9, 128)


# What RUNs keep between builds.

KEEPS = "FROM busybox:1\nARG N\nRUN --mount=type=cache,target=/c dd if=/dev/urandom of=/c/$N bs=1M count=2 2>/dev/null; ls /c > /list\n"


def test_prune_counts_and_removes_what_runs_keep(ix, base, store, context, build):
    build(context(KEEPS), "--build-arg", "N=1")
    assert "1 cache mount" in ix("image", "prune", "--older-than", "0s", "--dry-run").ok().stdout
    kept = ix("image", "prune", "--older-than", "1h").ok()
    assert "cache mount" not in kept.stdout and build(context(KEEPS), "--build-arg", "N=2").text("list") == "1\n2\n"
    told = ix("image", "prune", "--keep", "0").ok().stdout
    assert "1 cache mount" in told
    assert [each.name for each in (store / "cache-mounts").iterdir()] == ["locks"]
    assert build(context(KEEPS), "--build-arg", "N=3").text("list") == "3\n"


def test_prune_leaves_a_cache_that_a_run_uses(ix, base, store, context):
    text = "FROM busybox:1\nRUN --mount=type=cache,target=/c echo be''gun; until [ -e /c/go ]; do sleep 0.1; done\n"
    running = ix.start("build", "--network=none", context(text))
    line = ""
    while "begun" not in line:
        line = running.process.stderr.readline().decode()
    assert "cache mount" not in ix("image", "prune", "--keep", "0").ok().stdout
    (cache,) = [each for each in (store / "cache-mounts").iterdir() if each.is_dir()]
    (cache / "go").touch()
    running.end().ok()


def test_a_file_with_an_access_control_list_has_the_mode_that_stat_shows(ix, store, tmp_path):
    """Of which the group's bits are the list's mask. BuildKit has it so; the list itself is in no image."""
    context = tmp_path / "context"
    context.mkdir()
    (context / "f").write_text("1")
    (context / "f").chmod(0o600)
    # user::rw- user:1000:rw- group::--- mask::rw- other::---
    entries = [(0x01, 6, 0xFFFFFFFF), (0x02, 6, 1000), (0x04, 0, 0xFFFFFFFF), (0x10, 6, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)]
    try:
        os.setxattr(context / "f", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries))
    except OSError as error:
        pytest.skip(f"no access control lists here: {error}")
    (context / "Dockerfile").write_text("FROM scratch\nCOPY f /copied\nCOPY --chmod=600 f /chosen\n")
    for options in ([], ["--no-cache"]):
        out = tmp_path / f"out{len(options)}"
        ix("build", *options, "-o", out, context).ok()
        assert stat.S_IMODE((out / "copied").stat().st_mode) == stat.S_IMODE((context / "f").stat().st_mode) == 0o660
        assert stat.S_IMODE((out / "chosen").stat().st_mode) == 0o600
        assert os.listxattr(out / "copied") == []
