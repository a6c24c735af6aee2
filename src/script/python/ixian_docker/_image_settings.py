"""What CONFIG.DOCKER says of images, as the program asks for it."""

from ixian._errors import ProjectError
from ixian.config import CONFIG

DEFAULTS = {"PUSH": "never", "CACHE_FROM": [], "CACHE_REPOSITORY": "", "ENGINE": "embedded", "BRANCH": "", "BUILD_NETWORK": "default"}


def settings():
    return text("PUSH"), texts("CACHE_FROM"), text("CACHE_REPOSITORY"), text("ENGINE"), text("BRANCH"), text("BUILD_NETWORK")


def value_of(name):
    value = getattr(CONFIG.DOCKER, name, None)
    return DEFAULTS[name] if value is None else value


def text(name):
    return rendered(name, value_of(name))


def texts(name):
    value = value_of(name)
    if isinstance(value, (list, tuple)):
        return [each for each in (rendered(name, one) for one in value) if each]
    return list(filter(None, [rendered(name, value)]))


def rendered(name, value):
    if not isinstance(value, str):
        several = " or a list of texts" if isinstance(DEFAULTS[name], list) else ""
        raise ProjectError(f"CONFIG.DOCKER.{name} is {value!r}. It is a text{several}.")
    return CONFIG.format(value, f"DOCKER.{name}")
