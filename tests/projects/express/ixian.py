"""A server in JavaScript: express serves what webpack has compiled from react, and a component that Bower installs."""

from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "express"
    for module in ["docker", "npm", "webpack", "bower"]:
        load_module(f"ixian_docker.modules.{module}")
