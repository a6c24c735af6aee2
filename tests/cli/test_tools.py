"""What each tool is called with in the development container: the words of its task, and those of the command line as they are."""

import json

import pytest

MODULES = ["docker", "python", "npm", "webpack", "bower", "django", "pytest", "black", "eslint", "jest", "prettier"]

# Notes what compose would be called with, in place of calling it.
RECORD = f"""
def init():
    import types
    CONFIG.PROJECT_NAME = "shop"
    for module in {MODULES}:
        load_module("ixian_docker.modules." + module)
    name = "ixian_docker.modules.docker.utils.compose"
    compose = sys.modules.setdefault(name, types.ModuleType(name))
    compose.compose_run = lambda command, args=(), flags=None, app=None: [[CONFIG.format(word) for word in command] + list(args), flags]
"""

APP = "/srv/shop"
BIN = f"{APP}/node_modules/.bin"
WEBPACK = [f"{BIN}/webpack", "--color", "--config", f"{APP}/etc/webpack/webpack.config.js", "--output-path", f"{APP}/compiled_static"]
BOWER = [f"{BIN}/bower", "--config.interactive=false", "--allow-root", f"--config.cwd={APP}/project", "--config.directory=../bower_components"]
PYTEST = ["pytest", "-c", f"{APP}/etc/runtime/pytest.ini", "-o", f"cache_dir={APP}/.pytest_cache"]
BLACK = ["--config", f"{APP}/etc/runtime/pyproject.toml", f"{APP}/src/shop"]
SOURCES = f"{APP}/src/static/**/*.js"
MANAGE = ["python", "manage.py"]
TEST = [*MANAGE, "test", "--settings=shop.settings.test"]

CALLS = [
    ("npm", [], ["npm", "install"]),
    ("npm", ["run", "a b", "--", "--help"], ["npm", "run", "a b", "--", "--help"]),
    ("ncu", ["-u"], ["ncu", "-u"]),
    ("webpack", [], WEBPACK),
    ("webpack", ["--watch"], [*WEBPACK, "--watch"]),
    ("webpack_volume", [], WEBPACK),
    ("bower", ["list"], [*BOWER, "list"]),
    ("build_bower", [], [*BOWER, "install"]),
    ("manage", ["check", "--deploy"], [*MANAGE, "check", "--deploy"]),
    ("shell", [], [*MANAGE, "shell"]),
    ("shell_plus", [], [*MANAGE, "shell_plus"]),
    ("dbshell", ["--", "-c", "select 1"], [*MANAGE, "dbshell", "--", "-c", "select 1"]),
    ("migrate", ["shop", "zero"], [*MANAGE, "migrate", "shop", "zero"]),
    ("makemigrations", [], [*MANAGE, "makemigrations"]),
    ("runserver", [], [*MANAGE, "runserver", "0.0.0.0:8000"]),
    ("runserver", ["[::]:80"], [*MANAGE, "runserver", "[::]:80"]),
    ("django_test", [], [*TEST, "shop"]),
    ("django_test", ["shop.tests.Cart"], [*TEST, "shop.tests.Cart"]),
    ("pytest", [], [*PYTEST, f"{APP}/src/shop"]),
    ("pytest", ["-k", "a and {b}"], [*PYTEST, "-k", "a and {b}"]),
    ("black", [], ["black", *BLACK]),
    ("black", ["--version"], ["black", "--version"]),
    ("black_check", [], ["black", "--check", *BLACK]),
    ("eslint", ["--fix"], [f"{BIN}/eslint", "--fix", f"{APP}/project"]),
    ("jest", ["--watch"], [f"{BIN}/jest", f"--config={APP}/etc/runtime/jest.config.json", "--watch"]),
    ("prettier", [], [f"{BIN}/prettier", "--write", "--list-different", "--color", SOURCES]),
    ("prettier", ["{PWD}"], [f"{BIN}/prettier", "{PWD}"]),
    ("prettier_check", [], [f"{BIN}/prettier", "--check", "--color", SOURCES]),
    ("prettier_check", ["x.ts"], [f"{BIN}/prettier", "--check", "--color", "x.ts"]),
]


def test_each_tool_is_called_with_its_words_and_those_of_the_command_line(project):
    given = json.dumps([[name, args] for name, args, _ in CALLS])
    told = project.evaluate(f"[TASKS[name].task.execute(*args)[0] for name, args in json.loads({given!r})]", RECORD)
    assert dict(zip(map(str, CALLS), told)) == {str(call): call[2] for call in CALLS}


def test_a_server_publishes_its_ports(project):
    assert project.evaluate("TASKS['runserver'].task.execute()[1]", RECORD) == ["--service-ports"]


@pytest.mark.parametrize("value, word", [("/srv/my shop", "/srv/my shop/pytest.ini"), ("/srv/it's", "/srv/it's/pytest.ini")])
def test_a_variable_with_spaces_or_quotes_stays_one_word(project, value, word):
    setup = RECORD + f"    CONFIG.PYTEST.INI_FILE = {value + '/pytest.ini'!r}\n"
    assert project.evaluate("TASKS['pytest'].task.execute()[0]", setup)[:3] == ["pytest", "-c", word]


def test_a_tool_of_the_projects_own(project):
    setup = RECORD + """
from ixian_docker.tools import ToolTask

class Mypy(ToolTask):
    name = "mypy"
    parent = "lint"
    command = ["mypy", "--config-file {DOCKER.APP_ETC}/mypy.ini"]
    default_arguments = "{PYTHON.ROOT_MODULE_PATH}"
"""
    words, needs = project.evaluate("[TASKS['mypy'].task.execute()[0], TASKS['mypy'].dependency_names()]", setup)
    assert words == ["mypy", "--config-file", "/srv/shop/etc/mypy.ini", "/srv/shop/src/shop"]
    assert needs == ["compose_runtime"]


PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> "$RECORD"
case $* in *"-m venv"*) for last; do :; done; mkdir -p "$last/bin" && cp "$0" "$last/bin/pip" && echo home > "$last/pyvenv.cfg" ;; esac
"""


def test_python_is_made_by_pyenv_where_ix_runs_in_a_container(project):
    for name in ("pyenv", "apt-get"):
        project.write(f"programs/{name}", PROGRAM).chmod(0o755)
    project.write("etc/requirements.txt", "django\n")
    setup = RECORD + """
    CONFIG.RUN_CONTEXT = "container"
    CONFIG.PYTHON.APT_PACKAGES = ["make"]
    CONFIG.PYTHON.ETC = "{PWD}/etc"
    CONFIG.PYTHON.VIRTUAL_ENV_DIR = "{PWD}/.venv"
"""
    project.tasks(setup)
    record = project.path / "record"
    environment = {"PATH": f"{project.path}/programs:/usr/bin:/bin", "RECORD": str(record)}
    project.ix("install_python_packages", env=environment).ok()
    assert record.read_text().splitlines() == [
        "apt-get update",
        "apt-get install -y --no-install-recommends make",
        "pyenv install --skip-existing 3.8.0",
        f"pyenv exec python -m venv {project.path}/.venv",
        f"pip install -r {project.path}/etc/requirements.txt",
    ]
    environment["PATH"] = "/usr/bin:/bin"
    project.write("etc/requirements.txt", "django>4\n")
    project.ix("--force", "create_pyenv", env={**environment, "JT_PYTHON__APT_PACKAGES": "[]"}).failed(1, "pyenv not found")
