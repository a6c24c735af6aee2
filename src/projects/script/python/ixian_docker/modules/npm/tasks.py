"""The image with a project's npm packages, and npm in the development container."""

from ixian._late import late_names
from ixian.config import CONFIG
from ixian.modules.filesystem.file_hash import FileHash
from ixian_docker.modules.docker.checker import DockerImageExists
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.modules.docker.utils.volumes import delete_volume
from ixian_docker.tools import ToolTask

__getattr__ = late_names(__name__)

NPM_DEPENDS = ToolTask.depends


def remove_npm_volume():
    delete_volume("{NPM.VOLUME}")


class BuildNPMImage(ImageTask):
    """
    Builds an image with the packages that {NPM.PACKAGE_JSON} names in {NPM.NODE_MODULES_DIR}, exactly those of package-lock.json where
    there is one, unless the image is here or in the registry. It stands on the base image, which brings Node.js and npm.
    """

    name = "build_npm_image"
    category = "build"
    short_description = "Build NPM image"
    parent = ["build_image", "compose_runtime"]
    depends = ["build_base_image"]
    stage = "npm"
    dockerfile = "{NPM.DOCKERFILE}"
    files = "{NPM.IMAGE_FILES}"
    repository = "{NPM.REPOSITORY}"
    check = [FileHash("{NPM.HOST_ETC}"), DockerImageExists("{NPM.IMAGE}")]
    config = ["{NPM.IMAGE}", "{NPM.DOCKERFILE}", "{NPM.REPOSITORY}", "{NPM.PACKAGE_FILES}"]

    @property
    def build_args(self):
        return CONFIG.NPM.BUILD_ARGS


class NPM(ToolTask):
    """
    Runs npm in the development container. Without arguments, installs the packages of {NPM.PACKAGE_JSON} into the volume {NPM.VOLUME}.

    `ix npm --help` is the help of npm.
    """

    name = "npm"
    category = "libraries"
    short_description = "NPM package manager."
    command = ["npm"]
    default_arguments = ["install"]
    config = ["{NPM.PACKAGE_JSON}", "{NPM.VOLUME}", "{NPM.NODE_MODULES_DIR}"]

    clean = remove_npm_volume


class NCU(ToolTask):
    """
    Shows which packages of {NPM.PACKAGE_JSON} have newer versions, with ncu (npm-check-updates) in the development container. `ix ncu -u`
    writes them down; it installs nothing.

    `ix ncu --help` is the help of ncu.
    """

    name = "ncu"
    category = "libraries"
    short_description = "Update npm libraries in package.json"
    command = ["ncu"]
    config = ["{NPM.PACKAGE_JSON}"]

    clean = remove_npm_volume
