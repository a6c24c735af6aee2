"""The parts of these tests do what the other tests take them to do."""

import images
import pytest
from registries import KINDS


def test_images_made_by_hand_are_images_to_skopeo(layout, skopeo, tmp_path):
    for name, image in [("one", images.small_image()), ("many", images.multi_platform())]:
        source = layout.add(name, image)
        copy = images.Layout(tmp_path / f"copy-{name}")
        skopeo.copy(source, f"oci:{copy.path}:copied")
        copy.check("copied", image)


def test_skopeo_reaches_each_kind_of_registry(registry, layout, skopeo):
    image = images.small_image()
    skopeo.copy(layout.add("one", image), f"docker://{registry.name('team/app')}", destination_registry=registry)
    registry.check("team/app", "1", image)
    assert skopeo.manifest(registry, "team/app") == image.top.data
    assert registry.digest("team/app", "none") is None


def test_what_is_put_into_a_registry_is_an_image_to_skopeo(registry, skopeo, tmp_path):
    for name, image in [("oci", images.multi_platform()), ("docker", images.small_image(docker=True))]:
        registry.put("team/app", name, image)
        registry.check("team/app", name, image)
        assert skopeo.manifest(registry, "team/app", name) == image.top.data


def test_each_kind_of_registry_lets_only_its_own_in(start_registry):
    for kind in KINDS:
        registry = start_registry(kind)
        registry.password = "wrong"
        if registry.tokens is None:
            assert registry.get("/v2/")[0] == (401 if registry.user else 200)
        else:
            assert registry.tokens.who("Basic " + registry.auth) is None


def test_the_access_log_is_read(plain, layout, skopeo):
    skopeo.copy(layout.add("one", images.small_image()), f"docker://{plain.name('team/app')}", destination_registry=plain)
    assert any(each.sends_blob for each in plain.accesses())
    plain.forget()
    assert plain.accesses() == []
    plain.digest("team/app")
    assert [(each.method, each.status) for each in plain.accesses()] == [("GET", 200)]


def test_the_relay_cuts_and_passes(plain, relay):
    before = relay(plain)
    assert plain.ask("GET", f"http://{before.host}/v2/")[0] == 200
    before.cut_after(10)
    with pytest.raises(OSError):
        plain.ask("GET", f"http://{before.host}/v2/")
    assert before.cuts == 1
