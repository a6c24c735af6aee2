"""A project in a folder of its own, and ix run in it: with a timeout, and with nothing of the caller's environment that ix looks at."""

import fcntl
import json
import os
import pty
import shutil
import signal
import subprocess
import termios
import textwrap
import time
from pathlib import Path

import pytest

SANITIZED = os.environ.get("IXIAN_SANITIZED") == "1"
NIGHTLY = os.environ.get("IXIAN_NIGHTLY") == "1"
PATIENCE = 6 if SANITIZED else 1
TIMEOUT = 30 * PATIENCE

ROOT = Path(__file__).resolve().parents[2]
IX = os.path.abspath(os.environ.get("IX", ROOT / "build/release/ix"))
PROJECTS = ROOT / "tests/projects"

# What every ixian.py of these tests starts with. note() is how a task says that it ran.
PRELUDE = """\
import json, os, sys, time
from ixian.check import Checker, FileHash, MultiValueChecker, SingleKeyChecker
from ixian.config import CONFIG, Config, MissingConfiguration
from ixian.exceptions import AlreadyComplete, ExecuteFailed
from ixian.module import load_module
from ixian.task import TASKS, Task, VirtualTarget
from ixian.utils.decorators import classproperty
from ixian.utils.process import execute, raise_for_status

def note(text):
    with open(os.path.join(os.path.dirname(__file__), "notes"), "a") as notes:
        notes.write(text + "\\n")

def wait_for_file(name):
    while not os.path.exists(os.path.join(os.path.dirname(__file__), name)):
        time.sleep(0.005)

def init():
    pass

"""


def wait_for(condition, what="the condition", timeout=TIMEOUT):
    """Polls until `condition()` is true, and returns what it returned."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail(f"waited {timeout} s for {what}")
        time.sleep(0.005)


def task(name, *lines, body="", args="*args"):
    """The source of a task class that notes its name when it runs, with `lines` in its class body."""
    source = [f"class Task_{name.replace('-', '_')}(Task):", f"    name = {name!r}"]
    source += [f"    {line}" for line in lines]
    source += [f"    def execute(self, {args}):", f"        note({name!r})"]
    source += textwrap.indent(textwrap.dedent(body), "        ").splitlines()
    return "\n".join(source) + "\n\n"


def clean_environment(home):
    kept = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
    return {
        **kept,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


class Result:
    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"

    def ok(self):
        assert self.code == 0, self
        return self

    def failed(self, code, *sentences):
        """Ended with `code` and said all of `sentences`, without a traceback or a frame of ours."""
        assert self.code == code, self
        for sentence in sentences:
            assert sentence in self.stderr, self
        for ours in ("<ixian", "frozen", "pybind11", "terminate called"):
            assert ours not in self.stderr + self.stdout, self
        return self

    def json(self):
        return json.loads(self.stdout)

    def events(self):
        return [json.loads(line) for line in self.stderr.splitlines()]


class Running:
    """An ix that has been started and not yet waited for."""

    def __init__(self, process):
        self.process = process
        self.pid = process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, input=None, timeout=TIMEOUT):
        try:
            out, err = self.process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            pytest.fail(f"still running after {timeout} s\n--- stdout\n{text(out)}\n--- stderr\n{text(err)}")
        return Result(self.process.returncode, text(out), text(err))

    def kill(self):
        for pid in session_members(self.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def session_members(session):
    """The living processes of a session."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, _, _, its_session = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session and state not in "ZX":
            found.append(int(entry))
    return found


def text(output):
    return output.decode("utf-8", "surrogateescape") if output is not None else ""


class Terminal:
    """ix on a pseudo terminal, whose session it leads."""

    def __init__(self, argv, cwd, environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\x00\x78\x00\x00\x00\x00\x00")
        self.process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        os.set_blocking(self.master, False)
        self.seen = ""

    def read(self):
        """What has arrived by now; False at the end."""
        try:
            data = os.read(self.master, 65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.seen += text(data)
        return bool(data)

    def until(self, what):
        wait_for(lambda: self.read() is not None and what in self.seen, f"{what!r} on the terminal; it shows {self.seen!r}")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def end(self):
        wait_for(lambda: not self.read(), f"the end of the terminal's output; it shows {self.seen!r}")
        return self.process.wait(TIMEOUT)

    def close(self):
        Running(self.process).kill()
        self.process.wait()
        os.close(self.master)


class Project:
    def __init__(self, path):
        self.path = path
        self.started = []
        path.mkdir(parents=True, exist_ok=True)
        self.environment = clean_environment(path.parent)

    def write(self, name, content=""):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(textwrap.dedent(content))
        return path

    def tasks(self, *parts):
        """Writes ixian.py: the prelude, and these parts."""
        self.write("ixian.py", PRELUDE + "\n".join(textwrap.dedent(part) for part in parts))
        return self

    def start(self, *args, env={}, cwd=None, stdin=subprocess.DEVNULL, **options):
        environment = {**self.environment, **env}
        environment = {key: value for key, value in environment.items() if value is not None}
        process = subprocess.Popen(
            [IX, *args],
            cwd=cwd or self.path,
            env=environment,
            stdin=stdin,
            start_new_session=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
        self.started.append(Running(process))
        return self.started[-1]

    def ix(self, *args, env={}, input=None, cwd=None, timeout=TIMEOUT):
        stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
        running = self.start(*args, env=env, cwd=cwd, stdin=stdin)
        return running.end(input.encode() if input is not None else None, timeout)

    def terminal(self, *args, env={}):
        self.started.append(Terminal([IX, *args], self.path, {**self.environment, **env}))
        return self.started[-1]

    def evaluate(self, expression, setup="", env={}):
        """The value of a Python expression in a task, with `setup` in the project file."""
        self.tasks(setup, f"class Show(Task):\n    name = 'show'\n    def execute(self):\n        print(json.dumps({expression}))\n")
        return self.ix("show", env=env).ok().json()

    def ran(self):
        """The tasks that have noted their names since this was last asked, in their order."""
        notes = self.path / "notes"
        names = notes.read_text().split("\n")[:-1] if notes.exists() else []
        notes.unlink(missing_ok=True)
        return names

    def noted(self, name):
        notes = self.path / "notes"
        return notes.exists() and name in notes.read_text().split("\n")

    def end_all(self):
        for each in self.started:
            if isinstance(each, Terminal):
                each.close()
            else:
                each.kill()
                each.process.wait()
                for stream in (each.process.stdin, each.process.stdout, each.process.stderr):
                    if stream is not None:
                        stream.close()


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "project")
    yield made
    made.end_all()


@pytest.fixture
def sample(tmp_path):
    """Copies one of tests/projects, and is a project in the copy."""
    made = []

    def copy(name):
        shutil.copytree(PROJECTS / name, tmp_path / name, symlinks=True)
        made.append(Project(tmp_path / name))
        return made[-1]

    yield copy
    for each in made:
        each.end_all()
