"""What a scenario works with: it measures commands and keeps the rows of the record (see README.md)."""

import dataclasses
import os
import pathlib
import statistics
import subprocess
import sys
from typing import Callable

from . import figures, units, usage


@dataclasses.dataclass
class Subject:
    """What is measured in a row.

    `command` is run by itself, in `folder` or the scenario's; `before` each time, not measured. `role` is "ours", "peer", or "limit" for
    what the machine itself takes for that work. `daemon` gives the process whose work counts too, `registry` the one that is watched.
    """

    name: str
    command: list
    role: str = "peer"
    before: Callable | None = None
    daemon: Callable | None = None
    registry: object = None
    folder: object = None


class Bench:
    def __init__(self, programs, folder, quick, runs):
        self.ix, self.layer_speed, self.measured = (str(pathlib.Path(programs) / name) for name in ("ix", "layer_speed", "measured"))
        self.folder, self.quick, self.runs = pathlib.Path(folder), quick, runs
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("JT_", "IXIAN_"))}
        self.environment.update(NO_COLOR="1", LC_ALL="C.UTF-8")
        self.scenario, self.rows = "", []

    def ours(self, *args, **more):
        """A subject that is ix with these arguments."""
        return Subject("ix", [self.ix, *args], "ours", **more)

    def once(self, command, folder=None, daemon=None):
        """Runs a command, measured, and returns its Usage."""
        return usage.run(self.measured, command, folder or self.folder, self.environment, daemon)

    def output(self, command, folder=None):
        """Runs a command and returns what it writes to standard output and to standard error."""
        done = subprocess.run(list(map(str, command)), cwd=folder or self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise usage.CommandFailed(f"{command} ended with {done.returncode}:\n{done.stderr[-4000:]}")
        return done.stdout, done.stderr

    def leave_out(self, name, why):
        print(f"  {name} is left out: {why}.", file=sys.stderr, flush=True)

    def measure(self, subject):
        if subject.before:
            subject.before()
        os.sync()  # what others have written is not this one's to write
        if subject.registry:
            subject.registry.watch()
        taken = self.once(subject.command, subject.folder, subject.daemon() if subject.daemon else None)
        if subject.registry:
            taken.requests, taken.pulled_bytes, taken.pushed_bytes = subject.registry.seen()
        return taken

    def compare(self, title, subjects, asked=(), before=None, warm_up=True, runs=None, about=""):
        """A row of subjects, run in turn; the first round is not counted where there is a `warm_up`, which fills the page cache."""
        taken = {each.name: [] for each in subjects}
        for run in range(0 if warm_up else 1, (runs or self.runs) + 1):
            if before:
                before()
            for each in subjects:
                one = self.measure(each)
                if run > 0:
                    taken[each.name].append(one.record())
        self.keep(kind="compare", title=title, about=about, asked=list(asked),
                  subjects=[{"name": each.name, "role": each.role, "runs": taken[each.name]} for each in subjects])

    def figure(self, title, unit, runs, asked=(), about=""):
        """A row of a figure that has no peer."""
        self.keep(kind="figure", title=title, about=about, unit=unit, runs=list(runs), asked=list(asked))

    def limit(self, title, unit, runs, about=""):
        """A row of what this machine does at most."""
        self.keep(kind="limit", title=title, about=about, unit=unit, runs=list(runs))

    def growth(self, title, of, series, asked=(), about=""):
        """A row of times at several sizes. `series`: name → (role, {size → seconds of each run})."""
        self.keep(kind="growth", title=title, about=about, of=of, asked=list(asked),
                  series=[{"name": name, "role": role, "points": [{"size": size, "seconds": seconds} for size, seconds in points.items()]}
                          for name, (role, points) in series.items()])

    def keep(self, **row):
        row = {"scenario": self.scenario, **row}
        self.rows.append(row)
        print(f"  {line(row)}", file=sys.stderr, flush=True)


def line(row):
    """A row for a terminal."""
    if row["kind"] == "compare":
        text = ", ".join(f"{each['name']} {units.seconds(figures.median(each))}" for each in row["subjects"])
    elif row["kind"] == "growth":
        text = ", ".join(f"{each['name']} ^{figures.growth(each):.2f}" for each in row["series"])
    else:
        text = units.number(statistics.median(row["runs"]), row["unit"])
    judged = [f"{units.ratio(value)}{' × ' + against if against else ''} {units.limit(*limit)}: {'yes' if met else 'NO'}"
              for against, _, value, _, limit, met in figures.asked(row)]
    return f"{row['title']}: {text}" + (f"  [{'; '.join(judged)}]" if judged else "")


def at_most(limit, against=None, figure="seconds"):
    return {"against": against, "figure": figure, "at_most": limit}


def at_least(limit, against=None, figure="seconds"):
    return {"against": against, "figure": figure, "at_least": limit}
