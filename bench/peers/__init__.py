"""The programs that ix is compared with. A builder is a file with a class `Builder`:

    name                     as the table calls it
    missing()                what keeps it from running here, in words, or None
    version(bench)           a text with its version
    Builder(bench, folder)   with its storage below that folder; starts nothing
    wipe()                   makes it a fresh machine: its storage is empty, its daemon, if it has one, runs
    build(context, ...)      the command that builds the Dockerfile of a folder as `image`; push: that image goes to its registry as well; options:
                             cache_from, cache_to (an image), fresh (nothing is taken from the cache)
    daemon()                 the process whose work counts too, or None
    stop()                   ends it and unmounts what it has mounted

`ix` is one of them.
"""

import contextlib
import importlib
import os
import pathlib
import shutil
import subprocess

from parts.bench import Subject

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's docker, not what else has that name


def lacking(*programs):
    """What is missing, as a sentence, or None."""
    missing = [each for each in programs if shutil.which(each, path=PATH) is None]
    return f"{', '.join(missing)} must be installed: scripts/deps does it" if missing else None


def put_away(folder):
    """What the next run is to begin without."""
    if folder.exists():
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def builders():
    """The classes of all builders, ix first."""
    names = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    found = [getattr(importlib.import_module(f"peers.{name}"), "Builder", None) for name in names]
    return sorted((each for each in found if each), key=lambda each: (each.name != "ix", each.name))


@contextlib.contextmanager
def available(bench):
    """The builders that can run here, with their storage in the scenario's folder; stopped at the end."""
    if os.geteuid() != 0:
        raise SystemExit(f"The scenario {bench.scenario} runs builders that take root.")
    made = []
    with contextlib.ExitStack() as stack:
        for each in builders():
            why = each.missing()
            if why:
                bench.leave_out(each.name, why)
                continue
            made.append(each(bench, bench.folder))
            stack.callback(made[-1].stop)
        yield made


def subjects(made, command, **more):
    """Each builder as what `command(builder)` measures."""
    return [Subject(each.name, command(each), "ours" if each.name == "ix" else "peer", daemon=each.daemon, **more) for each in made]
