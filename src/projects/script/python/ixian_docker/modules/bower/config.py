"""CONFIG.BOWER: the image that holds a project's Bower components, and where they lie inside it."""

from ixian.config import Config
from ixian_docker.modules.docker.config import Repository


class BowerConfig(Config):
    # Registries. The image is {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}:tag.
    REGISTRY = "{DOCKER.REGISTRY}"
    REGISTRY_PATH = "{DOCKER.REGISTRY_PATH}"

    # The image. Its tag is made of the hash of what goes into it.
    REPOSITORY = Repository("BOWER")
    IMAGE = "{BOWER.REPOSITORY}:{BOWER.IMAGE_TAG}"
    IMAGE_TAG = "bower-{TASKS.BUILD_BOWER_IMAGE.HASH}"

    # What it is built from: a template, which comes with ix unless a file of the project is named here, and files that count in the hash.
    DOCKERFILE = "{BOWER.MODULE_DIR}/Dockerfile.jinja"
    IMAGE_FILES = ["{BOWER.CONFIG_FILE}"]

    # What names the components: a file of the project, and the same one in the development container.
    CONFIG_FILE = "bower.json"
    CONFIG_FILE_PATH = "{DOCKER.PROJECT_DIR}/{BOWER.CONFIG_FILE}"

    # The program, which is one of the npm packages, and what it is called with, everywhere.
    BIN = "{NPM.NODE_MODULES_DIR}/.bin/bower"
    ARGS = ["--config.interactive=false", "--allow-root"]

    # Components, in the image; the volume that holds them while the project is developed.
    COMPONENTS_DIR = "{DOCKER.APP_DIR}/bower_components"
    COMPONENTS_VOLUME = "{PROJECT_NAME}.bower_components"

    # The files that come with ix.

    @property
    def MODULE_DIR(self):
        return "{DOCKER.ROOT_MODULE_DIR}/modules/bower"
