"""Images go into each kind of registry and out again, and other clients see the same bytes."""

import images
import pytest


def test_what_is_pushed_is_there_byte_for_byte(ix, registry, layout):
    image = images.small_image(size=300_000)
    done = ix("image", "copy", layout.add("one", image), registry.name("team/app")).ok()
    assert done.stdout == image.digest + "\n"
    registry.check("team/app", "1", image)


def test_what_is_pulled_is_there_byte_for_byte(ix, registry, layout):
    image = images.small_image(size=300_000)
    registry.put("team/app", "1", image)
    ix("image", "copy", registry.name("team/app"), f"oci:{layout.path}:pulled").ok()
    layout.check("pulled", image)


def test_skopeo_reads_what_ix_pushed(ix, registry, layout, skopeo, tmp_path):
    image = images.multi_platform()
    ix("image", "copy", "--all", layout.add("many", image), registry.name("team/app")).ok()
    assert skopeo.manifest(registry, "team/app") == image.top.data
    copy = images.Layout(tmp_path / "by-skopeo")
    skopeo.copy(f"docker://{registry.name('team/app')}", f"oci:{copy.path}:copied", source_registry=registry)
    copy.check("copied", image)


def test_ix_reads_what_skopeo_pushed(ix, registry, layout, skopeo, tmp_path):
    image = images.multi_platform()
    skopeo.copy(layout.add("many", image), f"docker://{registry.name('team/app')}", destination_registry=registry)
    copy = images.Layout(tmp_path / "by-ix")
    ix("image", "copy", "--all", registry.name("team/app"), f"oci:{copy.path}:copied").ok()
    copy.check("copied", image)


def test_skopeo_reads_the_folder_that_ix_wrote(ix, plain, skopeo, tmp_path):
    image = images.multi_platform()
    plain.put("team/app", "1", image)
    written, copy = tmp_path / "written", images.Layout(tmp_path / "copied")
    ix("image", "copy", "--all", plain.name("team/app"), f"oci:{written}:x").ok()
    skopeo.copy(f"oci:{written}:x", f"oci:{copy.path}:copied")
    copy.check("copied", image)


def test_buildah_reads_what_ix_pushed(ix, registry, layout, buildah):
    ix("image", "copy", layout.add("one", images.small_image()), registry.name("team/app")).ok()
    pulled = buildah.pull(registry, registry.name("team/app"))
    assert buildah("inspect", "--type=image", "--format={{.OCIv1.Config.Env}}", pulled) == "[A=1]"


def test_ix_reads_what_buildah_pushed(ix, plain, layout, buildah, tmp_path):
    plain.put("team/base", "1", images.small_image())
    pulled = buildah.pull(plain, plain.name("team/base"))
    container = buildah("from", "--pull-never", pulled)
    buildah("config", "--env=MADE_BY=buildah", container)
    made = buildah("commit", f"--signature-policy={buildah.policy}", "--quiet", container)
    buildah.push(made, plain, plain.name("team/built"))
    ix("image", "copy", plain.name("team/built"), f"oci:{layout.path}:built").ok()
    config = ix("image", "inspect", "--config", f"oci:{layout.path}:built").ok().json()
    assert "MADE_BY=buildah" in config["config"]["Env"]


def test_docker_images_stay_docker_images(ix, plain, layout):
    image = images.small_image(docker=True)
    plain.put("team/app", "1", image)
    ix("image", "copy", plain.name("team/app"), plain.name("team/other")).ok()
    plain.check("team/other", "1", image)


@pytest.mark.parametrize("size", [0, 1, 2, 65_535, 5_000_000])
def test_layers_of_odd_sizes(ix, plain, layout, size):
    odd = images.Blob(images.LAYER, images.noise(size, "odd"))
    odd.diff_id = odd.digest
    image = images.image([odd, images.layer("other")])
    ix("image", "copy", layout.add("odd", image), plain.name("team/odd")).ok()
    plain.check("team/odd", "1", image)
    copy = images.Layout(layout.path.parent / "back")
    ix("image", "copy", plain.name("team/odd"), f"oci:{copy.path}:odd").ok()
    copy.check("odd", image)


def test_an_image_of_a_hundred_layers(ix, plain, layout):
    image = images.image([images.layer(f"layer-{n}", 500) for n in range(100)])
    ix("image", "copy", layout.add("tall", image), plain.name("team/tall")).ok()
    plain.check("team/tall", "1", image)


def test_a_layer_that_occurs_twice_is_sent_once(ix, plain, layout):
    twice = images.layer("twice", 100_000)
    image = images.image([twice, images.layer("between"), twice])
    ix("image", "copy", layout.add("one", image), plain.name("team/app")).ok()
    assert len([each for each in plain.accesses("PUT") if each.sends_blob and twice.digest[7:] in each.path]) == 1
    plain.check("team/app", "1", image)


def test_what_is_not_there_is_named(ix, registry, layout):
    missing = ix("image", "copy", registry.name("team/none"), f"oci:{layout.path}:x")
    missing.failed(4, registry.host, "team/none")
    assert not layout.path.exists() or layout.entries() == []


def test_a_registry_that_is_not_there_is_named(ix, plain, layout):
    plain.stop()
    done = ix("image", "copy", layout.add("one", images.small_image()), plain.name("team/app"), env={})
    done.failed(4, plain.host, "team/app", "refused")


def test_a_damaged_layer_in_the_registry_is_not_taken(ix, plain, layout):
    image = images.small_image(size=100_000)
    plain.put("team/app", "1", image)
    stored = plain.folder / f"store/docker/registry/v2/blobs/sha256/{image.blobs[1].digest[7:9]}/{image.blobs[1].digest[7:]}/data"
    data = bytearray(stored.read_bytes())
    data[1000] ^= 1
    stored.write_bytes(data)
    ix("image", "copy", plain.name("team/app"), f"oci:{layout.path}:x").failed(4, plain.host, "team/app")
    assert layout.entries() == []
    assert not (layout.path / "blobs/sha256" / image.blobs[1].digest[7:]).exists()


def test_a_damaged_layer_in_a_folder_is_not_pushed(ix, plain, layout):
    image = images.small_image(size=100_000)
    source = layout.add("one", image)
    blob = layout.path / "blobs/sha256" / image.blobs[1].digest[7:]
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    ix("image", "copy", source, plain.name("team/app")).failed(4, str(layout.path))
    assert plain.digest("team/app") is None
