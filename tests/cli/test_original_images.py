"""The docker and python modules against what was read from the original: each value, and each task. What differs, and why, stands here."""

import json
from pathlib import Path

import pytest

ORIGINAL = json.loads((Path(__file__).parent / "original_images.json").read_text())

LOAD = """
def init():
    CONFIG.PROJECT_NAME = 'unittests'
    load_module('ixian_docker.modules.docker')
    load_module('ixian_docker.modules.python')

def raw(config, name):
    written = vars(type(config))[name]
    return "<property>" if isinstance(written, property) else written

def values(config, names, read):
    return {name: read(config, name) for name in names}

def described(runner):
    return {
        "category": runner.category,
        "checks": [type(each).__name__ for each in runner.checkers] if runner.checkers else None,
        "contexts": runner.task.contexts,
        "depends": runner.dependency_names(),
        "has_clean": runner.clean is not None,
        "short_description": runner.short_description,
        "virtual": runner.func is None,
    }
"""

# What is different on purpose. Everything else is as it was.
MENDED_VALUES = {
    # PYTHON.REGISTRY was documented and never read.
    ("PYTHON", "REPOSITORY"): ("{PYTHON.REGISTRY}/{PYTHON.REGISTRY_PATH}/{PROJECT_NAME}", "docker.io/library/unittests"),
    # It named a folder in the image, not the one in the project that goes there.
    ("PYTHON", "IMAGE_FILES"): (["{PYTHON.HOST_ETC}/"], ["{PYTHON.HOST_ETC}/"]),
}
MENDED_TASKS = {
    # Two tasks said "Build app image".
    ("build_base_image", "short_description"): "Build base image",
    ("build_dockerfile", "short_description"): "Build app's Dockerfile",
    # What a template makes depends on all configuration: no file tells that it is up to date.
    ("build_dockerfile", "checks"): None,
    # Every image can be removed again.
    ("build_python_image", "has_clean"): True,
}
# Of modules that come later.
LATER_IMAGES = ["build_npm_image", "build_webpack_image", "build_bower_image"]
LATER_VALUES = ("{WEBPACK.", "{BOWER.")


def expected_values(module, which):
    """`which`: 0 as it is written, 1 as it is read."""
    found = {}
    for name, value in ORIGINAL["modules"][module].items():
        known = value.get(("raw", "value")[which])
        if known is not None:
            found[name] = MENDED_VALUES.get((module, name), (known, known))[which]
    if which == 1 and module == "DOCKER":
        found["DEV_VOLUMES"] = [each for each in found["DEV_VOLUMES"] if not each.startswith(LATER_VALUES)]
    return found


def placed(value, project, folder):
    if isinstance(value, str):
        return value.replace(str(project.path), "{PWD}").replace(folder + "/ixian_docker", "<ixian_docker>")
    return value


@pytest.mark.parametrize("module", ["DOCKER", "PYTHON"])
def test_each_value_is_written_as_it_was(project, module):
    expected = expected_values(module, 0)
    found = project.evaluate(f"values(CONFIG.{module}, {list(expected)}, raw)", LOAD)
    # Their folders were properties of the class.
    assert found == expected


@pytest.mark.parametrize("module", ["DOCKER", "PYTHON"])
def test_each_value_reads_as_it_did(project, module):
    expected = expected_values(module, 1)
    folder, found = project.evaluate(f"[str(CONFIG.IXIAN), values(CONFIG.{module}, {list(expected)}, getattr)]", LOAD)
    assert {name: placed(value, project, folder) for name, value in found.items()} == expected


@pytest.mark.parametrize("name", ORIGINAL["tasks"])
def test_each_task_is_as_it_was(project, name):
    expected = {key: MENDED_TASKS.get((name, key), value) for key, value in ORIGINAL["tasks"][name].items()}
    expected["depends"] = [each for each in expected["depends"] if each not in LATER_IMAGES]
    assert project.evaluate(f"described(TASKS[{name!r}])", LOAD) == expected
