"""Build contexts that are no directory of this machine: standard input, archives, URLs, git repositories."""

import io
import os
import socket
import tarfile

import busybox
import images
import pytest
from repositories import Repository
from test_add_git import daemon, folder, server  # noqa: F401 (fixtures)
from test_build import base, store  # noqa: F401 (fixtures)
from waiting import wait_for

DOCKERFILE = 'FROM scratch\nCOPY . /all/\nCMD ["x"]\n'


@pytest.fixture
def build(ix, store, tmp_path):
    """The small files of what is built, by name; or the failed run, where `fails` is its exit code."""
    count = iter(range(1000))

    def run(*args, fails=0, **more):
        out = tmp_path / f"out-{next(count)}"
        result = ix("build", "--network=none", "-o", out, *args, **more)
        assert not (store / "work").exists() or not os.listdir(store / "work")
        if fails:
            return result.failed(fails)
        result.ok()
        return {str(f.relative_to(out)): f.read_text(errors="replace") for f in sorted(out.rglob("*")) if f.is_file() and f.stat().st_size < 1 << 16}

    return run


def archive(**files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as made:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content.encode()))
    return data.getvalue()


def test_a_repository_is_a_context(folder, daemon, build):
    repository = Repository(folder / "r")
    first = repository.commit(**{"Dockerfile": DOCKERFILE, "f": "1", ".dockerignore": "f\n", "sub/Dockerfile": DOCKERFILE, "sub/g": "2"})
    repository.git("tag", "v1")
    repository.commit(f="later")
    url = f"{daemon.url}/r/.git"
    everything = build(f"{url}#v1")
    assert everything["all/f"] == "1" and ".git/HEAD" not in "".join(everything)  # .dockerignore is for directories of this machine
    assert build(f"{url}?commit={first}&tag=v1")["all/f"] == "1"
    assert build(f"{url}?branch=main")["all/f"] == "later"
    assert set(build(f"{url}#v1:sub")) == set(build(f"{url}?tag=v1&subdir=sub")) == {"all/Dockerfile", "all/g"}
    assert build("-f", "sub/Dockerfile", f"{url}#v1")["all/f"] == "1"
    assert "all/.git/HEAD" in build("--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1", f"{url}#v1")
    assert "Dockerfile not found in" in build("-f", "../../etc/passwd", url, fails=2).stderr
    assert "branch or tag nope not found" in build(f"{url}#nope", fails=4).stderr


def test_a_context_from_elsewhere_has_one_key_everywhere(folder, daemon, ix, store, tmp_path):
    Repository(folder / "r").commit(Dockerfile="FROM scratch\nCOPY f /\n", f="1")
    digests = set()
    for number, umask in enumerate(("022", "077")):
        here = tmp_path / f"here-{number}"
        here.mkdir()
        ix.environment["IXIAN_STORE"] = str(tmp_path / f"store-{number}")
        old = os.umask(int(umask, 8))
        try:
            result = ix("build", "--reproducible", f"{daemon.url}/r/.git", cwd=here).ok()
        finally:
            os.umask(old)
        digests.add(result.stdout)
    assert len(digests) == 1


def test_an_url_is_an_archive_or_a_dockerfile(folder, server, build, tmp_path):
    (folder / "context.tar.gz").write_bytes(archive(Dockerfile=DOCKERFILE, f="1"))
    (folder / "file").write_text("FROM scratch\nCOPY <<E /here\nyes\nE\n")
    assert build(f"{server.url}/context.tar.gz")["all/f"] == "1"
    assert build(f"{server.url}/file") == {"here": "yes\n"}
    (tmp_path / "local").mkdir()
    assert build("-f", f"{server.url}/file", tmp_path / "local") == {"here": "yes\n"}
    assert build("-f", f"{server.url}/file", f"{server.url}/context.tar.gz") == {"here": "yes\n"}
    (tmp_path / "mine").write_text("FROM scratch\nCOPY f /mine\n")
    assert build("-f", tmp_path / "mine", f"{server.url}/context.tar.gz") == {"mine": "1"}
    assert "404" in build(f"{server.url}/nothing", fails=4).stderr
    assert "is an archive, not a Dockerfile" in build("-f", f"{server.url}/context.tar.gz", tmp_path / "local", fails=2).stderr


def test_what_was_fetched_goes_when_the_build_is_stopped(ix, store):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        running = ix.start("build", f"http://127.0.0.1:{listening.getsockname()[1]}/context.tar.gz")
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + archive(f="1"))
            wait_for(lambda: any((store / "work").glob("*/download")))
            running.interrupt()
            assert running.end().code != 0
    assert os.listdir(store / "work") == []


def test_a_name_may_mean_a_directory(build, tmp_path):
    shared, context = tmp_path / "shared", tmp_path / "context"
    for folder in (shared, context):
        folder.mkdir()
    (shared / "f").write_text("1")
    (shared / "left-out").write_text("2")
    (shared / ".dockerignore").write_text("left-out\n")
    (context / "Dockerfile").write_text("FROM debian AS tools\nRUN x\nFROM scratch\nCOPY --from=Shared f /one\nCOPY --from=tools . /all/\n")
    options = ["--build-context", f"shared={shared}", "--build-context", f"tools={shared}"]
    assert build(*options, context) == {"one": "1", "all/f": "1", "all/.dockerignore": "left-out\n"}
    (shared / "f").write_text("changed")
    assert build(*options, context)["one"] == "changed"
    (context / "Dockerfile").write_text("FROM docker.io/library/shared:latest\nCOPY Dockerfile /\n")
    assert set(build(*options, context)) == {"f", ".dockerignore", "Dockerfile"}


def test_a_name_may_mean_a_repository_or_an_archive(folder, daemon, server, build, tmp_path):
    Repository(folder / "r").commit(**{"sub/g": "git"})
    (folder / "a.tar.gz").write_bytes(archive(f="archive"))
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY --from=one g /\nCOPY --from=two f /\n")
    build_contexts = ["--build-context", f"one={daemon.url}/r/.git#:sub", "--build-context", f"two={server.url}/a.tar.gz"]
    assert build(*build_contexts, context) == {"g": "git", "f": "archive"}


def test_a_name_may_mean_an_image(base, build, tmp_path):
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM alpine:3\nRUN echo yes > /ran\n")
    other = images.Layout(tmp_path / "other")
    other.add("1", busybox.image())
    for value in (f"docker-image://{base}", f"oci-layout://{tmp_path}/other:1", f"oci-layout://{tmp_path}/other"):
        assert build("--build-context", f"alpine:3={value}", context)["ran"] == "yes\n", value
    assert "image not found: nope" in build("--build-context", f"alpine:3=oci-layout://{tmp_path}/other:nope", context, fails=4).stderr


@pytest.mark.parametrize(
    "value, sentence",
    [
        ("x", 'invalid value "x" for --build-context (expected: NAME=VALUE)'),
        ("x=", "expected: NAME=VALUE"),
        ("x=target:y", "bake file"),
        ("x=nowhere", 'build context "x" not found: nowhere'),
        ("x=docker-image://A:B:C", 'invalid build context "x"'),
        ("x=oci-layout://d@1", '"1" is no digest'),
        ("x=htpp://y", "did you mean http"),
    ],
)
def test_a_name_that_means_nothing_is_refused(build, tmp_path, value, sentence):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert sentence in build("--build-context", value, tmp_path, fails=2).stderr


PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module
from ixian_docker.modules.docker.stage import ImageTask


def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")


class Web(ImageTask):
    name = "web"
    stage = "web"
    repository = "localhost/shop"
    build_contexts = {"shared": "{PWD}/../shared", "debian:12": "docker-image://busybox:1"}
"""


def test_an_image_task_has_contexts(ix, base, tmp_path):
    project, shared = tmp_path / "project", tmp_path / "shared"
    for folder in (project, shared):
        folder.mkdir()
    (project / "ixian.py").write_text(PROJECT)
    (project / "Dockerfile").write_text("FROM debian:12\nCOPY --from=shared f /f\n")
    (shared / "f").write_text("1")
    ix("web", cwd=project).ok()
    assert "up to date" in ix("web", cwd=project).ok().stderr
    (shared / "f").write_text("2")
    assert "shared=f  changed" in ix("why", "web", cwd=project).ok().stdout
    ix("web", cwd=project).ok()
    (project / "ixian.py").write_text(PROJECT.replace("docker-image://busybox:1", "oci-layout://x"))
    assert "image task reads no oci-layout://" in ix("web", cwd=project).failed(3).stderr
