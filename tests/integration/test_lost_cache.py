"""Registries lose things: what a cache has lost, refuses or has other bytes of is made again, told once, and put back by who pushes."""

import json

import busybox
import pytest
from checkouts import PLAIN, RANDOM, ran
from losses import data_of, lose, part, tag_of, warnings, whole

BOTTOM = """

from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.tasks import BuildBaseImage


class BuildBottomImage(ImageTask):
    "What the base stands on."
    name = "build_bottom_image"
    category = "build"
    short_description = "Build the bottom"
    parent = "build_base_image"
    stage = "bottom"
    dockerfile = "Dockerfile.bottom"
"""


@pytest.fixture
def registry(plain):
    plain.put("bb", "1", busybox.image())
    return plain


@pytest.mark.parametrize(
    "which, how, base",
    [
        ("layer", "gone", PLAIN),
        ("layer", "gone", RANDOM),
        ("layer", "damaged", RANDOM),
        ("layer", "short", RANDOM),
        ("config", "gone", PLAIN),
        ("config", "damaged", RANDOM),
        ("manifest", "gone", PLAIN),
    ],
)
def test_a_stage_that_has_lost_a_part_is_built_and_pushed_again(checkout, registry, which, how, base):
    checkout("1", base=base)("--push", "build_image").ok()
    tag = tag_of(registry, "base")
    lose(registry, part(registry, "t/shop", tag, which), how)
    second = checkout("2", base=base)("--push", "build_image").ok()
    assert ran(second, base)
    assert len(warnings(second, "base-")) <= 1, second
    assert whole(registry, "t/shop", tag)
    third = checkout("3", base=base)("--push", "build_image").ok()
    assert not ran(third, base) and not warnings(third, "base-"), third


@pytest.mark.parametrize(
    "fault",
    [
        lambda method, path: 404 if method == "GET" and "/manifests/base-" in path else None,
        lambda method, path: 403 if "/manifests/base-" in path else None,
        lambda method, path: 403 if method == "GET" and "/t/shop/blobs/" in path else None,
        lambda method, path: "damage" if method == "GET" and "/t/shop/blobs/" in path else None,
        lambda method, path: 500 if method == "GET" and "/t/shop/blobs/" in path else None,
    ],
    ids=["head-and-no-get", "403-manifest", "403-blob", "damaged-blob", "500-blob"],
)
def test_a_stage_that_is_refused_is_built(checkout, faulty, fault):
    checkout("1", faulty.host)("--push", "build_image").ok()
    faulty.fault = fault
    one = checkout("2", faulty.host)
    result = one("build_image").ok()
    assert ran(result, PLAIN)
    assert len(warnings(result, "base-")) == 1, result


def test_what_the_lost_stage_stands_on_is_found_or_built_too(checkout, registry):
    def three(f):
        made = checkout(f)
        made.add(BOTTOM)
        made.write("Dockerfile.bottom", f"FROM {registry.host}/bb:1\nRUN echo bottom >/bottom\n")
        made.write("Dockerfile.base", "ARG BOTTOM_IMAGE\nFROM $BOTTOM_IMAGE\nRUN echo base >/base\n")
        return made

    three("1")("--push", "build_image").ok()
    lose(registry, part(registry, "t/shop", tag_of(registry, "base"), "layer"))
    result = three("2")("--push", "build_image").ok()
    assert ran(result, PLAIN) and not ran(result, "echo bottom")
    lose(registry, part(registry, "t/shop", tag_of(registry, "base"), "layer"))
    lose(registry, part(registry, "t/shop", tag_of(registry, "bottom"), "layer"))
    result = three("3")("--push", "build_image").ok()
    assert ran(result, PLAIN) and ran(result, "echo bottom")
    assert whole(registry, "t/shop", tag_of(registry, "base")) and whole(registry, "t/shop", tag_of(registry, "bottom"))


def test_every_further_repository_is_asked_before_anything_is_built(checkout, faulty, registry):
    one = checkout("1", faulty.host)
    one("--push", "build_image").ok()
    tag = tag_of(registry, "base")
    for repository in ("x", "y"):
        one("image", "copy", f"{faulty.host}/t/shop:{tag}", f"{faulty.host}/{repository}:{tag}").ok()
    faulty.fault = lambda method, path: 404 if method == "GET" and ("/t/shop/manifests/base-" in path or "/x/manifests/" in path) else None
    two = checkout("2", faulty.host)
    two.add(f'    CONFIG.DOCKER.CACHE_FROM = ["{faulty.host}/x", "{faulty.host}/y"]\n')
    result = two("build_image").ok()
    assert not ran(result, PLAIN), result


def test_an_image_that_only_lies_elsewhere_is_built_where_it_cannot_be_copied(checkout, faulty, registry):
    checkout("1", faulty.host)("--push", "build_image").ok()
    two = checkout("1", faulty.host)
    two.add(f'    CONFIG.DOCKER.CACHE_FROM = ["{faulty.host}/t/shop"]\n    CONFIG.DOCKER.REGISTRY_PATH = "other"\n')
    faulty.fault = lambda method, path: 404 if method == "GET" and "/t/shop/blobs/" in path else None
    lose(registry, part(registry, "t/shop", tag_of(registry, "runtime"), "layer"))
    two("--push", "build_image").ok()
    assert whole(registry, "other/shop", tag_of(registry, "runtime", "other/shop"))


def test_the_image_that_was_asked_for_is_mended_too(checkout, registry):
    one = checkout("1", base=RANDOM)
    one("--push", "build_image").ok()
    tag = tag_of(registry, "runtime")
    lose(registry, part(registry, "t/shop", tag, "layer"))
    checkout("1", base=RANDOM)("--push", "build_image").ok()
    assert whole(registry, "t/shop", tag)
    lose(registry, part(registry, "t/shop", tag, "config"))
    one("--push", "build_image").ok()  # it is here
    assert whole(registry, "t/shop", tag)


@pytest.mark.parametrize("flags", [("--no-pull",), ("--force-all",)])
def test_what_was_built_without_asking_is_pushed_where_a_part_is_lost(checkout, registry, flags):
    checkout("1")("--push", "build_image").ok()
    tag = tag_of(registry, "base")
    lose(registry, part(registry, "t/shop", tag, "layer"))
    checkout("2")("--push", *flags, "build_image").ok()
    assert whole(registry, "t/shop", tag)


def test_push_by_hand_sends_what_is_lost(checkout, registry):
    one = checkout("1")
    one("--push", "build_image").ok()
    tag = tag_of(registry, "base")
    assert "already" in one("push", "base").ok().stderr
    lose(registry, part(registry, "t/shop", tag, "layer"))
    assert "pushed" in one("push", "base").ok().stderr
    assert whole(registry, "t/shop", tag)
    lose(registry, part(registry, "t/shop", tag, "layer"))
    one("image", "copy", f"store:{registry.host}/t/shop:{tag}", f"{registry.host}/t/shop:{tag}").ok()
    assert whole(registry, "t/shop", tag)
    lose(registry, part(registry, "t/shop", tag, "layer"))
    checkout("1")("push", "base").failed(1, "incomplete in its registry", "ix --push build_base_image")


def test_a_base_image_of_others_that_is_lost_stays_an_error(checkout, registry):
    lose(registry, part(registry, "bb", "1", "layer"))
    checkout("1")("build_image").failed(4, f"{registry.host}/bb", "lost")


@pytest.mark.parametrize("there", [True, False], ids=["there", "lost"])
@pytest.mark.parametrize("which", ["layer", "config"])
def test_what_the_store_has_other_bytes_of_is_had_again(checkout, registry, which, there):
    checkout("1")("--push", "build_image").ok()
    tag = tag_of(registry, "base")
    digest = part(registry, "t/shop", tag, which)
    two = checkout("2")
    stored = f"store:{registry.host}/t/shop:{tag}"
    two("image", "copy", f"{registry.host}/t/shop:{tag}", stored).ok()
    file = two.work.parent / "store/blobs/sha256" / digest[7:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    if not there:
        lose(registry, digest)
    result = two("--no-push", "build_image").ok()
    assert "damaged" in result.stderr
    two("image", "copy", f"{registry.host}/t/shop:{tag}" if there else stored, f"oci:{two.work}/out:1").ok()


# Instructions ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def steps(tmp_path, registry):
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {registry.host}/bb:1\nRUN head -c 3000 /dev/urandom >/x\nRUN echo y >/y\n")
    return folder


def build(machine, folder, *args):
    return machine("build", "--network=none", *args, folder)


@pytest.mark.parametrize("how", ["gone", "damaged", "short"])
def test_instructions_whose_layers_are_lost_are_run(checkout, registry, steps, how):
    cache = f"{registry.host}/cache"
    build(checkout("1"), steps, "--cache-to", cache).ok()
    tags = [tag for tag in json.loads(registry.get("/v2/cache/tags/list")[2])["tags"] if tag.startswith("cache-")]
    for digest in {part(registry, "cache", tag, "layer") for tag in tags}:
        lose(registry, digest, how)
    second = build(checkout("2"), steps, "--cache-from", cache, "--cache-to", cache).ok()
    assert ran(second, "urandom") and ran(second, "echo y")
    assert len(warnings(second, "/cache")) == 1, second
    if how == "gone":
        assert all(whole(registry, "cache", tag) for tag in tags)
        assert not ran(build(checkout("3"), steps, "--cache-from", cache).ok(), "RUN")


def test_instructions_that_are_only_pushed_onward_are_run_where_their_layers_are_lost(checkout, registry, steps):
    cache = f"{registry.host}/cache"
    build(checkout("1"), steps, "--cache-to", cache).ok()
    tags = [tag for tag in json.loads(registry.get("/v2/cache/tags/list")[2])["tags"] if tag.startswith("cache-")]
    for digest in {part(registry, "cache", tag, "layer") for tag in tags}:
        lose(registry, digest)
    build(checkout("2"), steps, "--cache-from", cache, "--push", "-t", f"{registry.host}/app:1").ok()
    assert whole(registry, "app", "1")


def test_a_cache_image_that_is_refused_is_a_miss(checkout, faulty, steps):
    cache = f"{faulty.host}/cache"
    build(checkout("1"), steps, "--cache-to", cache).ok()
    faulty.fault = lambda method, path: 403 if method == "GET" and "/cache/manifests/" in path else None
    result = build(checkout("2"), steps, "--cache-from", cache).ok()
    assert ran(result, "urandom") and len(warnings(result, "/cache")) == 1, result


def test_instructions_of_a_project_are_run_where_they_are_lost(checkout, registry):
    def all_pushed(f):
        made = checkout(f, base=RANDOM)
        made.add('    CONFIG.DOCKER.PUSH = "all"\n')
        return made

    all_pushed("1")("build_image").ok()
    tags = json.loads(registry.get("/v2/t/shop/tags/list")[2])["tags"]
    runtime = tag_of(registry, "runtime")
    for tag in tags:
        if tag.startswith(("cache-", "base-")):
            digest = part(registry, "t/shop", tag, "layer")
            if data_of(registry, digest).exists():
                lose(registry, digest)
    two = all_pushed("2")
    two("build_image").ok()
    assert whole(registry, "t/shop", tag_of(registry, "base"))
    assert runtime


def test_a_lost_listing_is_written_again(checkout, registry):
    base = "head -c 900000 /dev/urandom >/base"

    def copying(f):
        made = checkout(f, base=base)
        made.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /f\n")
        return made

    copying("1")("--push", "build_image").ok()
    tag = tag_of(registry, "listing")
    lose(registry, part(registry, "t/shop", tag, "layer"))
    copying("2")("--push", "build_image").ok()
    assert whole(registry, "t/shop", tag)


def test_what_is_pruned_under_a_build_that_pushes_nothing_is_built(checkout, faulty, registry):
    """Such a build does not say that it has begun, since it leaves nothing that prune could take."""
    checkout("1")("--push", "build_image").ok()
    newer = checkout("1", base="echo newer >/base")
    newer("--push", "build_image").ok()
    pruned = []

    def prune(method, path):
        if method == "GET" and "/t/shop/manifests/" in path and not pruned:
            pruned.append(newer("image", "prune", "--registry", "--builds", "1", "--grace", "0s", "--remove").ok())

    faulty.fault = prune
    result = checkout("2", faulty.host, bases=registry.host)("--no-push", "build_image").ok()
    assert "removing" in pruned[0].stdout and ran(result, PLAIN), result
    assert len(warnings(result, "/t/shop:base-")) == 1, result
