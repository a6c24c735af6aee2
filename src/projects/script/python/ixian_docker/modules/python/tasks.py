"""The image with a project's Python packages, and pip in the development container."""

from ixian.modules.filesystem.file_hash import FileHash
from ixian.task import Task
from ixian_docker.modules.docker.checker import DockerImageExists
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.modules.docker.utils.compose import compose_run
from ixian_docker.modules.python.environment import CreatePyEnv, InstallPythonPackages, TestPython  # noqa: F401

PYTHON_DEPENDS = ["compose_runtime"]


class BuildPythonImage(ImageTask):
    """
    Builds an image with a virtual environment, {PYTHON.VIRTUAL_ENV_DIR}, in which what PYTHON.REQUIREMENTS_FILES name is installed,
    unless the image is here or in the registry. It stands on the base image, which brings Python.
    """

    name = "build_python_image"
    category = "build"
    short_description = "Build Python image"
    parent = "build_image"
    depends = ["build_base_image"]
    stage = "python"
    dockerfile = "{PYTHON.DOCKERFILE}"
    files = "{PYTHON.IMAGE_FILES}"
    repository = "{PYTHON.REPOSITORY}"
    rendered_dockerfile = "{PYTHON.RENDERED_DOCKERFILE}"
    check = [FileHash("{PYTHON.HOST_ETC}"), DockerImageExists("{PYTHON.IMAGE}")]
    config = ["{PYTHON.IMAGE}", "{PYTHON.DOCKERFILE}", "{PYTHON.REPOSITORY}"]


class Pip(Task):
    """
    Runs pip in the development container: `ix pip list --outdated`. What it installs there goes into the volume {PYTHON.VIRTUAL_ENV_VOLUME},
    and lasts until the requirements change.
    """

    name = "pip"
    category = "libraries"
    short_description = "Pip python package manager"
    depends = PYTHON_DEPENDS
    config = ["{PYTHON.PIP}", "{PYTHON.VIRTUAL_ENV_VOLUME}"]

    def execute(self, *args):
        return compose_run(["{PYTHON.PIP}"], args)
