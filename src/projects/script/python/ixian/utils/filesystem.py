"""Files and folders, for tasks. What Python needs for it is imported when it is used: most projects import this module's users."""

import _ixian

from ixian._late import late_names

__getattr__ = late_names(__name__)


def mkdir(path):
    """Make a directory and its parents where they are missing."""
    import os

    os.makedirs(path, exist_ok=True)


def pwd():
    """The directory that ix was run from."""
    return _ixian.working_folder()


def rmdir(path):
    import shutil

    shutil.rmtree(path)


def empty_dir(path):
    """Remove everything in a directory."""
    import os

    if not os.path.isdir(path):
        return
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            rmdir(entry.path)
        else:
            os.unlink(entry.path)


def write_file(path, data):
    """Replace a file as one step, making missing directories."""
    _ixian.write_file(path, data)


def read_file(path):
    with open(path, "r") as file:
        return file.read()


def exists(path):
    import os

    return os.path.exists(path)


def leading_slash(path):
    """What to put between a directory and `path`: a slash, unless it starts with one."""
    return "" if path.startswith("/") else "/"
