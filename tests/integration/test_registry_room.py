"""ix image prune --registry: what somebody uses stays. Records of builds, and what else stands on an image."""

import json
import os
import random
import re
import subprocess

import pytest
from images import INDEX, MANIFEST
from program import IX, Program

PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module
def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "{host}"
    CONFIG.DOCKER.REGISTRY_PATH = "t"
    CONFIG.DOCKER.REGISTRIES = {{"{host}": {{}}}}
"""
OTHER = """
from ixian_docker.modules.docker.stage import ImageTask
class Other(ImageTask):
    "Another stage, in another repository."
    name = "build_other_image"
    category = "build"
    short_description = "Build it."
    parent = "build_image"
    stage = "other"
    dockerfile = "Dockerfile.other"
    repository = "{host}/elsewhere/shop"
"""


class Small:
    """A project of two stages that nothing runs in."""

    def __init__(self, folder, host, more=""):
        self.folder = folder / "checkout"
        self.folder.mkdir(parents=True)
        self.program = Program(folder / "ix")
        self.store = folder / "store"
        (self.folder / "ixian.py").write_text(PROJECT.format(host=host) + more)
        self.write("Dockerfile.base", "FROM scratch\nCOPY b /b\n")
        self.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /f\n")
        self.write("b", "base")
        self.write("f", "0")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def __call__(self, *args, branch="main", **env):
        return self.program(*args, cwd=self.folder, env={"IXIAN_STORE": str(self.store), "JT_DOCKER__BRANCH": branch, **env})

    def build(self, content, branch="main"):
        self.write("f", content)
        return self("--push", "build_image", branch=branch).ok()

    def prune(self, *args):
        return self("image", "prune", "--registry", *args).ok().stdout


@pytest.fixture
def small(tmp_path, plain):
    made = []

    def make(name="one", more=""):
        made.append(Small(tmp_path / name, plain.host, more))
        return made[-1]

    yield make
    for each in made:
        each.program.end_all()


def tags(registry, start="", repository="t/shop"):
    status, _, body = registry.get(f"/v2/{repository}/tags/list")
    return sorted(each for each in json.loads(body)["tags"] or [] if each.startswith(start)) if status == 200 else []


def put(registry, tag, document, media_type, repository="t/shop"):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    status, _, answer = registry.ask("PUT", f"/v2/{repository}/manifests/{tag}", body, media_type)
    assert status == 201, answer


def index_of(registry, *refs):
    entries = []
    for ref in refs:
        _, headers, body = registry.get(f"/v2/t/shop/manifests/{ref}")
        entries.append({"mediaType": headers["Content-Type"], "digest": registry.digest("t/shop", ref), "size": len(body)})
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}


def test_what_an_index_of_others_names_stays(small, plain):
    one = small()
    one.build("1")
    (old,) = tags(plain, "runtime-")
    put(plain, "inner", index_of(plain, old), INDEX)
    put(plain, "1.4", index_of(plain, "inner"), INDEX)
    one.build("2")
    assert old not in one.prune("--builds", "1", "--remove")
    one("image", "copy", f"{plain.host}/t/shop:{old}", "oci:it").ok()


def test_what_a_signature_is_about_stays(small, plain):
    one = small()
    one.build("1")
    (old,) = tags(plain, "runtime-")
    _, _, manifest = plain.get(f"/v2/t/shop/manifests/{old}")
    put(plain, plain.digest("t/shop", old).replace(":", "-") + ".sig", manifest, MANIFEST)
    one.build("2")
    assert old not in one.prune("--builds", "1")


def test_branches_whose_names_come_out_alike_keep_their_own(small, plain):
    one = small()
    for branch in ("release/1.0", "release-1.0", "x" * 70 + "1", "x" * 70 + "2"):
        one.build(branch, branch)
    assert "would remove 0 tags" in re.sub(r"would remove 4 tags", "would remove 0 tags", one.prune("--builds", "1"))
    one.prune("--builds", "1", "--remove")
    assert len(tags(plain, "runtime-")) == 4


def test_a_build_that_is_run_again_is_one(small, plain):
    one = small()
    one.build("1")
    one.build("2")
    for _ in range(3):
        one("--push", "build_image").ok()
    one.prune("--builds", "2", "--remove")
    assert len(tags(plain, "runtime-")) == 2 and len(tags(plain, "build-")) == 2, tags(plain)
    assert tags(plain, "begun-") == []


def test_a_build_says_what_it_is_about_before_it_pushes(small, plain):
    one, two = small(), small("two")
    one.build("1")
    known = tags(plain, "base-")
    two.write("Dockerfile.base", "FROM scratch\nCOPY b /new\n")
    two.write("Dockerfile", 'ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN ["/missing"]\n')
    two("--push", "build_image").failed(1, "missing")
    (base,) = set(tags(plain, "base-")) - set(known)
    assert base not in one.prune("--builds", "1")
    assert base in one.prune("--builds", "1", "--grace", "0s")


def test_each_repository_that_a_build_pushes_to_is_written_down_and_pruned(small, plain):
    more = OTHER.format(host=plain.host)
    one, two = small(more=more), small("two", more=more)
    for each in (one, two):
        each.write("Dockerfile.other", "FROM scratch\nCOPY p /p\n")
        each.write("Dockerfile", "ARG OTHER_IMAGE\nFROM $OTHER_IMAGE\nCOPY f /f\n")
        each.write("p", "1")
    one.build("1")
    assert tags(plain, "build-") and tags(plain, "build-", "elsewhere/shop")
    two.write("p", "2")
    why = two("why", "build_image").ok().stdout
    assert "p" in why and "no earlier image" not in why, why
    two.build("2")
    told = two.prune("--builds", "1")
    assert told.count(f"{plain.host}/t/shop:") == 1 and told.count(f"{plain.host}/elsewhere/shop: would remove") == 1, told
    two.prune("--builds", "1", "--remove")
    assert len(tags(plain, "other-", "elsewhere/shop")) == 1


def test_thousands_of_records_cost_little_and_become_few(small, plain):
    one = small()
    one.build("1")
    (record,) = tags(plain, "build-")
    _, _, manifest = plain.get(f"/v2/t/shop/manifests/{record}")
    for number in range(300):
        put(plain, re.sub(r"\d{8}T\d{9}Z", f"20260101T000000{number:03}Z", record), manifest, MANIFEST)
    plain.forget()
    told = one.prune()
    assert len(plain.accesses()) < 20 and "would remove 301 tags" in told, told  # and the one of its beginning
    one.prune("--remove")
    assert len(tags(plain, "build-")) == 1 and tags(plain, "runtime-"), tags(plain)
    assert len(plain.accesses()) < 80


def test_a_branch_that_is_gone_is_forgotten(small, plain):
    one = small()
    one.build("1", "main")
    one.build("2", "feature/x")
    one("image", "prune", "--registry", "--forget", "feature-x").failed(2, "feature/x")
    one.prune("--forget", "feature/x", "--remove")
    assert len(tags(plain, "runtime-")) == 1 and not tags(plain, "build-feature")


def test_pushing_by_hand_is_written_down_too(small, plain):
    one, two = small(), small("two")
    one.build("1")
    two.write("f", "2")
    two("build_image").ok()
    two("push").ok()
    assert len(tags(plain, "runtime-")) == 2
    two.prune("--builds", "2", "--remove")
    assert len(tags(plain, "runtime-")) == 2


def test_signatures_and_what_refers_to_an_image_are_copied_with_all(small, plain):
    one = small()
    one.build("1")
    (image,) = tags(plain, "runtime-")
    name = plain.digest("t/shop", image).replace(":", "-")
    _, _, manifest = plain.get(f"/v2/t/shop/manifests/{image}")
    put(plain, name + ".sig", manifest, MANIFEST)
    bill = {**json.loads(manifest), "subject": {"mediaType": MANIFEST, "digest": plain.digest("t/shop", image), "size": len(manifest)}}
    put(plain, "bill", bill, MANIFEST)
    put(plain, name, index_of(plain, "bill"), INDEX)
    one("image", "copy", "--all", f"{plain.host}/t/shop:{image}", f"{plain.host}/copy:1").ok()
    assert tags(plain, repository="copy") == sorted(["1", name, name + ".sig"])
    assert plain.digest("copy", plain.digest("t/shop", "bill"))
    one("image", "copy", "--all", f"{plain.host}/t/shop:{image}", "oci:folder:1").ok()
    assert name + ".sig" in one("image", "tags", "oci:folder").ok().stdout


def test_each_tag_is_written_once_in_a_run(small, plain):
    one = small(more='    CONFIG.DOCKER.PUSH = "all"\n')
    one.write("b", random.Random(1).randbytes(900_000).hex())
    copies = "".join(f"COPY f /{number}\n" for number in range(6))
    one.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n" + copies)
    one.build("1")
    written = [each.path for each in plain.accesses("PUT") if "/manifests/" in each.path]
    assert any("/listing-" in each for each in written) and len(written) == len(set(written)), written


def test_what_instructions_are_kept_in_can_be_pruned(small, plain):
    one = small()
    cache = f"{plain.host}/cache"
    for content in ("1", "2"):
        one.write("Dockerfile", f"FROM scratch\nCOPY f /f\nLABEL a={content}\n")
        one.write("f", content)
        one("build", "--cache-to", cache, ".", GITHUB_REF_NAME="main").ok()
    assert tags(plain, "build-main-", "cache") and tags(plain, "begun-main-", "cache")
    before = tags(plain, "cache-", "cache")
    one("image", "prune", "--registry", cache, "--builds", "1", "--remove").ok()
    left = tags(plain, "cache-", "cache")
    assert left and len(left) < len(before), (left, before)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_store_that_can_only_be_read_is_read(small, plain):
    one = small()
    one.build("1")
    (image,) = tags(plain, "runtime-")
    store = f"store:{plain.host}/t/shop:{image}"
    script = 'mount --bind "$IXIAN_STORE" "$IXIAN_STORE" && mount -o remount,ro,bind "$IXIAN_STORE" && exec "$0" "$@"'

    def reads(*args):
        return subprocess.run(
            ["unshare", "-m", "sh", "-c", script, IX, *args],
            cwd=one.folder, env={**os.environ, **one.program.environment, "IXIAN_STORE": str(one.store)}, capture_output=True, text=True,
        )

    for args in (
        ("image", "ls", "store:"), ("image", "inspect", store), ("image", "copy", store, "oci:it:1"), ("image", "export", store, "it.tar"),
        ("plan", "build_image"), ("why", "build_image"), ("build_image",), ("help",),
    ):
        done = reads(*args)
        assert done.returncode == 0, (args, done)
    assert image in reads("image", "ls", "store:").stdout
    refused = reads("image", "copy", f"{plain.host}/t/shop:{image}", "store:other:1")
    assert refused.returncode == 4 and "IXIAN_STORE" in refused.stderr, refused
