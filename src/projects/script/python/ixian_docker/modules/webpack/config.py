"""CONFIG.WEBPACK: the image that holds what webpack compiles, and where things lie inside it."""

from ixian.config import CONFIG, Config
from ixian_docker.modules.docker.config import Repository


class WebpackConfig(Config):
    # Registries. The image is {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}:tag.
    REGISTRY = "{DOCKER.REGISTRY}"
    REGISTRY_PATH = "{DOCKER.REGISTRY_PATH}"

    # The image. Its tag is made of the hash of what goes into it.
    REPOSITORY = Repository("WEBPACK")
    IMAGE = "{WEBPACK.REPOSITORY}:{WEBPACK.IMAGE_TAG}"
    IMAGE_TAG = "webpack-{TASKS.BUILD_WEBPACK_IMAGE.HASH}"

    # What it is built from: a template, which comes with ix unless a file of the project is named here, build arguments, and files that
    # count in the hash. `ix build_dockerfile` writes down what the template makes.
    DOCKERFILE = "{WEBPACK.MODULE_DIR}/Dockerfile.jinja"
    RENDERED_DOCKERFILE = "{BUILDER}/Dockerfile.webpack"
    BUILD_ARGS = {
        "ETC": "{WEBPACK.ETC}",
        "HOST_ETC": "{WEBPACK.HOST_ETC}",
        "SRC": "{WEBPACK.SOURCE_DIRS}",
    }
    IMAGE_FILES = ["{WEBPACK.HOST_ETC}/"]

    # Folders with webpack's configuration, in the image and in the project; folders with sources, in the project.
    ETC = "{DOCKER.APP_DIR}/etc/webpack"
    HOST_ETC = "root{WEBPACK.ETC}"
    CONFIG_DIR = "{DOCKER.APP_DIR}/etc/webpack"
    CONFIG_FILE = "webpack.config.js"
    CONFIG_FILE_PATH = "{WEBPACK.CONFIG_DIR}/{WEBPACK.CONFIG_FILE}"
    SOURCE_DIRS = ["src/static"]

    # The program, and what it is called with, everywhere.
    BIN = "{NPM.BIN}/webpack"
    ARGS = [
        "--color",
        "--config {WEBPACK.CONFIG_FILE_PATH}",
        "--output-path {WEBPACK.COMPILED_STATIC_DIR}",
    ]

    # Where it writes, in the image; volumes while the project is developed.
    COMPILED_STATIC_DIR = "{DOCKER.APP_DIR}/compiled_static"
    COMPILED_STATIC_VOLUME = "{PROJECT_NAME}.compiled_static"
    CACHE_LOADER_VOLUME = "{PROJECT_NAME}.cache_loader"

    @property
    def RUN_CMD(self):
        return " \\ \n  ".join([CONFIG.WEBPACK.BIN, *(CONFIG.format(each) for each in CONFIG.WEBPACK.ARGS)])

    # The files that come with ix.

    @property
    def MODULE_DIR(self):
        return "{DOCKER.ROOT_MODULE_DIR}/modules/webpack"
