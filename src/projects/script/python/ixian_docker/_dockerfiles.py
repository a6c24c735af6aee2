"""Dockerfiles as tasks name them: where they are, and their text. Templates are rendered by Jinja2, which is imported for them alone."""

from ixian._errors import ProjectError
from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed


class Dockerfile:
    """One that is there. `path` is "" for a file that comes with ix, and absolute otherwise."""

    def __init__(self, name, path, text):
        self.name = name
        self.path = path
        self.text = text

    @property
    def is_template(self):
        return self.name.endswith(".jinja")

    def rendered(self, context):
        return render(self, context) if self.is_template else self.text


def find(path, folder=None):
    """The Dockerfile at a path, relative to `folder` or the project; None where there is none."""
    import _ixian

    path = absolute(path, folder)
    with_ix = CONFIG.IXIAN + "/"
    if path.startswith(with_ix):
        from ixian._files import FILES

        name = path[len(with_ix) :]
        if name in FILES:
            return Dockerfile(name, "", FILES[name])
    try:
        # Whoever may write to the project says where its links lead, and that is nowhere else.
        text = _ixian.read_text(path, CONFIG.PWD if is_in(path, CONFIG.PWD) else folder or CONFIG.PWD)
    except ExecuteFailed as error:
        raise ProjectError(str(error)) from None
    return None if text is None else Dockerfile(_ixian.shown(path), path, text)


def absolute(path, folder=None):
    return path if path.startswith("/") else f"{folder or CONFIG.PWD}/{path}"


def is_in(path, folder):
    import os

    return os.path.normpath(path).startswith(folder.rstrip("/") + "/")


def render(dockerfile, context):
    """The text that a template makes, with CONFIG and what `context` holds. What is not defined is an error."""
    jinja2 = import_jinja2()

    def load(name):
        # What a template includes lies beside it, or is named from the project's folder.
        if name == dockerfile.name:
            return dockerfile.text, dockerfile.name, None
        beside = (dockerfile.path or absolute(dockerfile.name, CONFIG.IXIAN)).rpartition("/")[0]
        places = [(name, beside), (name, None)] if any(is_in(absolute(name, each), each) for each in (beside, CONFIG.PWD)) else []
        found = next(filter(None, (find(*place) for place in places)), None)
        return (found.text, found.name, None) if found else None

    environment = jinja2.Environment(loader=jinja2.FunctionLoader(load), undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    try:
        return environment.get_template(dockerfile.name).render({"CONFIG": CONFIG, **context})
    except jinja2.TemplateNotFound as error:
        raise ProjectError(f"{dockerfile.name} includes {error.name}, which is neither beside it nor in the project") from None
    except jinja2.TemplateSyntaxError as error:
        raise ProjectError(f"{error.filename or error.name or dockerfile.name} line {error.lineno}: {error.message}") from None
    except Exception as error:
        place = place_in_template(error, dockerfile)
        reason = str(error) if isinstance(error, (jinja2.TemplateError, AssertionError)) else f"{type(error).__name__}: {error}"
        raise ProjectError(f"{place}: {reason}.") from None


def import_jinja2():
    from ixian._distribution import import_installed

    try:
        return import_installed("jinja2")
    except ImportError as error:
        raise ProjectError(f"Dockerfiles that end in .jinja need Jinja2, which is not installed ({error})\nhint: install the package python3-jinja2") from None


def place_in_template(error, dockerfile):
    """The innermost line of a template in the traceback, which Jinja2 has put there."""
    place, trace = dockerfile.name, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "__jinja_template__" in trace.tb_frame.f_globals or file.endswith(".jinja") or file == dockerfile.name:
            place = f"{file} line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
