"""Volumes of containers, which tasks remove when they are cleaned."""

import _ixian

from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed


def volume_exists(name):
    """Whether the Docker daemon has a volume of that name. False also where there is no Docker."""
    return _ixian.volume_exists(CONFIG.format(name))


def delete_volume(name):
    """Remove a volume of the Docker daemon. False: there was none, or there is no Docker."""
    name = CONFIG.format(name)
    if not volume_exists(name):
        return False
    if _ixian.run_command(["docker", "volume", "rm", name], {}) != 0:
        raise ExecuteFailed(f"cannot remove the volume {name}: see Docker's answer above\nhint: a container may be using it; `ix down` stops them")
    return True
