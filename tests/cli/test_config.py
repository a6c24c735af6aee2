"""CONFIG as an ixian.py sees it: trees, variables in strings, and what the environment overrides."""

import pytest

MY_CONFIG = """
class Inner(Config):
    ROOT = "/inner"

class MyConfig(Config):
    ONE = 1
    ROOT = "/my"
    RELATIVE = "{ROOT}/file"
    ABSOLUTE = "{MY.ROOT}/file"
    LIST = ["{MY.ROOT}"]
    DICT = {"{MY.ROOT}": "{MY.ROOT}"}

    @property
    def PLUS_ONE(self):
        return self.ONE + 1

    @property
    def FROM_PROPERTY(self):
        return "{MY.ROOT}/property"

    @classproperty
    def FROM_CLASS(cls):
        return "{MY.ONE}-" + cls.__name__

def init():
    CONFIG.PROJECT_NAME = "testing"
    CONFIG.add("MY", MyConfig)
    CONFIG.MY.add("INNER", Inner())
"""


@pytest.mark.parametrize(
    "expression, value",
    [
        ("CONFIG.PROJECT_NAME", "testing"),
        ("CONFIG.MY.ONE", 1),
        ("CONFIG.MY.PLUS_ONE", 2),
        ("CONFIG.MY.RELATIVE", "/my/file"),
        ("CONFIG.MY.ABSOLUTE", "/my/file"),
        ("CONFIG.MY.FROM_PROPERTY", "/my/property"),
        ("CONFIG.MY.FROM_CLASS", "1-MyConfig"),
        ("CONFIG.MY.INNER.ROOT", "/inner"),
        ("CONFIG.format('{MY.INNER.ROOT}/{MY.ONE}')", "/inner/1"),
        ("CONFIG.MY.format('{MY.ROOT}')", "/my"),
        ("CONFIG.format('{MY.ROOT}/{foo}', foo='extra')", "/my/extra"),
        ("CONFIG.format('{MY.ROOT}', MY=type('M', (), {'ROOT': 'mine'})())", "mine"),
        ("CONFIG.format(7)", 7),
        ("CONFIG.resolve('MY.RELATIVE')", "/my/file"),
        ("CONFIG.resolve('MY.INNER.ROOT')", "/inner"),
        ("CONFIG.MY.LIST", ["{MY.ROOT}"]),
        ("CONFIG.resolve('MY.DICT')", {"{MY.ROOT}": "{MY.ROOT}"}),
        ("[CONFIG.ENV, CONFIG.ENV_PREFIX, CONFIG.RUN_CONTEXT]", ["DEV", "JT_", "cli"]),
        ("CONFIG.LOG_FORMATTER", "console"),
        ("CONFIG.PWD == os.getcwd()", True),
        ("CONFIG.BUILDER == os.getcwd() + '/.builder'", True),
        ("os.path.isabs(CONFIG.IXIAN)", True),
        ("hasattr(CONFIG, 'MISSING')", False),
        ("getattr(CONFIG.MY, 'MISSING', 'default')", "default"),
    ],
)
def test_value(project, expression, value):
    assert project.evaluate(expression, MY_CONFIG) == value


def test_variables_are_looked_up_at_the_root_before_the_holder(project):
    setup = """
    class Child(Config):
        NAME = "child"
        GREETING = "hello {NAME}"
    def init():
        CONFIG.add("CHILD", Child)
    """
    assert project.evaluate("CONFIG.CHILD.GREETING", setup) == "hello child"
    with_root = setup + "    CONFIG.NAME = 'root'\n"
    assert project.evaluate("CONFIG.CHILD.GREETING", with_root) == "hello root"


def test_values_are_rendered_when_they_are_read(project):
    setup = """
    def init():
        CONFIG.A = "{B}"
        CONFIG.B = "{C}!"
        CONFIG.C = "before"
    """
    values = "[CONFIG.A, setattr(CONFIG, 'C', 'after'), CONFIG.A]"
    assert project.evaluate(values, setup) == ["before!", None, "after!"]


@pytest.mark.parametrize(
    "text, rendered",
    [
        ("{{X}}", "{X}"),
        ("{{{X}}}", "{v}"),
        ("{X} and {{literal}}", "v and {literal}"),
        ('{"key": [1, {"a": 2}]}', '{"key": [1, {"a": 2}]}'),
        ('{"key": "{X}"}', '{"key": "v"}'),
        ("docker ps --format {{.Names}}", "docker ps --format {{.Names}}"),
        ("{X} {{.State.Status}}", "v {{.State.Status}}"),
        ("awk '{ print $1 }'", "awk '{ print $1 }'"),
        ("${HOME:-x} {} { }", "${HOME:-x} {} { }"),
        ("a { b", "a { b"),
    ],
)
def test_braces_that_are_not_variables(project, text, rendered):
    assert project.evaluate("CONFIG.TEXT", f"def init():\n    CONFIG.X = 'v'\n    CONFIG.TEXT = {text!r}\n") == rendered


def test_a_missing_variable_is_named_with_the_value_being_rendered(project):
    project.tasks(
        """
        class MyConfig(Config):
            PATH = "{MY.NOWHERE}/x"
        def init():
            CONFIG.add("MY", MyConfig)
        class Show(Task):
            name = "show"
            def execute(self):
                try:
                    CONFIG.MY.PATH
                except MissingConfiguration as error:
                    assert isinstance(error, AssertionError)
                    print(error)
                print(CONFIG.MY.PATH)
        """
    )
    result = project.ix("show").failed(1, "MY.NOWHERE", "PATH")
    assert "MY.NOWHERE" in result.stdout and "PATH" in result.stdout


@pytest.mark.parametrize(
    "setup, names",
    [
        ("    CONFIG.A = '{B}'\n    CONFIG.B = '{C}'\n    CONFIG.C = '{A}'\n", "ABC"),
        ("    CONFIG.A = 'x{A}'\n", "A"),
    ],
)
def test_a_cycle_of_strings_shows_its_ring(project, setup, names):
    project.tasks("def init():\n" + setup, "class Show(Task):\n    name = 'show'\n    def execute(self):\n        print(CONFIG.A)\n")
    ring = " -> ".join([*names, names[0]])
    project.ix("show").failed(1, ring)


def test_a_cycle_through_properties_shows_its_ring(project):
    project.tasks(
        """
        class Loop(Config):
            @property
            def A(self):
                return CONFIG.LOOP.B + "a"
            @property
            def B(self):
                return "{LOOP.A}b"
        def init():
            CONFIG.add("LOOP", Loop)
        class Show(Task):
            name = "show"
            def execute(self):
                print(CONFIG.LOOP.A)
        """
    )
    result = project.ix("show").failed(1, "LOOP.A", "LOOP.B", " -> ")
    assert "RecursionError" not in result.stderr


def test_what_a_property_raises_is_told_as_it_is(project):
    project.tasks(
        """
        class Bad(Config):
            @property
            def A(self):
                return {}["no such key"]
        def init():
            CONFIG.add("BAD", Bad)
        class Show(Task):
            name = "show"
            def execute(self):
                CONFIG.format("{BAD.A}")
        """
    )
    project.ix("show").failed(1, "KeyError", "no such key", "ixian.py")


@pytest.mark.parametrize(
    "text, value",
    [
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        ("1.10", "1.10"),
        ("007", "007"),
        ("1e5", "1e5"),
        ("0x10", "0x10"),
        ("", ""),
        ("a b", "a b"),
        ("[1, \"two\"]", [1, "two"]),
        ("[one, two]", ["one", "two"]),
        ("[]", []),
        ("{X}/y", "x/y"),
        ("9" * 40, None),
    ],
)
def test_environment_overrides_are_parsed_without_loss(project, text, value):
    setup = "def init():\n    CONFIG.X = 'x'\n    CONFIG.VALUE = 'old'\n"
    found = project.evaluate("CONFIG.VALUE", setup, env={"JT_VALUE": text})
    if value is None:
        assert str(found) == text
    else:
        assert found == value and type(found) is type(value)


def test_environment_overrides_reach_into_trees_and_replace_properties(project):
    values = "[CONFIG.MY.ROOT, CONFIG.MY.RELATIVE, CONFIG.MY.PLUS_ONE, CONFIG.MY.INNER.ROOT, CONFIG.MY.LIST, CONFIG.MY.FROM_CLASS]"
    environment = {
        "JT_MY__ROOT": "/env",
        "JT_MY__PLUS_ONE": "41",
        "JT_MY__INNER__ROOT": "/deep",
        "JT_MY__LIST": "a,b",
        "JT_MY__FROM_CLASS": "replaced",
    }
    assert project.evaluate(values, MY_CONFIG, env=environment) == ["/env", "/env/file", 41, "/deep", ["a", "b"], "replaced"]


def test_the_project_chooses_the_prefix_of_overrides(project):
    setup = "def init():\n    CONFIG.ENV_PREFIX = 'MYAPP_'\n    CONFIG.A = 1\n    CONFIG.B = 1\n"
    assert project.evaluate("[CONFIG.A, CONFIG.B]", setup, env={"MYAPP_A": "2", "JT_B": "2"}) == [2, 1]


def test_an_override_of_what_does_not_exist_is_warned_of_and_harmless(project):
    project.tasks("class Show(Task):\n    name = 'show'\n    def execute(self):\n        print('fine')\n")
    result = project.ix("show", env={"JT_NO__SUCH": "1"}).ok()
    assert result.stdout == "fine\n"
    assert "JT_NO__SUCH" in result.stderr


@pytest.mark.parametrize("name", ["my_task", "MY_TASK"])
def test_hash_and_state_of_tasks_in_upper_or_lower_case(project, name):
    project.write("in", "content")
    setup = """
    class MyTask(Task):
        name = "my_task"
        check = FileHash("in")
        def execute(self):
            pass
    """
    found = project.evaluate(f"[CONFIG.format('{{TASKS.{name}.HASH}}'), CONFIG.TASKS.{name}.HASH, CONFIG.TASKS.{name}.STATE]", setup)
    assert len(found[0]) == 64 and found[0] == found[1]
    assert list(found[2]) == ["checks", "depends"] or set(found[2]) == {"checks", "depends"}
    assert "in" in found[2]["checks"][0]["state"]


def test_the_hash_of_a_task_follows_its_files_and_its_dependencies(project):
    setup = """
    class Low(Task):
        name = "low"
        check = FileHash("low.in")
        def execute(self):
            pass
    class High(Task):
        name = "high"
        depends = ["low"]
        check = FileHash("high.in")
        def execute(self):
            pass
    """
    project.write("low.in", "1")
    project.write("high.in", "1")
    hashes = [project.evaluate("CONFIG.TASKS.HIGH.HASH", setup)]
    project.write("high.in", "2")
    hashes.append(project.evaluate("CONFIG.TASKS.HIGH.HASH", setup))
    project.write("low.in", "2")
    hashes.append(project.evaluate("CONFIG.TASKS.HIGH.HASH", setup))
    assert len(set(hashes)) == 3
    project.write("low.in", "1")
    project.write("high.in", "1")
    assert project.evaluate("CONFIG.TASKS.HIGH.HASH", setup) == hashes[0]


def test_ixian_config_names_the_project_file(project):
    project.write("elsewhere/other.py", "from ixian.config import CONFIG\ndef init():\n    CONFIG.PROJECT_NAME = 'other'\n")
    project.write("work/.keep")
    path = project.path / "elsewhere/other.py"
    assert "Usage" in project.ix("help", env={"IXIAN_CONFIG": str(path)}).ok().stdout
    result = project.ix("help", env={"IXIAN_CONFIG": "../elsewhere/other.py"}, cwd=project.path / "work").ok()
    assert "Usage" in result.stdout
    project.ix("help", env={"IXIAN_CONFIG": "/no/such.py"}).failed(3, "project file not found: /no/such.py", "IXIAN_CONFIG")


def test_builder_dir_may_be_moved(project):
    project.tasks(
        "def init():\n    CONFIG.BUILDER_DIR = '.state'\n",
        "class A(Task):\n    name = 'a'\n    check = FileHash('in')\n    def execute(self):\n        pass\n",
    )
    project.write("in")
    project.ix("a").ok()
    assert (project.path / ".state").is_dir() and not (project.path / ".builder").exists()
