"""Prettier in the development container."""

from ixian.task import VirtualTarget
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.tools import ToolTask

PRETTIER_DEPENDS = ToolTask.depends

FILES = "{PRETTIER.SRC}/**/*.js"


class LintJS(VirtualTarget):
    """Runs every task that names `lint_js` as its parent."""

    name = "lint_js"
    category = "testing"
    short_description = "Run all javascript linting tasks"
    parent = "lint"


class Prettier(ToolTask):
    """
    Formats the JavaScript in {PRETTIER.SRC} with Prettier in the development container. With arguments, calls Prettier with them instead.

    `ix prettier --help` is the help of Prettier.
    """

    name = "prettier"
    category = "testing"
    short_description = "Prettier javascript formatter."
    command = ["{PRETTIER.BIN}"]
    default_arguments = ["--write", "--list-different", "--color", FILES]
    config = ["{PRETTIER.BIN}", "{PRETTIER.SRC}"]


class PrettierCheck(ToolTask):
    """Checks that JavaScript is formatted as Prettier does it, and changes nothing."""

    name = "prettier_check"
    category = "testing"
    short_description = "Prettier javascript lint check."
    parent = ["lint", "lint_js"]
    command = ["{PRETTIER.BIN}", "--check", "--color"]
    default_arguments = [FILES]
    config = ["{PRETTIER.BIN}", "{PRETTIER.SRC}"]
