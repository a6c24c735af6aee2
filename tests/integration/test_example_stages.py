"""examples/stages, which the documentation shows: a template, a secret, a task that writes a file, a module, an image from Python."""

import re
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/stages"
BUSYBOX = Path("/usr/bin/busybox")


@pytest.fixture
def stages(ix, tmp_path):
    """stages("plan", "build_image"): ix in a checkout of the example, on a machine with an empty store."""
    if not BUSYBOX.exists():
        pytest.skip("busybox-static is not installed")
    folder = tmp_path / "stages"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".builder", "version.txt"))
    shutil.copy(BUSYBOX, folder / "root/bin/busybox")
    environment = {"IXIAN_STORE": str(tmp_path / "store"), "APP_TOKEN": "canary-token"}

    def run(*args, env={}):
        return ix(*args, cwd=folder, env={**environment, **env})

    return run


def places(result):
    return {step["stage"]: step["place"] for step in result.ok().json()["images"]["steps"]}


def test_it_is_built_once_and_found_then(stages):
    stages("build_image").ok()
    assert places(stages("plan", "build_image", "--json"))["runtime"] == "local"
    assert "build_image: up to date (" in stages("build_image").ok().stderr


def test_another_word_of_the_module_builds_its_stage_and_what_stands_on_it(stages):
    stages("build_image").ok()
    found = places(stages("plan", "build_image", "--json", env={"JT_GREETER__WORDS": "Guten Morgen"}))
    assert found == {"base": "local", "app": "local", "greeter": "build", "runtime": "build"}


def test_why_names_the_argument_that_changed(stages):
    stages("build_image").ok()
    told = stages("why", "build_image", env={"JT_STAGES__LANGUAGE": "de"}).ok().stdout
    assert re.search(r"build arg LANGUAGE +en → de", told), told


def test_the_image_from_python_is_there_once_its_task_has_run(stages):
    stages("build_toolbox").ok()
    assert "up to date" in stages("build_toolbox").ok().stderr
