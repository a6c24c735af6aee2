"""CONFIG.PYTHON: the image that holds a project's Python packages, and where things lie inside it."""

from ixian.config import Config
from ixian_docker.modules.docker.config import Repository


class PythonConfig(Config):
    # Registries. The image is {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}:tag.
    REGISTRY = "{DOCKER.REGISTRY}"
    REGISTRY_PATH = "{DOCKER.REGISTRY_PATH}"

    # The image. Its tag is made of the hash of what goes into it.
    REPOSITORY = Repository("PYTHON")
    IMAGE = "{PYTHON.REPOSITORY}:{PYTHON.IMAGE_TAG}"
    IMAGE_TAG = "python-{TASKS.BUILD_PYTHON_IMAGE.HASH}"

    # What it is built from: a template, which comes with ix unless a file of the project is named here, and files that count in the hash.
    # `ix build_dockerfile` writes down what the template makes.
    DOCKERFILE = "{PYTHON.MODULE_DIR}/Dockerfile.lib.jinja"
    RENDERED_DOCKERFILE = "{BUILDER}/Dockerfile.python"
    IMAGE_FILES = ["{PYTHON.HOST_ETC}/"]

    # Folders with requirements, in the image and in the project; what pip installs from them.
    ETC = "{DOCKER.APP_ETC}/python"
    HOST_ETC = "root{PYTHON.ETC}"
    REQUIREMENTS_FILES = ["{PYTHON.ETC}/requirements.txt"]

    # Installed first, in images that have apt.
    APT_PACKAGES = [
        "make",
        "build-essential",
        "libssl-dev",
        "zlib1g-dev",
        "libbz2-dev",
        "libreadline-dev",
        "libsqlite3-dev",
        "wget",
        "curl",
        "llvm",
        "libncurses5-dev",
        "libncursesw5-dev",
        "xz-utils",
        "tk-dev",
        "libffi-dev",
        "liblzma-dev",
    ]

    # Programs in the image, its virtual environment, the project's own package.
    VERSION = "3.8.0"
    BIN = "python"
    PIP = "pip"
    VIRTUAL_ENV = ".venv"
    VIRTUAL_ENV_DIR = "{DOCKER.APP_DIR}/.venv"
    VIRTUAL_ENV_VOLUME = "{PROJECT_NAME}.{PYTHON.IMAGE_TAG}"
    VIRTUAL_ENV_RUN = "{PYTHON.BIN}"
    ROOT_MODULE = "{PROJECT_NAME}"
    ROOT_MODULE_PATH = "{DOCKER.APP_DIR}/src/{PYTHON.ROOT_MODULE}"
    HOST_ROOT_MODULE_PATH = "{PWD}/{PYTHON.ROOT_MODULE}"

    # The files that come with ix.

    @property
    def MODULE_DIR(self):
        return "{DOCKER.ROOT_MODULE_DIR}/modules/python"
