"""Tools in the development container, by a real compose and a real dockerd."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import busybox
import pytest
from waiting import wait_for

sys.path.append(str(Path(__file__).parents[1] / "conformance"))

import builders  # noqa: E402

WORDS = ["a b", "", "*", "$HOME", "`id`", "--help", "-x", "--", "--rm=1", "{NAME}", "it's", '"', "\\", "a\nb", "grün", "a;b|c&d", "${DOCKER_IMAGE}", "$$"]
FILES = {
    "ixian.py": """\
from ixian.config import CONFIG
from ixian.module import load_module

def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    load_module("mine")
    CONFIG.DOCKER.REGISTRY = "localhost"
""",
    "mine.py": """OPTIONS = {"name": "MINE", "volumes": ["{PROJECT_NAME}.data:/data"], "dev_env": {"FRUIT": "a pear"}}\n""",
    "Dockerfile": 'FROM {base}\nCOPY tools/ /bin/\nCMD ["sleep", "600"]\n',
    "docker-compose.yml": "services:\n  app:\n    image: ${DOCKER_IMAGE}\n    network_mode: none\n    volumes:\n      - kept:/kept\nvolumes:\n  kept:\n",
    "tools/bash": '#!/bin/sh\nexec sh "$@"\n',
    "tools/words": '#!/bin/sh\nfor word in "$@"; do printf "<%s>" "$word"; done\n',
}


@pytest.fixture(scope="module")
def daemon():
    if reason := builders.Docker.missing():
        pytest.skip(reason)
    if shutil.which("docker-compose", path=builders.PATH) is None:
        pytest.skip("docker-compose is not installed")
    folder = Path(tempfile.mkdtemp(prefix="ix-compose-"))
    made = builders.Docker(folder / "docker")
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def docker(daemon, *args):
    return subprocess.run([shutil.which("docker", path=builders.PATH), *args], env=daemon.environment, capture_output=True, text=True).stdout


@pytest.fixture
def project(daemon, ix, plain, tmp_path):
    plain.put("base", "1", busybox.image())
    folder = tmp_path / "shop"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content.replace("{base}", plain.name("base")))
        (folder / name).chmod(0o755)
    ix.environment.update(DOCKER_HOST=daemon.socket, IXIAN_STORE=str(tmp_path / "store"))

    def run(*args, **options):
        return ix(*args, cwd=folder, **options)

    run.folder = folder
    yield run
    for kind, remove in (("ps", "rm"), ("volume ls", "volume rm"), ("images", "rmi")):
        found = docker(daemon, *kind.split(), *(["-a"] if kind != "volume ls" else []), "-q").split()
        if found:
            docker(daemon, *remove.split(), "-f", *found)


def test_a_tool_runs_in_the_image_that_ix_has_built(project, daemon):
    result = project("compose", "words", *WORDS).ok()
    assert result.stdout == "".join(f"<{word}>" for word in WORDS)
    image = docker(daemon, "images", "--format", "{{.Repository}}:{{.Tag}}").strip()
    assert image.startswith("localhost/library/shop:runtime-")
    assert "takes" in result.stderr
    again = project("compose", "words", "x").ok()
    assert again.stdout == "<x>" and "takes" not in again.stderr


def test_the_shell_has_files_environment_and_streams(project):
    result = project("bash", "-c", 'pwd; echo "$FRUIT" "$APP_DIR"; cat /srv/shop/project/mine.py | wc -l; echo made >/srv/shop/project/made; echo err >&2; exit 7')
    assert result.code == 7, result
    assert result.stdout == "/\na pear /srv/shop\n1\n"
    assert "err" in result.stderr and "exit code: 7" in result.stderr
    assert (project.folder / "made").read_text() == "made\n"


def test_volumes_keep_what_they_hold(project):
    project("bash", "-c", "echo kept >/data/file").ok()
    assert project("bash", "-c", "cat /data/file").ok().stdout == "kept\n"


def test_up_down_and_cleaning(project, daemon):
    docker(daemon, "volume", "create", "another")
    project("up").ok()
    wait_for(lambda: "Up" in docker(daemon, "ps", "-a", "--format", "{{.Status}}"))
    result = project("clean_docker").ok()
    assert "Up" in docker(daemon, "ps", "-a", "--format", "{{.Status}}"), result
    docker(daemon, "kill", *docker(daemon, "ps", "-q").split())
    project("bash", "-c", ":").ok()
    result = project("clean_docker").ok()
    assert docker(daemon, "ps", "-aq") == "" and "removed the container" in result.stderr
    assert docker(daemon, "volume", "ls", "-q").split() == ["another"]
    assert "nothing" in project("clean_docker").ok().stderr
    project("up").ok()
    project("down").ok()
    assert docker(daemon, "ps", "-aq") == ""


def test_without_a_daemon_it_is_said(project, ix, tmp_path):
    ix.environment["DOCKER_HOST"] = f"unix://{tmp_path}/nothing"
    result = project("bash", "-c", ":")
    assert result.code == 1 and "Docker daemon" in result.stderr and "Traceback" not in result.stderr, result
