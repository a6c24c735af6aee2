"""ESLint in the development container."""

from ixian.config import CONFIG
from ixian.task import VirtualTarget
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.tools import ToolTask

ESLINT_DEPENDS = ToolTask.depends


class LintJS(VirtualTarget):
    """Runs every task that names `lint_js` as its parent."""

    name = "lint_js"
    category = "testing"
    short_description = "Run all javascript linting tasks"


class ESLint(ToolTask):
    """
    Runs ESLint in the development container on the project, {DOCKER.PROJECT_DIR}. Arguments come before that: `ix eslint --fix`.

    `ix eslint --help` is the help of ESLint.
    """

    name = "eslint"
    category = "testing"
    short_description = "ESLint javascript linter"
    parent = ["lint", "lint_js"]
    command = ["{ESLINT.BIN}"]
    config = ["{ESLINT.BIN}", "{DOCKER.PROJECT_DIR}"]

    def execute(self, *args):
        return super().execute(*args, CONFIG.DOCKER.PROJECT_DIR)
