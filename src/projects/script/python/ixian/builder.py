"""Files in the builder folder, where a project keeps what lasts from run to run."""

from ixian._late import late_names
from ixian.config import CONFIG
from ixian.utils import filesystem
from ixian.utils.filesystem import leading_slash

__getattr__ = late_names(__name__)


def get_path(relative_path):
    if relative_path.startswith(CONFIG.BUILDER):
        return relative_path
    return f"{CONFIG.BUILDER}{leading_slash(relative_path)}{relative_path}"


def write(path, data):
    filesystem.write_file(get_path(path), data)


def read(path):
    return filesystem.read_file(get_path(path))


def exists(path):
    return filesystem.exists(get_path(path))


def reset():
    """Remove everything from the builder folder."""
    filesystem.empty_dir(CONFIG.BUILDER)
