"""What differs between two images, each difference under a key that wanted.toml can name:

    config.Env, config.Env order    architecture
    history                         its instructions are not the same ones
    history.3 (WORKDIR)             only one has a layer for it
    /path                           it is only in one of them
    /path mode, /path owner, …      it is in both, and this is not the same
"""

import re

CONFIG = ("Env", "Cmd", "Entrypoint", "User", "WorkingDir", "Volumes", "ExposedPorts", "Labels", "Healthcheck", "OnBuild", "Shell",
          "StopSignal")  # fmt: skip
TOP = ("architecture", "os", "variant", "author")
INSTRUCTIONS = set("ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split())
ATTRIBUTES = ("kind", "mode", "owner", "size", "target", "device", "content", "xattrs", "mtime", "links")


def normal_config(config):
    inner = config.get("config") or {}
    values = {f"config.{key}": inner.get(key) for key in CONFIG}
    values.update({key: config.get(key) for key in TOP})
    return {key: value or None for key, value in values.items()}


def instruction(created_by):
    """The word of the Dockerfile that a history entry is about, from the three ways in which builders write it."""
    text = re.sub(r"^/bin/sh -c #\(nop\)\s*", "", created_by or "")
    word = text.split(maxsplit=1)[0].upper() if text else ""
    if word in INSTRUCTIONS:
        return word
    return text if text.startswith("layer ") else "RUN"


def normal_history(config):
    return [(instruction(each.get("created_by", "")), bool(each.get("empty_layer"))) for each in config.get("history") or []]


def differences(one, other):
    """{key: (value in one, value in other)}"""
    found = {}
    a, b = normal_config(one.config), normal_config(other.config)
    for key in a:
        if a[key] != b[key]:
            reordered = key == "config.Env" and sorted(a[key] or []) == sorted(b[key] or [])
            found[key + (" order" if reordered else "")] = (a[key], b[key])
    a, b = normal_history(one.config), normal_history(other.config)
    if [word for word, _ in a] != [word for word, _ in b]:
        found["history"] = (a, b)
    else:
        for number, (mine, theirs) in enumerate(zip(a, b)):
            if mine != theirs:
                found[f"history.{number} ({mine[0]})"] = ("no layer" if mine[1] else "a layer", "no layer" if theirs[1] else "a layer")
    for path in sorted(one.tree.keys() | other.tree.keys()):
        mine, theirs = one.tree.get(path), other.tree.get(path)
        if mine is None or theirs is None:
            found[path] = (mine and mine.kind, theirs and theirs.kind)
            continue
        for attribute in ATTRIBUTES:
            if attribute == "mtime" and "folder" in (mine.kind, theirs.kind):
                continue  # of a folder, it is the time of the last change in it
            x, y = getattr(mine, attribute), getattr(theirs, attribute)
            if x != y:
                found[f"{path} {attribute}"] = tuple(oct(each) if attribute == "mode" else each for each in (x, y))
    return found


def show(found, names):
    lines = []
    for key, (mine, theirs) in found.items():
        lines.append(f"  {key}: {names[0]} {mine!r}, {names[1]} {theirs!r}")
    return "\n".join(lines)
