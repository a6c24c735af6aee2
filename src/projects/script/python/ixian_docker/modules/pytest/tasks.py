"""pytest in the development container."""

from ixian.config import CONFIG
from ixian_docker.modules.docker.tasks import run  # noqa: F401
from ixian_docker.tools import ToolTask

PYTEST_DEPENDS = ToolTask.depends


class Pytest(ToolTask):
    """
    Runs pytest in the development container, on {PYTEST.SRC} unless there are arguments: `ix pytest -x src/shop/tests`.

    `ix pytest --help` is the help of pytest.
    """

    name = "pytest"
    category = "testing"
    short_description = "Pytest test runner."
    parent = ["test", "test_py"]
    default_arguments = ["{PYTEST.SRC}"]
    config = ["{PYTEST.ARGS}", "{PYTEST.INI_FILE}", "{PYTEST.SRC}"]

    @property
    def command(self):
        return ["pytest", *CONFIG.PYTEST.ARGS]
