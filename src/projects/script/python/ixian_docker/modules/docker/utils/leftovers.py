"""What compose leaves behind of a project, and its removal. What another project could own is not touched."""

import re

import _ixian

from ixian.config import CONFIG
from ixian_docker.modules.docker.utils import compose

PROJECT = "com.docker.compose.project"
FOLDER = PROJECT + ".working_dir"
KEY = "[0-9a-f]{64}"


def remove_leftovers():
    called = compose.compose_command()
    containers = Containers("podman" if compose.is_podman(called) else "docker")
    name = project_name(called)
    removed = [containers.remove("container", each, shown, "rm", "-v") for each, shown in containers.stopped(name)]
    removed += [containers.remove("volume", each, each, "volume", "rm") for each in volumes(containers, name)]
    removed += [containers.remove("image", each, each[:19], "rmi") for each in containers.unnamed_images(name, bool(others(containers, name)))]
    if not any(removed):
        _ixian.log("info", f"nothing left by compose of the project {name}")


class Containers:
    """The program that knows of containers: docker or podman."""

    def __init__(self, program):
        self.program = program

    def lines(self, *args):
        return list(filter(None, compose.output(self.program, *args).splitlines()))

    def of_project(self, name):
        """(id, name, folder of its project, state) of each container."""
        form = f'{{{{.ID}}}}|{{{{.Names}}}}|{{{{.Label "{FOLDER}"}}}}|{{{{.Status}}}}'
        rows = self.lines("ps", "-a", "--filter", f"label={PROJECT}={name}", "--format", form)
        return [row.split("|", 3) for row in rows if row.count("|") >= 3]

    def stopped(self, name):
        return [
            (each, shown)
            for each, shown, folder, status in self.of_project(name)
            if is_ours(folder) and status.startswith(("Exited", "Created", "Dead", "Initialized", "Stopped"))
        ]

    def unnamed_images(self, name, is_shared):
        """Of a name that another folder's project has too, only those of our own repository."""
        form = ("images", "-q", "--no-trunc", "--filter", "dangling=true", "--filter")
        found = ([] if is_shared else self.lines(*form, f"label={PROJECT}={name}")) + self.lines(*form, f"reference={CONFIG.DOCKER.REPOSITORY}")
        return sorted({each for each in found if each.startswith("sha256:")})

    def remove(self, kind, each, shown, *command):
        """Whether it is removed. What is in use stays, and is told."""
        code, output = _ixian.command_output([self.program, *command, each])
        if code == 0:
            _ixian.log("info", f"removed the {kind} {shown}")
        else:
            _ixian.log("warning", f"cannot remove the {kind} {shown}: {output.strip().splitlines()[-1] if output.strip() else code}")
        return True


def others(containers, name):
    """Folders of other projects that compose calls by the same name."""
    return [folder for _, _, folder, _ in containers.of_project(name) if not is_ours(folder)]


def volumes(containers, name):
    """Those that compose made for this project, and those that modules name after it."""
    known = containers.lines("volume", "ls", "-q")
    ours = {each for each in known if any(re.fullmatch(pattern, each) for pattern in volume_patterns())}
    ours.update(containers.lines("volume", "ls", "-q", "--filter", f"label={compose.PROJECT_LABEL}={CONFIG.PROJECT_NAME}"))
    strangers = others(containers, name)
    labelled = containers.lines("volume", "ls", "-q", "--filter", f"label={PROJECT}={name}")
    if strangers and labelled:
        _ixian.log("warning", f"{strangers[0] or 'another directory'} has a compose project named {name}, too; its volumes are kept: {', '.join(labelled)}")
    else:
        ours.update(labelled)
    return sorted(ours)


def volume_patterns():
    """Names with a key stand for those of all keys: the older ones are what there is to remove."""
    prefix = f"{CONFIG.PROJECT_NAME}."
    sources = {each.partition(":")[0] for each in compose.declared_volumes() if ":" in each}
    return [re.sub(KEY, lambda _: KEY, re.escape(source)) for source in sources if source.startswith(prefix)]


def is_ours(folder):
    return folder == CONFIG.PWD or folder.startswith(CONFIG.PWD + "/")


def project_name(called):
    """As compose finds it: what it is called with, the environment, .env, the file, the folder."""
    import os

    for option, value in zip(called, called[1:]):
        if option in ("-p", "--project-name"):
            return value
    found = os.environ.get("COMPOSE_PROJECT_NAME") or from_env_file() or from_compose_file(called)
    if found:
        return found
    folder = CONFIG.PWD.rpartition("/")[2].lower()
    return re.sub("[^a-z0-9_-]", "", folder).lstrip("_-") or "default"


def from_env_file():
    try:
        with open(".env", encoding="utf-8", errors="replace") as file:
            found = re.search(r"^COMPOSE_PROJECT_NAME=[\"']?([^\"'\s]+)", file.read(), re.MULTILINE)
    except OSError:
        return None
    return found and found.group(1)


def from_compose_file(called):
    code, output = _ixian.command_output([*called, "config"], compose.compose_environment())
    found = re.search(r"^name: *[\"']?([^\"'\s]+)", output, re.MULTILINE) if code == 0 else None
    return found and found.group(1)
