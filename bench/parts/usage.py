"""Runs a command and says what it took."""

import dataclasses
import itertools
import os
import pathlib
import subprocess
import tempfile

TICKS = os.sysconf("SC_CLK_TCK")


class CommandFailed(SystemExit):
    pass


@dataclasses.dataclass
class Usage:
    """What one run took. `peak_mib` is the largest resident set of one process; `cpu_seconds` are of all of them.

    Requests and bytes are those that a registry has seen, and None where the run has none to watch.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    requests: int | None = None
    pulled_bytes: int | None = None
    pushed_bytes: int | None = None

    def record(self):
        return {key: value for key, value in dataclasses.asdict(self).items() if value is not None}


def _stat(pid):
    """The fields of /proc/PID/stat from the third on; the second may hold anything."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(pid):
    """A process and all its descendants that live now."""
    below = {}
    for each in pathlib.Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                below.setdefault(int(_stat(each.name)[1]), []).append(int(each.name))
            except OSError:
                pass
    found = [pid]
    for each in found:
        found += below.get(each, [])
    return found


def _daemon_seconds(pids):
    """Of daemons and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            total += sum(int(field) for field in _stat(pid)[11:15])
        except OSError:
            pass
    return total / TICKS


def _forget_peaks(pids):
    for pid in pids:
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak(pids):
    peak = 0
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        peak = max([peak, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])
    return peak / 1024


def _without_env(command, environment):
    """`env NAME=VALUE… COMMAND` as the command and its environment: the start of env itself is nobody's work."""
    if command[0] != "env":
        return command, environment
    assignments = list(itertools.takewhile(lambda word: "=" in word, map(str, command[1:])))
    return command[1 + len(assignments):], environment | dict(word.split("=", 1) for word in assignments)


def run(measured, command, folder, environment, daemon=None):
    """Runs it to its end and returns its Usage; that of `daemon`, a process and its children, is added.

    `measured` is the program of that name. Raises CommandFailed, with what the command said, if it does not end with 0.
    """
    daemons = family(daemon) if daemon else []
    _forget_peaks(daemons)
    before = _daemon_seconds(daemons)
    command, environment = _without_env(command, environment)
    with tempfile.NamedTemporaryFile(mode="r", prefix="ix-measured-") as figures:
        done = subprocess.run([str(measured), figures.name, *map(str, command)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise CommandFailed(f"{command} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')[-4000:]}")
        seconds, cpu, peak = map(float, figures.read().split())
    return Usage(seconds, cpu + _daemon_seconds(daemons) - before, max(peak, _peak(daemons)))
