"""Configuration: nested trees of values, in whose strings `{A.B}` stands for the value of that name."""

import _ixian

from ixian._late import late_names, pattern
from ixian.utils.decorators import classproperty

__getattr__ = late_names(__name__, CONFIG_VARIABLE_PATTERN=pattern(r"{(?P<var>[a-zA-Z0-9_.]+)}"))


class MissingConfiguration(AssertionError):
    """A variable has no value. `parent` is the value that was being rendered."""

    def __init__(self, key, parent=None):
        self.key = key
        self.parent = parent
        if parent:
            super().__init__(f"Missing config while rendering {parent}: {key}")
        else:
            super().__init__(f"Missing config: {key}")


class ConfigurationCycle(MissingConfiguration):
    """Values that need each other. `ring` holds their names, the first one again at the end."""

    def __init__(self, ring):
        self.ring = list(ring)
        AssertionError.__init__(self, "Configuration values need each other: " + " -> ".join(self.ring))


class Literal(str):
    """A string in which braces are braces."""


class BuiltIn:
    """
    The configuration of a module that ix brings, put in place when it is first asked for: what a project sets there before it loads the
    module stays.
    """

    def __init__(self, package, class_name):
        self.package = package
        self.class_name = class_name

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, config, cls):
        if config is not CONFIG:
            raise AttributeError(f"{cls.__name__!r} object has no attribute {self.name!r}")
        made = getattr(__import__(self.package, fromlist=[self.class_name]), self.class_name)()
        made.__dict__["_not_loaded"] = True
        CONFIG.add(self.name, made)
        return made


class Config(_ixian.ConfigBase):
    """A tree of values. Reading a string renders its variables: see `_ixian.ConfigBase`, which does it."""

    root = None
    reserved = {"add", "format", "resolve", "reserved", "children", "root", "__dict__", "__class__"}

    def add(self, key, child_config):
        """Put a child in place under `key`. A class is instantiated first."""
        if isinstance(child_config, type):
            child_config = child_config()
        self.__dict__[key] = child_config
        child_config.root = self
        child_config.__dict__["_name"] = key

    def format(self, value, key=None, **kwargs):
        """Render the variables in a string. Names given as keywords come first. Anything but a string is returned as it is."""
        if not isinstance(value, str):
            return value
        return _ixian.render(self, key, value, kwargs)

    def resolve(self, path):
        """The value at a dotted path."""
        value = self
        for key in path.split("."):
            value = getattr(value, key)
        return value

    @classproperty
    def IXIAN(cls):
        """Directory where ixian is installed"""
        return Literal(_ixian.install_folder())

    @classproperty
    def PWD(cls):
        """Directory where ixian was run from"""
        return Literal(_ixian.working_folder())

    PROJECT_NAME = None

    # Environment that is built for: DEV or PRODUCTION.
    ENV = "DEV"

    # Environment variables that start with this override configuration.
    ENV_PREFIX = "JT_"

    # Where ix runs; tasks name the contexts that they are for.
    RUN_CONTEXT = "cli"

    # What is kept from run to run.
    BUILDER_DIR = ".builder"
    BUILDER = "{PWD}/{BUILDER_DIR}"

    LOG_LEVEL = "DEBUG"
    LOG_FORMATTER = "console"
    FORMATTER = "console"
    LOGGING_CONFIG = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "detailed": {
                "class": "logging.Formatter",
                "format": "%(asctime)s %(levelname)-8s %(message)s",
            },
            "console": {
                "()": "ixian.logger.ColoredFormatter",
                "format": "%(asctime)s %(message)s",
                "log_colors": {
                    "DEBUG": "grey",
                    "INFO": "silver",
                    "WARNING": "yellow",
                    "ERROR": "red",
                    "CRITICAL": {"color": "red", "background": "white"},
                },
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": FORMATTER,
                "level": "DEBUG",
            }
        },
        "root": {"level": "DEBUG", "handlers": [FORMATTER]},
    }

    @classproperty
    def TASKS(cls):
        return TasksConfig()

    DOCKER = BuiltIn("ixian_docker.modules.docker.config", "DockerConfig")
    PYTHON = BuiltIn("ixian_docker.modules.python.config", "PythonConfig")
    NPM = BuiltIn("ixian_docker.modules.npm.config", "NPMConfig")
    WEBPACK = BuiltIn("ixian_docker.modules.webpack.config", "WebpackConfig")
    BOWER = BuiltIn("ixian_docker.modules.bower.config", "BowerConfig")
    DJANGO = BuiltIn("ixian_docker.modules.django.config", "DjangoConfig")
    PYTEST = BuiltIn("ixian_docker.modules.pytest.config", "PytestConfig")
    BLACK = BuiltIn("ixian_docker.modules.black.config", "BlackConfig")
    ESLINT = BuiltIn("ixian_docker.modules.eslint.config", "ESLintConfig")
    JEST = BuiltIn("ixian_docker.modules.jest.config", "JestConfig")
    PRETTIER = BuiltIn("ixian_docker.modules.prettier.config", "PrettierConfig")


class TasksConfig:
    """`TASKS.NAME`, in upper or lower case."""

    def __getattr__(self, key):
        from ixian.task import TASKS

        runner = TASKS.get(key) or TASKS.get(key.lower())
        if runner is None:
            raise AttributeError(f"there is no task named {key.lower()}")
        return TaskConfig(runner)


class TaskConfig:
    def __init__(self, task):
        self.task = task

    @property
    def STATE(self):
        return self.task.state()

    @property
    def HASH(self):
        return self.task.hash()


CONFIG = Config()
