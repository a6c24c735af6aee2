"""What tasks can do, one task a matter. `ix help` lists them."""

import shutil

from ixian.check import Checker, FileHash, SingleKeyChecker
from ixian.config import CONFIG
from ixian.exceptions import AlreadyComplete, ExecuteFailed
from ixian.task import Task, VirtualTarget
from ixian.utils.process import execute, raise_for_status


class Greet(Task):
    """
    Greets somebody.

    The docstring is what `ix help greet` shows. Variables work in it: this project is {PROJECT_NAME}.
    """

    name = "greet"
    category = "examples"
    short_description = "Greet somebody."
    config = ["{PROJECT_NAME}", "{PWD}"]

    def execute(self, who="world"):
        print(f"Hello, {who}!")


class Keywords(Task):
    """An execute() that takes keywords gets flags as such."""

    name = "keywords"
    category = "examples"

    def execute(self, *args, **kwargs):
        print(args, kwargs)


class Words(Task):
    """Any other execute() gets each word as it was typed, which suits tasks that wrap a tool."""

    name = "words"
    category = "examples"

    def execute(self, *args):
        print(args)


class Sort(Task):
    """Runs when words.txt changed, or when sorted.txt was changed or removed."""

    name = "sort"
    category = "examples"
    check = FileHash("words.txt", "sorted.txt")

    def execute(self):
        raise_for_status(execute("sort -u -o sorted.txt words.txt"))

    def clean(self):
        raise_for_status(execute("rm -f sorted.txt"))


class Count(Task):
    """Runs after `sort`, and whenever `sort` has run."""

    name = "count"
    category = "examples"
    depends = ["sort"]
    check = FileHash("count.txt")

    def execute(self):
        raise_for_status(execute(["sh", "-c", "wc -l < sorted.txt > count.txt"]))


class Reports(VirtualTarget):
    """All that this project reports."""

    name = "reports"
    category = "examples"
    short_description = "Make all reports."


class LongestWord(Task):
    name = "longest_word"
    category = "examples"
    parent = "reports"
    depends = ["sort"]

    def execute(self):
        with open("sorted.txt") as words:
            print(max(words.read().split(), key=len))


class FirstWord(Task):
    name = "first_word"
    category = "examples"
    parent = ["reports"]
    depends = ["sort"]

    def execute(self):
        with open("sorted.txt") as words:
            print(words.readline().strip())


class Program(SingleKeyChecker):
    """Passes while a name on PATH leads to the same program."""

    def state(self):
        return shutil.which(self.key)


class Shuffle(Task):
    """Two checkers: the task is complete when both pass."""

    name = "shuffle"
    category = "examples"
    check = [Program("shuf"), FileHash("words.txt", "shuffled.txt")]

    def execute(self):
        raise_for_status(execute("shuf -o shuffled.txt words.txt"))


class FreeSpace(Checker):
    """Passes while there is room, whatever there was at the last success."""

    contribute_to_task_state = False

    def filename(self):
        return "free-space"

    def state(self):
        return shutil.disk_usage(".").free

    def check(self):
        return self.state() > 1_000_000


class MakeRoom(Task):
    name = "make_room"
    category = "examples"
    check = FreeSpace()

    def execute(self):
        raise ExecuteFailed("There is less than 1 MB left. Remove something.")


class SortTwice(Task):
    """Calls another task by itself."""

    name = "sort_twice"
    category = "examples"

    def execute(self):
        for _ in range(2):
            try:
                Sort()()
                print("sorted")
            except AlreadyComplete:
                print("it was sorted already")


class Deploy(Task):
    """Only for RUN_CONTEXT=ci, so that nobody deploys by hand."""

    name = "deploy"
    category = "examples"
    contexts = ["ci"]

    def execute(self):
        print("deploying")


def init():
    CONFIG.PROJECT_NAME = "tour"
