"""The Python side of Ixian: what an `ixian.py` imports. The work behind it is done by the program that embeds it."""

from ixian.version import VERSION  # noqa: F401


def __getattr__(name):
    # `from ixian import Task`, without loading the task module for those who do not ask for it.
    if name in ("Task", "VirtualTarget"):
        from ixian import task

        return getattr(task, name)
    raise AttributeError(f"module 'ixian' has no attribute {name!r}")
