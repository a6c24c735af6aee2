"""All modules against what was read from the original: each value, and each task. What differs, and why, stands here."""

import functools
import json
from pathlib import Path

import pytest
from conftest import Project

ORIGINAL = json.loads((Path(__file__).parent / "original_modules.json").read_text())
# In the order in which the original's were loaded, which that of dependencies follows.
MODULES = ["DOCKER", "PYTHON", "NPM", "WEBPACK", "BOWER", "DJANGO", "PYTEST", "BLACK", "ESLINT", "JEST", "PRETTIER"]

LOAD = f"""
def init():
    CONFIG.PROJECT_NAME = 'unittests'
    for module in {[each.lower() for each in MODULES]}:
        load_module('ixian_docker.modules.' + module)

def raw(config, name):
    written = vars(type(config))[name]
    return "<property>" if hasattr(type(written), "__get__") else written

def values(known, read):
    return {{module: {{name: read(CONFIG.resolve(module), name) for name in names}} for module, names in known.items()}}

def described(runner):
    return {{
        "category": runner.category,
        "checks": [type(each).__name__ for each in runner.checkers] if runner.checkers else None,
        "contexts": runner.task.contexts if runner.task else None,
        "depends": runner.dependency_names(),
        "has_clean": runner.clean is not None,
        "short_description": runner.short_description,
        "virtual": runner.func is None,
    }}
"""


WEBPACK_ARGS = ["--color", "--config {WEBPACK.CONFIG_FILE_PATH}", "--output-path {WEBPACK.COMPILED_STATIC_DIR}"]


def own_registry(module):
    return "<property>", "docker.io/library/unittests"


# What is different on purpose: (as it is written, as it is read). Everything else is as it was. docs/moving/original.md has the reasons.
MENDED_VALUES = {
    # Each image may be in a registry of its own; a part of the name that is empty is left out.
    ("DOCKER", "REPOSITORY"): own_registry("DOCKER"),
    ("PYTHON", "REPOSITORY"): own_registry("PYTHON"),
    ("NPM", "REPOSITORY"): own_registry("NPM"),
    ("WEBPACK", "REPOSITORY"): own_registry("WEBPACK"),
    ("BOWER", "REPOSITORY"): own_registry("BOWER"),
    # They named a folder in the image, or none that anything reads.
    ("PYTHON", "IMAGE_FILES"): (["{PYTHON.HOST_ETC}/"], ["{PYTHON.HOST_ETC}/"]),
    ("NPM", "IMAGE_FILES"): (["{NPM.HOST_ETC}/"], ["{NPM.HOST_ETC}/"]),
    ("WEBPACK", "IMAGE_FILES"): (["{WEBPACK.HOST_ETC}/"], ["{WEBPACK.HOST_ETC}/"]),
    ("BOWER", "IMAGE_FILES"): (["{BOWER.CONFIG_FILE}"], ["{BOWER.CONFIG_FILE}"]),
    # It was the project's to write, and every project's was the same.
    ("BOWER", "DOCKERFILE"): ("{BOWER.MODULE_DIR}/Dockerfile.jinja", "<ixian_docker>/modules/bower/Dockerfile.jinja"),
    # DOCKER.PROJECT_DIR, which it is made of, did not exist.
    ("BOWER", "CONFIG_FILE_PATH"): ("{DOCKER.PROJECT_DIR}/{BOWER.CONFIG_FILE}", "/srv/unittests/project/bower.json"),
    # Today's webpack-cli does not know --colors; all versions know --color.
    ("WEBPACK", "ARGS"): (WEBPACK_ARGS, WEBPACK_ARGS),
    # A folder of somebody's own project.
    ("PRETTIER", "SRC"): ("{DOCKER.APP_DIR}/src/static", "/srv/unittests/src/static"),
}
# They depend on whether there is a module for Python, and read the same where there is.
WRITTEN_OTHERWISE = {("DOCKER", "COMPOSE_IMAGE"), ("DOCKER", "COMPOSE_IMAGE_TASK")}
MENDED_READ_VALUES = {
    ("WEBPACK", "RUN_CMD"): lambda value: value.replace("--colors", "--color"),
    # Volumes that were documented and not there: npm's packages, the files that npm and manage.py work on.
    ("DOCKER", "DEV_VOLUMES"): lambda value: [
        *value[: value.index("{WEBPACK.COMPILED_STATIC_VOLUME}:{WEBPACK.COMPILED_STATIC_DIR}")],
        "{NPM.VOLUME}:{NPM.NODE_MODULES_DIR}",
        "{PWD}/{NPM.HOST_ETC}/{NPM.PACKAGE_JSON}:{DOCKER.APP_DIR}/{NPM.PACKAGE_JSON}",
        "{PWD}/{NPM.HOST_ETC}/package-lock.json:{DOCKER.APP_DIR}/package-lock.json",
        *value[value.index("{WEBPACK.COMPILED_STATIC_VOLUME}:{WEBPACK.COMPILED_STATIC_DIR}") :],
        "{PWD}/manage.py:{DOCKER.APP_DIR}/manage.py",
    ],
}
MENDED_TASKS = {
    # Two tasks said "Build app image", and one of JavaScript "Black python formatter.". Two modules said "lint" in two ways.
    ("build_base_image", "short_description"): "Build base image",
    ("build_dockerfile", "short_description"): "Build app's Dockerfile",
    ("prettier", "short_description"): "Prettier javascript formatter.",
    ("lint", "short_description"): "Run all linting tasks.",
    # What a template makes depends on all configuration: no file tells that it is up to date.
    ("build_dockerfile", "checks"): None,
    # Every image can be removed again.
    ("build_python_image", "has_clean"): True,
    ("build_npm_image", "has_clean"): True,
    ("build_webpack_image", "has_clean"): True,
    ("build_bower_image", "has_clean"): True,
    # They depended on tasks that do not exist: build_npm, build_app_image.
    ("eslint", "depends"): ["compose_runtime"],
    ("bower", "depends"): ["compose_runtime"],
    ("build_bower", "depends"): ["compose_runtime"],
    # Bower is one of the npm packages.
    ("build_bower_image", "depends"): ["build_npm_image"],
    # It runs in the container, which is made from more than the base image.
    ("pip", "depends"): ["compose_runtime"],
    # A name that was read letter by letter; a container has no images to look for.
    ("install_python_packages", "depends"): ["create_pyenv"],
    ("install_python_packages", "checks"): ["FileHash"],
    # pytest was the one tool that no target gathered.
    ("test", "depends"): ["django_test", "pytest", "jest"],
    ("test_py", "depends"): ["django_test", "pytest"],
    # It had none.
    ("clean_docker", "short_description"): "Remove stopped containers, volumes and unnamed images",
}
# `down` was registered as `task`, with its own description.
RENAMED_TASKS = {"task": "down"}
MENDED_TASKS[("task", "depends")] = []


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory):
    """Evaluates in a project that has loaded all modules, and needs no Dockerfiles to be asked."""
    project = Project(tmp_path_factory.mktemp("original") / "project")
    yield lambda expression: project.evaluate(expression, LOAD)
    project.end_all()


def expected_values(module, which):
    """`which`: 0 as it is written, 1 as it is read."""
    found = {}
    for name, value in ORIGINAL["modules"][module].items():
        if which == 0 and (module, name) in WRITTEN_OTHERWISE:
            continue
        if (module, name) in MENDED_VALUES:
            found[name] = MENDED_VALUES[module, name][which]
        elif ("raw", "value")[which] in value:
            found[name] = value[("raw", "value")[which]]
            if which == 1:
                found[name] = MENDED_READ_VALUES.get((module, name), lambda same: same)(found[name])
    return found


@pytest.fixture(scope="module")
def found_values(evaluate):
    @functools.cache
    def found(which):
        known = {module: list(expected_values(module, which)) for module in MODULES}
        place = "str(CONFIG.IXIAN) + '/ixian_docker', CONFIG.PWD"
        folder, here, values = evaluate(f"[{place}, values({known}, {('raw', 'getattr')[which]})]")
        text = json.dumps(values).replace(folder, "<ixian_docker>").replace(here, "{PWD}")
        return json.loads(text)

    return found


@pytest.mark.parametrize("module", MODULES)
def test_each_value_is_written_as_it_was(found_values, module):
    # What was a property of the class is one here.
    assert found_values(0)[module] == expected_values(module, 0)


@pytest.mark.parametrize("module", MODULES)
def test_each_value_reads_as_it_did(found_values, module):
    assert found_values(1)[module] == expected_values(module, 1)


@pytest.fixture(scope="module")
def found_tasks(evaluate):
    return evaluate("{name: described(runner) for name, runner in TASKS.items()}")


@pytest.mark.parametrize("name", ORIGINAL["tasks"])
def test_each_task_is_as_it_was(found_tasks, name):
    expected = {key: MENDED_TASKS.get((name, key), value) for key, value in ORIGINAL["tasks"][name].items()}
    assert found_tasks[RENAMED_TASKS.get(name, name)] == expected


@pytest.mark.parametrize("module", MODULES[1:])
def test_what_is_set_before_a_module_is_loaded_stays(project, module):
    name = {"BLACK": "SRC", "DJANGO": "PORT", "PYTEST": "SRC"}.get(module, "BIN")
    setup = f"def init():\n    CONFIG.{module}.{name} = 'mine'\n    load_module('ixian_docker.modules.{module.lower()}')\n"
    assert project.evaluate(f"CONFIG.{module}.{name}", setup) == "mine"


def test_a_registry_of_one_module_is_that_of_its_images(project):
    for module in ["PYTHON", "NPM", "WEBPACK", "BOWER"]:
        setup = LOAD + f"\nload = init\ndef init():\n    load()\n    CONFIG.{module}.REGISTRY = 'own.example.com:5000'\n"
        assert project.evaluate(f"CONFIG.{module}.REPOSITORY", setup) == "own.example.com:5000/library/unittests"
