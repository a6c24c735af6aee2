from ixian.check.checker import Checker, MultiValueChecker, SingleKeyChecker, hash_object  # noqa: F401
