"""Checkers decide whether a task is complete."""

import _ixian

from ixian.config import CONFIG


def hash_object(obj):
    """SHA-256 over an object as JSON with sorted keys."""
    return _ixian.hash_object(obj)


class Checker:
    """
    Base class of checkers. `state` returns what is true now, as something that JSON can hold; `filename` names the checker by its
    parameters. The state is saved when the task has succeeded, and the checker passes while it stays the same.
    """

    contribute_to_task_state = True

    def check(self):
        return self.state() == self.saved_state()

    def state(self):
        raise NotImplementedError(f"{type(self).__name__} must implement state()")

    def filename(self):
        raise NotImplementedError(f"{type(self).__name__} must implement filename()")

    def hash(self):
        return hash_object(self.state())

    def saved_state(self):
        """The state after the task's last success, None before the first."""
        bound, state = _ixian.saved_state(self)
        if bound:
            return state
        from ixian import builder

        path = self.file_path()
        return _ixian.parse_json(builder.read(path)) if builder.exists(path) else None

    def file_path(self):
        """Where save() writes the state of a checker that no task runs."""
        return CONFIG.format("{BUILDER}/checks/{file_name}", file_name=self.filename())

    def save(self):
        from ixian import builder

        builder.write(self.file_path(), _ixian.to_json(self.state()))

    def clone(self):
        return self


class SingleKeyChecker(Checker):
    """A checker of one thing, which `key` names. Variables in it are rendered."""

    def __init__(self, key):
        self._key = key

    @property
    def key(self):
        return CONFIG.format(self._key)

    def filename(self):
        return hash_object(self.key)

    def label(self):
        return str(self.key)

    def clone(self):
        return type(self)(self._key)


class MultiValueChecker(Checker):
    """A checker of several things of one kind, which `keys` name. Variables in them are rendered."""

    def __init__(self, *keys):
        assert len(keys) != 0, "At least one key must be given"
        self._keys = keys

    @property
    def keys(self):
        return [CONFIG.format(key) for key in self._keys]

    def filename(self):
        return hash_object(self.keys)

    def label(self):
        return ",".join(str(CONFIG.format(key)) for key in self._keys)

    def clone(self):
        return type(self)(*self._keys)
