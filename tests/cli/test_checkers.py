"""Checkers that a project writes, and what is kept of them."""

import json
import os
import signal
import sqlite3
import time

import pytest

from conftest import NIGHTLY, SANITIZED, task, wait_for

VALUE = """
class Value(Checker):
    def state(self):
        return {"value": open("value").read()}
    def filename(self):
        return "value"
    def clone(self):
        pass
"""


def test_the_checker_of_the_documentation(project):
    project.write("value", "1")
    project.tasks(VALUE, task("a", "check = Value()"))
    for value, ran in [("1", ["a"]), ("1", []), ("2", ["a"]), ("2", []), ("1", ["a"])]:
        project.write("value", value)
        project.ix("a").ok()
        assert project.ran() == ran
    project.write("value", "3")
    assert project.ix("why", "a").ok().stdout.count("1 → 3") == 1


@pytest.mark.parametrize("kind, arguments", [("SingleKeyChecker", "'one'"), ("MultiValueChecker", "'one', 'two'")])
def test_checkers_of_keys_are_told_apart_by_their_keys(project, kind, arguments):
    keys = "self.key" if kind == "SingleKeyChecker" else "self.keys"
    project.write("value", "1")
    project.tasks(
        f"""
        class Keyed({kind}):
            def state(self):
                return [{keys}, open("value").read()]
        def init():
            CONFIG.NAME = "from config"
        """,
        task("a", f"check = [Keyed({arguments}), Keyed('{{NAME}}')]"),
        task("names", body="for check in Task_a.check: print(check.filename(), json.dumps(check.state()))"),
    )
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    names, states = zip(*(line.split(" ", 1) for line in project.ix("names").ok().stdout.splitlines()))
    assert len(set(names)) == 2 and all(len(name) == 64 for name in names)
    assert "from config" in states[1]


def test_a_multi_value_checker_needs_a_key(project):
    project.tasks("FileHash()\n")
    project.ix("help").failed(3, "At least one key")


def test_a_checker_may_decide_by_itself(project):
    project.tasks(
        """
        class FileExists(SingleKeyChecker):
            contribute_to_task_state = False
            def check(self):
                return os.path.exists(self.key)
            def state(self):
                return None
        """,
        task("a", "check = FileExists('made')", body="open('made', 'w').close()"),
    )
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    (project.path / "made").unlink()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    project.tasks("class No(FileHash):\n    def check(self):\n        return os.path.exists('made')\n", task("b", "check = No('made')"))
    project.ix("b").ok()
    assert project.ran() == []


def test_a_checker_may_keep_its_state_by_itself(project):
    project.write("value", "1")
    project.tasks(
        """
        class Own(Checker):
            def state(self):
                return open("value").read()
            def saved_state(self):
                return open("saved").read() if os.path.exists("saved") else None
            def save(self):
                with open("saved", "w") as file:
                    file.write(self.state())
            def filename(self):
                return "own"
        """,
        task("a", "check = Own()"),
    )
    project.ix("a").ok()
    assert (project.path / "saved").read_text() == "1"
    project.ix("a").ok()
    assert project.ran() == ["a"]
    project.write("saved", "other")
    project.ix("a").ok()
    assert project.ran() == ["a"] and (project.path / "saved").read_text() == "1"


def test_a_checker_used_from_python_keeps_a_file_of_its_own(project):
    project.write("value", "1")
    project.tasks(
        VALUE,
        task("a", body="c = Value()\nprint(c.saved_state(), c.check())\nc.save()\nprint(c.saved_state(), c.check(), c.file_path())"),
    )
    lines = project.ix("a").ok().stdout.splitlines()
    assert lines == ["None False", f"{{'value': '1'}} True {project.path}/.builder/checks/value"]
    assert json.loads((project.path / ".builder/checks/value").read_text()) == {"value": "1"}


def test_state_is_what_is_true_after_the_task(project):
    project.write("value", "1")
    project.tasks(VALUE, task("a", "check = Value()", body="open('value', 'w').write('made by a')"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_one_checker_shared_by_two_tasks_is_each_ones_own(project):
    project.write("in", "1")
    project.tasks("shared = FileHash('in')\n", task("a", "check = shared"), task("b", "check = shared"))
    project.ix("a").ok()
    project.ix("b").ok()
    assert project.ran() == ["a", "b"]
    project.write("in", "2")
    project.ix("a").ok()
    project.ix("b").ok()
    assert project.ran() == ["a", "b"]


def test_all_checkers_must_pass(project):
    project.write("one", "1")
    project.write("two", "1")
    project.tasks(task("a", "check = [FileHash('one'), FileHash('two')]"))
    project.ix("a").ok()
    for name in ("one", "two"):
        project.write(name, "2")
        project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"] * 3


@pytest.mark.parametrize(
    "state", ["(1, 2)", "{3, 1, 2}", "{1: 'one'}", "1.5", "0.1 + 0.2", "2 ** 62", "None", "''", "'é\\udcff'", "[{'a': [None, True]}]"]
)
def test_any_state_that_json_can_hold(project, state):
    project.tasks(f"class C(Checker):\n    def state(self):\n        return {state}\n    def filename(self):\n        return 'c'\n", task("a", "check = C()"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]


@pytest.mark.parametrize("state, said", [("object()", "object"), ("{'a': [b'x', open]}", "builtin_function_or_method")])
def test_a_state_that_json_cannot_hold_is_told(project, state, said):
    project.tasks(f"class C(Checker):\n    def state(self):\n        return {state}\n    def filename(self):\n        return 'c'\n", task("a", "check = C()"))
    project.ix("a").failed(1, "a", said)


@pytest.mark.parametrize("method", ["state", "filename", "check"])
def test_a_checker_that_raises_is_told_with_its_task(project, method):
    project.tasks(
        f"class C(Checker):\n    def state(self):\n        return 1\n    def filename(self):\n        return 'c'\n    def {method}(self):\n        raise ValueError('broken checker')\n",
        task("a", "check = C()"),
    )
    project.ix("a").failed(1, "ValueError: broken checker", "a", "ixian.py")
    assert project.ran() == []
    assert project.ix("help", "a").code in (0, 1)
    assert "broken checker" in str(project.ix("help", "a"))


def test_a_checker_without_state_is_told(project):
    project.tasks("class C(Checker):\n    def filename(self):\n        return 'c'\n", task("a", "check = C()"))
    project.ix("a").failed(1, "C must implement state()")


def test_a_checker_may_use_the_hash_of_another_task(project):
    project.write("in", "1")
    project.tasks(
        """
        class Image(Checker):
            def state(self):
                return CONFIG.format("image:{TASKS.LOW.HASH}")
            def filename(self):
                return "image"
        """,
        task("low", "check = FileHash('in')"),
        task("a", "check = Image()"),
    )
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"]
    project.write("in", "2")
    project.ix("a").ok()
    assert project.ran() == ["a"]


def test_hashes_that_need_each_other_are_an_error(project):
    project.tasks(
        """
        class Other(SingleKeyChecker):
            def state(self):
                return CONFIG.format("{TASKS." + self.key + ".HASH}")
        """,
        task("a", "check = Other('b')"),
        task("b", "check = Other('a')"),
    )
    result = project.ix("a")
    assert result.code in (1, 3), result
    result.failed(result.code, "a", "b", "→")


def test_checkers_that_are_removed_and_come_back_do_not_confuse(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')"))
    project.ix("a").ok()
    project.tasks(task("a", "check = [FileHash('in'), FileHash('ixian.py')]"))
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a", "a"]


def test_asking_leaves_no_state_behind(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')"))
    for args in (["help"], ["help", "a"], ["plan", "a"], ["why", "a"], ["graph"], ["--show", "a"]):
        project.ix(*args).ok()
    assert not (project.path / ".builder/state.db").exists()


def test_kill_9_at_any_moment_leaves_the_old_or_the_new_state(project):
    rounds = 200 if NIGHTLY else 8 if SANITIZED else 25
    project.write("value", "0")
    project.tasks(
        VALUE,
        *(task(f"t{i}", "check = Value()", f"depends = ['t{i - 1}']" if i else "depends = []") for i in range(6)),
    )
    project.ix("t5").ok()
    database = project.path / ".builder/state.db"
    for turn in range(rounds):
        project.write("value", str(turn + 1))
        project.ran()
        running = project.start("t5")
        if turn % 2:
            wait_for(lambda: project.noted(f"t{turn % 6}") or running.process.poll() is not None)
        else:
            time.sleep(turn % 25 * 0.003)  # a moment like any other
        running.signal(signal.SIGKILL)
        running.process.wait()
        result = project.ix("t5").ok()
        assert "damaged" not in result.stderr, result
        assert "up to date" in project.ix("t5").ok().stderr
    with sqlite3.connect(database) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_temporary_files_do_not_pile_up(project):
    project.write("in", "0")
    project.tasks(task("a", "check = FileHash('in')", body="time.sleep(10)"))
    listings = []
    for _ in range(4):
        running = project.start("a")
        wait_for(lambda: project.noted("a"))
        project.ran()
        running.signal(signal.SIGKILL)
        running.process.wait()
        listings.append(sorted(os.listdir(project.path / ".builder")))
    assert listings[-1] == listings[1]
