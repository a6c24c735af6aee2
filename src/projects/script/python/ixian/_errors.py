"""An exception in the words of the program: a kind, a sentence for the user, and the user's own part of the traceback."""

import _ixian

OURS = "<ixian"  # how the file names of this package's code start
SECRET_WORDS = ("password", "passwd", "secret", "token", "access_key", "login(")
NO_SECRETS = ("username", "password", "token", "options", "client", "aws_access_key_id", "aws_secret_access_key", "aws_session_token")


class ProjectError(Exception):
    """ixian.py cannot be used."""


class WrongArguments(Exception):
    """A task was given arguments that its function does not take."""


def describe(error):
    """(kind, message, context): the sentence for the user, and the user's own part of the traceback."""
    from ixian.config import MissingConfiguration
    from ixian.exceptions import AlreadyComplete, ExecuteFailed, InvalidClassPath, InvalidTask, ModuleLoadError

    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "", ""
    if isinstance(error, AlreadyComplete):
        return "complete", "", ""
    if isinstance(error, SystemExit):
        if error.code in (None, 0):
            return "complete", "", ""
        text = f"exit code: {error.code}" if isinstance(error.code, int) else str(error.code)
        return "failed", text, ""
    if isinstance(error, WrongArguments):
        return "usage", str(error), ""
    if isinstance(error, ExecuteFailed):
        code = getattr(error, "ixian_code", 1)
        kind = {2: "usage", 3: "project", 4: "registry"}.get(code, "failed")
        return kind, str(error) or type(error).__name__, getattr(error, "ixian_context", "")
    if isinstance(error, ProjectError):
        return "project", str(error), ""
    if isinstance(error, SyntaxError) and error.filename:
        return "project", f"{_ixian.shown(error.filename)} line {error.lineno}: {error.msg}{syntax_hint(error)}", syntax_context(error)
    known = (MissingConfiguration, InvalidTask, ModuleLoadError, InvalidClassPath)
    message = str(error)
    if isinstance(error, ModuleNotFoundError):
        message = f"Python module not found: {error.name}\nhint: {module_hint(error.name)}"
    elif isinstance(error, RecursionError):
        message = f"endless recursion: {message}"
    elif not isinstance(error, known):
        message = f"{type(error).__name__}: {message}" if message else type(error).__name__
    kind = "project" if isinstance(error, (InvalidTask, ModuleLoadError, InvalidClassPath)) else "failed"
    return kind, message, without_secrets("\n".join(filter(None, [user_traceback(error), rendering_note(error)])))


def exit_code(error):
    """What the program ended with that failed; 0 where none did."""
    from ixian.exceptions import ProgramFailed

    return error.exit_code if isinstance(error, ProgramFailed) else 0


def syntax_context(error):
    if not error.text:
        return ""
    line = error.text.rstrip("\n")
    shown = line.lstrip()
    column = max(0, (error.offset or 1) - 1 - (len(line) - len(shown)))
    return f"    {without_secrets(shown)}\n    {' ' * column}^"


def syntax_hint(error):
    """What to write instead, where the line is a well-known slip."""
    words = (error.text or "").split()
    if len(words) == 2 and words[0] == "from" and "." in words[1].strip("."):
        package, _, name = words[1].rpartition(".")
        return f"\nhint: write: from {package} import {name}"
    line = (error.text or "").lstrip()
    column = (error.offset or 1) - 1 - (len(error.text or "") - len(line))
    if line[:1] in ("'", '"') and line[column : column + 1] == ":":
        return "\nhint: check for a missing comma at the end of the line before it"
    return ""


def module_hint(name):
    import sys

    package, _, last = (name or "").rpartition(".")
    if hasattr(sys.modules.get(package), last):
        return f"write: from {package} import {last}"
    return "check that it is installed where ix finds it (PYTHONPATH, VIRTUAL_ENV)"


def without_secrets(source):
    """Lines of source as they may be shown: where one speaks of a secret, its texts are starred out."""
    if not any(word in source.lower() for word in SECRET_WORDS):
        return source
    import re

    def starred(match):
        quote, text = match.groups()
        return match.group() if text in NO_SECRETS else quote + "*" * len(text) + quote

    def shown(line):
        if line.lstrip().startswith("File ") or not any(word in line.lower() for word in SECRET_WORDS):
            return line
        return re.sub(r"""(['"])((?:\\.|(?!\1).)*)\1""", starred, line)

    return "\n".join(map(shown, source.split("\n")))


def rendering_note(error):
    text = getattr(error, "rendering", None)
    return f"{error.parent or 'The text'} is {text!r}." if text else ""


def user_traceback(error):
    """The traceback without our own frames; empty where nothing of the user's is in it."""
    import traceback

    shown = traceback.TracebackException.from_exception(error, compact=True)
    prune(shown)
    lines = list(shown.format())
    if not any(line.lstrip().startswith("File ") for line in lines):
        return ""
    return "".join(lines).rstrip("\n")


def prune(shown):
    seen = set()
    open_ = [shown]
    while open_:
        current = open_.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        kept = [frame for frame in current.stack if not frame.filename.startswith((OURS, "<frozen"))]
        del current.stack[:]
        current.stack.extend(kept)
        open_.extend([current.__cause__, current.__context__])
        open_.extend(getattr(current, "exceptions", None) or [])
