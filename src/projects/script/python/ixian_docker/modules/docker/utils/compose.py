"""
The development container: what tools of a project run in, by Docker Compose.

Everything is a list of words from the command line of ix to the program in the container; no shell reads any of it.
"""

import posix

import _ixian

from ixian._late import late_names
from ixian.config import CONFIG
from ixian.exceptions import CommandNotFound, ExecuteFailed, ProgramFailed
from ixian.module import MODULES

__getattr__ = late_names(__name__)

# Marks volumes that ix makes itself, with the project's name.
PROJECT_LABEL = "ixian.project"

_found = []  # the words that call compose, once they have been looked for


def compose_run(app_command, args=(), flags=None, app=None):
    """
    Run a command in the development container and return 0, or raise ProgramFailed with the exit code that it ended with.

    `app_command` is the program with its own arguments, in which variables are rendered ("{NPM.BIN}/webpack"); `args` are the words of
    the command line, passed on as they are. `flags` are more options of `compose run`, `app` is another service than DOCKER.DEFAULT_APP.
    """
    called = compose_command()
    words = [CONFIG.format(word) for word in texts(app_command, "the command")] + [str(arg) for arg in args]
    load_images(called)
    fill_volumes(called)
    make_mounted_files()
    call([*called, "run", *run_flags(flags), app or CONFIG.DOCKER.DEFAULT_APP, *words], words[0] if words else "the container")
    return 0


def compose(command, args=()):
    """Call compose itself, compose(["logs"], ["-f"]), with the project's environment. Returns 0, or raises ProgramFailed."""
    call([*compose_command(), *command, *map(str, args)], "compose " + command[0])
    return 0


def compose_up(args):
    """Start services in the background."""
    load_images(compose_command())
    return compose(["up", "-d"], args)


def run(command, *args, **options):
    """As the original calls it: run("npm", "install"). A text is split into words as a shell does it."""
    words = _ixian.split_words(command) if isinstance(command, str) else list(command or [])
    return compose_run(words, args, **options)


# Which compose --------------------------------------------------------------------------------------------------------------------


def compose_command():
    """The words that call compose: DOCKER.COMPOSE, or the first one that is there. It is looked for once."""
    if not _found:
        _found.extend(configured_command() or installed_command())
    return list(_found)


def configured_command():
    value = CONFIG.DOCKER.COMPOSE
    return _ixian.split_words(value) if isinstance(value, str) else texts(value or [], "DOCKER.COMPOSE")


def installed_command():
    if answers(["docker", "compose", "version"]):
        return ["docker", "compose"]
    for name in ("docker-compose", "podman-compose"):
        if _ixian.find_program(name):
            return [name]
    raise ExecuteFailed(
        "no Docker Compose on PATH, which runs tools in a container\nhint: install one of the packages docker-compose-plugin "
        '(docker compose), docker-compose or podman-compose, or name yours: CONFIG.DOCKER.COMPOSE = "…"'
    )


def answers(command):
    try:
        return _ixian.command_output(command)[0] == 0
    except CommandNotFound:
        return False


def is_podman(command):
    return command[0].rpartition("/")[2].startswith("podman")


# What it is called with -----------------------------------------------------------------------------------------------------------


def run_flags(flags=None):
    words = []
    for each in texts(CONFIG.DOCKER.COMPOSE_FLAGS, "DOCKER.COMPOSE_FLAGS") + texts(flags or [], "flags"):
        words.extend(_ixian.split_words(CONFIG.format(each)))
    if not has_terminal():
        words.append("-T")
    for name, value in container_environment().items():
        words += ["-e", f"{name}={value}"]
    for volume in volumes():
        words += ["-v", volume]
    return words


def has_terminal():
    return not _ixian.capturing() and posix.isatty(0) and posix.isatty(1)


def compose_environment():
    """What compose.yaml may use: image: ${DOCKER_IMAGE}."""
    return rendered_mapping(CONFIG.DOCKER.COMPOSE_ENV, "DOCKER.COMPOSE_ENV")


def container_environment():
    """What programs in the container find in their environment."""
    found = {"APP_DIR": CONFIG.DOCKER.APP_DIR}
    if "PYTHON" in MODULES:
        found["ROOT_MODULE_PATH"] = CONFIG.PYTHON.ROOT_MODULE_PATH
    found.update(compose_environment())
    found.update(rendered_mapping(CONFIG.DOCKER.ENV, "DOCKER.ENV"))
    found.update(rendered_mapping(CONFIG.DOCKER.DEV_ENV, "DOCKER.DEV_ENV"))
    return found


def volumes():
    """Volumes of all modules. A file or folder that is not there is left out: Docker would make a folder of that name."""
    found = {}
    for each in declared_volumes():
        source, target = each.split(":", 2)[:2] if ":" in each else ("", each)
        if is_path(source) and not in_builder(source) and not exists(source):
            _ixian.log("debug", f"{_ixian.shown(source)} does not exist: not mounted")
            continue
        found[target.rstrip("/")] = each
    return list(found.values())


def declared_volumes():
    values = texts(CONFIG.DOCKER.VOLUMES, "DOCKER.VOLUMES") + texts(CONFIG.DOCKER.DEV_VOLUMES, "DOCKER.DEV_VOLUMES")
    return [CONFIG.format(each) for each in values]


def make_mounted_files():
    """Histories and the like, which are kept in the builder folder: empty at first."""
    for each in declared_volumes():
        source = each.partition(":")[0]
        if not is_path(source) or not in_builder(source) or exists(source):
            continue
        from ixian.utils.filesystem import mkdir, write_file

        if source.endswith("/"):
            mkdir(source)
        else:
            write_file(source, b"")


def is_path(source):
    return source.startswith(("/", ".", "~"))


def in_builder(source):
    return source.startswith(CONFIG.BUILDER + "/")


def exists(path):
    import os.path

    return os.path.exists(os.path.expanduser(path))


def texts(values, name):
    values = [values] if isinstance(values, str) else list(values or [])
    for each in values:
        if not isinstance(each, str):
            raise ExecuteFailed(f"invalid value {each!r} in {name} (expected: a list of strings)")
    return values


def rendered_mapping(values, name):
    found = {}
    for key, value in (values or {}).items():
        found[str(key)] = CONFIG.format(value, f"{name}[{key!r}]") if isinstance(value, str) else str(value)
    return found


# Images ---------------------------------------------------------------------------------------------------------------------------


def images():
    """The images that compose is going to use: DOCKER.COMPOSE_IMAGE, and that of npm, which volumes are made of."""
    names = [CONFIG.DOCKER.COMPOSE_IMAGE]
    if "NPM" in MODULES:
        names.append(CONFIG.NPM.IMAGE)
    return [name for name in names if name]


def load_images(called):
    """Make images known to the daemon that runs containers, those that it does not have."""
    for name in images():
        if is_podman(called):
            load_into_podman(name)
        else:
            _ixian.load_into_docker(name)


def load_into_podman(name):
    if answers(["podman", "image", "exists", name]):
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="ixian-") as folder:
        archive = folder + "/image.tar"
        try:
            _ixian.save_image(name, archive)
        except ExecuteFailed:
            _ixian.pull_image(name)
            _ixian.save_image(name, archive)
        code, output = _ixian.command_output(["podman", "load", "-q", "-i", archive])
    if code != 0:
        raise ExecuteFailed(f"podman does not accept the image {name}: {output.strip()}")


def fill_volumes(called):
    """
    Make the volume of npm packages from their image: a volume is filled from the image of the container that first mounts it, and the
    development container's has none of them. Its name has the image's key, so it is filled once.
    """
    if "NPM" not in MODULES:
        return
    program = "podman" if is_podman(called) else "docker"
    volume, target = CONFIG.NPM.VOLUME, CONFIG.NPM.NODE_MODULES_DIR
    mounted = any(each.startswith(f"{volume}:{target}") for each in declared_volumes())
    if not mounted or volume_exists(program, volume):
        return
    output(program, "volume", "create", "--label", f"{PROJECT_LABEL}={CONFIG.PROJECT_NAME}", volume)
    try:
        container = output(program, "create", "-v", f"{volume}:{target}", CONFIG.NPM.IMAGE, "true").split()[-1]
        if program == "podman":
            output(program, "init", container)
        output(program, "rm", container)
    except BaseException:
        answers([program, "volume", "rm", volume])
        raise


def volume_exists(program, volume):
    if program == "docker":
        return _ixian.volume_exists(volume)
    return answers([program, "volume", "exists", volume])


def output(*command):
    try:
        code, text = _ixian.command_output(list(command))
    except CommandNotFound:
        package = {"docker": "docker-cli or docker.io"}.get(command[0], command[0])
        raise ExecuteFailed(f"{command[0]} not found on PATH\nhint: install the package {package}") from None
    if code != 0:
        raise ExecuteFailed(f"`{_ixian.quote_words(list(command))}` failed: exit code: {code}: {text.strip()}")
    return text


# Running --------------------------------------------------------------------------------------------------------------------------


def call(line, program):
    _ixian.log("debug", "$ " + _ixian.quote_words(line))
    code = _ixian.run_command(line, compose_environment())
    if code != 0:
        raise ProgramFailed(f"{program.rpartition('/')[2]} failed: exit code: {code}", code)
