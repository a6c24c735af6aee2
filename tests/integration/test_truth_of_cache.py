"""The key of a stage changes when, and only when, something changes that the stage reads; and equal keys are equal images."""

import json
import os
import random

import pytest
import random_project
from outside_world import World
from random_project import COUNTS, DOES_NOT, OUTSIDE_COUNTS, OUTSIDE_DOES_NOT

SEED = int(os.environ.get("IXIAN_TRUTH_SEED", "20261126"))
# Sanitizers find their faults in a tenth of them.
USUAL = "10000" if os.environ.get("IXIAN_NIGHTLY") else "200" if os.environ.get("IXIAN_SANITIZED") else "1000"
CHANGES = int(os.environ.get("IXIAN_TRUTH_CHANGES", USUAL))
PROJECTS = 20


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.stop()


def keys_of(ix, project, store, jobs=2, user="one", engine="embedded"):
    plan = ix("-j", jobs, "--engine", engine, "plan", "everything", "--json", cwd=project.folder,
              env={"IXIAN_STORE": store, "USER": user, "HOSTNAME": user}).ok().json()
    return {each["stage"]: each["key"] for each in plan["images"]["steps"]}


@pytest.mark.parametrize("number", range(PROJECTS))
def test_keys_change_with_what_is_read_and_with_nothing_else(ix, tmp_path, world, number):
    seed = SEED + number
    print(f"seed {seed}")
    project = random_project.make(tmp_path, seed, world)
    chance = random.Random(seed)
    store = str(tmp_path / "store")
    before = keys_of(ix, project, store)
    for step in range(CHANGES // PROJECTS):
        change = chance.choice(COUNTS + OUTSIDE_COUNTS if chance.random() < 0.6 else DOES_NOT + OUTSIDE_DOES_NOT)
        expected = project.affected(change(project))
        project.save()
        now = keys_of(ix, project, store, chance.choice([1, 2, 8]), chance.choice(["one", "two"]))
        changed = {name for name in now if now[name] != before[name]}
        assert changed == expected, f"seed {seed}, change {step}, {change.__name__}: stale {expected - changed}, needless {changed - expected}"
        before = now


def test_keys_are_the_same_whoever_builds(ix, tmp_path, world, daemon):
    ix.environment["DOCKER_HOST"] = daemon.socket
    project = random_project.make(tmp_path, SEED, world)
    chance = random.Random(SEED)
    for step in range(50 if os.environ.get("IXIAN_NIGHTLY") else 5):
        keys = [keys_of(ix, project, str(tmp_path / engine), engine=engine) for engine in ("embedded", "docker")]
        assert keys[0] == keys[1], f"change {step}"
        chance.choice(COUNTS + OUTSIDE_COUNTS)(project)
        project.save()


@pytest.mark.parametrize("number", range(6))
def test_equal_keys_are_equal_images(ix, tmp_path, number):
    """Built twice: here, and from a copy with other times, modes, owners and order, in another store."""
    project = random_project.make(tmp_path, SEED + number)
    for stage in project.stages.values():
        stage.platform = None
    project.save()
    task = f"make_{list(project.stages)[-1]}"
    keys, digests = [], []
    for store in ("one", "two"):
        env = {"IXIAN_STORE": str(tmp_path / f"store-{store}")}
        ix("--no-pull", task, cwd=project.folder, env=env).ok()
        plan = ix("--no-pull", "plan", task, "--json", cwd=project.folder, env=env).ok().json()
        keys.append({each["stage"]: each["key"] for each in plan["images"]["steps"]})
        images = {each["stage"]: each["image"] for each in plan["images"]["steps"]}
        digests.append({name: digest(ix, image, env) for name, image in images.items()})
        project.move_checkout()
        for change in (project.touch, project.change_umask, project.change_owner, project.change_order_on_disk):
            change()
    assert keys[0] == keys[1]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("number", range(6))
def test_what_changes_a_key_is_in_the_image(ix, tmp_path, number):
    """A change of a file's content under a key of its own leads to another image."""
    project = random_project.make(tmp_path, SEED + number)
    task = f"make_{list(project.stages)[-1]}"
    env = {"IXIAN_STORE": str(tmp_path / "store")}
    before = built_images(ix, project, task, env)
    affected = project.affected(project.change_word() | project.change_content())
    project.save()
    after = built_images(ix, project, task, env)
    for name in before:
        assert (before[name] != after[name]) == (name in affected), name


def built_images(ix, project, task, env):
    ix("--no-pull", task, cwd=project.folder, env=env).ok()
    plan = ix("--no-pull", "plan", task, "--json", cwd=project.folder, env=env).ok().json()
    return {each["stage"]: digest(ix, each["image"], env) for each in plan["images"]["steps"]}


def digest(ix, image, env):
    return json.loads(ix("image", "inspect", f"store:{image}", "--json", env=env).ok().stdout)["digest"]
