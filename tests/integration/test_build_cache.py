"""The instruction cache in a real registry: several machines, which are several stores, and what the registry is asked."""

import json

import busybox
import images
import pytest
from program import Program

DOCKERFILE = """\
FROM {base}
RUN echo packages > /packages
COPY app /app
RUN cat /packages /app > /both
CMD ["cat", "/both"]
"""


@pytest.fixture
def machine(tmp_path):
    """Makes machines, each with a store of its own and nothing in it."""
    made = []

    def make():
        folder = tmp_path / f"machine-{len(made)}"
        ix = Program(folder)
        ix.environment["IXIAN_STORE"] = str(folder / "store")
        made.append(ix)
        return ix

    yield make
    for each in made:
        each.end_all()


@pytest.fixture
def project(tmp_path, plain):
    """A folder with the Dockerfile, over a base in the registry."""
    plain.put("base", "1", busybox.image())

    def write(app="one", dockerfile=DOCKERFILE):
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(dockerfile.format(base=plain.name("base")))
        (folder / "app").write_text(app + "\n")
        return folder

    return write


def ran(result):
    """The instructions that were carried out."""
    words = (": RUN ", ": COPY ", ": ADD ", ": WORKDIR ")
    return [line for line in result.stderr.splitlines() if "/" in line.split(":")[0] and any(word in line for word in words) and not line.endswith("cached)")]  # fmt: skip


def build(ix, folder, *args):
    return ix("build", "--network=none", *args, folder).ok()


def cache_of(registry):
    return f"{registry.host}/shop/cache"


def test_a_fresh_machine_runs_nothing(machine, project, plain):
    folder = project()
    first = build(machine(), folder, "--cache-to", cache_of(plain))
    assert len(ran(first)) == 3
    plain.forget()
    second = build(machine(), folder, "--cache-from", cache_of(plain))
    assert ran(second) == [] and first.stdout == second.stdout
    asked = plain.accesses()
    assert len([each for each in asked if each.method == "HEAD" and "/manifests/cache-" in each.path]) == 3
    assert len([each for each in asked if each.method == "GET" and "/shop/cache/manifests/" in each.path]) == 1
    assert not [each for each in asked if each.method in ("PUT", "POST", "PATCH")]


def test_a_changed_file_runs_what_stands_on_it(machine, project, plain):
    build(machine(), project("one"), "--cache-to", cache_of(plain))
    ix = machine()
    result = build(ix, project("two"), "--cache-from", cache_of(plain), "-t", "app:1")
    assert [line.split(": ", 1)[1] for line in ran(result)] == ["COPY app /app", "RUN cat /packages /app > /both"]
    folder = ix.work / "out"
    build(ix, project("two"), "-o", folder)
    assert (folder / "both").read_text() == "packages\ntwo\n"


def test_what_is_there_is_not_written_again(machine, project, plain):
    folder = project()
    build(machine(), folder, "--cache-to", cache_of(plain))
    plain.forget()
    ix = machine()
    build(ix, folder, "--cache-from", cache_of(plain), "--cache-to", cache_of(plain))
    # But for the record of the run, which keeps what it stands on from being pruned.
    named = [each.path.rpartition("/")[2] for each in plain.accesses() if each.method == "PUT" and "/manifests/" in each.path]
    assert not [tag for tag in named if not tag.startswith(("begun-", "build-"))]


def test_every_instruction_is_an_image_that_others_read(machine, project, plain, skopeo):
    build(machine(), project(), "--cache-to", cache_of(plain))
    tags = [tag for tag in json.loads(plain.get("/v2/shop/cache/tags/list")[2])["tags"] if tag.startswith("cache-")]
    assert len(tags) == 3
    for tag in tags:
        manifest = json.loads(plain.get(f"/v2/shop/cache/manifests/{tag}")[2])
        assert manifest["mediaType"] == images.MANIFEST
        config = json.loads(plain.get(f"/v2/shop/cache/blobs/{manifest['config']['digest']}")[2])
        assert len(config["rootfs"]["diff_ids"]) == len(manifest["layers"])
        for layer in manifest["layers"]:
            assert plain.get(f"/v2/shop/cache/blobs/{layer['digest']}")[0] == 200


def test_a_cache_that_nobody_answers_for_is_one_warning(machine, project, plain):
    nowhere = "127.0.0.1:1/shop/cache"
    result = build(machine(), project(), "--cache-from", nowhere)
    assert len(ran(result)) == 3
    assert result.stderr.count("cache repository 127.0.0.1:1/shop/cache disabled for this build") == 1


def test_a_cache_that_may_not_be_written_is_one_warning(machine, project, plain, start_registry):
    closed = start_registry("htpasswd")
    result = build(machine(), project(), "--cache-to", f"{closed.host}/shop/cache")
    assert result.stderr.count("disabled for this build") == 1


def test_what_was_done_before_a_failure_is_there_for_others(machine, project, plain):
    dockerfile = "FROM {base}\nRUN echo done > /done\nRUN false\n"
    machine()("build", "--network=none", "--cache-to", cache_of(plain), project(dockerfile=dockerfile)).failed(1, "Dockerfile:3:1")
    ix = machine()
    result = ix("build", "--network=none", "--cache-from", cache_of(plain), project(dockerfile=dockerfile)).failed(1)
    assert [line.split(": ", 1)[1] for line in ran(result)] == ["RUN false"]


def test_a_layer_with_other_bytes_is_not_used(machine, project, plain):
    folder = project()
    build(machine(), folder, "--cache-to", cache_of(plain))
    store = plain.folder / "store/docker/registry/v2/blobs/sha256"
    bases = {each["digest"] for each in json.loads(plain.get("/v2/base/manifests/1")[2])["layers"]}
    for blob in store.glob("*/*/data"):
        if f"sha256:{blob.parent.name}" in bases or blob.stat().st_size < 30:
            continue
        data = blob.read_bytes()
        if data[:2] == b"\x1f\x8b":
            blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    result = build(machine(), folder, "--cache-from", cache_of(plain))
    assert len(ran(result)) >= 1 and "lacks a part, which is built again" in result.stderr


def test_a_cache_is_named_as_buildx_has_it(machine, project, plain):
    folder = project()
    first = build(machine(), folder, "--cache-to", f"type=registry,ref={cache_of(plain)}:main,mode=max", "--cache-to=type=inline")
    result = build(machine(), folder, "--cache-from", f"type=registry,ref={cache_of(plain)}:other,image-manifest=true")
    assert ran(result) == [] and result.stdout == first.stdout and "mode=" not in first.stderr


def test_a_folder_is_a_cache_that_can_be_moved(machine, project, tmp_path):
    folder, kept, moved = project(), tmp_path / "Kept.cache", tmp_path / "moved"
    first = build(machine(), folder, "--cache-to", f"type=local,dest={kept}")
    assert (kept / "oci-layout").exists()
    kept.rename(moved)
    result = build(machine(), folder, "--cache-from", f"type=local,src={moved}")
    assert ran(result) == [] and result.stdout == first.stdout
    told = build(machine(), folder, "--cache-from", f"type=local,src={kept}")
    assert len(ran(told)) > 1 and told.stderr.count("warning: ") == 1


def test_an_image_that_is_only_pushed_is_mounted_and_none_of_its_layers_read(machine, project, plain):
    folder = project()
    build(machine(), folder, "--cache-to", cache_of(plain))
    plain.forget()
    ix = machine()
    build(ix, folder, "--cache-from", cache_of(plain), "--push", "-t", plain.name("shop/app"))
    blobs = [each for each in plain.accesses("GET") if "/blobs/" in each.path]
    assert len(blobs) == 1 and "/base/" in blobs[0].path, blobs  # the configuration of the base
    uploads = [each for each in plain.accesses("PUT") if "/blobs/" in each.path]
    assert len(uploads) == 1, uploads  # the configuration of the image
    assert plain.digest("shop/app")
    out = ix.work / "out"
    ix("image", "copy", plain.name("shop/app"), "store:app:1").ok()
    build(ix, folder, "-o", out)
    assert (out / "both").read_text() == "packages\none\n"


def test_a_changed_file_reads_only_the_layers_that_a_command_needs(machine, project, plain):
    dockerfile = "FROM {base}\nRUN echo big > /big\nCOPY app /app\n"
    build(machine(), project("one", dockerfile), "--cache-to", cache_of(plain))
    plain.forget()
    ix = machine()
    result = build(ix, project("two", dockerfile), "--cache-from", cache_of(plain), "--push", "-t", plain.name("shop/app"))
    assert len(ran(result)) == 1
    manifest = json.loads(plain.get("/v2/shop/app/manifests/1")[2])
    layers = {each["digest"] for each in manifest["layers"]}
    read = [each.path for each in plain.accesses("GET") if each.path.rsplit("/", 1)[-1] in layers]
    assert read == []


def test_a_base_of_the_same_registry_is_mounted_and_not_sent_back(machine, project, plain):
    folder = project()
    base = {each["digest"] for each in json.loads(plain.get("/v2/base/manifests/1")[2])["layers"]}
    plain.forget()
    build(machine(), folder, "--push", "-t", plain.name("shop/app"))
    sent = [each for each in plain.accesses("PUT") if "/blobs/uploads/" in each.path]
    assert not [each for each in sent if any(digest in each.path for digest in base)], sent
    mounted = [each for each in plain.accesses("POST") if "mount=" in each.path and each.status == 201]
    assert len(mounted) == len(base)
