"""Ctrl-C and its relatives: what ends, in which order, and with which exit code."""

import os
import signal

import pytest

from conftest import PATIENCE, session_members, task, wait_for

PROMPTLY = 5 * PATIENCE  # shorter than the time after which ix ends what does not listen
SLEEP = "time.sleep(60)"
BUSY = "while True:\n    pass"
CHILD = "execute(['sleep', '60'])"
# Says so itself when all of it is there: a shell that is only starting may miss a signal.
PIPELINE = "execute(['sh', '-c', 'sleep 61 | (echo ready of $0 >> notes; exec sleep 62)', self.name])"


def interrupt(project, *args, name="a", number=signal.SIGINT, env={}):
    """Starts ix, sends the signal once the task has begun, and returns its result."""
    running = project.start(*args, env=env)
    wait_for(lambda: project.noted(name), f"the start of {name}")
    running.signal(number)
    result = running.end(timeout=PROMPTLY)
    wait_for(lambda: not session_members(running.pid), "the end of its children", PROMPTLY)
    return result


@pytest.mark.parametrize("body", [SLEEP, BUSY, CHILD, PIPELINE, "import threading\nthreading.Event().wait()"])
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_requested_task_is_interrupted(project, body, number, code):
    project.tasks(task("a", body=body + "\nnote('not reached')"))
    result = interrupt(project, "a", number=number, name="ready of a" if body == PIPELINE else "a")
    result.failed(code)
    assert "Traceback" not in result.stderr
    assert project.ran()[-1] != "not reached"


@pytest.mark.parametrize("body", [SLEEP, BUSY, CHILD, PIPELINE])
def test_parallel_dependencies_are_interrupted(project, body):
    project.tasks(
        task("a", body=body),
        task("b", body="wait_for_file('notes')\n" + body),
        task("top", "depends = ['a', 'b']"),
    )
    running = project.start("-j2", "top")
    ready = "ready of " if body == PIPELINE else ""
    wait_for(lambda: project.noted(ready + "a") and project.noted(ready + "b"))
    running.signal(signal.SIGINT)
    running.end(timeout=PROMPTLY).failed(130)
    wait_for(lambda: not session_members(running.pid), "the end of its children", PROMPTLY)
    assert "top" not in project.ran()


def test_background_jobs_of_an_interrupted_command_end_too(project):
    """A shell's background jobs ignore SIGINT."""
    project.tasks(task("a", body="execute(['sh', '-c', 'sleep 61 & echo ready >> notes; exec sleep 62'])"))
    interrupt(project, "a", name="ready").failed(130)


def test_finally_of_every_parallel_task_runs(project):
    body = "try:\n    note('inside ' + self.name)\n    wait_for_file('never')\nfinally:\n    note('finally of ' + self.name)"
    project.tasks(task("a", body=body), task("b", body=body), task("top", "depends = ['a', 'b']"))
    running = project.start("-j2", "top")
    wait_for(lambda: project.noted("inside a") and project.noted("inside b"))
    running.signal(signal.SIGINT)
    running.end(timeout=PROMPTLY).failed(130)
    assert sorted(project.ran())[2:4] == ["finally of a", "finally of b"]


@pytest.mark.parametrize("args", [["a"], ["-j2", "top"], ["-j1", "top"]])
@pytest.mark.parametrize("body", [SLEEP, CHILD])
def test_finally_and_except_of_the_task_run(project, args, body):
    lines = f"try:\n    note('inside')\n    {body}\nexcept KeyboardInterrupt:\n    note('except')\n    raise\nfinally:\n    note('finally')"
    project.tasks(task("a", body=lines), task("b"), task("top", "depends = ['a', 'b']"))
    interrupt(project, *args, name="inside").failed(130)
    assert [name for name in project.ran() if name != "b"] == ["a", "inside", "except", "finally"]


def test_what_was_interrupted_is_not_complete(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')", body="time.sleep(60 if os.path.exists('slow') else 0)"))
    project.write("slow")
    interrupt(project, "a").failed(130)
    (project.path / "slow").unlink()
    project.ix("a").ok()
    assert project.ran() == ["a", "a"]


def test_a_task_that_swallows_the_interrupt_does_not_start_others(project):
    project.tasks(
        task("a", body="try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass"),
        task("b", "depends = 'a'"),
    )
    interrupt(project, "-j1", "b").failed(130)
    assert project.ran() == ["a"]


def test_a_child_may_take_its_time_to_clean_up(project):
    script = "trap 'sleep 0.3; echo cleaned >> notes; exit 3' INT; echo ready >> notes; while :; do sleep 0.05; done"
    project.tasks(task("a", body=f"execute(['sh', '-c', {script!r}])"))
    interrupt(project, "a", name="ready").failed(130)
    assert project.ran() == ["a", "ready", "cleaned"]


STUBBORN = "execute(['sh', '-c', \"trap '' INT TERM; echo ready >> notes; while :; do sleep 0.05; done\"])"


@pytest.mark.parametrize("args", [["a"], ["-j2", "top"]])
def test_a_second_signal_ends_at_once(project, args):
    project.tasks(task("a", body=STUBBORN), task("b"), task("top", "depends = ['a', 'b']"))
    running = project.start(*args, stderr=open(project.path / "stderr", "wb"))
    wait_for(lambda: project.noted("ready"))
    running.signal(signal.SIGINT)
    wait_for(lambda: "Ctrl-C again" in (project.path / "stderr").read_text())
    running.signal(signal.SIGINT)
    assert running.process.wait(PROMPTLY) == 130
    wait_for(lambda: not session_members(running.pid), "the end of its children", PROMPTLY)


def test_a_second_signal_ends_python_that_ignores_the_first(project):
    project.tasks(task("a", body="while True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        note('ignored')"))
    running = project.start("a")
    wait_for(lambda: project.noted("a"))
    running.signal(signal.SIGINT)
    wait_for(lambda: project.noted("ignored"))
    running.signal(signal.SIGINT)
    assert running.end(timeout=PROMPTLY).code == 130


@pytest.mark.parametrize("args", [["a"], ["-j2", "top"], ["-j1", "top"]])
@pytest.mark.parametrize("body", [SLEEP, BUSY, CHILD, "input()"])
def test_ctrl_c_on_a_terminal(project, args, body):
    if body == "input()" and args != ["a"]:
        body = PIPELINE  # a dependency may not read the terminal
    project.tasks(task("a", body=body), task("b"), task("top", "depends = ['a', 'b']"))
    terminal = project.terminal(*args)
    wait_for(lambda: project.noted("ready of a" if body == PIPELINE else "a") and terminal.read())
    terminal.type("\x03")
    assert terminal.end() == 130
    wait_for(lambda: not session_members(terminal.process.pid), "the end of its children", PROMPTLY)
    assert "Traceback" not in terminal.seen
    assert terminal.seen.count("\033[?25l") <= terminal.seen.count("\033[?25h")


def test_a_program_that_handles_ctrl_c_on_the_terminal_gets_it_once_and_goes_on(project):
    script = "trap 'echo got >> notes' INT; echo ready >> notes; while ! test -e go; do sleep 0.02; done; exit 0"
    project.tasks(task("a", body=f"execute(['sh', '-c', {script!r}])\nnote('after')"))
    terminal = project.terminal("a")
    wait_for(lambda: project.noted("ready") and terminal.read())
    terminal.type("\x03")
    wait_for(lambda: project.noted("got"))
    project.write("go")
    assert terminal.end() == 0
    assert project.ran() == ["a", "ready", "got", "after"]


def test_an_interruption_while_the_project_loads(project):
    project.tasks("def init():\n    note('init')\n    time.sleep(60)\n", task("a"))
    result = interrupt(project, "a", name="init").failed(130)
    assert "Traceback" not in result.stderr


def test_an_interruption_while_a_checker_is_asked(project):
    project.tasks(
        "class Slow(Checker):\n    def check(self):\n        note('check')\n        time.sleep(60)\n    def state(self):\n        return 1\n    def filename(self):\n        return 'slow'\n",
        task("a", "check = Slow()"),
    )
    for args in (["a"], ["plan", "a"], ["why", "a"], ["help", "a"]):
        interrupt(project, *args, name="check").failed(130)
        assert project.ran() == ["check"]


def test_an_interruption_while_cleaning(project):
    project.tasks(task("a", "def clean(self):\n        note('clean')\n        time.sleep(60)"))
    interrupt(project, "--clean", "a", name="clean").failed(130)
    assert project.ran() == ["clean"]


def test_an_interruption_of_a_called_task(project):
    project.tasks(task("low", body="time.sleep(60)"), task("high", body="Task_low()()\nnote('not reached')"))
    interrupt(project, "high", name="low").failed(130)
    assert project.ran() == ["high", "low"]


def test_an_interruption_while_waiting_for_another_ix(project):
    project.write("in")
    project.tasks(task("a", "check = FileHash('in')", body="time.sleep(60)"))
    first = project.start("a")
    wait_for(lambda: project.noted("a"))
    second = project.start("a", stderr=open(project.path / "stderr", "wb"))
    wait_for(lambda: "waiting for another ix" in (project.path / "stderr").read_text())
    second.signal(signal.SIGINT)
    assert second.end().code == 130
    assert first.process.poll() is None
    first.signal(signal.SIGINT)
    assert first.end().code == 130
    assert project.ran() == ["a"]


def test_a_thread_of_the_project_does_not_hold_up_the_end(project):
    project.tasks(task("a", body="import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\ntime.sleep(60)"))
    interrupt(project, "a").failed(130)


def test_children_do_not_inherit_ignored_signals(project):
    project.tasks(task("a", body="execute(['sh', '-c', 'grep SigIgn /proc/self/status'], silent=True)"))
    ignored = int(project.ix("a").ok().stdout.split()[1], 16)
    assert ignored & (1 << (signal.SIGPIPE - 1)) == 0 and ignored & (1 << (signal.SIGINT - 1)) == 0


def test_a_stopped_ix_continues(project):
    project.tasks(task("a", body="wait_for_file('go')"))
    running = project.start("a")
    wait_for(lambda: project.noted("a"))
    os.kill(running.pid, signal.SIGSTOP)
    project.write("go")
    os.kill(running.pid, signal.SIGCONT)
    running.end().ok()
