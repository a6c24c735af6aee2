"""examples/shop on machines of its own: each has a checkout, a home and a store, and they share nothing but a registry."""

import json
import re
import shutil
from pathlib import Path

import pytest
from program import Program

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/shop"
BUSYBOX = Path("/usr/bin/busybox")
STAGES = ["base", "npm", "python", "runtime", "webpack"]

# The end of the example's init(), for a registry in place of its folder.
REGISTRY = """
    from ixian_docker.modules.docker.utils.client import DockerClient
    CONFIG.DOCKER.REGISTRY = "{host}"
    CONFIG.DOCKER.REGISTRIES = {{"{host}": {{"client": DockerClient, "options": {{"username": "ci", "password": "env:REGISTRY_PASSWORD"}}}}}}
    CONFIG.DOCKER.PUSH = "{push}"
"""


class Machine:
    """One checkout of the shop on a machine with an empty store."""

    def __init__(self, folder, host=None, push="never", more=""):
        if not BUSYBOX.exists():
            pytest.skip("busybox-static is not installed")
        self.program = Program(folder / "ix")
        self.shop = folder / "checkout"
        shutil.copytree(EXAMPLE, self.shop, ignore=shutil.ignore_patterns(".builder"))
        (self.shop / "root/bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(BUSYBOX, self.shop / "root/bin/busybox")
        self.environment = {"IXIAN_STORE": str(folder / "store"), "REGISTRY_PASSWORD": "canary-password"}
        if host is not None:
            self.add(REGISTRY.format(host=host, push=push))
        self.add(more)

    def add(self, text):
        """More lines of init()."""
        with (self.shop / "ixian.py").open("a") as file:
            file.write(text)

    def __call__(self, *args, env={}, **options):
        return self.program(*args, cwd=self.shop, env={**self.environment, **env}, **options)

    def start(self, *args, env={}):
        return self.program.start(*args, cwd=self.shop, env={**self.environment, **env})

    def plan(self, *flags, task="build_image"):
        """Stage → what ix plan says of it."""
        images = self(*flags, "plan", task, "--json").ok().json()["images"]
        return {each["stage"]: each for each in images["steps"]}

    def keys(self):
        return {stage: each["key"] for stage, each in self.plan().items()}

    def places(self, *flags):
        return {stage: each["place"] for stage, each in self.plan(*flags).items()}

    def edit(self, path, text):
        (self.shop / path).write_text(text)

    def files_of(self, image):
        """What is in an image, as `ix image export` and tar tell."""
        folder = self.program.work / "exported"
        self("image", "copy", f"store:{image}", f"oci:{folder}:it").ok()
        return folder


def built(result):
    """The stages that a run has built, by its own words."""
    return sorted(each or "runtime" for each in re.findall(r"^(?:build_(\w+)_image|build_image): cache miss", result.stderr, re.M))


def tags(registry, repository="demo/shop"):
    status, _, body = registry.get(f"/v2/{repository}/tags/list")
    return sorted(json.loads(body)["tags"] or []) if status == 200 else []


def stage_tags(registry):
    """Stages that are at the registry."""
    return sorted(tag.rpartition("-")[0] for tag in tags(registry) if re.fullmatch(r"[a-z]+-[0-9a-f]{64}", tag) and not tag.startswith(("cache-", "listing-")))
