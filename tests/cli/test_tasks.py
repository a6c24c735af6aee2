"""What a task class may say, and how its execute is called."""

import pytest

from conftest import task

ARGS = """
class Any(Task):
    name = "any"
    def execute(self, *args, **kwargs):
        print(json.dumps([args, kwargs]))

class Positional(Task):
    name = "positional"
    def execute(self, *args):
        print(json.dumps(args))

class Named(Task):
    name = "named"
    def execute(self, source, target="default"):
        print(json.dumps([source, target]))

class Nothing(Task):
    name = "nothing"
    def execute(self):
        print("[]")
"""


@pytest.mark.parametrize(
    "args, called",
    [
        ([], [[], {}]),
        (["arg1", "arg2", "--flag", "--two=2"], [["arg1", "arg2"], {"flag": True, "two": 2}]),
        (["--a=true", "--b=1.5", "--c=007", "--d=", "--e=x=y"], [[], {"a": True, "b": 1.5, "c": "007", "d": "", "e": "x=y"}]),
        (["--dry-run", "-x"], [["-x"], {"dry_run": True}]),
        (["--force", "--help"], [[], {"force": True, "help": True}]),
        (["--a", "--", "--b", "--"], [["--b", "--"], {"a": True}]),
    ],
)
def test_flags_are_keywords_of_an_execute_that_takes_them(project, args, called):
    assert project.tasks(ARGS).ix("any", *args).ok().json() == called


@pytest.mark.parametrize(
    "args",
    [
        ["--flag", "--two=2", "--", "-x"],
        ["a b", "", '"quoted"', "it's", "$HOME", "*", "back\\slash"],
        ["--help"],
        ["--version"],
        ["{braces}", "{PWD}", '{"json": 1}', "{{x}}"],
        ["ünïcödé", "日本", "new\nline", "tab\t"],
    ],
)
def test_other_tasks_get_their_arguments_as_they_are_typed(project, args):
    assert project.tasks(ARGS).ix("positional", *args).ok().json() == args


def test_arguments_go_to_named_parameters(project):
    project.tasks(ARGS)
    assert project.ix("named", "a").ok().json() == ["a", "default"]
    assert project.ix("named", "a", "b").ok().json() == ["a", "b"]


@pytest.mark.parametrize("call", [["named"], ["named", "1", "2", "3"], ["nothing", "extra"], ["nothing", "--flag"]])
def test_arguments_that_do_not_fit_are_a_usage_error(project, call):
    project.tasks(ARGS)
    result = project.ix(*call).failed(2, call[0])
    assert "Traceback" not in result.stderr


def test_a_type_error_inside_a_task_is_not_taken_for_wrong_arguments(project):
    project.tasks(task("bad", body="len(5)"))
    project.ix("bad").failed(1, "TypeError", "len(5)", "ixian.py")


def test_every_property_of_a_task(project):
    project.write("in", "1")
    project.tasks(
        """
        def init():
            CONFIG.LOW = "low"
            CONFIG.GROUP = "group"
        class Full(Task):
            \"\"\"The long text of full, in {LOW}.\"\"\"
            name = "full"
            category = "things"
            short_description = "does it all"
            depends = ["{LOW}"]
            parent = ["{GROUP}", "other"]
            check = [FileHash("in")]
            contexts = ["cli", "ci"]
            config = ["{LOW}", "{GROUP}"]
            def clean(self):
                note("clean")
            def execute(self):
                note("full")
        """,
        task("low", "check = FileHash('in')"),
    )
    project.ix("group").ok()
    assert project.ran() == ["low", "full"]
    project.ix("other").ok()
    assert project.ran() == []
    project.ix("--clean", "full").ok()
    assert project.ran() == ["clean", "full"]
    listing = project.ix("help").ok().stdout
    assert "[ Things ]" in listing and "does it all" in listing
    page = project.ix("help", "full").ok().stdout
    for part in ("full -- does it all", "The long text of full, in low.", "LOW:", "GROUP:", "group"):
        assert part in page


@pytest.mark.parametrize("depends", ["'low'", "['low']", "('low',)", "'{NAME}'", "['{NAME}']"])
def test_dependencies_as_one_or_a_list(project, depends):
    project.tasks("def init():\n    CONFIG.NAME = 'low'\n", task("high", f"depends = {depends}"), task("low"))
    project.ix("high").ok()
    assert project.ran() == ["low", "high"]


@pytest.mark.parametrize("parent", ["parent = 'high'", "parent = ['high']", "parent = '{NAME}'", "parents = ['high']"])
def test_parents_as_one_or_a_list(project, parent):
    project.tasks("CONFIG.NAME = 'high'\n", task("low", parent), task("high"))
    project.ix("high").ok()
    assert project.ran() == ["low", "high"]


@pytest.mark.parametrize("check", ["FileHash('in')", "[FileHash('in')]", "(FileHash('in'), FileHash('other'))"])
def test_checks_as_one_or_several(project, check):
    project.write("in")
    project.write("other")
    project.tasks(task("a", f"check = {check}"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]


@pytest.mark.parametrize(
    "clean",
    [
        "def clean(self):\n        note('clean')",
        "clean = remove_it",
        "clean = staticmethod(remove_it)",
        "@classmethod\n    def clean(cls):\n        note('clean')",
    ],
)
def test_clean_as_a_method_or_a_plain_function(project, clean):
    project.tasks("def remove_it():\n    note('clean')\n", task("a", clean))
    project.ix("a").ok()
    assert project.ran() == ["a"]
    project.ix("--clean", "a").ok()
    assert project.ran() == ["clean", "a"]


def test_contexts_choose_which_tasks_may_be_named(project):
    project.tasks(
        task("here"),
        task("there", "contexts = ['ci']"),
        task("both", "contexts = ['ci', 'cli']"),
        task("anywhere", "contexts = True"),
        task("one", "contexts = 'ci'"),
    )
    for name in ("here", "both", "anywhere"):
        project.ix(name).ok()
    for name in ("there", "one"):
        project.ix(name).failed(2, name, "RUN_CONTEXT")
    assert "there" not in project.ix("help").ok().stdout
    for name in ("there", "both", "anywhere", "one"):
        project.ix(name, env={"JT_RUN_CONTEXT": "ci"}).ok()
    project.ix("here", env={"JT_RUN_CONTEXT": "ci"}).failed(2, "here")
    assert project.ran() == ["here", "both", "anywhere", "there", "both", "anywhere", "one"]


def test_an_override_of_run_context_counts_in_help(project):
    project.tasks(task("there", "contexts = ['ci']", "short_description = 'only there'"))
    assert "only there" in project.ix("help", env={"JT_RUN_CONTEXT": "ci"}).ok().stdout


def test_the_value_of_execute_decides(project):
    project.tasks(
        *(task(f"returns_{i}", body=f"return {value}") for i, value in enumerate(["None", "0", "True", "False", "'text'", "[1]", "7", "-1"]))
    )
    for i in range(6):
        project.ix(f"returns_{i}").ok()
    project.ix("returns_6").failed(1, "7")
    project.ix("returns_7").failed(1, "-1")


def test_the_message_of_execute_failed_stands_alone(project):
    project.tasks(task("a", body="raise ExecuteFailed('The oven is cold.')"))
    result = project.ix("a").failed(1, "The oven is cold.")
    assert "Traceback" not in result.stderr and "ixian.py" not in result.stderr and "ExecuteFailed" not in result.stderr


@pytest.mark.parametrize("code, exit_code, said", [("0", 0, ""), ("", 0, ""), ("3", 1, "3"), ("'The oven is cold.'", 1, "The oven is cold.")])
def test_sys_exit_ends_the_task(project, code, exit_code, said):
    project.tasks(task("low", body=f"sys.exit({code})"), task("high", "depends = 'low'"))
    result = project.ix("low")
    assert result.code == exit_code and said in result.stderr, result
    assert "Traceback" not in result.stderr
    project.ran()
    assert project.ix("high").code == exit_code
    assert project.ran() == (["low", "high"] if exit_code == 0 else ["low"])


def test_a_traceback_shows_only_the_projects_frames(project):
    project.write("helpers.py", "def deeper(value):\n    return 1 / value\n")
    project.tasks("from helpers import deeper\n", task("a", body="try:\n    deeper(0)\nexcept ZeroDivisionError as e:\n    raise ValueError('outer') from e"))
    result = project.ix("a").failed(1, "ZeroDivisionError: division by zero", "ValueError: outer", "helpers.py", "line 2", "return 1 / value")
    assert result.stderr.count("File ") == 3, result


def test_classes_of_the_project_file_register_themselves_but_not_imported_bases(project):
    project.write("base.py", "from ixian.task import Task\nclass Base(Task):\n    def execute(self):\n        print(self.name)\n")
    project.tasks("from base import Base\n", "class One(Base):\n    name = 'one'\n", "class Two(One):\n    name = 'two'\n")
    assert project.ix("one").ok().stdout == "one\n"
    assert project.ix("two").ok().stdout == "two\n"


def test_instantiating_a_task_in_init_does_not_register_it_twice(project):
    project.tasks(task("a"), "def init():\n    Task_a()\n")
    result = project.ix("a").ok()
    assert project.ran() == ["a"]
    assert "twice" not in result.stderr


def test_a_task_sees_whether_it_was_forced(project):
    project.tasks(task("a", body="print(type(self).__task__.force)"))
    assert project.ix("a").ok().stdout == "False\n"
    assert project.ix("--force", "a").ok().stdout == "True\n"


def test_tasks_share_one_python(project):
    project.tasks("shared = []\n", task("low", body="shared.append('from low')"), task("high", "depends = 'low'", body="print(shared)"))
    assert project.ix("high").ok().stdout == "['from low']\n"
