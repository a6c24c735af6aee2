"""A project that uses a module which lies beside it."""

from ixian.config import CONFIG
from ixian.module import load_module


def init():
    load_module("license_check")
    CONFIG.PROJECT_NAME = "licensed"
    CONFIG.LICENSE.NAME = "MIT"
