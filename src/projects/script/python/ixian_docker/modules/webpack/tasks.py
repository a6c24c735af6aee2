"""The image with what webpack compiles, and webpack in the development container."""

from ixian.config import CONFIG
from ixian.modules.filesystem.file_hash import FileHash
from ixian_docker.modules.docker.checker import DockerImageExists
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.modules.docker.utils.volumes import delete_volume
from ixian_docker.tools import ToolTask


def clean_webpack_volume():
    delete_volume("{WEBPACK.COMPILED_STATIC_VOLUME}")
    delete_volume("{WEBPACK.CACHE_LOADER_VOLUME}")


class BuildWebpackImage(ImageTask):
    """
    Builds an image with javascript, css, etc. that webpack compiles from WEBPACK.SOURCE_DIRS into {WEBPACK.COMPILED_STATIC_DIR}, unless the
    image is here or in the registry. It stands on the npm image, which brings webpack.
    """

    name = "build_webpack_image"
    category = "build"
    short_description = "Build Webpack image"
    parent = "build_image"
    depends = ["build_npm_image"]
    stage = "webpack"
    dockerfile = "{WEBPACK.DOCKERFILE}"
    files = "{WEBPACK.IMAGE_FILES}"
    repository = "{WEBPACK.REPOSITORY}"
    rendered_dockerfile = "{WEBPACK.RENDERED_DOCKERFILE}"
    check = [FileHash("{WEBPACK.HOST_ETC}"), DockerImageExists("{WEBPACK.IMAGE}")]
    config = ["{WEBPACK.IMAGE}", "{WEBPACK.DOCKERFILE}", "{WEBPACK.REPOSITORY}", "{WEBPACK.SOURCE_DIRS}"]

    @property
    def build_args(self):
        return CONFIG.WEBPACK.BUILD_ARGS


class WebpackTask(ToolTask):
    """What runs webpack."""

    __task_base__ = True

    category = "build"
    config = [
        "{WEBPACK.CONFIG_FILE}",
        "{WEBPACK.CONFIG_FILE_PATH}",
        "{WEBPACK.COMPILED_STATIC_DIR}",
        "{WEBPACK.COMPILED_STATIC_VOLUME}",
        "{WEBPACK.ARGS}",
    ]

    @property
    def command(self):
        return ["{WEBPACK.BIN}", *CONFIG.WEBPACK.ARGS]

    clean = clean_webpack_volume


class WebpackVolume(WebpackTask):
    """Compiles once into the development container's volume {WEBPACK.COMPILED_STATIC_VOLUME}."""

    name = "webpack_volume"
    short_description = "Build webpack development volume"

    def execute(self):
        return super().execute()


class Webpack(WebpackTask):
    """
    Runs webpack in the development container, where it writes into the volume {WEBPACK.COMPILED_STATIC_VOLUME}. Arguments are passed on:
    `ix webpack --watch`.

    `ix webpack --help` is the help of webpack.
    """

    name = "webpack"
    short_description = "Webpack javascript/css compiler"
