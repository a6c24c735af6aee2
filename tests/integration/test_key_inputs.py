"""What is in the key of a project's stage is what its build reads, seen from outside: plan, build, what is in the image."""

import json
import shutil

import pytest
from outside_world import World

PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "{registry}"
    CONFIG.DOCKER.REGISTRY_PATH = "t"
    CONFIG.DOCKER.BUILD_NETWORK = "none"
    CONFIG.DOCKER.REGISTRIES = {{"{registry}": {{}}}}
"""


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def project(ix, tmp_path, plain):
    folder = tmp_path / "project"
    folder.mkdir()
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")

    class Project:
        registry = plain

        def write(self, **files):
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)

        def __call__(self, *args):
            return ix(*args, cwd=folder)

        def image(self):
            plan = self("plan", "build_image", "--json").ok()
            assert "last seen" not in plan.stderr, plan.stderr
            return next(each for each in plan.json()["images"]["steps"] if each["stage"] == "runtime")

        def build(self):
            """Whether anything was built, and the image's files."""
            built = self.image()["place"] == "build"
            self("build_image").ok()
            out = tmp_path / "out"
            shutil.rmtree(out, ignore_errors=True)
            (tmp_path / "copy").mkdir(exist_ok=True)
            (tmp_path / "copy/Dockerfile").write_text(f"FROM {self.image()['image']}\n")
            ix("build", "-o", out, tmp_path / "copy").ok()
            return built, {str(each.relative_to(out)): each.read_text() for each in out.rglob("*") if each.is_file()}

        def path(self, name):
            return folder / name

        def fresh_machine(self):
            shutil.rmtree(tmp_path / "store")

    made = Project()
    made.write(**{"ixian.py": PROJECT.format(registry=plain.host), "Dockerfile": "FROM scratch\n"})
    return made


def test_what_triggers_of_others_read_is_in_the_key(project, world):
    world.publish("inner", ["DIR=src"], ["COPY src /src2"])
    world.publish("env", ["FILE=chosen"], [])
    project.write(**{"src/x": "1", "chosen": "1", "other": "1"})
    project.write(Dockerfile=f"FROM {world.host}/inner:1 AS a\nFROM {world.host}/env:1\nCOPY --from=a /src2 /src2\nCOPY $FILE /\n")
    assert project.build() == (True, {"src2/x": "1", "chosen": "1"})
    project.write(**{"other": "2"})
    assert project.build()[0] is False
    project.write(**{"src/x": "2"})
    assert project.build() == (True, {"src2/x": "2", "chosen": "1"})
    project.write(chosen="2")
    assert project.build() == (True, {"src2/x": "2", "chosen": "2"})
    world.publish("env", ["FILE=other"], [])
    assert project.build() == (True, {"src2/x": "2", "other": "2"})


def test_a_base_by_digest_is_asked_once(project, world):
    digest = world.publish("onb", [], ["COPY f /f"])
    project.write(f="1", Dockerfile=f"FROM {world.host}/onb@{digest}\n")
    first = project.image()["key"]
    world.images.clear()
    world.blobs.clear()
    assert project.image()["key"] == first
    project.write(f="2")
    assert project.image()["key"] != first


def test_what_is_added_from_elsewhere_is_in_the_key_as_it_is_now(project, world):
    world.write("f", "1")
    project.write(Dockerfile=f"FROM scratch\nADD {world.url}/files/f /f\nADD {world.url}/git/.git#main /git/\n")
    assert project.build() == (True, {"f": "1", "git/file": "1\n"})
    assert project.build()[0] is False
    world.write("f", "22")
    assert project.build() == (True, {"f": "22", "git/file": "1\n"})
    world.repository.git("checkout", "-q", "main")
    world.repository.commit(file="2\n")
    assert project.build() == (True, {"f": "22", "git/file": "2\n"})
    assert world.url in project("why", "build_image").ok().stdout or project.image()["place"] != "build"
    # Where nobody answers, it is what it was, and says so; what was never seen is an error.
    seen = project.image()["key"]
    world.files.clear()
    world.repository.folder.rename(world.repository.folder.with_name("gone"))
    result = project("plan", "build_image", "--json").ok()
    assert seen in result.stdout and result.stderr.count("used as last seen") == 2
    project.write(Dockerfile=f"FROM scratch\nADD {world.url}/files/never /f\n")
    project("plan", "build_image").failed(4, "Dockerfile:2:5", "/files/never")


def test_how_a_dockerfile_is_written_and_folders_without_files_are_in_no_key(project):
    project.write(**{"c/x": "1", "Dockerfile": "FROM scratch AS a\nCOPY c /c\nLABEL a=b\n"})
    key = project.image()["key"]
    (project.path("c/empty/deep")).mkdir(parents=True)
    assert project.image()["key"] == key
    assert project.build() == (True, {"c/x": "1"})
    project.write(Dockerfile="# comment\nfrom  scratch as b\n\n  copy c \\\n# why\n  /c\nLABEL a=b")
    assert project.image()["key"] == key and project.image()["place"] != "build"


def test_a_base_is_its_digest_whatever_it_is_called(project, world):
    digest = world.publish("base", ["A=1"], [])
    keys = set()
    for name in (f"base@{digest}", f"mirror/base@{digest}", f"base:1@{digest}", "mirror/base:1"):
        project.write(Dockerfile=f"ARG HUB={world.host}\nFROM $HUB/{name}\nCMD x\n")
        keys.add(project.image()["key"])
    assert len(keys) == 1


def test_a_stage_that_has_another_ones_tag_is_noticed_by_whoever_reads_it(ix, project):
    project.write(**{"f": "1", "Dockerfile.base": "FROM scratch\nCOPY f /one\n"})
    project.write(Dockerfile="ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /f\n")
    project("--push", "build_image").ok()
    host = project.registry.host
    plan = project("plan", "build_image", "--json").ok().json()
    stages = {each["stage"]: each["image"] for each in plan["images"]["steps"]}
    manifest = json.loads(project.registry.get(f"/v2/t/shop/manifests/{stages['runtime'].split(':')[-1]}")[2])
    assert manifest["annotations"]["ixian.stage.key"] in stages["runtime"]
    ix("image", "copy", stages["base"], stages["runtime"]).failed(4, "was built for the key")
    raw = json.dumps(manifest).encode()
    tag = stages["base"].split(":")[-1]
    assert project.registry.ask("PUT", f"/v2/t/shop/manifests/{tag}", raw, manifest["mediaType"])[0] == 201
    project.fresh_machine()
    project.write(f="1", Dockerfile="ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /g\n")
    # It is as if the registry had lost it: the stage is built, and somebody hears of it.
    result = project("build_image").ok()
    assert result.stderr.count(f"{host}/t/shop:{tag} is not the image that its tag says") == 1
    project.fresh_machine()
    del manifest["annotations"]
    raw = json.dumps(manifest).encode()
    assert project.registry.ask("PUT", f"/v2/t/shop/manifests/{tag}", raw, manifest["mediaType"])[0] == 201
    assert "does not carry its cache key" in project("build_image").ok().stderr
