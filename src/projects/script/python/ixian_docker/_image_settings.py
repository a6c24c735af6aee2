"""What CONFIG.DOCKER says of images, as the program asks for it."""

from ixian._errors import ProjectError
from ixian.config import CONFIG
from ixian_docker.modules.docker.config import joined

DEFAULTS = {
    "PUSH": "never",
    "CACHE_FROM": [],
    "CACHE_REPOSITORY": "",
    "ENGINE": "embedded",
    "BRANCH": "",
    "BUILD_NETWORK": "default",
    "BUILD_MEMORY": "",
    "BUILD_PIDS_LIMIT": "",
    "BUILD_SHM_SIZE": "",
    "BUILD_ULIMITS": [],
    "FETCH_LIMIT": "",
    "FETCH_TIMEOUT": "",
    "PUSH_PATIENCE": 120,
}


def settings():
    cache_from = [joined(name) for name in texts("CACHE_FROM")]
    return text("PUSH"), cache_from, joined(text("CACHE_REPOSITORY")), text("ENGINE"), text("BRANCH"), text("BUILD_NETWORK"), limits()


def limits():
    of_runs = text("BUILD_MEMORY"), number("BUILD_PIDS_LIMIT"), text("BUILD_SHM_SIZE"), texts("BUILD_ULIMITS")
    return *of_runs, text("FETCH_LIMIT"), text("FETCH_TIMEOUT")


def push_patience():
    """Whole seconds."""
    value = value_of("PUSH_PATIENCE")
    if isinstance(value, str):
        value = CONFIG.format(value, "DOCKER.PUSH_PATIENCE")
    try:
        seconds = -1 if isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        seconds = -1
    if not 0 <= seconds <= 86400:
        raise ProjectError(f"invalid value {value!r} for CONFIG.DOCKER.PUSH_PATIENCE (expected: for how many seconds a push that fails is retried)")
    return seconds


def value_of(name):
    value = getattr(CONFIG.DOCKER, name, None)
    return DEFAULTS[name] if value is None else value


def text(name):
    return rendered(name, value_of(name))


def number(name):
    value = value_of(name)
    return str(value) if type(value) is int else rendered(name, value)


def texts(name):
    value = value_of(name)
    if isinstance(value, (list, tuple)):
        return [each for each in (rendered(name, one) for one in value) if each]
    return list(filter(None, [rendered(name, value)]))


def rendered(name, value):
    if not isinstance(value, str):
        several = " or a list of strings" if isinstance(DEFAULTS[name], list) else ""
        raise ProjectError(f"invalid value {value!r} for CONFIG.DOCKER.{name} (expected: a string{several})")
    return CONFIG.format(value, f"DOCKER.{name}")
