"""Python made by pyenv, for projects that run ix inside a container, and the target of Python's tests."""

import posix

import _ixian

from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed
from ixian.modules.filesystem.file_hash import FileHash
from ixian.task import Task, VirtualTarget
from ixian.utils.process import execute, raise_for_status


class TestPython(VirtualTarget):
    """Runs every task that names `test_py` as its parent."""

    name = "test_py"
    category = "testing"
    short_description = "Run all python test tasks"


class CreatePyEnv(Task):
    """
    Installs what Python is compiled with, PYTHON.APT_PACKAGES, where there is apt-get, then Python {PYTHON.VERSION} by pyenv, and makes a
    virtual environment of it in {PYTHON.VIRTUAL_ENV_DIR}. For RUN_CONTEXT "container".
    """

    name = "create_pyenv"
    category = "python"
    short_description = "Creates a python pyenv."
    contexts = ["container"]
    parent = "build_platform"
    config = ["{PYTHON.VERSION}", "{PYTHON.VIRTUAL_ENV_DIR}"]

    def execute(self):
        if CONFIG.PYTHON.APT_PACKAGES and on_path("apt-get"):
            call("apt-get", "update")
            call("apt-get", "install", "-y", "--no-install-recommends", *CONFIG.PYTHON.APT_PACKAGES, env={"DEBIAN_FRONTEND": "noninteractive"})
        pyenv = find_pyenv()
        call(pyenv, "install", "--skip-existing", "{PYTHON.VERSION}")
        call(pyenv, "exec", "python", "-m", "venv", "{PYTHON.VIRTUAL_ENV_DIR}", env={"PYENV_VERSION": CONFIG.PYTHON.VERSION})


class InstallPythonPackages(Task):
    """Installs what PYTHON.REQUIREMENTS_FILES name into {PYTHON.VIRTUAL_ENV_DIR}. For RUN_CONTEXT "container"."""

    name = "install_python_packages"
    category = "python"
    short_description = "Installs python packages into a virtual environment."
    contexts = ["container"]
    depends = "create_pyenv"
    check = FileHash("{PYTHON.ETC}", "{PYTHON.VIRTUAL_ENV_DIR}/pyvenv.cfg")
    config = ["{PYTHON.REQUIREMENTS_FILES}", "{PYTHON.VIRTUAL_ENV_DIR}"]

    def execute(self):
        for file in CONFIG.PYTHON.REQUIREMENTS_FILES:
            call("{PYTHON.VIRTUAL_ENV_DIR}/bin/pip", "install", "-r", file)


def call(*command, env=None):
    raise_for_status(execute(list(command), env=env))


def find_pyenv():
    if on_path("pyenv"):
        return "pyenv"
    installed = f"{posix.environ.get(b'HOME', b'/root').decode()}/.pyenv/bin/pyenv"
    if not is_program(installed):
        raise ExecuteFailed(f"pyenv not found, neither on PATH nor in {_ixian.shown(installed)}\nhint: install it in the base image")
    return installed


def on_path(name):
    folders = posix.environ.get(b"PATH", b"/usr/bin:/bin").decode(errors="surrogateescape").split(":")
    return any(is_program(f"{folder}/{name}") for folder in folders)


def is_program(path):
    return posix.access(path, posix.X_OK)
