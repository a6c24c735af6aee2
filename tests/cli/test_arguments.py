"""The command line keeps its word: what a task or a command does not know is refused before anything happens, and flags are obeyed or refused."""

import pytest

MODULES = """
def init():
    CONFIG.PROJECT_NAME = "shop"
    for module in ["docker", "python", "npm", "webpack", "bower", "django", "pytest", "black", "eslint", "jest", "prettier"]:
        load_module("ixian_docker.modules." + module)
    CONFIG.DOCKER.REGISTRY = "localhost"
    CONFIG.DOCKER.REGISTRY_PATH = "me"
"""

IMAGE_TASKS = ["build_image", "build_base_image", "build_python_image", "build_npm_image", "build_webpack_image", "build_bower_image"]
TAKE_NOTHING = [*IMAGE_TASKS, "push_base_image", "push_all", "clean_docker", "webpack_volume", "compose_runtime", "lint", "test", "clean", "lint_py"]
TAKE_NAMES = ["push", "pull", "build_dockerfile"]
TOOLS = ["compose", "bash", "up", "down", "pip", "npm", "ncu", "webpack", "bower", "manage", "runserver", "pytest", "black", "eslint", "jest", "prettier"]
COMMANDS = ["init", "plan", "why", "graph", "registries", "build", "completion", "version"]
PARTS = ["copy", "ls", "inspect", "tags", "rm", "export", "prune"]
OWN = ["--force", "--force-all", "--clean", "--clean-all", "--show", "--jobs", "--push", "--no-push", "--no-pull", "--engine"]
VALUE = {"--jobs": ["3"], "--engine": ["embedded"]}


@pytest.fixture
def shop(project):
    project.tasks(MODULES)
    project.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n")
    project.write("Dockerfile.base", "FROM scratch\n")
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")
    return project


@pytest.mark.parametrize("task", TAKE_NOTHING)
def test_a_task_that_takes_nothing_refuses_whatever_it_is_given(shop, task):
    shop.ix(task, "--no-push").failed(2, "--no-push is a flag of ix", f"`ix --no-push {task}")
    shop.ix(task, "--frobnicate").failed(2, f"unknown flag for `ix {task}`: --frobnicate")
    shop.ix(task, "foo").failed(2, f"`ix {task}` takes no arguments, got 1")
    shop.ix("plan", task, "foo").failed(2, "takes no arguments")
    shop.ix("--dry-run", task, "--metadata-file", "m.json").failed(2, "--metadata-file")
    assert not (shop.path.parent / "store").exists() or not (shop.path / "m.json").exists()


@pytest.mark.parametrize("task", TAKE_NAMES)
def test_a_task_that_takes_names_refuses_options(shop, task):
    shop.ix(task, "--no-push").failed(2, "before the task")
    shop.ix(task, "base", "-x").failed(2, f"unknown flag for `ix {task}`: -x")


@pytest.mark.parametrize("task", [*TAKE_NOTHING, *TAKE_NAMES])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_behind_a_task_is_its_page(shop, task, flag):
    page = shop.ix(task, flag).ok().stdout
    assert page.startswith(f"NAME\n    {task}") and "STATUS" in page
    assert page.partition("STATUS")[0] == shop.ix("help", task).ok().stdout.partition("STATUS")[0]


@pytest.mark.parametrize("task", TOOLS)
def test_help_behind_a_tool_is_the_tools(shop, task):
    """It would run, with that word; test_tools.py has what it is called with then."""
    with (shop.path / "ixian.py").open("a") as file:
        file.write("    for part in (TASKS['compose_runtime']._depends, TASKS['compose_runtime']._gathered):\n        part.clear()\n")
    out = shop.ix("--dry-run", task, "--help", "--no-push").ok().stdout
    assert f"{task}: " in out and "would run" in out and "NAME" not in out


def test_a_project_task_that_takes_any_words_gets_them_all(project):
    project.tasks("""
class Any(Task):
    name = "any"
    def execute(self, *args):
        print(args)

class Keys(Task):
    name = "keys"
    def execute(self, **options):
        print(options)

class Two(Task):
    name = "two"
    def execute(self, one, two="2"):
        print(one, two)

class Needs(Task):
    name = "needs"
    depends = "two"
    def execute(self):
        note("needs")
""")
    assert project.ix("any", "--help", "--no-push").ok().stdout == "('--help', '--no-push')\n"
    assert project.ix("keys", "--force", "--a-b=1").ok().stdout == "{'force': True, 'a_b': 1}\n"
    assert project.ix("two", "x").ok().stdout == "x 2\n"
    assert project.ix("two", "--help").ok().stdout.startswith("NAME")
    project.ix("two").failed(2, "`ix two` takes 1 to 2 arguments, got 0")
    project.ix("two", "a", "b", "c").failed(2, "1 to 2 arguments, got 3")
    project.ix("needs", "x").failed(2, "takes no arguments")
    assert project.ran() == []


@pytest.mark.parametrize("command", [*COMMANDS, "help", *(f"image {part}" for part in PARTS)])
def test_a_command_refuses_options_that_it_does_not_know(shop, command):
    shop.ix(*command.split(), "--frobnicate").failed(2, f"unknown flag for `ix {command}`: --frobnicate", "usage: ix " + command)


@pytest.mark.parametrize("command", ["version", "graph", "help", "init", "image ls", "image tags", "image inspect", "image prune"])
def test_a_command_refuses_words_that_are_too_many(shop, command):
    shop.ix(*command.split(), "a", "b", "c").failed(2, "unexpected argument")


OBEYED = {
    "build": {"--jobs", "--engine"},
    "build, behind": {"--jobs", "--engine", "--push"},  # a flag of its own
    "plan": set(OWN) - {"--show"},
    "why": set(OWN) - {"--show"},
}


@pytest.mark.parametrize("command", [*COMMANDS, "help", *(f"image {part}" for part in PARTS)])
@pytest.mark.parametrize("flag", OWN)
def test_a_flag_before_or_behind_a_command_is_obeyed_or_refused(project, command, flag):
    words = [flag, *VALUE.get(flag, [])]
    for call, obeyed in (([*words, *command.split()], OBEYED.get(command, ())), ([*command.split(), *words], OBEYED.get(f"{command}, behind", OBEYED.get(command, ())))):
        result = project.ix(*call)
        refused = result.code == 2 and flag in result.stderr and ("has no effect" in result.stderr or "does not support" in result.stderr)
        assert refused != (flag in obeyed), result


@pytest.mark.parametrize("call", [["graph", "--progress", "json", "--nope"], ["image", "--progress=json", "lss"], ["plan", "--progress=json", "nix"], ["build_npm_image", "--progress=json", "foo"]])
def test_progress_is_understood_behind_a_command_or_a_task_without_options(shop, call):
    result = shop.ix(*call)
    assert result.code == 2 and all(line.startswith("{") for line in result.stderr.splitlines()), result


def test_log_is_understood_behind_a_command_and_a_task(project):
    project.tasks("class Quiet(Task):\n    name = 'quiet'\n    def execute(self):\n        print('done')\n")
    assert "planned" in project.ix("plan", "--log", "debug", "quiet").ok().stderr
    assert "planned" not in project.ix("plan", "quiet").ok().stderr
    assert project.ix("quiet", "--log=NONE").ok().stdout == "done\n"
    project.ix("quiet", "--log", "loud").failed(2, 'invalid value "loud" for --log (expected: DEBUG, INFO, WARN, ERROR, NONE)')
    project.ix("quiet", "--force").failed(2, "before the task")


def test_a_task_of_a_commands_name_has_its_words_to_itself(project):
    project.tasks("""
class Build(Task):
    name = "build"
    def execute(self, *words):
        print(words, file=sys.stderr)
""")
    result = project.ix("build", "--progress", "json", "--engine", "none", "--log=NONE").ok()
    assert "('--progress', 'json', '--engine', 'none', '--log=NONE')" in result.stderr and "{" not in result.stderr


def test_a_build_tells_what_it_would_do(project):
    project.write("Dockerfile", "FROM scratch\nLABEL a=b\n")
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")
    for args in (["--dry-run", "build", "-t", "x", "."], ["build", "-t", "x", ".", "--dry-run"]):
        assert project.ix(*args).ok().stdout == "nothing would run: no step creates files\nwould store the image as docker.io/library/x:latest\n"
    project.ix("--show", "build", "-t", "x", ".").failed(2, "--show", "ix --dry-run build", "nothing was done")
    project.ix("--dry-run", "--engine", "docker", "build", ".").failed(2, "--dry-run", "nothing was done")
    assert not (project.path.parent / "store").exists()


def test_init_tells_what_it_would_write(project):
    assert "ixian.py" in project.ix("--dry-run", "init").ok().stdout
    project.ix("--show", "init").failed(2, "--show")
    assert list(project.path.iterdir()) == []


def test_plan_of_a_command_says_that_it_is_none_of_the_projects_tasks(shop, project):
    shop.ix("plan", "build", ".").failed(2, "`ix plan` needs a task of the project, but build is a command")
    (shop.path / "ixian.py").unlink()
    shop.ix("why", "image").failed(2, "needs a task of the project")
