import os
import shutil

from ixian.checker import hash_object
from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed
from ixian.modules.filesystem.file_hash import FileHash
from ixian.task import Task, VirtualTarget
from ixian.utils.filesystem import write_file
from ixian.utils.process import execute, raise_for_status

from shop.checkers import Exists, Settings, Sizes


def remove_bundles():
    shutil.rmtree(CONFIG.SHOP.BUNDLES, ignore_errors=True)
    print("bundles removed")


def sources():
    for folder, _, names in sorted(os.walk(CONFIG.SHOP.SOURCES)):
        for name in sorted(names):
            yield os.path.join(folder, name)


class Prepare(VirtualTarget):
    """What must be there before anything is bundled."""

    name = "prepare"
    category = "build"
    short_description = "Prepare the sources."


class Vendor(Task):
    """Looks at what others have delivered."""

    name = "vendor"
    parent = "prepare"
    check = Sizes("vendor/big.bin")
    short_description = "take in deliveries"

    def execute(self):
        print("vendor")


class Bundle(Task):
    """
    Puts all sources into one file, {SHOP.BUNDLES}/<hash>.txt.
    """

    name = "bundle"
    category = "build"
    short_description = "bundle the sources"
    depends = ["prepare"]
    check = [FileHash("{SHOP.SOURCES}"), Settings("SHOP.LONGEST_LINE"), Exists("{SHOP.BUNDLE}")]
    clean = remove_bundles
    config = ["{SHOP.SOURCES}", "{SHOP.BUNDLE}"]

    def execute(self):
        text = "".join(open(path).read() for path in sources())
        write_file(CONFIG.SHOP.BUNDLE, text)
        print("bundled", len(text), "characters")


class LintSpaces(Task):
    """No line ends with a space."""

    name = "lint_spaces"
    parent = ["lint", "test"]
    category = "testing"
    short_description = "look for spaces at the end of lines"
    check = FileHash("src/*.txt")

    def execute(self):
        for path in sources():
            if any(line.endswith(" \n") for line in open(path)):
                raise ExecuteFailed(f"{os.path.relpath(path)} has spaces at the end of a line.")
        print("no spaces")


class LintLength(Task):
    """No line is longer than {SHOP.LONGEST_LINE}."""

    name = "lint_length"
    parent = ["lint"]
    category = "testing"
    short_description = "look for long lines"
    config = ["{SHOP.LONGEST_LINE}"]

    def execute(self, *args):
        raise_for_status(execute("awk -v most={SHOP.LONGEST_LINE} 'length > most { bad = 1 } END { exit bad }' src/one.txt", silent=True))


class Shell(Task):
    name = "shell"
    contexts = True
    short_description = "run a command with the configuration of the project"

    def execute(self, *args):
        return execute(" ".join(args), env={"SHOP_KEY": hash_object(list(args))})
