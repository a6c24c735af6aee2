"""What goes to standard output, what to standard error, and in which form."""

import json
import re

import pytest

from conftest import task, wait_for

ESCAPE = "\033["


def two_tasks(project):
    return project.tasks(
        task("low", body="print('from low')\nexecute('echo program of low')"),
        task("high", "depends = 'low'", body="print('from high')"),
    )


def test_standard_output_carries_only_what_the_requested_task_prints(project):
    result = two_tasks(project).ix("-j2", "high").ok()
    assert result.stdout == "from high\n"
    assert "low | from low\n" in result.stderr and "low | program of low\n" in result.stderr
    assert "from high" not in result.stderr


def test_with_one_job_output_is_inherited(project):
    result = two_tasks(project).ix("-j1", "high").ok()
    assert result.stdout == "from low\nprogram of low\nfrom high\n"
    assert " | " not in result.stderr


def test_progress_names_tasks_and_reasons(project):
    stderr = two_tasks(project).ix("-j2", "high").ok().stderr
    assert re.search(r"^low: .*\n(.*\n)*low: done in [\d.]+s\nhigh: dependency low will run\nhigh: done in [\d.]+s\n$", stderr, re.M), stderr


@pytest.mark.parametrize("progress", ["auto", "plain", "quiet", "json"])
def test_nothing_is_coloured_off_a_terminal(project, progress):
    result = two_tasks(project).ix(f"--progress={progress}", "high").ok()
    assert ESCAPE not in result.stderr and result.stdout == "from high\n"
    for args in (["help"], ["help", "high"], ["plan", "high"], ["why", "high"], ["--show", "high"]):
        assert ESCAPE not in project.ix(*args).ok().stdout


def test_json_progress_is_one_object_a_line(project):
    project.tasks(
        task("low", body="print('a \"line\"')\nprint('no newline', end='')"),
        task("bad", "depends = 'low'", body="raise ExecuteFailed('broken\\nin two lines')"),
    )
    result = project.ix("--progress", "json", "-j2", "bad")
    assert result.code == 1
    events = result.events()
    lines = [event["line"] for event in events if event["event"] == "output"]
    assert lines == ['a "line"', "no newline"]
    begun = {event["id"]: event["name"] for event in events if event["event"] == "begin"}
    ended = {begun[event["id"]]: event["outcome"] for event in events if event["event"] == "end"}
    assert ended == {"low": "done", "bad": "failed"}
    assert any("broken" in event.get("text", "") for event in events)
    assert all(isinstance(event["time"], float) for event in events)


@pytest.mark.parametrize("args", [["nope"], ["--force", "nope"], ["bad"], ["twice"]])
def test_errors_are_json_too(project, args):
    project.tasks(task("bad", body="1 / 0"), task("twice"), task("twice"))
    for event in project.ix("--progress", "json", *args).events():
        assert event["event"] in ("begin", "end", "log", "output", "progress", "result", "exit")


def test_a_usage_error_is_json_where_json_was_asked_for(project):
    project.tasks("")
    result = project.ix("--progress", "json", "--nope", "a")
    assert result.code == 2
    assert result.events()[0]["level"] == "error"


def test_quiet_tells_only_failures_with_their_output(project):
    project.tasks(task("low", body="print('from low')"), task("bad", "depends = 'low'", body="raise ExecuteFailed('broken')"))
    assert project.ix("--progress", "quiet", "low").ok().stderr == ""
    result = project.ix("-j2", "--progress=quiet", "bad").failed(1, "broken")
    assert "from low" not in result.stderr
    project.tasks(task("low", body="print('last words')\nraise ExecuteFailed('broken')"), task("high", "depends = 'low'"))
    project.ix("-j2", "--progress=quiet", "high").failed(1, "broken", "low | last words")


@pytest.mark.parametrize(
    "level, told, untold",
    [
        ("DEBUG", ["a debug", "an info", "a warning", "an error"], []),
        ("INFO", ["an info", "a warning", "an error"], ["a debug"]),
        ("warn", ["a warning", "an error"], ["a debug", "an info", "done"]),
        ("ERROR", ["an error"], ["a debug", "an info", "a warning", "done"]),
        ("NONE", [], ["a debug", "an info", "a warning"]),
    ],
)
def test_log_levels_count_for_pythons_logging_too(project, level, told, untold):
    body = "import logging\nlog = logging.getLogger('mine')\nlog.debug('a debug')\nlog.info('an info')\nlog.warning('a warning')\nlog.error('an error')"
    stderr = project.tasks(task("a", body=body)).ix("--log", level, "a").ok().stderr
    assert [text for text in told if text not in stderr] == []
    assert [text for text in untold if text in stderr] == []


def test_a_failure_is_told_even_with_log_none(project):
    project.tasks(task("a", body="raise ExecuteFailed('broken')"))
    project.ix("--log", "NONE", "a").failed(1, "broken")


def test_a_progress_of_tty_draws_on_a_terminal_and_leaves_the_result(project):
    project.tasks(task("low", body="print('from low')"), task("high", "depends = 'low'", body="print('the result')"))
    terminal = project.terminal("-j2", "high")
    assert terminal.end() == 0
    assert "the result\r\n" in terminal.seen and "low" in terminal.seen and ESCAPE in terminal.seen
    assert terminal.seen.count("\033[?25l") == terminal.seen.count("\033[?25h")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_they_are_not_wanted(project, env):
    project.tasks(task("a", body="raise ExecuteFailed('broken')"))
    for args in (["--progress=plain", "a"], ["help"], ["help", "a"]):
        terminal = project.terminal(*args, env=env)
        terminal.end()
        assert not re.search("\033\\[[0-9;]*m", terminal.seen), terminal.seen


def test_colours_on_a_terminal(project):
    project.tasks(task("a"))
    terminal = project.terminal("help")
    assert terminal.end() == 0
    assert re.search("\033\\[[0-9;]*m", terminal.seen)


def test_ci_gets_plain_lines_even_on_a_terminal(project):
    terminal = two_tasks(project).terminal("-j2", "high", env={"CI": "true", "NO_COLOR": "1"})
    assert terminal.end() == 0
    assert "\033" not in terminal.seen and "low | from low\r\n" in terminal.seen and "low: done in" in terminal.seen


def test_the_requested_task_has_the_terminal(project):
    project.tasks(task("a", body="execute(['sh', '-c', 'test -t 0 && test -t 1 && test -t 2 && read line && echo got $line'], silent=True)"))
    terminal = project.terminal("a")
    wait_for(lambda: project.noted("a"))
    terminal.type("typed\n")
    terminal.until("got typed")
    assert terminal.end() == 0


def test_the_requested_python_code_has_the_terminal(project):
    project.tasks(task("low"), task("a", "depends = 'low'", body="print(sys.stdin.isatty(), sys.stdout.isatty())\nprint('hello', input('name? '))"))
    terminal = project.terminal("-j2", "a")
    terminal.until("name? ")
    terminal.type("Ada\n")
    assert terminal.end() == 0
    assert "True True" in terminal.seen and "hello Ada" in terminal.seen


def test_a_dependency_has_no_terminal(project):
    project.tasks(task("low", body="print(sys.stdout.isatty())\nexecute(['sh', '-c', 'test -t 1; echo $?'], silent=True)"), task("a", "depends = 'low'"))
    terminal = project.terminal("-j2", "--progress=plain", "a", env={"NO_COLOR": "1"})
    assert terminal.end() == 0
    assert "low | False" in terminal.seen and "low | 1" in terminal.seen


def test_output_without_a_newline_and_with_strange_bytes(project):
    program = "execute(['printf', '\\\\377\\\\000x\\\\033[2Jy'], silent=True)"
    project.tasks(task("low", body=program), task("high", "depends = 'low'", body="execute(['printf', 'a\\\\377b'], silent=True)"))
    result = project.ix("-j2", "high").ok()
    assert result.stdout == "a\udcffb"
    assert "low | " in result.stderr and "\033" not in result.stderr
    for line in project.ix("-j2", "--progress=json", "high").ok().stderr.splitlines():
        json.loads(line)


def test_lines_of_parallel_tasks_are_not_mixed(project):
    body = "for i in range(200):\n    print(self.name * 20)"
    names = ["aa", "bb", "cc"]
    project.tasks(*(task(name, body=body) for name in names), task("top", f"depends = {names}"))
    stderr = project.ix("-j3", "top").ok().stderr
    for name in names:
        assert stderr.count(f"{name} | {name * 20}\n") == 200


def test_print_in_init_goes_to_standard_output_and_nothing_is_lost(project):
    project.tasks("def init():\n    print('from init')\n", task("a", body="sys.stdout.write('no newline')"))
    assert project.ix("a").ok().stdout == "from init\nno newline"
