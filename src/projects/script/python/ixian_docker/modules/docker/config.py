"""CONFIG.DOCKER: the names of a project's images, where they are kept, and where things lie inside them."""

from ixian.config import CONFIG, Config
from ixian.module import MODULES


class Default(property):
    """A property that a project may set: until then it is made when it is asked for."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, config, cls=None):
        if config is None:
            return self
        known = vars(config)
        return known[self.name] if self.name in known else self.fget(config)

    def __set__(self, config, value):
        vars(config)[self.name] = value


def joined(name):
    """The name of a repository without the parts of it that are empty, and their slashes."""
    return "/".join(part for part in name.split("/") if part)


class Repository(Default):
    """REPOSITORY of the configuration of a module: {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}, of which some may be empty."""

    def __init__(self, module):
        super().__init__(lambda config: joined(CONFIG.format(f"{{{module}.REGISTRY}}/{{{module}.REGISTRY_PATH}}/{{PROJECT_NAME}}")))


class DockerConfig(Config):
    # Registries. An image is {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}:tag, without those that are empty.
    REGISTRY = "docker.io"
    REGISTRY_PATH = "library"

    # How to reach each registry: {'host': {'client': a class, 'options': {…}}}. What is not in here is not pushed to.
    REGISTRIES = {}

    # Images. Tags are made of the hash of what goes into the image.
    REPOSITORY = Repository("DOCKER")
    IMAGE = "{DOCKER.REPOSITORY}:{DOCKER.IMAGE_TAG}"
    IMAGE_TAG = "runtime-{TASKS.BUILD_IMAGE.HASH}"
    BASE_IMAGE = "{DOCKER.REPOSITORY}:{DOCKER.BASE_IMAGE_TAG}"
    BASE_IMAGE_TAG = "base-{TASKS.BUILD_BASE_IMAGE.HASH}"

    # What images are built from: Dockerfiles, and files that count in the hash.
    DOCKERFILE = "Dockerfile"
    DOCKERFILE_BASE = "Dockerfile.base"
    IMAGE_FILES = []
    BASE_IMAGE_FILES = ["{PWD}/root/{PROJECT_NAME}/bin/", "{PWD}/root/{PROJECT_NAME}/etc/base"]
    MODULE_CONTEXT = "{BUILDER_DIR}/module_context"

    # What is pushed after a build: "never", "final" (the images asked for), "stages" (and those that they stand on) or "all" (and each
    # instruction). --push and --no-push of the command line come first.
    PUSH = "never"

    # For how many seconds a push that fails is tried again: a registry that restarts takes what was built all the same.
    PUSH_PATIENCE = 120

    # Further repositories in which images and instructions are looked for before they are built. Nothing is pushed to them.
    CACHE_FROM = []

    # Where single instructions are looked for and pushed to; "" is the repository of each image.
    CACHE_REPOSITORY = ""

    # Who builds: "embedded" or "docker".
    ENGINE = "embedded"

    # The network of RUN where it does not name one: default (one of its own), none, or host. Not part of keys.
    BUILD_NETWORK = "default"

    # What each RUN may take of the machine, as `ix build` has it for --memory, --pids-limit, --shm-size and --ulimit; "" is what is chosen
    # for it. Not part of keys.
    BUILD_MEMORY = ""
    BUILD_PIDS_LIMIT = ""
    BUILD_SHM_SIZE = ""
    BUILD_ULIMITS = []

    # The most that an ADD may fetch from a URL or a repository, and the longest that it may take, as `ix build` has it for --fetch-limit
    # and --fetch-timeout; "" is the default there. Not part of keys.
    FETCH_LIMIT = ""
    FETCH_TIMEOUT = ""

    # What the builds are labelled with that are pushed, so that those of one branch can be told from another's; "" is found out.
    BRANCH = ""

    # Folders in the image.
    ENV_DIR = "/srv"
    HOME_DIR = "/root"
    APP_DIR = "{DOCKER.ENV_DIR}/{PROJECT_NAME}"
    PROJECT_DIR = "{DOCKER.APP_DIR}/project"
    APP_BIN = "{DOCKER.APP_DIR}/bin"
    APP_ETC = "{DOCKER.APP_DIR}/etc"

    # Compose, which runs tools in the development container: its command ("" is the first one that is found), the service that is meant
    # where none is named, and what it runs with.
    COMPOSE = ""
    DEFAULT_APP = "app"
    COMPOSE_FLAGS = ["--rm", "-u root"]

    # What the container is made from: the image with the Python packages, or the app's own where there is no module for Python.

    @Default
    def COMPOSE_IMAGE(self):
        return "{PYTHON.IMAGE}" if "PYTHON" in MODULES else "{DOCKER.IMAGE}"

    @Default
    def COMPOSE_IMAGE_TASK(self):
        return "build_python_image" if "PYTHON" in MODULES else "build_image"

    # What the compose file may use, image: ${DOCKER_IMAGE}, and programs in the container find in their environment.

    @Default
    def COMPOSE_ENV(self):
        found = {"DOCKER_IMAGE": CONFIG.DOCKER.COMPOSE_IMAGE}
        if "NPM" in MODULES:
            found.update(DOCKER_NPM_IMAGE=CONFIG.NPM.IMAGE, DOCKER_NPM_VOLUME=CONFIG.NPM.VOLUME)
        return found

    # What all modules that are loaded say in their OPTIONS.

    @property
    def VOLUMES(self):
        return _gathered("volumes")

    @property
    def DEV_VOLUMES(self):
        return _gathered("dev_volumes")

    @property
    def ENV(self):
        return _merged("dev_environment")

    @property
    def DEV_ENV(self):
        return _merged("dev_env")

    # The files that come with ix.

    @property
    def ROOT_MODULE_DIR(self):
        return "{IXIAN}/ixian_docker"

    @property
    def MODULE_DIR(self):
        return "{DOCKER.ROOT_MODULE_DIR}/modules/docker"


def _gathered(option):
    return [each for options in MODULES.values() for each in options.get(option, None) or []]


def _merged(option):
    return {key: value for options in MODULES.values() for key, value in (options.get(option, None) or {}).items()}
