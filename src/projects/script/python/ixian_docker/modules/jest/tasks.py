"""Jest in the development container."""

from ixian.task import VirtualTarget
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.tools import ToolTask

JEST_DEPENDS = ToolTask.depends


class TestJS(VirtualTarget):
    """Runs every task that names `test_js` as its parent."""

    name = "test_js"
    category = "testing"
    short_description = "Run all javascript testing tasks"


class Jest(ToolTask):
    """
    Runs Jest with {JEST.CONFIG_FILE_PATH} in the development container: `ix jest --watch`.

    `ix jest --help` is the help of Jest.
    """

    name = "jest"
    category = "testing"
    short_description = "Jest javascript test runner."
    parent = ["test", "test_js"]
    command = ["{JEST.BIN}", "--config={JEST.CONFIG_FILE_PATH}"]
    config = ["{JEST.BIN}", "{JEST.CONFIG_FILE_PATH}"]
