"""What the program calls: taking over output, loading a project, running a task function, the end."""

import sys
import time

import _ixian

from ixian import _calls
from ixian._errors import ProjectError, WrongArguments

# Output ---------------------------------------------------------------------------------------------------------------------------


class Stream:
    """Standard output, or the log of the task that writes, where that task does not own the terminal."""

    def __init__(self, real):
        self._real = real

    def write(self, text):
        if _ixian.capturing():
            _ixian.output(text)
            return len(text)
        return self._real.write(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def isatty(self):
        return not _ixian.capturing() and self._real.isatty()

    def __getattr__(self, name):
        return getattr(self._real, name)


def take_over():
    """Put our own in place of what does not know of tasks that run side by side."""
    sys.stdout = Stream(sys.stdout) if sys.stdout else None
    sys.stderr = Stream(sys.stderr) if sys.stderr else None
    time.sleep = _ixian.sleep


class LoggingHook:
    """
    Connects Python's logging with ours when a project first imports it: importing it for everybody would triple the time that ix takes to
    start.
    """

    def find_spec(self, fullname, path, target=None):
        if fullname != "logging":
            return None
        sys.meta_path.remove(self)
        finder = sys.modules["_frozen_importlib_external"].PathFinder
        spec = finder.find_spec(fullname, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            connect_logging(module)

        spec.loader.exec_module = exec_module
        return spec


def connect_logging(logging):
    class Handler(logging.Handler):
        def emit(self, record):
            level = "error" if record.levelno >= 40 else "warning" if record.levelno >= 30 else "info"
            _ixian.log("debug" if record.levelno < 20 else level, self.format(record))

    root = logging.getLogger()
    root.addHandler(Handler())
    root.setLevel({"debug": 10, "info": 20, "warning": 30, "error": 40}.get(_ixian.log_level(), 100))


# Loading --------------------------------------------------------------------------------------------------------------------------


def load_project(path, environment):
    """Run ixian.py and its init(), then put the environment's overrides in place."""
    from ixian.config import CONFIG
    from ixian.module import load_module, register_classes

    default_logging = CONFIG.LOGGING_CONFIG
    module = type(sys)("ixian_project")
    module.__file__ = path
    sys.modules["ixian_project"] = module
    with open(path, "rb") as file:
        source = file.read()
    code = compile_project(source, path)
    load_module("ixian.modules.core")
    exec(code, module.__dict__)
    init = module.__dict__.get("init")
    if not callable(init):
        raise ProjectError(f"{_ixian.shown(path)} has no init() function\nhint: add one: def init(): …")
    init()
    register_classes(module.__dict__, only_from="ixian_project")
    load_environment(CONFIG, environment)
    if CONFIG.LOGGING_CONFIG is not default_logging:
        from logging.config import dictConfig

        dictConfig(CONFIG.LOGGING_CONFIG)


def compile_project(source, path):
    coding = any(b"coding" in line for line in source.split(b"\n", 2)[:2])
    try:
        if not coding:
            source.decode()
        return compile(source, path, "exec", dont_inherit=True)
    except (UnicodeDecodeError, ValueError) as error:
        raise ProjectError(f"{_ixian.shown(path)} is not Python source in UTF-8: {error}") from None


def load_environment(config, environment):
    from ixian.config import Config

    for variable, path, text in _ixian.read_overrides(environment, config.ENV_PREFIX):
        current = config
        for part in path[:-1]:
            current = getattr(current, part, None) if is_there(current, part) else None
        if not isinstance(current, Config):
            _ixian.log("warning", f"{variable} is set, but there is no CONFIG.{'.'.join(path[:-1])}; it has no effect")
            continue
        in_place = getattr(type(current), path[-1], None)
        in_place = vars(current).get(path[-1], in_place)
        value = _ixian.parse_value(text, isinstance(in_place, (list, tuple)))
        try:
            setattr(current, path[-1], value)
        except AttributeError:
            # A property: the class stays as it is, the value goes into a class of its own for this one object.
            own = type(type(current).__name__, (type(current),), {path[-1]: value})
            current.__class__ = own


def is_there(config, name):
    """Not the configuration of a built-in module that the project has never asked for."""
    from ixian.config import CONFIG, BuiltIn

    return config is not CONFIG or name in vars(CONFIG) or not isinstance(vars(type(CONFIG)).get(name), BuiltIn)


# Tasks ----------------------------------------------------------------------------------------------------------------------------


def extract_tasks():
    """Every registered task as plain values, in the order of registration."""
    from ixian.task import TASKS, where

    stages = sys.modules.get("ixian_docker.modules.docker.stage")
    image_task = stages.ImageTask if stages else ()
    found = []
    for runner in list(TASKS.values()):
        found.append(
            (
                runner,
                runner.name,
                runner.category or "",
                str(runner.short_description),
                runner.description or "",
                runner.dependency_names(),
                [str(each) for each in runner.config],
                where(runner.func),
                runner.in_context,
                runner.func is not None,
                runner.clean is not None,
                isinstance(runner.task, image_task),
                parameters(runner),
            )
        )
    return found


def parameters(runner):
    """What a task takes from the command line: (least, most, *args, **kwargs, names only); None where its signature does not tell."""
    func = runner.func
    if func is None:
        return 0, 0, False, False, False
    code = getattr(func, "__code__", None)
    if code is None or hasattr(func, "__wrapped__"):
        return None
    most = code.co_argcount - (getattr(func, "__self__", None) is not None)
    least = most - len(func.__defaults__ or ())
    names_only = getattr(runner.task, "takes_names", False)
    return max(least, 0), max(most, 0), bool(code.co_flags & 0x04), bool(code.co_flags & 0x08), bool(names_only)


def call_task(runner, args, force):
    """Call a task's function, with what Python code has called it with, or with the arguments of the command line."""
    runner.force = force
    func = runner.func
    call = _calls.current(runner)
    args, keywords = (call.args, call.keywords) if call else parse_arguments(func, args)
    try:
        runner.result = result = func(*args, **keywords)
    except TypeError as error:
        if error.__traceback__.tb_next is None:
            raise_wrong_arguments(runner, args, keywords, error)
        raise
    finally:
        flush_output()
    if type(result) is int and result != 0:
        from ixian.exceptions import ExecuteFailed

        raise ExecuteFailed(f"it returned {result}")


def flush_output():
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # the reader has gone, or the task has closed it


def takes_keywords(func):
    func = getattr(func, "__func__", func)
    while hasattr(func, "__wrapped__"):
        func = func.__wrapped__
    code = getattr(func, "__code__", None)
    return code is not None and bool(code.co_flags & 0x08)


def parse_arguments(func, args):
    """--flag and --key=value become keywords for a function that takes them; `--` ends them."""
    if not any(arg.startswith("--") for arg in args) or not takes_keywords(func):
        return args, {}
    positional, keywords = [], {}
    for index, arg in enumerate(args):
        if arg == "--":
            positional.extend(args[index + 1 :])
            break
        if not arg.startswith("--"):
            positional.append(arg)
            continue
        key, equals, value = arg[2:].partition("=")
        keywords[key.replace("-", "_")] = _ixian.parse_value(value, False) if equals else True
    return positional, keywords


def raise_wrong_arguments(runner, args, keywords, error):
    import inspect

    try:
        inspect.signature(runner.func).bind(*args, **keywords)
    except TypeError as mismatch:
        raise WrongArguments(f"invalid arguments: {mismatch}\nhint: see `ix help {runner.name}`") from None
    raise error


def checker_traits(checker):
    """(decides by itself, saves by itself, what it is called)."""
    from ixian.check.checker import Checker

    cls = type(checker)
    own = vars(checker) if hasattr(checker, "__dict__") else {}
    plain = isinstance(checker, Checker)
    own_check = not plain or "check" in own or cls.check is not Checker.check or cls.saved_state is not Checker.saved_state
    own_save = "save" in own or getattr(cls, "save", None) is not Checker.save
    module = "" if cls.__module__.startswith("ixian") else cls.__module__ + "."
    return own_check, own_save, module + cls.__qualname__


def checker_label(checker):
    """What distinguishes it from others of its class."""
    label = getattr(checker, "label", None) or getattr(checker, "filename", None)
    return str(label()) if callable(label) else ""


# The end ----------------------------------------------------------------------


def finish():
    """What Python does at its end, but for taking itself down."""
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    import atexit

    atexit._run_exitfuncs()
    flush_output()
