"""The runner as a project may ask for it from Python."""

from enum import Enum

import _ixian

from ixian.config import CONFIG
from ixian.exceptions import AlreadyComplete
from ixian.task import TASKS


class ExitCodes(Enum):
    """What ix ends with."""

    SUCCESS = 0
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


ERROR_TASK = ExitCodes.ERROR_TASK


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
        _ixian.log("error", f"There is no task named {task_name}.")
        return ExitCodes.ERROR_UNKNOWN_TASK
    try:
        task.execute(args, **flags)
    except AlreadyComplete:
        pass
    return ExitCodes.SUCCESS
