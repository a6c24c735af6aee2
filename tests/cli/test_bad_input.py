"""What is wrong is said in a sentence, with the exit code that fits, and nothing is lost by it."""

import os
import subprocess

import pytest

from conftest import IX, Project, task

HEADER = "from ixian.config import CONFIG\nfrom ixian.task import Task\n"


def without_traceback(result):
    assert "Traceback" not in result.stderr, result
    return result


# The project file ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["a"], ["plan", "a"], ["graph"], ["--show", "a"]])
def test_no_project_file(project, args):
    without_traceback(project.ix(*args).failed(3, "no ixian.py", "IXIAN_CONFIG"))
    assert os.listdir(project.path) == []


def test_a_project_file_in_a_folder_above_is_hinted_at(project):
    project.tasks(task("a"))
    project.write("deep/er/.keep")
    project.ix("a", cwd=project.path / "deep/er").failed(3, "no ixian.py", str(project.path))


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["version"], ["completion", "bash"], ["help", "plan"]])
def test_what_needs_no_project_works_anywhere(project, args):
    assert project.ix(*args).ok().stdout


def test_no_init(project):
    project.write("ixian.py", HEADER)
    without_traceback(project.ix("help").failed(3, "init()", "ixian.py"))
    project.write("ixian.py", HEADER + "init = 5\n")
    without_traceback(project.ix("help").failed(3, "init()"))


def test_a_syntax_error_is_shown_with_its_line(project):
    project.write("ixian.py", HEADER + "def init(:\n    pass\n")
    without_traceback(project.ix("help").failed(3, "ixian.py", "line 3", "def init(:", "^"))


def test_a_syntax_error_in_an_imported_file_names_that_file(project):
    project.write("tools.py", "x = (\n")
    project.write("ixian.py", HEADER + "import tools\ndef init():\n    pass\n")
    project.ix("help").failed(3, "tools.py", "line 1")


@pytest.mark.parametrize("content", [b"\xff\xfe bad", b"# caf\xe9\ndef init():\n    pass\n", b"def init():\n    pass\n\x00"])
def test_a_project_file_that_is_no_text(project, content):
    project.write("ixian.py", content)
    without_traceback(project.ix("help").failed(3, "ixian.py"))


def test_a_project_file_may_declare_its_encoding(project):
    project.write("ixian.py", b"# -*- coding: latin-1 -*-\nfrom ixian.task import Task\ndef init():\n    pass\nclass A(Task):\n    name = 'a'\n    def execute(self):\n        print('caf\xe9')\n")
    assert project.ix("a").ok().stdout == "café\n"


def test_a_project_file_with_windows_lines_and_a_byte_order_mark(project):
    project.write("ixian.py", b"\xef\xbb\xbffrom ixian.task import Task\r\ndef init():\r\n    pass\r\nclass A(Task):\r\n    name = 'a'\r\n    def execute(self):\r\n        print('ok')\r\n")
    assert project.ix("a").ok().stdout == "ok\n"


@pytest.mark.parametrize("kind", ["folder", "loop", "broken link", "empty"])
def test_a_project_file_that_is_none(project, kind):
    path = project.path / "ixian.py"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.write_text("")
    else:
        os.symlink("ixian.py" if kind == "loop" else "nowhere", path)
    without_traceback(project.ix("a").failed(3, "ixian.py"))


@pytest.mark.parametrize("where", ["", "def init():\n    "])
def test_an_import_of_what_does_not_exist(project, where):
    project.write("ixian.py", HEADER + where + "import no_such_module\n" + ("" if where else "def init():\n    pass\n"))
    project.ix("help").failed(3, "no_such_module", "ixian.py", "line")


@pytest.mark.parametrize("code", ["1 / 0", "undefined_name", "raise ValueError('broken init')", "CONFIG.format('{NO.SUCH}')", "sys.exit(5)"])
def test_an_error_in_init_is_the_projects(project, code):
    project.tasks(f"def init():\n    {code}\n")
    project.ix("help").failed(3, "ixian.py" if "exit" not in code else "5")


def test_endless_recursion_in_the_project(project):
    project.tasks("def init():\n    init()\n")
    result = project.ix("help").failed(3, "ecursion", "ixian.py")
    assert len(result.stderr) < 20_000


# Tasks -----------------------------------------------------------------------------------------------------------------------------


def test_a_task_without_a_name(project):
    project.tasks("class Nameless(Task):\n    def execute(self):\n        pass\n")
    project.ix("help").failed(3, "Nameless", "name")


def test_a_task_without_execute(project):
    project.tasks("class Idle(Task):\n    name = 'idle'\n")
    project.ix("help").failed(3, "Idle", "execute")


@pytest.mark.parametrize("name", ["5", "['a']", "''"])
def test_a_name_that_is_none(project, name):
    project.tasks(f"class Odd(Task):\n    name = {name}\n    def execute(self):\n        pass\n")
    project.ix("help").failed(3, "Odd", "name")


@pytest.mark.parametrize("value", ["depends = [5]", "depends = 5", "check = 'a string'", "check = [5]", "parent = [5]", "config = 5"])
def test_attributes_of_the_wrong_kind_are_told(project, value):
    project.tasks(task("odd", value))
    result = project.ix("odd")
    assert result.code in ((0,) if "config" in value else (1, 3)), result
    if result.code:
        result.failed(result.code, "odd")


def test_two_tasks_of_one_name(project):
    project.tasks(task("same", body="note('first')"), task("same", body="note('second')").replace("class Task_same", "class Other"))
    result = project.ix("same").ok()
    assert "same" in result.stderr and result.stderr.count("ixian.py:") == 2, result
    assert project.ran() == ["same", "first"]


def test_unknown_tasks(project):
    project.tasks(task("build_image"), task("deploy"))
    assert "build_image" in project.ix("biuld_image").failed(2, "biuld_image").stderr
    for args in (["nope"], ["help", "nope"], ["plan", "nope"], ["why", "nope"], ["graph", "nope"], ["--show", "nope"], [""], ["a b"]):
        without_traceback(project.ix(*args).failed(2))
    without_traceback(project.ix("plan").failed(2, "ix plan [--json] TASK"))
    without_traceback(project.ix("completion", "tcsh").failed(2, "bash"))


@pytest.mark.parametrize(
    "args, said",
    [
        (["--froce", "a"], ["--froce", "--force"]),
        (["--nope=1", "a"], ["--nope"]),
        (["-x", "a"], ["-x"]),
        (["--jobs", "0", "a"], ["jobs"]),
        (["--jobs", "many", "a"], ["jobs"]),
        (["-j", "-3", "a"], ["j"]),
        (["--jobs"], ["jobs"]),
        (["--progress", "fancy", "a"], ["--progress", "fancy", "plain"]),
        (["--engine", "steam", "a"], ["--engine", "steam", "embedded"]),
        (["--log", "LOUD", "a"], ["--log", "LOUD", "DEBUG"]),
        (["--force=maybe", "a"], ["force"]),
    ],
)
def test_flags_that_do_not_exist_or_fit(project, args, said):
    project.tasks(task("a"))
    without_traceback(project.ix(*args).failed(2, *said))
    assert project.ran() == []


# Surroundings ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"not a database", bytes(range(256)) * 32, None], ids=["empty", "text", "noise", "torn"])
def test_a_damaged_state_is_set_aside(project, content):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')"))
    project.ix("a").ok()
    database = project.path / ".builder/state.db"
    project.write(".builder/state.db", content if content is not None else database.read_bytes()[:5000])
    result = project.ix("a").ok()
    if content != b"":
        assert "damaged" in result.stderr, result
    assert project.ran() == ["a", "a"]
    project.ix("a").ok()
    assert project.ran() == []


def test_a_builder_that_is_a_file(project):
    project.write("in", "1")
    project.write(".builder", "precious")
    project.tasks(task("a", "check = FileHash('in')"))
    without_traceback(project.ix("a").failed(1, ".builder"))
    assert (project.path / ".builder").read_text() == "precious"
    project.ix("help").ok()


def test_a_state_that_is_a_folder(project):
    project.write("in", "1")
    project.write(".builder/state.db/precious", "x")
    project.tasks(task("a", "check = FileHash('in')"))
    without_traceback(project.ix("a").failed(1, ".builder/state.db"))
    assert list(project.path.rglob("precious"))


def test_a_builder_that_is_a_link(project, tmp_path):
    project.write("in", "1")
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", project.path / ".builder")
    project.tasks(task("a", "check = FileHash('in')"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    assert (tmp_path / "elsewhere/state.db").exists()


def test_a_reader_that_leaves_is_no_error(project):
    project.tasks(*(task(f"t{i}", f"short_description = {'x' * 500!r}") for i in range(300)))
    command = f"'{IX}' help | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=project.path, env=project.environment, capture_output=True, text=True, timeout=60)
    first, code = done.stdout.splitlines()
    assert first.startswith("Usage") and int(code) in (0, 141) and done.stderr.count("\n") <= 2, done


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(project, closed):
    project.tasks(task("a", body="print('x')\nexecute('true')"))
    command = f"exec '{IX}' -j2 a {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=project.path, env=project.environment, capture_output=True, timeout=60)
    assert done.returncode in (0, 1) and project.ran() == ["a"], done
    assert b"<ixian" not in done.stderr


def test_a_full_disk_for_the_output_is_no_crash(project):
    project.tasks(task("a", body="print('x' * 100000)"))
    with open("/dev/full", "wb") as full:
        result = project.start("a", stdout=full).end()
    assert result.code == 1, result
    assert "<ixian" not in result.stderr and "No space left" in result.stderr


def test_a_current_folder_that_was_deleted(project, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", f"cd '{gone}' && rmdir '{gone}' && exec '{IX}' a"], env=project.environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (2, 3) and "terminate" not in done.stderr and "error: " in done.stderr, done


def test_huge_arguments(project):
    project.tasks(task("a", body="print(len(args), sum(map(len, args)))"))
    assert project.ix("a", "x" * 100_000, "y" * 100_000).ok().stdout == "2 200000\n"
    assert project.ix("a", *["x"] * 20_000).ok().stdout == "20000 20000\n"
    without_traceback(project.ix("z" * 100_000).failed(2))


def test_arguments_that_are_not_utf8(project):
    project.tasks(task("a", body="print(ascii(args[0]))"))
    done = subprocess.run([IX, "a", b"\xff{x}"], cwd=project.path, env=project.environment, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout == b"'\\udcff{x}'\n", done
    done = subprocess.run([IX, b"\xff"], cwd=project.path, env=project.environment, capture_output=True, timeout=60)
    assert done.returncode == 2, done


@pytest.mark.parametrize("name", ["with space", "ünï", "quote'\"s", "new\nline", "{brace}", "-dash"])
def test_folders_with_strange_names(tmp_path, name):
    project = Project(tmp_path / name)
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('{PWD}/in')"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    project.ix("why", "a").ok()


def test_a_folder_whose_name_is_not_utf8(tmp_path):
    project = Project(tmp_path / os.fsdecode(b"caf\xe9"))
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('{PWD}/in')"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_other_locales_change_nothing(project):
    project.tasks(task("a", "short_description = 'grüßt'", body="print('grüße')"))
    for locale in ("C", "POSIX", "xx_XX.UTF-8", ""):
        assert project.ix("a", env={"LANG": locale, "LC_ALL": locale}).ok().stdout == "grüße\n"
        assert "grüßt" in project.ix("help", env={"LANG": locale, "LC_ALL": locale}).ok().stdout


@pytest.mark.parametrize("variable", ["PYTHONHOME", "PYTHONSTARTUP", "PYTHONOPTIMIZE", "PYTHONDEBUG", "PYTHONINSPECT", "PYTHONMALLOC"])
def test_variables_meant_for_other_pythons_do_no_harm(project, variable):
    project.tasks(task("a", body="print('fine')\nassert CONFIG"))
    assert project.ix("a", env={variable: "/no/such"}).ok().stdout == "fine\n"
