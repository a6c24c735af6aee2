"""ix build_image: what nobody has built is built, and nothing else, with a registry between machines."""

import re
import shutil
from pathlib import Path

import busybox
import pytest
from faulty import Faulty
from processes import processes_with
from shop import STAGES, Machine, built, stage_tags, tags
from waiting import wait_for


@pytest.fixture
def machine(tmp_path):
    """machine("one", registry, push="stages"): a fresh machine."""
    made = []

    def make(name, registry=None, **options):
        made.append(Machine(tmp_path / name, registry and registry.host, **options))
        return made[-1]

    yield make
    for each in made:
        each.program.end_all()


@pytest.fixture
def registry(start_registry):
    return start_registry("htpasswd")


def test_first_build_builds_every_stage_and_second_nothing(machine):
    one = machine("one")
    assert built(one("build_image").ok()) == STAGES
    again = one("build_image").ok()
    assert built(again) == [] and "up to date (local cache hit" in again.stderr


def test_what_is_pushed_is_not_built_on_another_machine(machine, registry):
    one, two = machine("one", registry, push="stages"), machine("two", registry, push="stages")
    assert built(one("build_image").ok()) == STAGES
    assert stage_tags(registry) == STAGES
    registry.forget()
    assert built(two("build_image").ok()) == []
    assert not [each for each in registry.accesses() if "/blobs/sha256:" in each.path and each.method == "GET"]


def test_fully_cached_target_takes_three_requests_and_no_blob(machine, registry):
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry, push="never")
    registry.forget()
    assert built(two("build_image").ok()) == []
    asked = [each for each in registry.accesses() if each.path != "/v2/settled/"]
    assert len(asked) <= 3, asked
    assert not [each for each in asked if "/blobs/" in each.path]


@pytest.mark.parametrize("push, requests", [("never", 2), ("stages", 4)])
def test_what_is_there_takes_as_many_requests_as_the_page_says(machine, start_registry, push, requests):
    page = (Path(__file__).parents[2] / "docs/concepts/cache.md").read_text()
    assert "Two requests, three where the registry wants a token" in page and "which takes three more" in page
    registry = start_registry("plain")
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry, push=push)
    registry.forget()
    assert built(two("build_image").ok()) == []
    asked = [each for each in registry.accesses() if each.path != "/v2/settled/"]
    parts = [each for each in asked if each.method == "HEAD" and "/blobs/" in each.path]  # of the image, and of the record
    assert len(asked) - len(parts) == requests and bool(parts) == (push == "stages"), asked


def test_push_of_an_unchanged_project_writes_no_blob(machine, registry):
    one = machine("one", registry, push="stages")
    one("build_image").ok()
    registry.forget()
    one("build_image").ok()
    assert not [each for each in registry.accesses() if each.sends_blob]


def test_only_what_depends_on_a_changed_file_is_built_on_a_fresh_machine(machine, registry):
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry, push="never")
    two.edit("src/static/base.css", "body { color: darkred; }\n")
    assert two.places() == {"base": "unneeded", "python": "registry", "npm": "registry", "webpack": "build", "runtime": "build"}
    assert built(two("build_image").ok()) == ["runtime", "webpack"]


def test_keys_are_the_same_in_every_checkout(machine, registry):
    one, two = machine("one"), machine("a folder/with another name", registry)
    for path in two.shop.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode | 0o060)
    shutil.copytree(two.shop, two.shop.with_name("copy"))
    assert one.keys() == two.keys()


def test_plan_shows_each_stage_and_builds_nothing(machine, registry):
    one = machine("one", registry)
    told = one("plan", "build_image").ok()
    for task in ("build_base_image", "build_python_image", "build_npm_image", "build_webpack_image", "build_image"):
        assert re.search(rf"build +{task} +cache miss", told.stdout), told
    assert tags(registry) == [] and set(one.places().values()) == {"build"}


def test_dry_run_builds_nothing(machine):
    one = machine("one")
    one("--dry-run", "build_image").ok()
    assert set(one.places().values()) == {"build"}


@pytest.mark.parametrize("push, pushed", [("never", []), ("final", ["runtime"]), ("stages", STAGES)])
def test_push_policy(machine, registry, push, pushed):
    machine("one", registry, push=push)("build_image").ok()
    assert stage_tags(registry) == pushed


def test_push_flag_pushes_what_an_earlier_run_built_and_builds_nothing(machine, registry):
    one = machine("one", registry)
    one("build_image").ok()
    assert tags(registry) == []
    assert built(one("--push", "build_image").ok()) == []
    assert stage_tags(registry) == STAGES


def test_no_push_flag_overrides_the_project(machine, registry):
    machine("one", registry, push="stages")("--no-push", "build_image").ok()
    assert tags(registry) == []


def test_a_failed_push_keeps_the_build_and_a_second_run_only_pushes(machine, registry):
    proxy = Faulty(registry)
    proxy.fault = lambda method, path: 500 if method == "PUT" else None
    one = machine("one", proxy, push="stages")
    failed = one("build_image", env={"IXIAN_PUSH_PATIENCE": "0"})
    failed.failed(4, "image built, but push failed")
    proxy.fault = lambda method, path: None
    assert built(failed) == STAGES
    again = one("build_image").ok()
    assert built(again) == [] and stage_tags(registry) == STAGES
    proxy.stop()


def test_a_registry_that_is_down_is_warned_of_once_and_the_build_goes_on(machine, registry):
    one = machine("one", registry)
    registry.stop()
    result = one("build_image", timeout=120).ok()
    assert built(result) == STAGES
    assert len(re.findall(r"warning:.*" + re.escape(registry.host), result.stderr)) == 1, result


def test_push_to_a_registry_that_is_not_configured_is_an_error_that_says_how(machine):
    one = machine("one", more='\n    CONFIG.DOCKER.REGISTRY = "127.0.0.1:9"\n')
    one("build_image").failed(4, "127.0.0.1:9 is not configured", "CONFIG.DOCKER.REGISTRIES")


def test_a_failing_instruction_fails_the_run_with_its_place(machine):
    one = machine("one")
    one.edit("Dockerfile.webpack", "ARG NPM_IMAGE\nFROM $NPM_IMAGE\nRUN exit 7\n")
    one("build_image").failed(1, "Dockerfile.webpack:3", "exit code: 7")


def test_a_folder_serves_as_the_registry(machine, tmp_path):
    env = {"JT_SHOP__REGISTRY_FOLDER": str(tmp_path / "shared")}
    one, two = machine("one"), machine("two")
    assert built(one("build_image", env=env).ok()) == STAGES
    assert built(two("build_image", env=env).ok()) == []


def test_no_pull_builds_without_asking(machine, registry):
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry)
    registry.forget()
    assert built(two("--no-pull", "build_image").ok()) == STAGES
    assert registry.accesses() == []


def test_force_builds_the_target_again(machine):
    one = machine("one")
    one("build_image").ok()
    result = one("--force", "build_image").ok()
    assert "build_image: forced" in result.stderr and built(result) == []


def test_two_at_once_on_one_machine_build_a_stage_once(machine):
    one = machine("one")
    one.edit("Dockerfile.npm", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY modules /srv/shop/modules\nRUN chmod +x modules/* && echo ran-it && sleep 1\n")
    both = [one.start("build_image"), one.start("build_image")]
    results = [each.end() for each in both]
    assert [each.code for each in results] == [0, 0], results
    assert sum(each.stderr.count("ran-it\n") for each in results) == 1, results


def test_the_second_machine_to_push_keeps_what_the_first_one_pushed(machine, registry):
    one, two = machine("one", registry), machine("two", registry)
    for each in (one, two):
        each("build_image").ok()
    one("--push", "build_image").ok()
    tag = next(each for each in tags(registry) if each.startswith("runtime-"))
    before = registry.digest("demo/shop", tag)
    two("--push", "build_image").ok()
    assert registry.digest("demo/shop", tag) == before


def test_equal_keys_mean_equal_images_whoever_built_them(machine, registry, start_registry):
    other = start_registry("htpasswd")
    one, two = machine("one", registry, push="stages"), machine("two", other, push="stages")
    (two.shop / "src/static/base.css").touch()
    one("build_image").ok()
    two("build_image").ok()
    mine = [each for each in tags(registry) if not each.startswith(("begun-", "build-"))]
    assert mine == [each for each in tags(other) if not each.startswith(("begun-", "build-"))]
    for tag in mine:
        assert registry.digest("demo/shop", tag) == other.digest("demo/shop", tag), tag


def test_why_names_the_file_that_changed_on_a_fresh_machine(machine, registry):
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry)
    two.edit("src/static/base.css", "body { color: darkred; }\n")
    told = two("why", "build_image").ok().stdout
    assert re.search(r"src/static/base.css +changed", told), told
    assert "webpack" in told and "products.csv" not in told, told


def test_why_of_what_is_there_says_so(machine):
    one = machine("one")
    one("build_image").ok()
    assert "up to date" in one("why", "build_image").ok().stdout


def test_cache_from_is_looked_in_and_what_is_found_there_is_pushed_on(machine, registry):
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry, push="stages", more='\n    CONFIG.DOCKER.CACHE_FROM = [CONFIG.DOCKER.REPOSITORY]\n    CONFIG.DOCKER.REGISTRY_PATH = "other"\n')
    registry.forget()
    assert built(two("build_image").ok()) == []
    assert [each.rpartition("-")[0] for each in tags(registry, "other/shop") if each.startswith("runtime-")] == ["runtime"]
    assert not [each for each in registry.accesses("GET") if "/blobs/sha256:" in each.path]


def test_prune_keeps_what_the_last_builds_of_each_branch_use(machine, registry):
    one = machine("one", registry, push="stages")
    one("build_image", env={"BRANCH_NAME": "main"}).ok()
    first = {each for each in tags(registry) if each.startswith("runtime-")}
    one.edit("products.csv", "id,name,price\ntea,Tea,1.00\n")
    one("build_image", env={"BRANCH_NAME": "main"}).ok()
    one.edit("products.csv", "id,name,price\ntea,Tea,2.00\n")
    one("build_image", env={"BRANCH_NAME": "feature/x"}).ok()
    told = one("image", "prune", "--registry", "--builds", "1").ok().stdout
    assert next(iter(first)) in told and "add --remove" in told, told
    assert first <= set(tags(registry))
    one("image", "prune", "--registry", "--builds", "1", "--remove").ok()
    left = tags(registry)
    assert not first & set(left)
    assert len([each for each in left if each.startswith("runtime-")]) == 2, left
    assert stage_tags(registry).count("base") == 1
    fresh = machine("fresh", registry)
    fresh.edit("products.csv", "id,name,price\ntea,Tea,2.00\n")
    assert built(fresh("build_image").ok()) == []


def test_interrupted_build_ends_with_130_and_the_next_run_finishes_it(machine, marker):
    one = machine("one")
    one.edit("Dockerfile.npm", f"ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY modules /srv/shop/modules\nRUN : {marker}; sleep 60; true\n")
    running = one.start("build_image")
    wait_for(lambda: processes_with(marker), "the RUN to begin")
    running.interrupt()
    assert running.end().code == 130
    one.edit("Dockerfile.npm", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY --chmod=755 modules /srv/shop/modules\n")
    one("build_image").ok()


def test_a_project_without_a_base_of_its_own_needs_no_dockerfile_for_it(machine):
    one = machine("one")
    (one.shop / "Dockerfile.base").unlink()
    one.edit("Dockerfile", "FROM scratch\nCOPY products.csv /\n")
    assert built(one("build_image").ok()) == ["runtime"]
    one("build_base_image").failed(3, "Dockerfile.base")


def test_only_the_layers_that_a_run_needs_are_read(machine, registry):
    """The final image runs nothing: of the large layer of the base image it only needs to be told what is in it."""
    machine("one", registry, push="stages")("build_image").ok()
    two = machine("two", registry, push="stages")
    two.edit("products.csv", "id,name,price\ntea,Tea,1.00\n")
    registry.forget()
    assert built(two("build_image").ok()) == ["runtime"]
    read = {each.path for each in registry.accesses("GET") if "/blobs/sha256:" in each.path}
    assert max(len(registry.get(path)[2]) for path in read) < 200_000, read


def test_instructions_that_are_pushed_are_not_run_on_another_machine(machine, registry):
    """With DOCKER.PUSH = "all" a stage that must be built goes on behind the last instruction that anybody has run."""
    one = machine("one", registry, push="all")
    text = "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN echo first-ran > /first\nRUN echo second-ran && {}\n"
    one.edit("Dockerfile.python", text.format("exit 1"))
    one("build_image").failed(1, "exit code: 1")
    two = machine("two", registry, push="all")
    two.edit("Dockerfile.python", text.format("true"))
    told = two("build_image").ok()
    assert "RUN echo first-ran > /first (from" in told.stderr and "second-ran" in told.stderr, told


def test_pruning_keeps_the_instructions_of_what_it_keeps(machine, registry):
    one = machine("one", registry, push="all")
    one("build_image", env={"BRANCH_NAME": "main"}).ok()
    before = [each for each in tags(registry) if not each.startswith("begun-")]
    assert [each for each in before if each.startswith("cache-")]
    one("image", "prune", "--registry", "--builds", "1", "--remove").ok()
    assert tags(registry) == before


def test_a_failed_build_is_not_written_down(machine, registry):
    one = machine("one", registry, push="stages")
    one.edit("Dockerfile", "ARG PYTHON_IMAGE\nFROM $PYTHON_IMAGE\nRUN exit 3\n")
    one("build_image").failed(1, "exit code: 3")
    assert stage_tags(registry) == ["base", "python"], "what was built is there for others all the same"
    assert not [each for each in tags(registry) if each.startswith("build-")]


def test_a_base_whose_registry_is_down_is_what_it_was_when_last_seen(machine, plain):
    plain.put("base", "1", busybox.image())
    one = machine("one")
    one.edit("Dockerfile.base", f"FROM {plain.name('base')}\nWORKDIR /srv/shop\n")
    one("build_image").ok()
    plain.stop()
    told = one("build_image", timeout=120).ok()
    assert built(told) == [] and "used as last seen" in told.stderr, told
