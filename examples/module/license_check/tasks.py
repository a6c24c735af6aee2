from glob import glob

from ixian.check import FileHash, SingleKeyChecker
from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed
from ixian.task import Task


class Setting(SingleKeyChecker):
    """Passes while a text with its variables rendered stays the same."""

    def state(self):
        return self.key


class CheckLicense(Task):
    """Fails if a file does not start with the line that CONFIG.LICENSE.FIRST_LINE asks for."""

    name = "check_license"
    category = "testing"
    short_description = "Check that files start with a licence."
    parent = "lint"
    check = [FileHash("{LICENSE.FILES}"), Setting("{LICENSE.FIRST_LINE}")]
    config = ["{LICENSE.FILES}", "{LICENSE.FIRST_LINE}"]

    def execute(self):
        for path in sorted(glob(CONFIG.LICENSE.FILES)):
            with open(path) as file:
                if file.readline().strip() != CONFIG.LICENSE.FIRST_LINE:
                    raise ExecuteFailed(f"{path} does not start with: {CONFIG.LICENSE.FIRST_LINE}")
