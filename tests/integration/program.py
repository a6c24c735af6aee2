"""ix as a user runs it: in a folder and a home of its own, with nothing of the caller's environment."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from waiting import SANITIZED, TIMEOUT

ROOT = Path(__file__).resolve().parents[2]
IX = os.path.abspath(os.environ.get("IX", ROOT / "build/release/ix"))


# Runs a program as a child of its own, and notes how much of it was resident at most: what a process says of its
# children counts those that it had before, and what it was itself when it forked.
MEASURED = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


class Result:
    def __init__(self, code, stdout, stderr, peak=None):
        self.code, self.stdout, self.stderr = code, stdout, stderr
        self.peak = peak  # bytes that were resident at most; of Program.measured()

    def takes_less_than(self, mebibytes):
        """Ended well, without more memory."""
        return self.ok().stayed_below(mebibytes)

    def stayed_below(self, mebibytes):
        """Whatever came of it. Sanitizers have memory of their own."""
        assert SANITIZED or self.peak < mebibytes << 20, f"{self.peak >> 20} MiB were resident"
        return self

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"

    def ok(self):
        assert self.code == 0, self
        return self

    def failed(self, code, *sentences):
        """Ended with `code` and said all of `sentences` on standard error."""
        assert self.code == code, self
        for sentence in sentences:
            assert sentence in self.stderr, self
        assert "terminate called" not in self.stderr and "Traceback" not in self.stderr, self
        return self

    def json(self):
        return json.loads(self.stdout)


class Running:
    """An ix that was started and not yet waited for."""

    def __init__(self, process):
        self.process = process

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self, timeout=TIMEOUT):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            pytest.fail(f"still running after {timeout} s\n{out.decode(errors='replace')}\n{err.decode(errors='replace')}")
        return Result(self.process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Program:
    """Call it to run ix to its end."""

    def __init__(self, folder):
        self.home, self.work, self.bin = folder / "home", folder / "work", folder / "bin"
        for each in (self.home, self.work, self.bin):
            each.mkdir(parents=True, exist_ok=True)
        kept = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
        self.environment = {
            **kept,
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "IXIAN_PUSH_PATIENCE": "5",  # tests of registries that fail do not wait for minutes
        }
        self.started = []

    def start(self, *args, env={}, cwd=None, before=()):
        environment = {key: value for key, value in {**self.environment, **env}.items() if value is not None}
        process = subprocess.Popen(
            [*map(str, before), IX, *map(str, args)],
            cwd=cwd or self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(Running(process))
        return self.started[-1]

    def __call__(self, *args, env={}, cwd=None, timeout=TIMEOUT):
        return self.start(*args, env=env, cwd=cwd).end(timeout)

    def measured(self, *args, env={}, cwd=None, timeout=TIMEOUT):
        """The same, with its peak of resident memory, and that of what it started."""
        note = self.home / "peak"
        note.unlink(missing_ok=True)
        result = self.start(*args, env=env, cwd=cwd, before=(sys.executable, "-c", MEASURED, note)).end(timeout)
        result.peak = int(note.read_text()) if note.exists() else None
        return result

    def end_all(self):
        for each in self.started:
            if each.process.poll() is None:
                each.kill()
            for stream in (each.process.stdout, each.process.stderr):
                stream.close()

    # Who ix is.

    def docker_config(self, config):
        file = self.home / ".docker/config.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(config))
        return file

    def log_in(self, *registries):
        """What docker login leaves behind, and the CAs of those that have one."""
        auths = {}
        for each in registries:
            auths.update(each.config["auths"])
            if each.authority is not None:
                self.trust(each.host, each.authority)
        return self.docker_config({"auths": auths})

    def trust(self, host, authority, client=None):
        folder = self.certs_d(host)
        shutil.copy(authority.certificate, folder / "ca.crt")
        if client is not None:
            certificate, key = client
            shutil.copy(certificate, folder / "client.cert")
            shutil.copy(key, folder / "client.key")

    def certs_d(self, host):
        folder = self.home / ".config/containers/certs.d" / host
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def helper(self, name, script):
        """docker-credential-NAME, as a Python script that has the asked server in `server`."""
        file = self.bin / f"docker-credential-{name}"
        file.write_text(f"#!/usr/bin/python3\nimport json, os, sys\nserver = sys.stdin.read().strip()\n{script}\n")
        file.chmod(0o755)
        return file


class Watcher:
    """Notes the command lines and environments of all processes of a session while they run."""

    def __init__(self, running):
        self.session = running.process.pid
        self.seen = {}  # (pid, "cmdline" or "environ") → bytes
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.ended.is_set():
            for entry in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if os.getsid(int(entry)) != self.session:
                        continue
                    for what in ("cmdline", "environ"):
                        data = Path(f"/proc/{entry}/{what}").read_bytes()
                        self.seen.setdefault((int(entry), what), set()).add(data)
                except (OSError, ValueError):
                    continue
            time.sleep(0.002)

    def stop(self):
        self.ended.set()
        self.thread.join()
        return b"\n".join(data for values in self.seen.values() for data in values)
