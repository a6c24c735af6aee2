"""The page Docker Registries of the documentation, as it is written but for the hosts: built, pushed, and pulled elsewhere."""

import json
import shutil
import subprocess

import builders
import busybox
import pytest
from program import Program

PAGE = """
from ixian.config import CONFIG
from ixian.module import load_module
from ixian_docker.modules.docker.utils.client import DockerClient


def init():
    CONFIG.PROJECT_NAME = 'web'
    load_module('ixian_docker.modules.docker')

    # Specify the registry for your images. The image's name will be generated
    # from this url and path.
    CONFIG.DOCKER.REGISTRY = '{host}'
    CONFIG.DOCKER.REGISTRY_PATH = 'my_project'

    # Registries for built-in modules default to DOCKER.REGISTRY but
    # you may override if needed.
    CONFIG.PYTHON.REGISTRY = '{other}'

    CONFIG.DOCKER.REGISTRIES = {{
        '{host}': {{
            'client': DockerClient,

            # addtional options may be passed in
            'options': {{
                'username': "ci",
                'password': "env:REGISTRY_PASSWORD",
            }}
        }},
        '{other}': {{
            'client': DockerClient,
            'options': {{
                'username': "ci",
                'password': "env:REGISTRY_PASSWORD",
            }}
        }}
    }}
"""
# What a user of the python module writes in place of the built-in Dockerfile, for a base without Python.
PYTHON = """
    load_module('ixian_docker.modules.python')
    CONFIG.PYTHON.DOCKERFILE = 'Dockerfile.python'
"""
FILES = {
    "Dockerfile.base": "FROM {base}\nCOPY greeting /srv/greeting\n",
    "Dockerfile.python": "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN cat /srv/greeting > /srv/python\n",
    "Dockerfile": "ARG PYTHON_IMAGE\nFROM $PYTHON_IMAGE\nRUN cat /srv/greeting /srv/python > /srv/both\n",
    "greeting": "hello\n",
}


class Machine:
    def __init__(self, folder, page, base, daemon):
        self.program = Program(folder / "ix")
        self.folder = folder / "project"
        self.folder.mkdir()
        (self.folder / "ixian.py").write_text(page)
        for name, text in FILES.items():
            (self.folder / name).write_text(text.replace("{base}", base))
        self.environment = {"IXIAN_STORE": str(folder / "store"), "REGISTRY_PASSWORD": "canary-password"}
        self.flags = ["--engine", "docker" if daemon else "embedded"]
        if daemon:
            self.environment["DOCKER_HOST"] = daemon.socket

    def __call__(self, *args):
        return self.program(*self.flags, *args, cwd=self.folder, env=self.environment, timeout=120).ok()


@pytest.fixture(params=["embedded", "docker"])
def machines(request, tmp_path, start_registry, plain):
    """(one, two, the registry, the other one): two machines with the page's project."""
    daemon = request.getfixturevalue("daemon") if request.param == "docker" else None
    first, other = start_registry("htpasswd"), start_registry("htpasswd")
    plain.put("base", "1", busybox.image())
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        page = PAGE.format(host=first.host, other=other.host) + PYTHON
        made.append(Machine(tmp_path / name, page, plain.name("base"), daemon))

    def forget():
        if daemon:
            docker = shutil.which("docker", path=builders.PATH)
            images = subprocess.run([docker, "images", "-aq"], env=daemon.environment, capture_output=True, text=True).stdout.split()
            if images:
                subprocess.run([docker, "rmi", "-f", *images], env=daemon.environment, capture_output=True)

    made[1].forget = forget
    yield made[0], made[1], first, other
    forget()
    for each in made:
        each.program.end_all()


def tags(registry, repository="my_project/web"):
    status, _, body = registry.get(f"/v2/{repository}/tags/list")
    return sorted(tag.partition("-")[0] for tag in json.loads(body)["tags"] if not tag.startswith(("begun-", "build-"))) if status == 200 else []


def test_page_builds_pushes_and_is_pulled_on_another_machine(machines):
    one, two, registry, other = machines
    one("build_image")
    one("push_base_image")
    assert tags(registry) == ["base"]
    one("push_all")
    assert tags(registry) == ["base", "runtime"]
    assert tags(other) == ["python"], "CONFIG.PYTHON.REGISTRY is where the python module's image goes"
    two.forget()
    told = two("build_image")
    assert "_image: cache miss" not in told.stderr, told
    two("pull")
    place = {each["stage"]: each["place"] for each in two("plan", "build_image", "--json").json()["images"]["steps"]}
    assert place["runtime"] == "local"


@pytest.mark.parametrize("machines", ["docker"], indirect=True)
def test_both_engines_give_the_same_keys(machines):
    one, _, _, _ = machines
    keys = []
    for engine in ("embedded", "docker"):
        one.flags = ["--engine", engine]
        steps = one("--no-pull", "plan", "build_image", "--json").json()["images"]["steps"]
        keys.append({each["stage"]: each["key"] for each in steps})
    assert keys[0] == keys[1] and len(keys[0]) == 3
