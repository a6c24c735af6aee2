class AlreadyComplete(Exception):
    """A task was called, and its checks say that there is nothing to do."""


class ExecuteFailed(Exception):
    """A task could not do its work. The message is shown to the user as it is."""


class ProgramFailed(ExecuteFailed):
    """A program that a task ran did not succeed. Where that task was asked for, ix ends with the program's exit code."""

    def __init__(self, message, exit_code):
        super().__init__(message)
        self.exit_code = exit_code


class CommandNotFound(ExecuteFailed, FileNotFoundError):
    """There is no such program."""

    def __str__(self):
        return " ".join(str(arg) for arg in self.args)


class MockExit(BaseException):
    """Stands for the end of the process in tests."""

    def __init__(self, code):
        self.code = code


class ModuleLoadError(Exception):
    """A module cannot be loaded."""


class InvalidClassPath(Exception):
    """A class path is not of the form package.module.Class."""


class InvalidTask(Exception):
    """A task class lacks what makes it a task."""
