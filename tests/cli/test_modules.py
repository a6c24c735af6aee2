"""load_module, and the import paths that projects use."""

import pytest

from conftest import task

TASKS = "from ixian.task import Task\nclass Go(Task):\n    name = 'go'\n    def execute(self):\n        print('go')\n"
CONFIGURATION = "from ixian.config import Config\nclass MyConfig(Config):\n    A = 'a'\n    B = '{MY.A}b'\n"
LOAD = "def init():\n    load_module('my')\n"


def module(project, options, **files):
    project.write("my/__init__.py", f"OPTIONS = {options}\n" if isinstance(options, str) else "")
    for name, content in files.items():
        project.write(f"my/{name}.py", content)
    return project.tasks(LOAD)


OBJECTS = """
class Options:
    values = {"name": "my", "tasks": "my.tasks", "config": "my.config.MyConfig"}
    def get(self, key, default=None):
        return self.values.get(key, default)
    def __contains__(self, key):
        return key in self.values
    def __getitem__(self, key):
        return self.values[key]
OPTIONS = Options()
"""


@pytest.mark.parametrize(
    "options",
    [
        'OPTIONS = {"name": "MY", "tasks": "my.tasks", "config": "my.config.MyConfig"}',
        'OPTIONS = {"name": "my", "tasks": "my.tasks", "config": "my.config.MyConfig"}',
        OBJECTS,
    ],
)
def test_a_module_brings_tasks_and_configuration(project, options):
    module(project, None, tasks=TASKS, config=CONFIGURATION)
    project.write("my/__init__.py", options)
    assert project.ix("go").ok().stdout == "go\n"
    project.tasks(LOAD, task("show", body="from ixian.module import MODULES\nprint(CONFIG.MY.B, [name for name in MODULES if name.lower() == 'my'] != [])"))
    assert project.ix("show").ok().stdout == "ab True\n"
    assert project.ix("show", env={"JT_MY__A": "env"}).ok().stdout == "envb True\n"


def test_options_may_be_an_object_with_attributes(project):
    module(project, None, tasks=TASKS)
    project.write("my/__init__.py", "class OPTIONS:\n    name = 'my'\n    tasks = 'my.tasks'\n")
    assert project.ix("go").ok().stdout == "go\n"


@pytest.mark.parametrize("options", ['{"name": "MY"}', '{"name": "MY", "tasks": None, "config": None}', '{"name": "MY", "config": "my.config.MyConfig"}'])
def test_tasks_and_configuration_are_optional(project, options):
    module(project, options, config=CONFIGURATION).ix("help").ok()


@pytest.mark.parametrize(
    "options, said",
    [
        (None, ["my", "OPTIONS"]),
        ("{}", ["my", "name"]),
        ('{"tasks": "my.tasks"}', ["my", "name"]),
        ('{"name": "MY", "config": "MyConfig"}', ["MyConfig"]),
        ('{"name": "MY", "config": "my.nowhere.MyConfig"}', ["my.nowhere"]),
        ('{"name": "MY", "config": "my.config.Nothing"}', ["my.config", "Nothing"]),
        ('{"name": "MY", "tasks": "my.nowhere"}', ["my.nowhere"]),
        ('{"name": "MY", "tasks": "my.broken"}', ["broken.py", "line 2"]),
    ],
)
def test_what_is_wrong_with_a_module_is_said(project, options, said):
    module(project, options, tasks=TASKS, config=CONFIGURATION, broken="x = 1\ny = (\n").ix("help").failed(3, *said)


def test_a_module_that_does_not_exist(project):
    project.tasks("def init():\n    load_module('no.such')\n").ix("help").failed(3, "'no'")


def test_a_base_class_without_a_name_is_no_task_of_a_module(project):
    tasks = "from ixian.task import Task\nclass Base(Task):\n    def execute(self):\n        print(self.name)\nclass One(Base):\n    name = 'one'\n"
    module(project, '{"name": "MY", "tasks": "my.tasks"}', tasks=tasks)
    assert project.ix("one").ok().stdout == "one\n"


def test_modules_add_to_each_others_targets(project):
    group = "from ixian.task import Task, VirtualTarget\nclass Test(VirtualTarget):\n    name = 'test'\n    short_description = 'all'\n"
    one = group + "class T{0}(Task):\n    name = 't{0}'\n    parent = 'test'\n    def execute(self):\n        print('t{0}')\n"
    for i in (1, 2):
        project.write(f"m{i}/__init__.py", f"OPTIONS = {{'name': 'm{i}', 'tasks': 'm{i}.tasks'}}\n")
        project.write(f"m{i}/tasks.py", one.format(i))
    project.tasks("def init():\n    load_module('m1')\n    load_module('m2')\n")
    result = project.ix("-j1", "test").ok()
    assert sorted(result.stdout.split()) == ["t1", "t2"] and "twice" not in result.stderr


def test_loading_a_module_twice_is_harmless(project):
    module(project, '{"name": "MY", "tasks": "my.tasks"}', tasks=TASKS)
    project.tasks("def init():\n    load_module('my')\n    load_module('my')\n    load_module('ixian.modules.core')\n")
    result = project.ix("go").ok()
    assert result.stdout == "go\n" and "twice" not in result.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "from ixian import Task",
        "import ixian; ixian.Task",
        "from ixian.task import Task, VirtualTarget, TaskRunner, TASKS",
        "from ixian.config import CONFIG, Config, MissingConfiguration",
        "from ixian.module import load_module, load_tasks, MODULES",
        "from ixian.check import FileHash",
        "from ixian.checker import Checker, SingleKeyChecker, MultiValueChecker, hash_object",
        "from ixian.check.checker import Checker, MultiValueChecker, hash_object",
        "from ixian.modules.core import OPTIONS; OPTIONS['name']",
        "from ixian.modules.core.tasks import Lint, Test, Clean, Help",
        "from ixian.modules.filesystem.file_hash import FileHash, hash_file, hash_dir, hash_path, hash_paths",
        "from ixian import builder, runner; builder.write, builder.read, builder.exists, runner.ExitCodes",
        "from ixian.runner import ERROR_TASK, ExitCodes, resolve_task, run",
        "from ixian.exceptions import AlreadyComplete, ExecuteFailed, InvalidClassPath, MockExit, ModuleLoadError",
        "from ixian.logger import ColoredFormatter, DEFAULT_COLORS",
        "from ixian.utils.process import execute, raise_for_status, get_dev_uid, get_dev_gid",
        "from ixian.utils.filesystem import mkdir, pwd, rmdir, empty_dir, write_file, read_file, exists, leading_slash",
        "from ixian.utils.decorators import classproperty, cached_property",
        "from ixian.utils.color_codes import red, green, yellow, gray, bold_white, RED, ENDC, OK_GREEN, GRAY, BOLD_WHITE, YELLOW, COLOR_REFERENCE",
        "from ixian.utils.argparse import merge_parser_args, argunparse",
        "from ixian.version import VERSION",
    ],
)
def test_import_paths(project, statement):
    project.tasks(statement + "\n").ix("help").ok()


def test_helpers_do_what_they_say(project):
    body = """
    from ixian import builder
    from ixian.check.checker import hash_object
    from ixian.utils import color_codes, filesystem
    filesystem.mkdir("a/b")
    filesystem.mkdir("a/b")
    filesystem.write_file("a/new/file", "text")
    assert filesystem.read_file("a/new/file") == "text" and filesystem.exists("a/new/file")
    filesystem.empty_dir("a")
    assert os.listdir("a") == [] and filesystem.pwd() == os.getcwd()
    filesystem.rmdir("a")
    assert not filesystem.exists("a")
    assert [filesystem.leading_slash(path) for path in ("x", "/x")] == ["/", ""]
    builder.write("sub/file", "kept")
    assert builder.exists("sub/file") and builder.read("sub/file") == "kept"
    assert open(CONFIG.BUILDER + "/sub/file").read() == "kept"
    assert hash_object({"b": 1, "a": 2}) == hash_object({"a": 2, "b": 1}) != hash_object({"a": 1, "b": 2})
    assert color_codes.red("x") == color_codes.RED + "x" + color_codes.ENDC
    """
    project.tasks(task("a", body=body))
    project.ix("a").ok()


def test_cached_properties_and_class_properties(project):
    setup = """
    from ixian.utils.decorators import cached_property
    count = []
    class C:
        _value = 1
        @cached_property
        def slow(self):
            count.append(1)
            return len(count)
        @classproperty
        def value(cls):
            return cls._value
    """
    assert project.evaluate("[C.value, C().value, (lambda c: [c.slow, c.slow])(C())]", setup) == [1, 1, [1, 1]]


def test_packages_of_pythonpath_and_of_a_virtual_environment(project, tmp_path):
    (tmp_path / "path").mkdir()
    (tmp_path / "path/from_path.py").write_text("")
    packages = tmp_path / "venv/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (packages / "from_venv.py").write_text("")
    project.tasks("import from_path, from_venv\n")
    project.ix("help", env={"PYTHONPATH": str(tmp_path / "path"), "VIRTUAL_ENV": str(tmp_path / "venv")}).ok()
    project.ix("help").failed(3, "from_path")


def test_the_standard_library_is_there(project):
    names = "json re subprocess pathlib logging argparse tempfile threading asyncio sqlite3 hashlib ssl ctypes multiprocessing dataclasses unittest"
    project.tasks(f"import {', '.join(names.split())}\n").ix("help").ok()


def test_a_project_file_of_its_own_name_does_not_hide_the_package(project):
    project.write("helper.py", "from ixian.task import Task\nfrom ixian.config import CONFIG\n")
    project.tasks("import helper\n").ix("help").ok()
