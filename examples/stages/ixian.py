"""
Image stages of a project's own. The pages docs/guides/project-images.md and docs/guides/stages.md show parts of it.

    version ──▶ base ──▶ app ──▶ checked
                  └────▶ greeter

Like examples/shop it needs no network: put the static busybox of your machine into root/bin (Debian's package busybox-static).
"""

from ixian.check import FileHash
from ixian.config import CONFIG, Config
from ixian.module import load_module
from ixian.task import Task
from ixian.utils.filesystem import write_file
from ixian_docker.modules.docker.checker import DockerImageExists
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.utils.client import OCILayoutClient
from ixian_docker.modules.docker.utils.images import build_image_if_needed, image_exists_in_registry


class StagesConfig(Config):
    TOOLS = ["awk", "sed", "sort"]
    LANGUAGE = "en"
    TOOLBOX = "{DOCKER.REPOSITORY}:toolbox-1"


class WriteVersion(Task):
    """No image: writes a file that the key of an image depends on. It runs before keys are made."""

    name = "write_version"
    parent = "build_base_image"
    check = FileHash("VERSION", "src/version.txt")

    def execute(self):
        with open("VERSION") as version:
            write_file("src/version.txt", f"version {version.read()}".encode())


class BuildAppImage(ImageTask):
    """Everything that an image task can say of its image."""

    name = "build_app_image"
    category = "build"
    short_description = "Build the app."
    parent = "build_image"
    depends = ["build_base_image"]

    stage = "app"
    dockerfile = "Dockerfile.app.jinja"
    template_context = {"greeting": "Hello"}
    context = "{PWD}/src"
    target = "app"
    build_args = {"LANGUAGE": "{STAGES.LANGUAGE}"}
    files = ["tests/*.txt"]
    secrets = {"token": "env:APP_TOKEN"}


class BuildToolbox(Task):
    """An image under a name of its own, built from Python where nobody has it."""

    name = "build_toolbox"
    category = "build"
    check = DockerImageExists("{STAGES.TOOLBOX}")

    def execute(self):
        build_image_if_needed("{STAGES.TOOLBOX}", dockerfile="Dockerfile.toolbox", buildargs={"TOOLS": " ".join(CONFIG.STAGES.TOOLS)})


class IsPublished(Task):
    name = "is_published"
    category = "misc"

    def execute(self):
        print(image_exists_in_registry(CONFIG.DOCKER.IMAGE))


def init():
    CONFIG.PROJECT_NAME = "stages"
    CONFIG.add("STAGES", StagesConfig)
    load_module("ixian_docker.modules.docker")
    load_module("greeter")
    CONFIG.DOCKER.REGISTRY = "localhost"
    CONFIG.DOCKER.REGISTRY_PATH = "examples"
    CONFIG.DOCKER.REGISTRIES = {"localhost": {"client": OCILayoutClient, "options": {"path": "{BUILDER}/registry"}}}
