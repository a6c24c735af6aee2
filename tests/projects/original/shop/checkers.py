import os

from ixian.config import CONFIG
from ixian.check.checker import Checker, MultiValueChecker, SingleKeyChecker


class Exists(SingleKeyChecker):
    """Passes while a file is there; says nothing about what the task makes."""

    contribute_to_task_state = False

    def check(self):
        return os.path.exists(self.key)

    def state(self):
        return os.path.exists(self.key)


class Sizes(MultiValueChecker):
    """Sizes of files, for what is too big to be hashed."""

    def state(self):
        return {key: os.path.getsize(key) if os.path.exists(key) else None for key in self.keys}


class Settings(Checker):
    def __init__(self, *names):
        self.names = names

    def state(self):
        return {name: CONFIG.resolve(name) for name in self.names}

    def filename(self):
        return "settings-" + "-".join(self.names)

    def clone(self):
        return Settings(*self.names)
