"""CONFIG.NPM: the image that holds a project's npm packages, and where they lie inside it."""

from ixian.config import Config
from ixian_docker.modules.docker.config import Repository


class NPMConfig(Config):
    # Registries. The image is {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}:tag.
    REGISTRY = "{DOCKER.REGISTRY}"
    REGISTRY_PATH = "{DOCKER.REGISTRY_PATH}"

    # The image. Its tag is made of the hash of what goes into it.
    REPOSITORY = Repository("NPM")
    IMAGE = "{NPM.REPOSITORY}:{NPM.IMAGE_TAG}"
    IMAGE_TAG = "npm-{TASKS.BUILD_NPM_IMAGE.HASH}"

    # What it is built from: a Dockerfile, which comes with ix unless a file of the project is named here, its build arguments, and files
    # that count in the hash.
    DOCKERFILE = "{NPM.MODULE_DIR}/Dockerfile"
    BUILD_ARGS = {
        "APP_DIR": "{DOCKER.APP_DIR}",
        "ETC": "{NPM.ETC}",
        "NODE_MODULES_DIR": "{NPM.NODE_MODULES_DIR}",
        "PACKAGE_FILES": "{NPM.PACKAGE_FILES}",
    }
    IMAGE_FILES = ["{NPM.HOST_ETC}/"]

    # Folders with package.json, in the image and in the project; what is copied from there: a folder, or a wildcard.
    ETC = "{DOCKER.APP_ETC}/npm"
    HOST_ETC = "root{NPM.ETC}"
    PACKAGE_JSON = "package.json"
    PACKAGE_FILES = "{NPM.HOST_ETC}/"

    # Packages, in the image; the volume that holds them while the project is developed.
    NODE_MODULES_DIR = "{DOCKER.APP_DIR}/node_modules"
    BIN = "{NPM.NODE_MODULES_DIR}/.bin"
    VOLUME = "{NPM.IMAGE_TAG}"

    # The files that come with ix.

    @property
    def MODULE_DIR(self):
        return "{DOCKER.ROOT_MODULE_DIR}/modules/npm"
