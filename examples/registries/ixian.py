"""A directory in place of a registry: to try out what pushing and pulling does, without a server."""

from ixian.config import CONFIG
from ixian.module import load_module
from ixian_docker.modules.docker.utils.client import OCILayoutClient


def init():
    CONFIG.PROJECT_NAME = "registries"
    load_module("ixian_docker.modules.docker")

    CONFIG.DOCKER.REGISTRY = "localhost"
    CONFIG.DOCKER.REGISTRY_PATH = "examples"
    CONFIG.DOCKER.REGISTRIES = {
        "localhost": {
            "client": OCILayoutClient,
            "options": {"path": "{BUILDER}/registry"},
        }
    }
