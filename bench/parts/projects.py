"""The projects that scenarios build, as one Dockerfile for all builders, and as image stages for ix."""

from . import images, inputs

DOCKERFILE = """FROM {base} AS base
RUN echo app:x:1000:1000::/srv:/bin/sh >> /etc/passwd && mkdir -p /srv/app

FROM base AS unpacked
RUN --mount=type=bind,source=archive,target=/mnt tar -xf /mnt/tree.tar -C /srv

FROM unpacked AS copied
RUN cp -a /srv/tree /srv/copy

FROM base AS app
COPY src /srv/app
RUN cat /srv/app/* > /srv/app/all && sha256sum /srv/app/all > /srv/app/sum

FROM base
COPY --from=copied /srv/copy /srv/tree
COPY --from=app /srv/app /srv/app
ENV MODE=bench
CMD ["/bin/cat", "/srv/app/sum"]
"""

PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module
from ixian.task import VirtualTarget
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.utils.client import DockerClient

{tasks}

def init():
    CONFIG.PROJECT_NAME = "app"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "{host}"
    CONFIG.DOCKER.REGISTRY_PATH = "bench"
    CONFIG.DOCKER.REGISTRIES = {{"{host}": {{"client": DockerClient, "options": {{"insecure": True}}}}}}
"""
TASK = """
class {name}(ImageTask):
    name = "make_{name}"
    stage = "{name}"
    dockerfile = "Dockerfile.{name}"
    depends = {depends}
"""
EVERYTHING = """
class Everything(VirtualTarget):
    name = "everything"
    depends = {depends}
"""

# The Dockerfile above, a stage a file: name → (the stages that it depends on, its Dockerfile).
STAGES = {
    "base": ([], "FROM {base}\nRUN echo app:x:1000:1000::/srv:/bin/sh >> /etc/passwd && mkdir -p /srv/app\n"),
    "unpacked": (["base"], "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n"
                           "RUN --network=none --mount=type=bind,source=archive,target=/mnt tar -xf /mnt/tree.tar -C /srv\n"),
    "copied": (["unpacked"], "ARG UNPACKED_IMAGE\nFROM $UNPACKED_IMAGE\nRUN --network=none cp -a /srv/tree /srv/copy\n"),
    "code": (["base"], "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY src /srv/app\n"
                       "RUN --network=none cat /srv/app/* > /srv/app/all && sha256sum /srv/app/all > /srv/app/sum\n"),
    "final": (["base", "copied", "code"], "ARG BASE_IMAGE\nARG COPIED_IMAGE\nARG CODE_IMAGE\nFROM $COPIED_IMAGE AS copied\nFROM $CODE_IMAGE AS code\n"
                                          "FROM $BASE_IMAGE\nCOPY --from=copied /srv/copy /srv/tree\nCOPY --from=code /srv/app /srv/app\n"
                                          "ENV MODE=bench\nCMD [\"/bin/cat\", \"/srv/app/sum\"]\n"),
}


def five_stages(bench, registry):
    """The Dockerfile with its context, and its base in the registry."""
    images.put_base(bench.folder, registry, inputs.base_root(bench.quick))
    folder = bench.folder / "project"
    (folder / "archive").mkdir(parents=True)
    (folder / "src").mkdir()
    inputs.put_tree(folder / "archive/tree.tar", bench.quick)
    for index in range(50):
        (folder / f"src/{index:02}").write_text(f"source {index}\n" * 100)
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=registry.image("base:1")))
    return folder


def write_image_stages(folder, host, stages):
    """An ixian.py of image stages; the task make_NAME is that of a stage, everything that of all."""
    tasks = "".join(TASK.format(name=name, depends=[f"make_{each}" for each in depends]) for name, (depends, _) in stages.items())
    tasks += EVERYTHING.format(depends=[f"make_{name}" for name in stages])
    (folder / "ixian.py").write_text(PROJECT.format(tasks=tasks, host=host))
    for name, (_, dockerfile) in stages.items():
        (folder / f"Dockerfile.{name}").write_text(dockerfile)


class Edits:
    """Changes one source file of the five stages, differently each time."""

    def __init__(self, context):
        self.file, self.count = context / "src/07", 0

    def __call__(self):
        self.count += 1
        self.file.write_text(f"changed for the {self.count}. time\n")
