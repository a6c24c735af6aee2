"""Packages of the distribution: Python starts without `site`, so that what Debian has installed is not on its path."""

import sys

FOLDER = "/usr/lib/python3/dist-packages"


def import_installed(name):
    """A package of the project's path or of the distribution. Raises ImportError."""
    added = FOLDER not in sys.path
    if added:
        sys.path.append(FOLDER)
    try:
        __import__(name)
        return sys.modules[name]
    finally:
        if added:
            sys.path.remove(FOLDER)
