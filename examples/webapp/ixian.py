"""
A Django application whose pages run what webpack compiles. The stages are base, npm, webpack and runtime:

    ix build_image
    ix graph build_image

With Docker Compose, `ix runserver` starts it for development, and `ix manage check` asks Django what it thinks of it.
"""

from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "webapp"

    load_module("ixian_docker.modules.docker")
    load_module("ixian_docker.modules.npm")
    load_module("ixian_docker.modules.webpack")
    load_module("ixian_docker.modules.django")
    load_module("ixian_docker.modules.prettier")

    # Django is Debian's, in the base image: see Dockerfile.base.
    CONFIG.PYTHON.BIN = "python3"
