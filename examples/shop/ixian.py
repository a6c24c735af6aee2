"""
A shop whose image is made of a graph of stages:

                  ┌─▶ python ──────────────┐
    base image ───┤                        ├─▶ runtime
                  └─▶ npm ──▶ webpack ─────┘

It needs no network and no base image from elsewhere: busybox does the work here that Python, npm and webpack do in a shop of your own. Put
the static busybox of your machine into root/bin (Debian's package busybox-static), then

    ix build_image

builds the five images and keeps them in a directory that serves as the registry. In another checkout, or after one file has changed, `ix
plan build_image` shows what is found and what must be built.
"""

from ixian.config import CONFIG, Config
from ixian.module import load_module
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.utils.client import OCILayoutClient


class ShopConfig(Config):
    # A directory that serves as the registry. On an NFS share, or in the cache of a CI, other machines find the images there.
    REGISTRY_FOLDER = "{BUILDER}/registry"


class BuildPythonImage(ImageTask):
    """The server's code."""

    name = "build_python_image"
    category = "build"
    short_description = "Build the image with the server."
    parent = "build_image"
    depends = ["build_base_image"]
    stage = "python"
    dockerfile = "Dockerfile.python"


class BuildNpmImage(ImageTask):
    """The modules that the shop's static files are made with."""

    name = "build_npm_image"
    category = "build"
    short_description = "Build the image with the modules."
    parent = "build_image"
    depends = ["build_base_image"]
    stage = "npm"
    dockerfile = "Dockerfile.npm"


class BuildWebpackImage(ImageTask):
    """Style sheets and scripts, bundled by the modules."""

    name = "build_webpack_image"
    category = "build"
    short_description = "Build the image with the bundle."
    parent = "build_image"
    depends = ["build_npm_image"]
    stage = "webpack"
    dockerfile = "Dockerfile.webpack"


def init():
    CONFIG.PROJECT_NAME = "shop"
    CONFIG.add("SHOP", ShopConfig)
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "localhost"
    CONFIG.DOCKER.REGISTRY_PATH = "demo"
    CONFIG.DOCKER.REGISTRIES = {"localhost": {"client": OCILayoutClient, "options": {"path": "{SHOP.REGISTRY_FOLDER}"}}}
    CONFIG.DOCKER.PUSH = "stages"
    CONFIG.DOCKER.BUILD_NETWORK = "none"
