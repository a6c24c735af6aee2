"""The store of this machine as a place for images: store:NAME, and `ix image prune`."""

import json
import os
import time

import images
import pytest


@pytest.fixture
def store(ix, tmp_path):
    folder = tmp_path / "store"
    ix.environment["IXIAN_STORE"] = str(folder)
    return folder


def test_an_image_goes_in_and_out_byte_for_byte(ix, store, layout, tmp_path):
    image = images.multi_platform()
    done = ix("image", "copy", "--all", layout.add("many", image), "store:shop/web:1").ok()
    assert done.stdout == image.digest + "\n"
    copy = images.Layout(tmp_path / "copy")
    ix("image", "copy", "--all", "store:shop/web:1", f"oci:{copy.path}:out").ok()
    copy.check("out", image)


def test_a_second_copy_writes_no_blob(ix, store, layout):
    source = layout.add("one", images.small_image())
    blobs = store / "blobs/sha256"
    ix("image", "copy", source, "store:app").ok()
    before = {each.name: each.stat().st_ino for each in blobs.iterdir()}
    for name in ("store:app", "store:other"):
        ix("image", "copy", source, name).ok()
        assert {each.name: each.stat().st_ino for each in blobs.iterdir() if each.is_file()} == before


def test_it_is_pushed_to_a_registry_and_pulled_under_its_own_name(ix, store, plain, layout):
    image = images.small_image()
    ix("image", "copy", layout.add("one", image), "store:app:1").ok()
    ix("image", "copy", "store:app:1", plain.name("team/app")).ok()
    plain.check("team/app", "1", image)
    ix("image", "copy", plain.name("team/app"), "store:").ok()
    assert ix("image", "inspect", "--raw", f"store:{plain.name('team/app')}").ok().stdout.encode() == image.top.data
    ix("image", "copy", layout.add("one", image), "store:").failed(2, "store:NAME")


def test_ls_tags_and_inspect(ix, store, layout):
    one, many = images.small_image(), images.multi_platform()
    ix("image", "copy", layout.add("one", one), "store:shop/web").ok()
    ix("image", "copy", "--all", layout.add("many", many), "store:shop/web:many").ok()
    ix("image", "copy", layout.add("one", one), "store:other:1").ok()
    rows = [line.split()[0] for line in ix("image", "ls", "store:").ok().stdout.splitlines()[1:]]
    assert rows == ["docker.io/library/other:1", "docker.io/shop/web:latest", "docker.io/shop/web:many"]
    assert ix("image", "tags", "store:shop/web").ok().stdout.split() == ["latest", "many"]
    assert "linux/arm64" in ix("image", "ls", "store:shop/web:many").ok().stdout
    assert ix("image", "inspect", "--json", "store:shop/web").ok().json()["digest"] == one.digest
    assert ix("image", "inspect", "--raw", f"store:shop/web@{many.digest}").ok().stdout.encode() == many.top.data
    ix("image", "inspect", "store:none").failed(4, "store:none")


def test_export_is_an_archive_to_skopeo(ix, store, layout, skopeo, tmp_path):
    ix("image", "copy", layout.add("one", images.small_image()), "store:app:1").ok()
    ix("image", "export", "store:app:1", tmp_path / "app.tar").ok()
    assert len(skopeo.inspect(f"docker-archive:{tmp_path / 'app.tar'}")["Layers"]) == 3


def test_rm_takes_a_name_and_prune_its_blobs(ix, store, layout):
    ix("image", "copy", layout.add("one", images.small_image(size=100_000)), "store:app:1").ok()
    ix("image", "rm", "store:app").failed(2, "store:app")
    ix("image", "rm", "store:app:1").ok()
    ix("image", "rm", "store:app:1").failed(4, "store:app:1")
    assert any((store / "blobs/sha256").iterdir())
    told = ix("image", "prune", "--dry-run").ok().stdout
    assert "would remove" in told and "5 blobs" in told
    assert any((store / "blobs/sha256").iterdir())
    assert "5 blobs" in ix("image", "prune").ok().stdout
    assert not any((store / "blobs/sha256").iterdir())
    assert "removed nothing" in ix("image", "prune").ok().stdout


def test_prune_leaves_images_with_a_name_unless_all_may_go(ix, store, layout):
    image = images.small_image(size=100_000)
    ix("image", "copy", layout.add("one", image), "store:app:1").ok()
    done = ix("image", "prune", "--keep", "10kB", "--older-than", "0s").ok()
    assert "tagged images are retained" in done.stderr
    assert ix("image", "inspect", "--raw", "store:app:1").ok().stdout.encode() == image.top.data
    assert "1 tag" in ix("image", "prune", "--all", "--keep=0").ok().stdout
    ix("image", "inspect", "store:app:1").failed(4, "store:app:1")


def test_prune_says_which_sizes_and_ages_there_are(ix, store):
    for size in ("10", "1.5GB", "2GiB", "0", "100 MB"):
        ix("image", "prune", "--keep", size).ok()
    for option in ("--keep", "--older-than"):
        ix("image", "prune", f"{option}=").failed(2, f"{option} needs a value")
    for size in ("GB", "-1GB", "10XB", "1e3", "99999999TB", "nan"):
        ix("image", "prune", f"--keep={size}").failed(2, "10GB")
    for age in ("7", "d", "-7d", "7y"):
        ix("image", "prune", f"--older-than={age}").failed(2, "7d")
    ix("image", "prune", "--all").failed(2, "--older-than")
    ix("image", "prune", "everything").failed(2, 'unexpected argument "everything" for `ix image prune`')


def test_where_there_is_no_store_none_is_made_by_asking(ix, store):
    assert "no local store" in ix("image", "prune").ok().stderr
    ix("image", "ls", "store:").failed(4, str(store))
    assert not store.exists()


def test_the_folder_follows_xdg_data_home(ix, layout, tmp_path):
    ix.environment["XDG_DATA_HOME"] = str(tmp_path / "data")
    ix("image", "copy", layout.add("one", images.small_image()), "store:app").ok()
    assert (tmp_path / "data/ixian/blobs/sha256").is_dir()


def test_a_store_of_a_newer_ix_is_refused(ix, store, layout):
    ix("image", "copy", layout.add("one", images.small_image()), "store:app").ok()
    (store / "version").write_text("2\n")
    ix("image", "ls", "store:").failed(4, "version 2", "IXIAN_STORE")
    ix("image", "prune").failed(4, "version 2")


def test_a_copy_that_is_killed_leaves_a_store_that_works(ix, store, layout):
    image = images.small_image(size=3_000_000)
    source = layout.add("one", image)
    for round in range(8):
        running = ix.start("image", "copy", source, f"store:app:{round}")
        time.sleep(0.02 * round)
        running.kill()
    ix("image", "copy", source, "store:app:last").ok()
    assert ix("image", "inspect", "--raw", "store:app:last").ok().stdout.encode() == image.top.data
    ix("image", "prune").ok()
    assert not (store / "blobs/.incoming").exists() or not os.listdir(store / "blobs/.incoming")
    assert os.listdir(store / "leases") == []
    for blob in (store / "blobs/sha256").iterdir():
        assert images.digest_of(blob.read_bytes()) == f"sha256:{blob.name}"


def test_many_at_once(ix, store, layout):
    made = {f"t{n}": images.image([images.layer("common", 100_000), images.layer(f"own-{n}")]) for n in range(6)}
    sources = {tag: layout.add(tag, image) for tag, image in made.items()}
    started = [ix.start("image", "copy", source, f"store:app:{tag}") for tag, source in sources.items()]
    started.append(ix.start("image", "prune", "--keep", "0"))
    for each in started:
        each.end().ok()
    assert ix("image", "tags", "store:app").ok().stdout.split() == sorted(made)
    for tag, image in made.items():
        config = json.loads(ix("image", "inspect", "--config", f"store:app:{tag}").ok().stdout)
        assert config["rootfs"]["diff_ids"] == [each.diff_id for each in image.blobs[1:]]
