"""What is said fits the command that was run, and is said once."""

import re

import busybox
import images
import pytest

PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module

def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    load_module("ixian_docker.modules.jest")
    CONFIG.DOCKER.REGISTRY = "localhost"
    CONFIG.DOCKER.REGISTRY_PATH = "me"
    CONFIG.DOCKER.BUILD_NETWORK = "none"
"""


@pytest.fixture
def shop(ix, tmp_path):
    """shop(RUN): a project whose image runs that, on busybox."""
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    layout = images.Layout(tmp_path / "base")
    ix("image", "copy", layout.add("1", busybox.image()), "store:busybox:1").ok()

    def write(*instructions):
        (ix.work / "ixian.py").write_text(PROJECT)
        (ix.work / "Dockerfile.base").write_text("FROM busybox:1\n")
        (ix.work / "Dockerfile").write_text("\n".join(["ARG BASE_IMAGE", "FROM $BASE_IMAGE", *instructions]) + "\n")
        (ix.work / "Dockerfile.alone").write_text("\n".join(["FROM busybox:1", *instructions]) + "\n")
        return lambda *args, **more: ix(*args, cwd=ix.work, **more)

    return write


@pytest.mark.parametrize("progress", ["plain", "quiet"])
def test_a_failure_is_told_once(shop, progress):
    run = shop("RUN echo said; exit 7")
    for call in (["build_image"], ["build", "--network", "none", "-f", "Dockerfile.alone", "."]):
        result = run("--progress", progress, *call).failed(1, "said")
        assert result.stderr.count("exit code: 7") == 1, result


def test_cached_steps_are_counted_as_the_others_are(shop):
    call = ["build", "--network", "none", "-f", "Dockerfile.alone", "."]
    shop("RUN true", "LABEL a=b", "RUN echo 1")(*call).ok()
    told = shop("RUN true", "LABEL a=b", "RUN echo 2")(*call).ok().stderr
    assert "stage-0 1/3: RUN true (cached)\n" in told and "stage-0 3/3: RUN echo 2\n" in told


def test_a_secret_that_is_missing_is_told_as_the_command_takes_it(shop):
    run = shop("RUN --mount=type=secret,id=tok,required=true true")
    project = run("build_image").failed(1, 'secrets = {"tok": "env:NAME"}')
    assert "--secret" not in project.stderr
    alone = run("build", "--network", "none", "-f", "Dockerfile.alone", ".").failed(2, "--secret id=tok,src=FILE")
    assert "secrets =" not in alone.stderr


def test_the_way_that_the_message_names_is_one(shop, ix):
    run = shop("RUN --mount=type=secret,id=tok,required=true cat /run/secrets/tok >/dev/null")
    with open(ix.work / "ixian.py", "a") as file:
        file.write("\nfrom ixian_docker.modules.docker.tasks import BuildImage as Known\nclass BuildImage(Known):\n    secrets = {'tok': 'env:TOK'}\n")
    run("build_image", env={"TOK": "x"}).ok()


def test_a_tool_that_needs_the_daemon_says_so_whatever_builds(shop, ix):
    docker = ix.bin / "docker"
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    run = shop("RUN true")
    run("build_image").ok()
    host = {"DOCKER_HOST": f"unix://{ix.home}/none"}
    told = run("jest", env=host).failed(1, "no Docker daemon at", "compose, which needs it with every engine")
    assert "--engine embedded" not in told.stderr
    run("--engine", "docker", "build", "-f", "Dockerfile.alone", ".", env=host).failed(1, "build without one: `ix --engine embedded`")


def test_a_push_shows_as_much_of_a_key_as_is_needed(shop, ix, plain):
    run = shop("RUN true")
    file = ix.work / "ixian.py"
    file.write_text(file.read_text().replace('"localhost"', f'"{plain.host}"') + f'    CONFIG.DOCKER.REGISTRIES = {{"{plain.host}": {{}}}}\n')
    told = run("--push", "build_image").ok().stderr
    assert re.search(r"^push runtime: .*:runtime-[0-9a-f]{12}…$", told, re.M), told
