"""What `ix build` itself reads: Dockerfiles, ignore files, secrets, its own log. Somebody else may have written them, and some can be
read only once."""

import os
import subprocess
import threading

import pytest
from program import IX
from test_build import base, build, context, store  # noqa: F401 (fixtures)


def shell(ix, line, cwd):
    """A line for bash, with $IX for the program."""
    return subprocess.run(
        ["bash", "-c", line], cwd=cwd, env={**ix.environment, "IX": f"{IX} --progress plain build --network=none"}, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def secret_file(tmp_path):
    file = tmp_path / "shadow"
    file.write_text("root:$6$secret\n")
    return file


@pytest.mark.parametrize("named", [False, True], ids=["default", "-f"])
def test_a_dockerfile_does_not_lead_out_of_the_context(ix, context, secret_file, named):
    folder = context("")
    for target in (secret_file, "../shadow"):
        (folder / "Dockerfile").unlink()
        (folder / "Dockerfile").symlink_to(target)
        told = ix("build", *(["-f", folder / "Dockerfile"] if named else []), folder).failed(2, "does not resolve")
        assert "$6$" not in told.stderr


def test_a_link_to_a_dockerfile_of_the_context_is_followed(ix, store, context):
    folder = context("", **{"docker/web": "FROM scratch\nCOPY Dockerfile /\n"})
    (folder / "Dockerfile").unlink()
    (folder / "Dockerfile").symlink_to("docker/web")
    ix("build", folder).ok()


def test_a_dockerfile_that_is_named_elsewhere_may_be_a_link(ix, store, context, tmp_path):
    folder = context("FROM scratch\nCOPY Dockerfile /\n")
    (tmp_path / "real").write_text("FROM scratch\nCOPY Dockerfile /other\n")
    (tmp_path / "link").symlink_to("real")
    ix("build", "-f", tmp_path / "link", folder).ok()


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "Dockerfile.dockerignore"])
def test_only_a_regular_file_of_a_bounded_size_is_read(ix, store, context, name):
    folder = context("FROM scratch\nCOPY Dockerfile /\n")
    file = folder / name
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    ix("build", folder, timeout=20).failed(2, "not a regular file")
    file.unlink()
    with open(file, "wb") as large:
        large.truncate(1 << 42)  # sparse: who read it would be at it for an hour
    ix("build", folder, timeout=20).failed(1, "larger than 1 MiB")


def test_an_ignore_file_that_leads_out_is_refused(ix, store, context, secret_file):
    folder = context("FROM scratch\nCOPY . /\n")
    (folder / ".dockerignore").symlink_to(secret_file)
    ix("build", folder).failed(2, ".dockerignore", "does not resolve")


def test_a_dockerfile_comes_from_a_pipe(ix, store, context):
    folder = context("FROM scratch\nCOPY a /\n", a="a")
    for how in ("-f <(cat Dockerfile) .", "-f /dev/stdin . <Dockerfile", "-f - . <Dockerfile"):
        done = shell(ix, f"$IX {how}", folder)
        assert done.returncode == 0, done.stderr


def test_a_secret_of_a_pipe_is_the_same_for_every_run(ix, base, context, tmp_path):
    run = "RUN --mount=type=secret,id=a test $(wc -c </run/secrets/a) = 3\n"
    folder = context("FROM busybox:1\n" + run + run)
    for how in ("--secret id=a,src=<(echo pw) .", "--secret id=a,src=/dev/stdin . <<<pw"):
        done = shell(ix, f"$IX --no-cache {how}", folder)
        assert done.returncode == 0, done.stderr
    named = tmp_path / "pipe"
    os.mkfifo(named)
    writer = threading.Thread(target=lambda: named.write_text("pw\n"))
    writer.start()
    ix("build", "--network=none", "--no-cache", "--secret", f"id=a,src={named}", folder, timeout=30).ok()
    writer.join()


def test_the_log_of_the_build_may_lie_in_the_context(ix, base, context):
    for dockerfile in ("COPY . /src\nRUN true", "RUN --mount=type=bind,target=/m cat /m/build.log >/dev/null", "RUN --mount=type=bind,rw,target=/m true"):
        folder = context(f"FROM busybox:1\n{dockerfile}\n")
        done = shell(ix, "$IX . >build.log 2>&1", folder)
        assert done.returncode == 0, (folder / "build.log").read_text()


def test_a_busy_file_is_named_with_what_helps(ix, base, context):
    wait = "RUN --mount=type=bind,target=/c echo be''gun; until grep -q new /c/sub/busy.log; do sleep 0.05; done\n"
    folder = context("FROM busybox:1\n" + wait, **{"sub/busy.log": "old"})
    running = ix.start("build", "--network=none", folder)
    while "begun" not in running.process.stderr.readline().decode():
        pass
    (folder / "sub/busy.log").write_text("new")
    running.end().failed(1, "Dockerfile:2:1", "sub/busy.log changed during the build", ".dockerignore")


# In a project, its template, and what that includes.


def test_templates_do_not_lead_out_of_the_project(ix, store, tmp_path, secret_file):
    pytest.importorskip("jinja2")
    project = tmp_path / "project"
    project.mkdir()
    (project / "ixian.py").write_text(
        "from ixian.config import CONFIG\nfrom ixian.module import load_module\n"
        "def init():\n    CONFIG.PROJECT_NAME = 'shop'\n    load_module('ixian_docker.modules.docker')\n"
        "    CONFIG.DOCKER.DOCKERFILE_BASE = 'Dockerfile.jinja'\n"
    )
    template = project / "Dockerfile.jinja"
    template.symlink_to(secret_file)
    for command in (["plan", "build_base_image"], ["build_base_image"]):
        assert "$6$" not in ix(*command, cwd=project).failed(3, "does not resolve").stderr
    template.unlink()
    (project / "part").symlink_to(secret_file)
    for name in ("part", str(secret_file), "../shadow"):
        template.write_text(f"FROM scratch\n{{% include '{name}' %}}\n")
        told = ix("plan", "build_base_image", cwd=project)
        assert told.code == 3 and "$6$" not in told.stderr, told
