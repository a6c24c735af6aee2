"""
Images by their names, for tasks that build them by themselves. The work is done by the program, with its own client and engine.

A `repository` is a name without a tag ("registry.example.com/shop/web"); where `tag` is None, it may have one, and is "latest" if it has
none. Variables in all of them are rendered.
"""

import _ixian

from ixian._errors import ProjectError
from ixian._late import late_names
from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed
from ixian_docker import _dockerfiles, _stages
from ixian_docker.exceptions import DockerTransferError
from ixian_docker.modules.docker.config import joined
from ixian_docker.modules.docker.utils.client import UnknownRegistry

__getattr__ = late_names(__name__)

DEFAULT_REGISTRY = "docker.io"


def parse_registry(repository):
    """The host of the registry that a name is in: what comes before the first slash where it looks like a host, else docker.io."""
    host, slash, _ = CONFIG.format(repository).partition("/")
    is_host = "." in host or ":" in host or host == "localhost" if slash else "." in host and ":" not in host
    if not is_host or host in ("index.docker.io", "registry-1.docker.io"):
        return DEFAULT_REGISTRY
    return host


def image_exists(repository, tag=None):
    """Whether the image is here."""
    return _ixian.image_exists_here(full_name(repository, tag))


def image_exists_in_registry(repository, tag=None):
    """Whether its registry has the image. Raises UnknownRegistry where CONFIG.DOCKER.REGISTRIES does not name that."""
    require_registry(repository)
    return _ixian.image_exists_in_registry(full_name(repository, tag))


def image_is_complete_in_registry(repository, tag=None):
    """Whether its registry has the image with all that belongs to it: one may answer for an image and have lost a layer."""
    require_registry(repository)
    return _ixian.image_is_complete_in_registry(full_name(repository, tag))


def pull_image(repository, tag=None, silent=False):
    """Bring the image here. Raises DockerTransferError."""
    transfer(_ixian.pull_image, full_name(repository, tag))


def push_image(repository, tag=None, silent=False):
    """Send the image, which is here, to its registry. Raises UnknownRegistry and DockerTransferError."""
    require_registry(repository)
    transfer(_ixian.push_image, full_name(repository, tag))


def delete_image(name, force=False):
    """Remove the image here. False: there was none."""
    return _ixian.remove_image(full_name(name))


def build_image(dockerfile, tag, context=None, **options):
    """
    Build an image, whatever is there, and name it `tag`, which is a name with a tag.

    `context` is a folder, the project's own where it is None; `dockerfile` is a file in it or in the project, and a template if it ends
    in .jinja. Options: buildargs (or build_args, args), target, platform, secrets ({"id": "env:NAME"}).
    """
    _ixian.build_image({**request(full_name(tag), dockerfile, context, options), "pull": False, "force": True})


def build_image_if_needed(repository, tag=None, dockerfile="Dockerfile", context=None, pull=True, recheck=None, force=False, **options):
    """
    Make sure that the image is here: where it is, there is nothing to do; where its registry has it, it is pulled; else it is built.

    pull=False does not look into the registry. A `recheck` that is called after pulling and returns False leads to a build all the same.
    force=True builds whatever is there. Options: those of build_image(), and `file` for `dockerfile`.
    """
    name = full_name(repository, tag)
    wanted = request(name, options.pop("file", dockerfile), context, options)
    if not force:
        if image_exists(name):
            _ixian.log("debug", f"{name}: local cache hit")
            return
        if pull and pulled(name) and (not callable(recheck) or recheck()):
            return
    _ixian.build_image({**wanted, "pull": bool(pull), "force": bool(force)})


def pulled(name):
    """Whether the registry had the image and it is here now. A registry that cannot be asked is a warning."""
    try:
        if not image_exists_in_registry(name):
            return False
        pull_image(name)
        return True
    except UnknownRegistry as error:
        _ixian.log("warning", f"registry {error.registry} is not configured; {name} was not looked up there")
    except ExecuteFailed as error:
        if getattr(error, "ixian_code", 1) != 4:
            raise
        _ixian.log("warning", f"cannot pull {name}, building it: {error}")
    return False


# What they stand on ---------------------------------------------------------------------------------------------------------------


def full_name(repository, tag=None):
    name = joined(CONFIG.format(repository))
    if tag:
        return f"{name}:{CONFIG.format(tag)}"
    return name if "@" in name or ":" in name.rpartition("/")[2] else f"{name}:latest"


def require_registry(repository):
    from ixian_docker import _registries

    registry = parse_registry(repository)
    if not _registries.is_configured(registry):
        raise UnknownRegistry(registry)


def transfer(hook, name):
    try:
        hook(name)
    except ExecuteFailed as error:
        if getattr(error, "ixian_code", 1) != 4:
            raise
        told = DockerTransferError(str(error))
        told.ixian_context = getattr(error, "ixian_context", "")
        raise told from None


def request(name, dockerfile, context, options):
    try:
        return {"name": name, "stage": described(name, dockerfile, context, dict(options))}
    except ProjectError as error:
        raise ProjectError(f"image {name}: {error}") from None


def described(name, dockerfile, context, options):
    head, slash, last = name.partition("@")[0].rpartition("/")
    last = last.partition(":")[0]
    context = _dockerfiles.absolute(CONFIG.format(context) if context else CONFIG.PWD)
    path = CONFIG.format(dockerfile)
    source = _dockerfiles.find(path, context) or _dockerfiles.find(path)
    if source is None:
        raise ProjectError(f"{_ixian.shown(path)} not found, neither in its context {_ixian.shown(context)} nor in the project")
    arguments = {}
    for key in ("buildargs", "build_args", "args"):
        arguments.update(options.pop(key, None) or {})
    stage = {
        "name": last,
        "repository": head + slash + last,
        "dockerfile": source.rendered({}),
        "dockerfile_name": source.name,
        "dockerfile_path": source.path,
        "context": context,
        "contexts": _stages.contexts(options.pop("build_contexts", None) or {}),
        "target": CONFIG.format(options.pop("target", None) or ""),
        "platform": CONFIG.format(options.pop("platform", None) or ""),
        "build_args": _stages.build_args(arguments),
        "stage_args": [],
        "files": [],
        "secrets": _stages.secrets(options.pop("secrets", None) or {}),
        "ssh": [],
    }
    for harmless in ("rm", "forcerm", "quiet", "silent"):
        options.pop(harmless, None)
    if options:
        names = ", ".join(sorted(options))
        raise ProjectError(f"unknown option of build_image(): {names} (expected: buildargs, target, platform, secrets)")
    return stage
