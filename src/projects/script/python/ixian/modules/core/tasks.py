import _ixian

from ixian.task import Task, VirtualTarget


class Lint(VirtualTarget):
    """Runs every task that names `lint` as its parent."""

    name = "lint"
    category = "testing"
    short_description = "Run all linting tasks."


class Test(VirtualTarget):
    """Runs every task that names `test` as its parent."""

    name = "test"
    category = "testing"
    short_description = "Run all testing tasks."


class Clean(VirtualTarget):
    """Runs every task that names `clean` as its parent."""

    name = "clean"
    category = "build"
    short_description = "Run all clean tasks."


class Help(Task):
    """
    Without an argument, lists the tasks of the project. With the name of a task, shows what it does, the configuration that it
    uses, and the status of all that it needs.
    """

    name = "help"
    short_description = "This help message or help <task> for task help"
    contexts = True

    def execute(self, task_name=None):
        _ixian.show_help(task_name or "")
        return 0
