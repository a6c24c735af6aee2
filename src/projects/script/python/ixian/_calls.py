"""
Tasks that Python code calls, with objects for arguments.

A call goes through the program, which decides what runs, and comes back into Python on the same thread. The program keeps the arguments of a
task's last success as texts, to tell whether they have changed. So the objects wait here, on a stack for each thread, and the program gets
texts that stand for them.
"""

from _thread import _local

import _ixian

_thread = _local()


class Call:
    """One call under way: a context manager around it."""

    def __init__(self, runner, args, keywords):
        self.runner, self.args, self.keywords = runner, tuple(args or ()), keywords

    def __enter__(self):
        _stack().append(self)
        return self

    def __exit__(self, *_):
        _stack().pop()

    def record(self):
        """A text for each argument, equal where the arguments are."""
        return [_text(arg) for arg in self.args] + [f"{key}={_typed(value)}" for key, value in sorted(self.keywords.items())]


def current(runner):
    """The innermost call of this thread, where it is one of `runner`; None for a task that runs as a dependency or from the command line."""
    stack = _stack()
    return stack[-1] if stack and stack[-1].runner is runner else None


def _stack():
    try:
        return _thread.stack
    except AttributeError:
        _thread.stack = []
        return _thread.stack


def _text(value):
    # A string is what the command line would have: `ix sort x` and TASKS["sort"]("x") are one call.
    return value if type(value) is str else _typed(value)


def _typed(value):
    try:
        text = _ixian.to_json(value)
    except Exception:
        text = repr(value)
    return f"{type(value).__name__}:{text}"
