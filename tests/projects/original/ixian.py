"""A project as it was written for the Python program: one module of its own, tasks of its own, the core module."""

import os

from ixian.config import CONFIG
from ixian.module import load_module
from ixian.task import Task


def init():
    load_module("ixian.modules.core")
    load_module("shop")

    CONFIG.PROJECT_NAME = "shop"
    CONFIG.SHOP.REGISTRY = "registry.example.org"


class MyTask(Task):
    """
    Prints what it is called with, for {PROJECT_NAME}.
    """

    name = "my_task"
    short_description = "show the arguments"

    def execute(self, *args, **kwargs):
        print(args, kwargs)


class Ship(Task):
    """Puts the bundle of the current sources on the shelf."""

    name = "ship"
    category = "release"
    short_description = "ship the bundle"
    depends = ["bundle", "test"]
    contexts = ["cli", "ci"]
    config = ["{SHOP.IMAGE}", "{SHOP.BUNDLE}"]

    def execute(self, shelf="shelf"):
        os.makedirs(shelf, exist_ok=True)
        target = os.path.join(shelf, os.path.basename(CONFIG.SHOP.BUNDLE))
        with open(CONFIG.SHOP.BUNDLE) as source, open(target, "w") as file:
            file.write(source.read())
        print("shipped", CONFIG.SHOP.IMAGE)
