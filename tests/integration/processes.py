"""The processes of this machine, whoever started them."""

from pathlib import Path


def processes_with(marker):
    """The ids of those that have `marker` in their command line."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in each.read_bytes():
                found.append(each.parent.name)
        except OSError:
            pass
    return found
