"""The images of a project, built, pushed and pulled, and the container that it is developed in."""

import _ixian

from ixian import builder
from ixian._errors import ProjectError
from ixian._late import late_names
from ixian.config import CONFIG
from ixian.exceptions import ExecuteFailed
from ixian.modules.filesystem.file_hash import FileHash
from ixian.task import Task, VirtualTarget
from ixian.utils.filesystem import write_file
from ixian.utils.process import execute  # noqa: F401
from ixian_docker.modules.docker import utils  # noqa: F401
from ixian_docker.modules.docker.checker import DockerImageExists
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.utils.client import docker_client  # noqa: F401
from ixian_docker.modules.docker.utils.compose import compose, compose_run, compose_up, run  # noqa: F401
from ixian_docker.modules.docker.utils.images import (
    build_image_if_needed,  # noqa: F401
    delete_image,
    image_exists,
    image_exists_in_registry,
    image_is_complete_in_registry,
    pull_image,
    push_image,
)

__getattr__ = late_names(__name__)

COMPOSE_CONFIG = ["{DOCKER.COMPOSE_IMAGE}", "{DOCKER.DEFAULT_APP}"]


def remove_image():
    """Remove the app's image as the project stands now."""
    delete_image(CONFIG.DOCKER.IMAGE)


class BuildDockerfile(Task):
    """
    Writes down what the templates of Dockerfiles make, {BUILDER}/Dockerfile.<stage> for each image, to be looked at: builds render
    templates by themselves. With names of image tasks or of stages, writes theirs.
    """

    name = "build_dockerfile"
    takes_names = True
    category = "build"
    short_description = "Build app's Dockerfile"

    def execute(self, *names):
        from ixian_docker import _dockerfiles, _stages

        runners = [_named(name) for name in names] or [
            runner for runner in _stages.image_tasks().values() if _stages.text(runner.task, "dockerfile").endswith(".jinja")
        ]
        if not runners:
            _ixian.log("info", "no Dockerfile templates in this project: none ends in .jinja")
        for runner in runners:
            try:
                stage = _stages.declaration(runner)
            except ProjectError as error:
                raise ProjectError(f"image task {runner.name}: {error}") from None
            path = _stages.text(runner.task, "rendered_dockerfile") or builder.get_path(f"/Dockerfile.{stage['name']}")
            write_file(path, stage["dockerfile"].encode(errors="surrogateescape"))
            _ixian.log("info", f"{_ixian.shown(path)}: rendered from {stage['dockerfile_name']}")


class BuildImage(ImageTask):
    """
    Builds the app's image from {DOCKER.DOCKERFILE}, unless it is here or in the registry. The images of other modules that are loaded
    are build arguments: BASE_IMAGE, PYTHON_IMAGE, ...
    """

    name = "build_image"
    category = "build"
    short_description = "Build app image"
    stage = "runtime"
    dockerfile = "{DOCKER.DOCKERFILE}"
    files = "{DOCKER.IMAGE_FILES}"
    check = [FileHash("{DOCKER.DOCKERFILE}"), DockerImageExists("{DOCKER.IMAGE}")]
    config = ["{DOCKER.IMAGE}", "{DOCKER.DOCKERFILE}", "{DOCKER.REPOSITORY}"]


class BuildBaseImage(ImageTask):
    """Builds the image that others stand on from {DOCKER.DOCKERFILE_BASE}, unless it is here or in the registry."""

    name = "build_base_image"
    category = "build"
    short_description = "Build base image"
    parent = "build_image"
    stage = "base"
    dockerfile = "{DOCKER.DOCKERFILE_BASE}"
    files = "{DOCKER.BASE_IMAGE_FILES}"
    check = [FileHash("{DOCKER.DOCKERFILE_BASE}"), DockerImageExists("{DOCKER.BASE_IMAGE}")]
    config = ["{DOCKER.BASE_IMAGE}", "{DOCKER.DOCKERFILE_BASE}", "{DOCKER.REPOSITORY}"]


class PullImage(Task):
    """Pulls the app's image as the project stands now. With names of image tasks or of stages, pulls theirs."""

    name = "pull"
    takes_names = True
    category = "dev"
    short_description = "Pull the image"

    def execute(self, *names):
        for runner in [_named(name) for name in names or ["build_image"]]:
            image = _ixian.stage_image(runner.name)
            pull_image(image)
            _ixian.log("info", f"pulled {image}")


class PushImage(Task):
    """
    Pushes the app's image as the project stands now, and builds nothing: `ix --push build_image` does both. With names of image tasks or
    of stages, pushes theirs.
    """

    name = "push"
    takes_names = True
    category = "dev"
    short_description = "Push the image"

    def execute(self, *names):
        for runner in [_named(name) for name in names or ["build_image"]]:
            _push(runner)


class PushBaseImage(Task):
    """Pushes the image that others stand on as the project stands now, and builds nothing."""

    name = "push_base_image"
    category = "docker"
    short_description = "Push the base image"

    def execute(self):
        _push(_named("build_base_image"))


class PushAll(Task):
    """Pushes the images of all image tasks that are here, and builds nothing."""

    name = "push_all"
    category = "docker"
    short_description = "Push all images"

    def execute(self):
        from ixian_docker import _stages

        images = [_ixian.stage_image(name) for name in _stages.image_tasks()]
        here = [image for image in images if image_exists(image)]
        for image in here:
            _push_once(image)
        missing = [image for image in images if image not in here and not image_exists_in_registry(image)]
        if missing and len(missing) == len(images):
            raise ExecuteFailed("no image to push, neither in the local store nor in the registry\nhint: build them first: `ix build_image`")
        for image in missing:
            _ixian.log("info", f"{image} is not in the local store: skipped")


class ComposeRuntime(VirtualTarget):
    """
    Makes sure that the images are somewhere that the development container is made from: the one of DOCKER.COMPOSE_IMAGE_TASK, and those
    of tasks that name `compose_runtime` as their parent.
    """

    name = "compose_runtime"
    category = "dev"
    short_description = "Build development image & volumes for docker-compose "
    depends = ["{DOCKER.COMPOSE_IMAGE_TASK}"]


class Compose(Task):
    """
    Runs a command in the development container, `ix compose ls -l`, by `docker compose`, `docker-compose` or `podman-compose`. All words are
    passed on as they are. Without any, runs what the image runs by itself.
    """

    name = "compose"
    category = "docker"
    short_description = "Docker compose command"
    depends = ["compose_runtime"]
    config = COMPOSE_CONFIG

    def execute(self, *args):
        return compose_run([], args)


class Bash(Task):
    """Opens a shell in the development container. With arguments, passes them to bash: `ix bash -c 'echo $HOME'`."""

    name = "bash"
    category = "docker"
    short_description = "Bash shell in docker container"
    depends = ["compose_runtime"]
    config = COMPOSE_CONFIG

    def execute(self, *args):
        return compose_run(["/bin/bash"], args)


class Up(Task):
    """Starts {DOCKER.DEFAULT_APP} in the background, or the services that are named. Options are those of `compose up`."""

    name = "up"
    category = "docker"
    short_description = "Start docker container"
    depends = ["compose_runtime"]
    config = COMPOSE_CONFIG

    def execute(self, *args):
        services = [] if any(not arg.startswith("-") for arg in args) else [CONFIG.DOCKER.DEFAULT_APP]
        return compose_up([*args, *services])


class Down(Task):
    """Stops the project's containers and removes them. Options are those of `compose down`."""

    name = "down"
    category = "docker"
    short_description = "Stop docker container"

    def execute(self, *args):
        return compose(["down"], args)


class CleanDocker(Task):
    """
    Removes what compose has left of this project: containers that have stopped, volumes that no container uses, and images without a name.
    What is running, and what belongs to others, stays: `ix down` stops this project's.
    """

    name = "clean_docker"
    category = "docker"
    short_description = "Remove stopped containers, volumes and unnamed images"

    def execute(self):
        from ixian_docker.modules.docker.utils.leftovers import remove_leftovers

        remove_leftovers()


def _push(runner):
    image = _ixian.stage_image(runner.name)
    if image_exists(image):
        _push_once(image)
    elif not image_exists_in_registry(image):
        raise ExecuteFailed(
            f"image not found: {image}, neither in the local store nor in the registry\nhint: build it first: `ix {runner.name}`; `ix --push {runner.name}` builds and pushes"
        )
    elif image_is_complete_in_registry(image):
        _ixian.log("info", f"{image}: already in the registry")
    else:
        raise ExecuteFailed(
            f"{image} is not in the local store, and incomplete in its registry\nhint: `ix --push {runner.name}` builds and pushes it again"
        )


def _push_once(image):
    """Equal names are equal images: one that somebody has pushed stays, unless a part of it is lost."""
    if image_is_complete_in_registry(image):
        _ixian.log("info", f"{image}: already in the registry")
        return
    push_image(image)
    _ixian.log("info", f"pushed {image}")


def _named(name):
    """The image task of that name, or of that stage."""
    from ixian_docker import _stages

    runners = _stages.image_tasks()
    if name in runners:
        return runners[name]
    stages = {_stages.stage_name(runner.task): runner for runner in runners.values()}
    if name not in stages:
        known = ", ".join(stages) or "none"
        raise ExecuteFailed(f"unknown image task or stage: {name} (stages: {known})")
    return stages[name]
