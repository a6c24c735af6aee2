"""Running other programs from a task."""

import posix

import _ixian

from ixian._late import late_names
from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed

__getattr__ = late_names(__name__)


def raise_for_status(code):
    """Raise ExecuteFailed if `code` is an error code."""
    if code != 0:
        raise ExecuteFailed(f"Process returned a non-zero code: {code}")


def execute(command, silent=False, env=None):
    """
    Run a command and return its exit code. A string is split into words as a shell does it, without any expansion but that of
    configuration variables; a list is taken as it is. `env` is added to the environment.
    """
    if isinstance(command, str):
        args = _ixian.split_words(CONFIG.format(command))
    else:
        args = [str(CONFIG.format(arg)) for arg in command]
    if not silent:
        _ixian.log("info", "$ " + _ixian.quote_words(args))
    return _ixian.run_command(args, {key: str(value) for key, value in (env or {}).items()})


def get_dev_uid():
    """User id of this process."""
    return posix.getuid()


def get_dev_gid():
    """Group id of this process."""
    return posix.getgid()
