"""The reference's pages on JSON and on files: what ix prints and leaves behind is what they list, no more and no less."""

import json
import re
import shutil

import busybox
import images
import pytest
from program import ROOT, Program

REFERENCE = ROOT / "docs/reference"
PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module

def init():
    load_module("ixian_docker.modules.docker")
    CONFIG.PROJECT_NAME = "shop"
    CONFIG.DOCKER.REGISTRY = "registry.example.com"
    CONFIG.DOCKER.REGISTRIES = {"registry.example.com": {"client": "OCILayoutClient", "options": {"path": "registry"}}}
    CONFIG.DOCKER.PUSH = "stages"
"""
FILES = {
    "ixian.py": PROJECT,
    "Dockerfile.base": "FROM debian:12-slim\nRUN --mount=type=cache,target=/cache echo base > /base\n",
    "Dockerfile": "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY hello /\nRUN cat /hello\n",
    "hello": "Hello!\n",
}


def tables(page, heading):
    """The first cells of the tables below a heading, as lists of what stands in back-ticks."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", (REFERENCE / page).read_text(), re.M | re.S)
    assert section, f"{page} has no section {heading}"
    cells = [line.split("|")[1] for line in section.group(1).splitlines() if line.startswith("| `")]
    return [re.findall(r"`([^`]+)`", cell) for cell in cells]


def keys_of_page(heading):
    """Paths such as images.steps[].key; `.stage` behind another one is its neighbour."""
    found = []
    for names in tables("exit-codes.md", heading):
        for name in names:
            found.append(found[-1][: found[-1].rindex(".")] + name if name.startswith(".") else name)
    return {each for each in found if not any(other.startswith((each + ".", each + "[")) for other in found)}


def keys_of(value, leaves, path=""):
    """The paths in a document, down to those that the page describes as a whole."""
    if path in leaves:
        return {path}
    if isinstance(value, list):
        return set().union(*(keys_of(each, leaves, path + "[]") for each in value)) if value else set()
    if isinstance(value, dict):
        return set().union(*(keys_of(each, leaves, f"{path}.{key}" if path else key) for key, each in value.items()))
    return {path}


@pytest.fixture
def shop(tmp_path):
    program = Program(tmp_path / "ix")
    base = images.Layout(tmp_path / "base")
    base.add("1", busybox.image())
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)

    def run(*args, **options):
        return program(*args, cwd=folder, env={"IXIAN_STORE": str(tmp_path / "store")}, **options)

    run.folder, run.store = folder, tmp_path / "store"
    run("image", "copy", f"oci:{base.path}:1", "store:debian:12-slim").ok()
    yield run
    program.end_all()


def test_json_of_plan_why_and_registries_has_the_keys_of_the_page(shop):
    for command, heading in (("plan", "`ix plan --json`"), ("why", "`ix why --json`")):
        expected = keys_of_page(heading)
        found = keys_of(shop(command, "build_image", "--json").ok().json(), expected)
        assert found == expected, command
    expected = keys_of_page("`ix registries --json`")
    assert keys_of(shop("registries", "--json").ok().json(), expected) == expected


def test_json_of_images_has_the_keys_of_the_page(shop):
    expected = keys_of_page("`ix image inspect --json`")
    found = keys_of(shop("image", "inspect", "store:debian:12-slim", "--json").ok().json(), expected)
    assert found == expected - {"image"}, "image is there of an index"
    shop("build", "-f", "Dockerfile.base", "-t", "app", "--metadata-file", "metadata.json", ".").ok()
    expected = keys_of_page("`ix build --metadata-file`")
    assert keys_of(json.loads((shop.folder / "metadata.json").read_text()), expected) == expected


def test_events_have_the_keys_of_the_page(shop):
    text = (REFERENCE / "exit-codes.md").read_text().partition("## `--progress json`")[2]
    expected = {event: set(re.findall(r"`(\w+)`", keys)) for event, keys in re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.M)}
    seen = {}
    for line in shop("--progress", "json", "build_image").ok().stderr.splitlines():
        event = json.loads(line)
        kind = event.pop("event")
        assert {"id", "time"} <= set(event)
        seen.setdefault(kind, set()).update(set(event) - {"id", "time"})
    assert {"begin", "end"} <= set(seen) and all(seen[kind] == expected[kind] for kind in seen), (seen, expected)


def test_what_is_pushed_has_the_keys_of_the_page(shop):
    (shop.folder / "ixian.py").write_text(PROJECT.replace('"stages"', '"all"'))
    shop("build_image").ok()
    layout = images.Layout(shop.folder / "registry")
    tags = {entry["annotations"]["org.opencontainers.image.ref.name"].partition(":")[2]: entry["digest"] for entry in layout.entries()}
    manifests = {tag: json.loads(layout.read(digest)) for tag, digest in tags.items()}

    def of(start):
        return next(manifest for tag, manifest in sorted(manifests.items()) if tag.startswith(start))

    page = (REFERENCE / "formats.md").read_text()
    for start in ("runtime-", "build-", "begun-", "cache-", "listing-"):
        for name in of(start).get("annotations", {}):
            assert f"`{name}`" in page, f"{name} of {start} is not on the page"
    assert set(json.loads(of("cache-")["annotations"]["ixian.cache.state"])) <= set(re.findall(r"`(\w+)`", page))
    record = json.loads(layout.read(of("build-")["layers"][0]["digest"]))
    expected = {"schema", "branch", "stages[].stage", "stages[].image", "stages[].key", "stages[].inputs"}
    assert keys_of(record, expected) == expected
    shown = json.loads(re.search(r"```json\n(.*?)```", page, re.S).group(1))
    inputs = next(stage["inputs"] for stage in record["stages"] if stage["stage"] == "runtime")
    assert set(inputs) == set(shown) and {name for names in tables("formats.md", "The key document") for name in names} >= set(inputs)
    assert set(inputs["dockerfile"][0]) == set(shown["dockerfile"][0]) and inputs["schema"] == shown["schema"]


def test_files_of_store_and_builder_folder_are_those_of_the_page(shop):
    shop("build_image").ok()
    shutil.rmtree(shop.folder / "registry")
    listed = {name.rstrip("/").partition("/")[0] for names in tables("files.md", "The store") for name in names}
    for entry in shop.store.iterdir():
        assert entry.name in listed or (entry.name.startswith("store.db") and "store.db-*" in listed), f"{entry.name} is not on the page"
    project = {name for names in tables("files.md", "In a project") for name in names}
    for entry in (shop.folder / ".builder").iterdir():
        name = re.sub(r"^Dockerfile\..*", "Dockerfile.*", entry.name)
        assert f".builder/{name}" in project, f".builder/{name} is not on the page"
