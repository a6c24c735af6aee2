"""Starting

How long a person waits for an answer that needs no work: `ix help` in a project of five modules with configuration and tasks of their own, against a Python that does nothing. A project
that imports `logging`, `re` or `subprocess` pays for these in addition.
"""

from parts.bench import Subject, at_most

MODULE = '''OPTIONS = {{"name": "{upper}", "tasks": "mods.{name}.tasks", "config": "mods.{name}.config.{title}Config"}}
'''
CONFIG = '''from ixian.config import Config
from ixian.utils.decorators import classproperty


class {title}Config(Config):
    HOST = "0.0.0.0"
    PORT = 8000
    URL = "http://{{{upper}.HOST}}:{{{upper}.PORT}}"

    @classproperty
    def DIR(cls):
        return "{{PWD}}/{name}"
'''
TASKS = '''from ixian.config import CONFIG
from ixian.modules.filesystem.file_hash import FileHash
from ixian.task import Task
from ixian.utils.process import execute


class Build(Task):
    """Builds {name}."""

    name = "build_{name}"
    category = "build"
    short_description = "Build {name}"
    parent = "build"
    check = FileHash("{{{upper}.DIR}}")
    config = ["{{{upper}.URL}}"]

    def execute(self):
        execute("echo {{{upper}.URL}}")


class Test(Task):
    name = "test_{name}"
    category = "testing"
    parent = "test"

    def execute(self, *args):
        return execute(["echo", *args])
'''
PROJECT = '''from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "five"
    for name in {names}:
        load_module("mods." + name)
'''


def run(bench):
    folder = bench.folder
    names = ["one", "two", "three", "four", "five"]
    for name in names:
        module = folder / "mods" / name
        module.mkdir(parents=True)
        words = {"name": name, "upper": name.upper(), "title": name.title()}
        (module / "__init__.py").write_text(MODULE.format(**words))
        (module / "config.py").write_text(CONFIG.format(**words))
        (module / "tasks.py").write_text(TASKS.format(**words))
    (folder / "mods/__init__.py").touch()
    (folder / "ixian.py").write_text(PROJECT.format(names=names))
    bench.compare("`ix help`, five modules", [bench.ours("help"), Subject("`python3 -I -S -c pass`", ["/usr/bin/python3", "-I", "-S", "-c", "pass"]),
                                              Subject("start of a process", ["/bin/true"], "limit")],
                  [at_most(3, "`python3 -I -S -c pass`")], runs=5 if bench.quick else 31)
