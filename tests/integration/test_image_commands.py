"""ls, tags, inspect, rm and export."""

import json

import images


def test_tags_come_sorted(ix, registry):
    image = images.small_image()
    for tag in ("b", "10", "a", "Z", "9"):
        registry.put("team/app", tag, image)
    assert ix("image", "tags", f"{registry.host}/team/app").ok().stdout.split() == ["10", "9", "Z", "a", "b"]


def test_tags_of_a_repository_that_is_not_there_are_none(ix, registry):
    assert ix("image", "tags", f"{registry.host}/team/none").ok().stdout == ""


def test_tags_are_none_when_all_are_removed(ix, plain):
    image = images.small_image()
    plain.put("team/app", "1", image)
    ix("image", "rm", f"{plain.host}/team/app@{image.digest}").ok()
    assert ix("image", "tags", f"{plain.host}/team/app").ok().stdout == ""


def test_ls_names_what_is_there(ix, registry, layout):
    image, many = images.small_image(), images.multi_platform()
    registry.put("team/app", "one", image)
    registry.put("team/app", "many", many)
    layout.add("one", image)
    layout.add("many", many)
    for place in (f"{registry.host}/team/app", f"oci:{layout.path}"):
        lines = ix("image", "ls", place).ok().stdout.splitlines()[1:]
        rows = {line.split()[0]: line for line in lines}
        assert set(rows) == {"one", "many"}
        assert image.digest[:19] in rows["one"]
        assert "linux/amd64" in rows["many"] and "linux/arm64" in rows["many"]


def test_inspect_gives_the_bytes_as_they_are(ix, registry):
    many = images.multi_platform()
    registry.put("team/app", "1", many)
    name = registry.name("team/app")
    assert ix("image", "inspect", "--raw", name).ok().stdout.encode() == many.top.data
    arm = ix("image", "inspect", "--raw", "--platform", "linux/arm64", name).ok()
    assert arm.stdout.encode() == many.manifests[1].top.data
    config = ix("image", "inspect", "--config", "--platform", "linux/arm64", name).ok()
    assert config.json()["architecture"] == "arm64"
    assert ix("image", "inspect", "--json", name).ok().json()["digest"] == many.digest
    assert many.digest in ix("image", "inspect", name).ok().stdout


def test_inspect_by_digest(ix, plain):
    image = images.small_image()
    plain.put("team/app", "1", image)
    by_digest = f"{plain.host}/team/app@{image.digest}"
    assert ix("image", "inspect", "--raw", by_digest).ok().stdout.encode() == image.top.data
    both = f"{plain.host}/team/app:not-there@{image.digest}"
    assert ix("image", "inspect", "--raw", both).ok().stdout.encode() == image.top.data


def test_inspect_of_nothing_is_an_error(ix, registry):
    ix("image", "inspect", registry.name("team/none")).failed(4, registry.host, "team/none")


def test_rm_by_digest_removes_every_tag_of_the_image(ix, registry):
    gone, kept = images.small_image("one"), images.small_image("two")
    registry.put("team/app", "1", gone)
    registry.put("team/app", "also", gone)
    registry.put("team/app", "2", kept)
    ix("image", "rm", f"{registry.host}/team/app@{gone.digest}").ok()
    assert [registry.digest("team/app", tag) for tag in ("1", "also", "2")] == [None, None, kept.digest]
    ix("image", "rm", f"{registry.host}/team/app@{gone.digest}").failed(4, "team/app")


def test_rm_of_a_tag_alone_is_not_possible_there_and_says_what_is(ix, registry):
    image = images.small_image()
    registry.put("team/app", "1", image)
    registry.put("team/app", "also", image)
    ix("image", "rm", registry.name("team/app", "1")).failed(4, registry.host, f"team/app@{image.digest}")
    assert registry.digest("team/app", "1") == registry.digest("team/app", "also") == image.digest


def test_rm_where_deleting_is_switched_off_says_so(ix, start_registry):
    registry = start_registry("plain", delete=False)
    registry.put("team/app", "1", images.small_image())
    ix("image", "rm", registry.name("team/app")).failed(4, registry.host, "team/app")
    assert registry.digest("team/app") is not None


def test_export_is_an_archive_to_skopeo_and_to_ix(ix, plain, skopeo, tmp_path):
    image = images.small_image(size=50_000)
    plain.put("team/app", "1", image)
    file = tmp_path / "app.tar"
    ix("image", "export", plain.name("team/app"), file).ok()
    seen = skopeo.inspect(f"docker-archive:{file}")
    assert seen["Architecture"] == "amd64" and len(seen["Layers"]) == 3
    ix("image", "copy", f"docker-archive:{file}", plain.name("team/back")).ok()
    config = ix("image", "inspect", "--config", plain.name("team/back")).ok().json()
    assert config["rootfs"]["diff_ids"] == [each.diff_id for each in image.blobs[1:]]


def test_an_archive_of_skopeo_is_read(ix, plain, layout, skopeo, tmp_path):
    image = images.small_image(size=50_000)
    file = tmp_path / "by-skopeo.tar"
    skopeo.copy(layout.add("one", image), f"docker-archive:{file}:shop/web:1", all=False)
    ix("image", "copy", f"docker-archive:{file}", plain.name("team/app")).ok()
    config = json.loads(ix("image", "inspect", "--config", plain.name("team/app")).ok().stdout)
    assert config["config"]["Env"] == ["A=1"]


def test_names_that_are_none_are_usage_errors(ix):
    for name in ("UPPER/Case", "a/b:", "host.example/", "x@sha256:1", "oci:", ""):
        ix("image", "inspect", name).failed(2)
