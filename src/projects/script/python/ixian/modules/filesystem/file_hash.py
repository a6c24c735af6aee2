"""FileHash: a checker of files by their content."""

import _ixian

from ixian.check.checker import MultiValueChecker


class FileHash(MultiValueChecker):
    """
    Passes while the files that its keys name stay the same. Keys are files, folders or wildcards, relative to the project or
    absolute. What counts is each file's path within the project, its content, and whether it is executable or a link: never where the
    project lies, nor times, owners or umask.
    """

    def state(self):
        return _ixian.file_hash(self.keys)


def hash_paths(*paths):
    """Path to digest, for files and folders."""
    return _ixian.file_hash(list(paths))


def hash_path(path):
    """The digest of one file or folder."""
    return next(iter(hash_paths(path).values()))


hash_file = hash_path
hash_dir = hash_path


def get_flags(path):
    """What of a path's mode counts in its digest, as git writes it: 100644, 100755, 120000 or 040000."""
    import posix

    mode = posix.lstat(path).st_mode
    kind = mode & 0o170000
    if kind == 0o100000:
        return "100755" if mode & 0o100 else "100644"
    return f"{kind:06o}"
