"""The runner as a project may ask for it from Python. The program has read the command line and loaded the project before that."""

import sys
from enum import Enum

import _ixian

from ixian._late import late_names
from ixian.config import CONFIG
from ixian.exceptions import AlreadyComplete, ExecuteFailed
from ixian.task import TASKS
from ixian.utils.decorators import classproperty

__getattr__ = late_names(__name__)


class ExitCodes(Enum):
    """What ix ends with."""

    SUCCESS = 0
    ERROR_COMPLETE = 0  # the same: nothing to do is a success
    ERROR_TASK = 1
    ERROR_UNKNOWN_TASK = 2
    ERROR_NO_IXIAN_PY = 3
    ERROR_NO_INIT = 3  # the same code: ixian.py cannot be used

    @property
    def is_success(self):
        return self is ExitCodes.SUCCESS

    @property
    def is_error(self):
        return self is not ExitCodes.SUCCESS

    @classproperty
    def errors(cls):
        return [each for each in cls if each.is_error]

    @classproperty
    def init_errors(cls):
        """What a project that cannot be loaded ends with."""
        return [cls.ERROR_NO_IXIAN_PY]

    @classproperty
    def run_errors(cls):
        """What a run can end with."""
        return [cls.ERROR_UNKNOWN_TASK, cls.ERROR_TASK]


ERROR_TASK = ExitCodes.ERROR_TASK

DEFAULT_ARGS = {
    "clean": False,
    "clean_all": False,
    "force": False,
    "force_all": False,
    "log": "INFO",
    "task": "help",
    "task_args": None,
    "help": False,
}


def ixian_path():
    """The project file."""
    return _ixian.project_file()


def resolve_task(key):
    """The task of that name, None where there is none for this RUN_CONTEXT."""
    task = TASKS.get(key)
    return task if task is not None and task.in_context else None


def run(task_name="help", *args, **flags):
    """Run a task by name. A task that is complete already counts as success."""
    task = resolve_task(CONFIG.format(task_name))
    if task is None:
        _ixian.log("error", f"unknown task: {task_name}")
        return ExitCodes.ERROR_UNKNOWN_TASK
    try:
        task.execute(args, **flags)
    except AlreadyComplete:
        pass
    return ExitCodes.SUCCESS


def init():
    """The project has been loaded by the time that Python code can ask for it."""
    return ExitCodes.SUCCESS


def get_parser():
    """A parser of the flags that the original has, with what follows them in `remainder`."""
    import argparse

    parser = argparse.ArgumentParser(prog="ix", add_help=False, description="Run a task of the project.")
    parser.add_argument("--help", action="store_true", help="show help")
    parser.add_argument("--log", default=DEFAULT_ARGS["log"], help="DEBUG, INFO, WARN, ERROR or NONE")
    for flag in ("--force", "--force-all", "--clean", "--clean-all"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("remainder", nargs=argparse.REMAINDER, help="a task and its arguments")
    return parser


def parse_args(args=None):
    """A command line, sys.argv without its first word unless it is given, as a dict of flags with `task` and `task_args`."""
    parsed = {**DEFAULT_ARGS, **vars(get_parser().parse_known_args(args)[0])}
    task, *task_args = parsed.pop("remainder") or ["help"]
    if parsed["help"] and task != "help":
        task, task_args = "help", [task]
    return {**parsed, "task": task, "task_args": task_args}


def exit_with_code(code):
    sys.exit(code.value if isinstance(code, ExitCodes) else code)


def cli():
    """Run what a command line asks for, and end the task that calls this with its code."""
    args = parse_args(sys.argv[1:])
    flags = {key: args[key] for key in ("force", "force_all", "clean", "clean_all")}
    try:
        code = run(args["task"], *args["task_args"], **flags)
    except ExecuteFailed as error:
        _ixian.log("error", str(error))
        code = ExitCodes.ERROR_TASK
    exit_with_code(code)
