"""Every public name that the original's modules define is here, or the page about moving over says that it is not."""

import json
import re

from conftest import ROOT

NAMES = json.loads((ROOT / "tests/cli/original_names.json").read_text())
PAGE = (ROOT / "docs/moving/original.md").read_text()

LOOK = """
def init():
    import importlib
    missing = []
    for module, names in json.load(open(os.path.dirname(__file__) + "/names.json")).items():
        try:
            found = importlib.import_module(module)
        except ImportError:
            missing.append(module)
            continue
        for name in names:
            value = found
            for part in name.split("."):
                # A property of a class is there without being asked for its value.
                inherited = {key: each for cls in reversed(getattr(value, "__mro__", ())) for key, each in vars(cls).items()}
                value = inherited[part] if part in inherited else getattr(value, part, missing)
            if value is missing:
                missing.append(f"{module}.{name}")
    print(json.dumps(missing))
"""


def listed():
    """What the section of names that are not here has in its first column: modules, or names with the end of their module."""
    section = PAGE.split("\n## Names that are not here\n")[1].split("\n## ")[0]
    return set(re.findall(r"`([\w.]+)`", "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))))


def test_each_name_is_there_or_listed(project):
    project.write("names.json", json.dumps(NAMES))
    project.tasks(LOOK, task_that_does_nothing())
    missing = json.loads(project.ix("nothing").ok().stdout.splitlines()[0])
    absent = listed()
    unlisted = [name for name in missing if not any(name == each or name.endswith("." + each) or name.startswith(f"{each}.") for each in absent)]
    assert unlisted == []
    stale = [each for each in absent if not any(name == each or name.endswith("." + each) for name in missing)]
    assert stale == [], "listed as not here, and here"


def task_that_does_nothing():
    return "class Nothing(Task):\n    name = 'nothing'\n    def execute(self):\n        pass\n"


def test_a_module_that_was_written_for_the_original_calls_the_container(project):
    """Its tool modules import run from the docker module's tasks, and so do those that were copied from them."""
    project.tasks("from ixian_docker.modules.docker.tasks import run\nfrom ixian_docker.modules.docker.utils import compose\n",
                  "class Same(Task):\n    name = 'same'\n    def execute(self):\n        print(run is compose.run)\n")  # fmt: skip
    assert project.ix("same").ok().stdout == "True\n"


def test_loggers_of_modules_reach_the_terminal(project):
    project.tasks("from ixian.task import logger\n", "class Tell(Task):\n    name = 'tell'\n    def execute(self):\n        logger.warning('told %s', 1)\n")
    result = project.ix("tell").ok()
    assert "told 1" in result.stderr


def test_trees_and_pages_are_written_to_a_file_object(project):
    project.tasks(
        "import io\n",
        "class Low(Task):\n    name = 'low'\n    def execute(self):\n        pass\n",
        "class Other(Task):\n    name = 'other'\n    def execute(self):\n        pass\n",
        "class Middle(Task):\n    name = 'middle'\n    depends = ['low']\n    def execute(self):\n        pass\n",
        "class High(Task):\n    '''About {PROJECT_NAME}.'''\n    name = 'high'\n    short_description = 'the highest'\n    depends = ['middle', 'other']\n"
        "    def execute(self):\n        runner = TASKS['high']\n        print(runner.tree(), runner.tree(flatten=False))\n"
        "        out = io.StringIO(); runner.render_help(out); print(out.getvalue())\n",
    )
    first, *page = project.ix("high").ok().stdout.splitlines()

    def node(name, *dependencies):
        return {"name": name, "dependencies": list(dependencies)}

    assert first == f"{node('high', node('low'), node('middle'), node('other'))} {node('high', node('middle', node('low')), node('other'))}"
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(page))
    assert "    high -- the highest\n" in text and "○ high\n    ○ low\n" in text


def test_the_command_line_can_be_read_from_python(project):
    project.tasks(
        "from ixian import runner\n",
        "class Show(Task):\n    name = 'show'\n    def execute(self):\n        args = runner.parse_args(['--force', 'build', '--x', 'y'])\n"
        "        print(args['task'], args['task_args'], args['force'], args['clean'], runner.parse_args(['--help', 'build'])['task_args'])\n"
        "        print([each.name for each in runner.ExitCodes.run_errors], runner.init().is_success)\n",
    )
    assert project.ix("show").ok().stdout == "build ['--x', 'y'] True False ['build']\n['ERROR_UNKNOWN_TASK', 'ERROR_TASK'] True\n"


def test_hostnames_packages_and_sizes(project):
    project.write("root/srv/unittests/etc/npm/package.json", '{"dependencies": {"a": "file:./a", "b": "^1"}, "devDependencies": {"c": "file:../c"}}')
    project.tasks(
        "from ixian_docker.utils.net import is_valid_hostname\nfrom ixian_docker.modules.docker.utils.print import format_bytes, format_pull_status_minimal\n"
        "from ixian_docker.modules.npm import utils\n",
        "def init():\n    CONFIG.PROJECT_NAME = 'unittests'\n    load_module('ixian_docker.modules.npm')\n    CONFIG.NPM.HOST_ETC = 'root/srv/unittests/etc/npm'\n",
        "class Show(Task):\n    name = 'show'\n    def execute(self):\n"
        "        print([is_valid_hostname(each) for each in ('a.example', 'a.example.', 'plain', '-a.b', 'a..b', 'x' * 64 + '.b', '')])\n"
        "        print(format_bytes(12), format_bytes(3 * 1024 ** 2), format_pull_status_minimal({'status': 'Extracting', 'id': 'x', 'progressDetail': {'total': 2048}}))\n"
        "        print(utils.npm_local_package_mount_flags(), utils.LOCAL_PACKAGE.match('file:x')['var'])\n",
    )
    assert project.ix("show").ok().stdout.splitlines() == [
        "[True, True, False, False, False, False, False]",
        "12B 3.00MB x: Extracting 2.00kB",
        "['./a:./a', '../c:../c'] x",
    ]
