"""What moves and what does not, read from the registry's own access log."""

import images


def blobs_sent(registry):
    return [each for each in registry.accesses() if each.sends_blob and each.method in ("PUT", "PATCH")]


def test_one_platform_of_an_index(ix, plain, layout):
    image = images.multi_platform()
    source = layout.add("many", image)
    ix("image", "copy", "--platform", "linux/arm64", source, plain.name("team/arm")).ok()
    plain.check("team/arm", "1", image.manifests[1])
    ix("image", "copy", "--platform=linux/amd64", source, plain.name("team/amd")).ok()
    plain.check("team/amd", "1", image.manifests[0])


def test_a_whole_index(ix, registry, layout):
    image = images.multi_platform()
    ix("image", "copy", "--all", layout.add("many", image), registry.name("team/app")).ok()
    registry.check("team/app", "1", image)


def test_a_platform_that_is_not_there_is_told_what_there_is(ix, plain, layout):
    source = layout.add("many", images.multi_platform())
    done = ix("image", "copy", "--platform", "linux/s390x", source, plain.name("team/app"))
    done.failed(4, "linux/s390x", "linux/amd64", "linux/arm64")
    assert plain.digest("team/app") is None


def test_a_second_copy_sends_nothing(ix, registry, layout):
    source = layout.add("many", images.multi_platform())
    ix("image", "copy", "--all", source, registry.name("team/app")).ok()
    registry.forget()
    ix("image", "copy", "--all", source, registry.name("team/app")).ok()
    assert {each.method for each in registry.accesses()} <= {"GET", "HEAD"}


def test_a_new_tag_of_an_image_that_is_there_costs_one_manifest(ix, registry, layout):
    image = images.small_image()
    registry.put("team/app", "1", image)
    registry.forget()
    ix("image", "copy", registry.name("team/app", "1"), registry.name("team/app", "2")).ok()
    assert registry.digest("team/app", "2") == image.digest
    assert blobs_sent(registry) == []
    assert [each.path for each in registry.accesses("PUT")] in ([], ["/v2/team/app/manifests/2"])
    if registry.authority is None:
        assert len(registry.accesses("PUT")) == 1


def test_a_changed_image_sends_what_is_new(ix, plain, layout):
    common = images.layer("common", 200_000)
    plain.put("team/app", "1", images.image([common, images.layer("old")]))
    plain.forget()
    changed = images.image([common, images.layer("new")])
    ix("image", "copy", layout.add("changed", changed), plain.name("team/app", "2")).ok()
    sent = {each.path.rpartition("sha256%3A")[2].rpartition("sha256:")[2] for each in blobs_sent(plain) if each.method == "PUT"}
    assert sent == {changed.blobs[0].digest[7:], changed.blobs[2].digest[7:]}
    plain.check("team/app", "2", changed)


def test_between_repositories_of_one_registry_blobs_are_mounted(ix, registry):
    image = images.multi_platform()
    registry.put("team/app", "1", image)
    registry.forget()
    ix("image", "copy", "--all", registry.name("team/app"), registry.name("other/app")).ok()
    assert blobs_sent(registry) == []
    if registry.authority is None:
        mounts = [each for each in registry.accesses("POST") if "mount=" in each.path]
        assert len(mounts) == len(image.blobs)
        assert {each.status for each in mounts} == {201}
        assert all("from=team" in each.path for each in mounts)
        assert not [each for each in registry.accesses("GET") if "/blobs/" in each.path]
    registry.check("other/app", "1", image)


def test_without_the_right_to_pull_from_there_blobs_are_copied(ix, start_registry, layout):
    """The token server gives no access to the other repository, so mounting is refused, and that is no reason to fail."""

    def allowed(user, repository):
        return {"pull", "push"} if user and repository != "secret/app" else set()

    registry = start_registry("token", token_options={"allowed": allowed})
    ix.log_in(registry)
    image = images.small_image()
    ix("image", "copy", layout.add("one", image), registry.name("team/app")).ok()
    registry.check("team/app", "1", image)
    ix("image", "copy", registry.name("secret/app"), registry.name("team/other")).failed(4, registry.host, "secret/app")


def test_from_registry_to_registry(ix, start_registry):
    """Each with credentials of its own."""
    kinds = [start_registry("token"), start_registry("htpasswd", user="other"), start_registry("tls", user="third")]
    ix.log_in(*kinds)
    image = images.multi_platform(size=100_000)
    kinds[0].put("team/app", "1", image)
    ix("image", "copy", "--all", kinds[0].name("team/app"), kinds[1].name("a/b")).ok()
    ix("image", "copy", "--all", kinds[1].name("a/b"), kinds[2].name("c/d")).ok()
    kinds[2].check("c/d", "1", image)


def test_many_at_once_into_one_folder_and_one_registry(ix, plain, layout):
    made = {f"t{n}": images.image([images.layer("common", 100_000), images.layer(f"own-{n}")]) for n in range(6)}
    for tag, image in made.items():
        layout.add(tag, image)
    started = [ix.start("image", "copy", f"oci:{layout.path}:{tag}", plain.name("team/app", tag)) for tag in made]
    for each in started:
        each.end().ok()
    copy = images.Layout(layout.path.parent / "copy")
    started = [ix.start("image", "copy", plain.name("team/app", tag), f"oci:{copy.path}:{tag}") for tag in made]
    for each in started:
        each.end().ok()
    for tag, image in made.items():
        plain.check("team/app", tag, image)
        copy.check(tag, image)
