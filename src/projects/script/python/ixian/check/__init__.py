from ixian.check.checker import Checker, MultiValueChecker, SingleKeyChecker, hash_object  # noqa: F401


def __getattr__(name):
    if name == "FileHash":
        from ixian.modules.filesystem.file_hash import FileHash

        return FileHash
    raise AttributeError(f"module 'ixian.check' has no attribute {name!r}")
