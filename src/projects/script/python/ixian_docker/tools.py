"""ToolTask: a task that passes its command line on to a program in the development container."""

import _ixian

from ixian.task import Task


class ToolTask(Task):
    """
    Base class of tasks that run a tool. A class says what the tool is called with; the words of the command line follow, as they are. The
    task ends with the tool's exit code.

    Values may be properties, and hold variables. A text may hold several words: "--config {BLACK.CONFIG}".
    """

    __task_base__ = True

    depends = ["compose_runtime"]

    # The program, and the words that always come first.
    command = []

    # What follows them where the command line has no words.
    default_arguments = []

    # Options of `compose run`.
    compose_flags = []

    def execute(self, *args):
        from ixian_docker.modules.docker.utils.compose import compose_run

        return compose_run(words(self.command) + ([] if args else words(self.default_arguments)), list(args), flags=self.compose_flags)


def words(values):
    """Texts as words, taken apart as a shell does it. Variables stay in them, so that a value with spaces is one word."""
    values = [values] if isinstance(values, str) else values or []
    return [word for value in values for word in _ixian.split_words(value)]
