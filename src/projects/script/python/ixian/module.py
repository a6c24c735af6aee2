"""Modules: a package with OPTIONS that name its configuration class and its task file."""

import sys

import _ixian

from ixian._late import late_names, pattern
from ixian.config import CONFIG
from ixian.exceptions import InvalidClassPath, ModuleLoadError
from ixian.task import Task

__getattr__ = late_names(__name__, CLASS_PATH_PATTERN=pattern(r"(?P<module_path>.*)\.(?P<classname>.+)"))

MODULES = {}


def import_module(path):
    # importlib.import_module, without the cost of importing importlib.
    __import__(path)
    return sys.modules[path]


def load_module(module_path):
    """Put a module's configuration into CONFIG, and register its tasks."""
    module = import_module(module_path)
    options = getattr(module, "OPTIONS", None)
    if options is None:
        raise ModuleLoadError(f"{module_path}: missing OPTIONS")
    name = _option(options, "name")
    if not name:
        raise ModuleLoadError(f"{module_path}: OPTIONS is missing 'name'")

    config_class_path = _option(options, "config")
    if config_class_path:
        _add_config(name.upper(), _load_class(module_path, config_class_path)())

    tasks_module_path = _option(options, "tasks")
    if tasks_module_path:
        load_tasks(tasks_module_path)

    MODULES[name] = options
    _ixian.log("debug", f"Loaded module {name}")


def load_tasks(tasks_module_path):
    """Register every Task class of a Python module."""
    register_classes(vars(import_module(tasks_module_path)))


def register_classes(namespace, only_from=None):
    """Register the Task classes of a namespace; with `only_from`, those that were written in that module."""
    classes = [
        value
        for value in namespace.values()
        if isinstance(value, type)
        and issubclass(value, Task)
        and "__task_base__" not in vars(value)
        and (only_from is None or value.__module__ == only_from)
    ]
    for each in classes:
        is_base = getattr(each, "name", None) is None and any(each in other.__mro__[1:] for other in classes)
        if not is_base and each.__dict__.get("__task__") is None:
            each()


def _add_config(key, config):
    early = vars(CONFIG).get(key)
    if getattr(early, "__dict__", {}).pop("_not_loaded", False):
        if type(early) is type(config):
            return
        vars(config).update(vars(early))
    CONFIG.add(key, config)


def _option(options, key):
    # OPTIONS is a dict, or an object that answers as one.
    try:
        return options.get(key, None) or getattr(options, key, None)
    except AttributeError:
        return getattr(options, key, None)


def _load_class(module_path, class_path):
    package, _, name = class_path.rpartition(".")
    if not package or not name:
        raise InvalidClassPath(f"Config classpath invalid: {class_path} (in OPTIONS of {module_path})")
    try:
        return getattr(import_module(package), name)
    except AttributeError:
        raise ModuleLoadError(f"{module_path}: OPTIONS names {class_path}, and {package} has no {name}") from None
