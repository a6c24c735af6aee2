"""The image with a project's Bower components, and Bower in the development container."""

from posixpath import dirname, relpath

from ixian.config import CONFIG
from ixian.modules.filesystem.file_hash import FileHash
from ixian_docker.modules.docker.checker import DockerImageExists, DockerVolumeExists
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.modules.docker.utils.volumes import delete_volume
from ixian_docker.tools import ToolTask

BOWER_DEPENDS = ToolTask.depends


def clean_bower():
    delete_volume("{BOWER.COMPONENTS_VOLUME}")


class BuildBowerImage(ImageTask):
    """
    Builds an image with the components that {BOWER.CONFIG_FILE} names in {BOWER.COMPONENTS_DIR}, unless the image is here or in the
    registry. It stands on the npm image, which brings Bower.
    """

    name = "build_bower_image"
    category = "build"
    short_description = "Build bower image"
    parent = "build_image"
    depends = ["build_npm_image"]
    stage = "bower"
    dockerfile = "{BOWER.DOCKERFILE}"
    files = "{BOWER.IMAGE_FILES}"
    repository = "{BOWER.REPOSITORY}"
    check = [FileHash("{BOWER.CONFIG_FILE}"), DockerImageExists("{BOWER.IMAGE}")]
    config = ["{BOWER.IMAGE}", "{BOWER.DOCKERFILE}", "{BOWER.REPOSITORY}", "{BOWER.CONFIG_FILE}"]


class BowerTask(ToolTask):
    """What runs Bower."""

    __task_base__ = True

    config = ["{BOWER.BIN}", "{BOWER.ARGS}", "{BOWER.CONFIG_FILE_PATH}", "{BOWER.COMPONENTS_DIR}", "{BOWER.COMPONENTS_VOLUME}"]

    @property
    def command(self):
        # Bower takes the folder for components relative to the one in which bower.json is.
        folder = dirname(CONFIG.BOWER.CONFIG_FILE_PATH)
        places = [f"--config.cwd={folder}", f"--config.directory={relpath(CONFIG.BOWER.COMPONENTS_DIR, folder)}"]
        return ["{BOWER.BIN}", *CONFIG.BOWER.ARGS, *places]

    clean = clean_bower


class BuildBower(BowerTask):
    """Installs what {BOWER.CONFIG_FILE} names into the development container's volume {BOWER.COMPONENTS_VOLUME}."""

    name = "build_bower"
    category = "build"
    short_description = "Install bower packages"
    check = [FileHash("{BOWER.CONFIG_FILE}"), DockerVolumeExists("{BOWER.COMPONENTS_VOLUME}")]

    @property
    def command(self):
        return [*super().command, "install"]


class Bower(BowerTask):
    """
    Runs Bower in the development container, where components are in the volume {BOWER.COMPONENTS_VOLUME}.

    `ix bower --help` is the help of Bower.
    """

    name = "bower"
    category = "libraries"
    short_description = "Bower package manager"
