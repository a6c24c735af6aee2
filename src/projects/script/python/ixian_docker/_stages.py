"""What an ImageTask declares, as the program asks for it: plain values, rendered at that moment."""

import _ixian

from ixian._errors import ProjectError
from ixian.config import CONFIG
from ixian.task import TASKS
from ixian_docker import _dockerfiles
from ixian_docker.modules.docker.config import joined
from ixian_docker.modules.docker.stage import ImageTask

# A tag has 128 characters at most, and 65 of them are the key and its dash.
LONGEST_STAGE = 63


def declaration(runner):
    """The stage of a registered image task."""
    task = runner.task
    context = text(task, "context")
    path = text(task, "dockerfile")
    source = _dockerfiles.find(path)
    if source is None:
        raise ProjectError(f"{_ixian.shown(path) or 'Dockerfile'} not found\nhint: create it, or name another one: dockerfile = \"…\"")
    return {
        "name": stage_name(task),
        "repository": repository(task),
        "dockerfile": source.rendered(value_of(task, "template_context") or {}),
        "dockerfile_name": source.name,
        "dockerfile_path": source.path,
        "context": context,
        "contexts": contexts(value_of(task, "build_contexts")),
        "target": text(task, "target"),
        "platform": text(task, "platform"),
        "build_args": build_args(value_of(task, "build_args")),
        "stage_args": stage_arguments(runner),
        "files": flat(value_of(task, "files")),
        "secrets": secrets(value_of(task, "secrets")),
        "ssh": ssh(value_of(task, "ssh")),
    }


def image_tasks():
    """All that are registered, by name."""
    return {name: runner for name, runner in TASKS.items() if isinstance(runner.task, ImageTask)}


# Single values --------------------------------------------------------------------------------------------------------------------


def value_of(task, name):
    """An attribute of a task; what it returns where it is a method, or a function that takes nothing."""
    plain = getattr(type(task), name, None)
    code = getattr(plain, "__code__", None)
    if code is not None and code.co_argcount == 0:
        return plain()
    value = getattr(task, name)
    return value() if callable(value) else value


def text(task, name):
    value = value_of(task, name)
    if value is None:
        return ""
    if hasattr(value, "__fspath__"):
        value = value.__fspath__()
    if not isinstance(value, str):
        raise ProjectError(f"its {name} is {value!r}, not a text.")
    return CONFIG.format(value, name)


def stage_name(task):
    name = text(task, "stage")
    if not name:
        raise ProjectError(f'{type(task).__name__} has no stage, which its image is named by\nhint: give it one: stage = "…"')
    fits = name.isascii() and name[0] not in ".-" and all(each.isalnum() or each in "._-" for each in name)
    if not fits or len(name) > LONGEST_STAGE:
        raise ProjectError(
            f"invalid stage name {name!r} (expected: letters, digits, '.', '_' and '-', not beginning with '.' or '-', "
            f"at most {LONGEST_STAGE}: it becomes part of a tag)"
        )
    return name


def repository(task):
    name = joined(text(task, "repository"))
    if CONFIG.PROJECT_NAME is None and "None" in name.split("/"):
        raise ProjectError('CONFIG.PROJECT_NAME, which its image is named by, is not set\nhint: set it in ixian.py: CONFIG.PROJECT_NAME = "…"')
    return name


def build_args(values):
    if not hasattr(values, "items"):
        raise ProjectError(f"its build_args are {values!r}, not a mapping\nhint: write {{'NAME': 'value'}}")
    found = {}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ProjectError(f"its build argument {name} is {value!r} (expected: a string or a number)")
        found[str(name)] = CONFIG.format(value, f"the build argument {name}") if isinstance(value, str) else str(value)
    return found


def contexts(values):
    if not hasattr(values, "items"):
        raise ProjectError("its build_contexts are not a mapping\nhint: write {'name': 'directory'}")
    found = {}
    for name, value in values.items():
        if hasattr(value, "__fspath__"):
            value = value.__fspath__()
        if not isinstance(value, str):
            raise ProjectError(f"its build context {name} is {value!r} (expected: a directory, a URL or 'docker-image://…')")
        found[str(name)] = CONFIG.format(value, f"the build context {name}")
    return found


def secrets(values):
    if not hasattr(values, "items"):
        raise ProjectError("its secrets are not a mapping\nhint: write {'id': 'env:NAME'}")
    found = {}
    for name, value in values.items():
        source = CONFIG.format(value, f"the secret {name}") if isinstance(value, str) else ""
        kind, _, place = source.partition(":")
        if kind not in ("env", "file") or not place:
            raise ProjectError(f"invalid source of its secret {name} (expected: 'env:NAME' or 'file:PATH')")
        found[str(name)] = f"file:{_dockerfiles.absolute(place)}" if kind == "file" else source
    return found


def ssh(values):
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        raise ProjectError("its ssh is not a list of strings\nhint: write ['default'], or ['ID=KEYFILE']")
    found = {}
    for value in values:
        name, equals, places = CONFIG.format(value, "ssh").partition("=")
        name = name or "default"
        if name in found:
            raise ProjectError(f"its ssh names {name} twice")
        found[name] = name + equals + ",".join(str(_dockerfiles.absolute(place)) for place in places.split(",") if place)
    return list(found.values())


def flat(values):
    """Patterns of files: a text, or texts in lists in lists; "{DOCKER.IMAGE_FILES}" is what that list holds."""
    if values is None:
        return []
    if isinstance(values, str):
        if values.startswith("{") and values.find("}") == len(values) - 1 and not values.startswith("{{"):
            try:
                whole = CONFIG.resolve(values[1:-1])
            except AttributeError:
                whole = ""  # format() says it better
            if not isinstance(whole, str):
                return flat(whole)
        return [CONFIG.format(values, "files")]
    if hasattr(values, "__fspath__"):
        return [values.__fspath__()]
    if not isinstance(values, (list, tuple, set, frozenset)):
        raise ProjectError(f"its files are {values!r} (expected: a list of files, directories and wildcards)")
    return [pattern for each in values for pattern in flat(each)]


# The stages that it depends on ----------------------------------------------------------------------------------------------------


def stage_arguments(runner):
    """(name, task, part) of each build argument that stands for the image of another stage."""
    found = below(runner)
    arguments, owners = [], {}
    for other in found:
        name = stage_name(other.task)
        for argument in argument_names(name):
            if argument in owners:
                raise ProjectError(
                    f"it depends on {owners[argument]} and on {other.name}, whose stages both set the build argument {argument}"
                    "\nhint: give one of them another stage"
                )
            owners[argument] = other.name
            arguments.append((argument, other.name, "image"))
    base = base_of(runner, found)
    if base:
        arguments += [("FROM_REPOSITORY", base, "repository"), ("FROM_TAG", base, "tag")]
    return arguments


def argument_names(stage):
    names = ["".join(each if each.isalnum() else "_" for each in stage.upper()) + "_IMAGE"]
    if stage == "webpack":
        names.append("COMPILED_STATIC_IMAGE")
    return names


def below(runner):
    """The image tasks that a task depends on, through whatever stands between, in the order of its `depends`."""
    found, seen, open_ = [], {runner.name}, list(reversed(runner.dependency_names()))
    while open_:
        name = open_.pop()
        other = TASKS.get(name)
        if name in seen or other is None:
            continue
        seen.add(name)
        if isinstance(other.task, ImageTask):
            found.append(other)
        open_.extend(reversed(other.dependency_names()))
    return found


def base_of(runner, found):
    base = value_of(runner.task, "base")
    if base is None:
        return found[0].name if found else None
    name = CONFIG.format(base, "base") if isinstance(base, str) else getattr(base, "name", None)
    if not any(other.name == name for other in found):
        raise ProjectError(f"its base is {name!r}, which is not an image task that it depends on\nhint: add it to `depends`")
    return name
