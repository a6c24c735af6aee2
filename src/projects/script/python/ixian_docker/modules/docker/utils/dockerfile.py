"""Dockerfiles and their templates, for tasks that build by themselves. Image tasks render theirs without any of this."""

from ixian._errors import ProjectError
from ixian.config import CONFIG
from ixian.utils.filesystem import write_file
from ixian_docker import _dockerfiles


def get_dockerfile(path, render_to=None):
    """`path`, or `render_to` for a template, which is rendered to there."""
    path = CONFIG.format(path)
    if not path.endswith(".jinja"):
        return path
    if not render_to:
        raise ProjectError(f"{path} is a template: get_dockerfile() needs a path to render it to")
    render_to = CONFIG.format(render_to)
    write_file(render_to, build_dockerfile(path).encode(errors="surrogateescape"))
    return render_to


def build_dockerfile(template_path=None, context=None):
    """The text of a Dockerfile: what a template makes with CONFIG and the names of `context`. Without a path, of DOCKER.DOCKERFILE."""
    path = CONFIG.format(template_path or CONFIG.DOCKER.DOCKERFILE)
    found = _dockerfiles.find(path)
    if found is None:
        raise ProjectError(f"Dockerfile not found: {path}")
    return found.rendered(context or {})
