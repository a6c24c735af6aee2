from ixian.check import FileHash
from ixian.config import CONFIG
from ixian.task import Task
from ixian.utils.process import execute, raise_for_status


class Compile(Task):
    """Compiles greeting.c."""

    name = "compile"
    check = FileHash("greeting.c", "greeting")

    def execute(self):
        raise_for_status(execute("cc -o greeting greeting.c"))


class Greet(Task):
    name = "greet"
    depends = "compile"

    def execute(self, who="world"):
        raise_for_status(execute(["./greeting", who]))


def init():
    CONFIG.PROJECT_NAME = "greeting"
