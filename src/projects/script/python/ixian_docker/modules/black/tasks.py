"""Black in the development container."""

from ixian.config import CONFIG
from ixian.task import VirtualTarget
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.tools import ToolTask

BLACK_DEPENDS = ToolTask.depends


class LintPython(VirtualTarget):
    """Runs every task that names `lint_py` as its parent."""

    name = "lint_py"
    category = "testing"
    short_description = "Run all python linting tasks"
    parent = "lint"


class BlackTask(ToolTask):
    """What runs Black."""

    __task_base__ = True

    category = "testing"
    command = ["black"]
    config = ["{BLACK.ARGS}", "{BLACK.CONFIG}", "{BLACK.SRC}"]

    @property
    def default_arguments(self):
        return CONFIG.BLACK.ARGS


class Black(BlackTask):
    """
    Formats Python code with Black in the development container, with BLACK.ARGS unless there are arguments.

    `ix black --help` is the help of Black.
    """

    name = "black"
    short_description = "Black python formatter."


class BlackCheck(BlackTask):
    """Checks that Python code is formatted as Black does it, and changes nothing."""

    name = "black_check"
    short_description = "Black lint check."
    parent = ["lint", "lint_py"]
    command = ["black", "--check"]
