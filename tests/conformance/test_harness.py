"""The harness itself: it applies layers as a runtime would, and sees each kind of difference."""

import hashlib
import json
import tarfile

import bases
import built_image
import pytest
import wanted
from bases import Tar
from cases import case_of_folder, cases_of_folders, cases_of_rules, lay
from compare import differences, normal_history


def image(*tars, config=None, history=None):
    layers = [built_image.parse_layer(built_image.decompress(tar.blob().data)) for tar in tars]
    entries = history or [{"created_by": "RUN x"} for _ in layers]
    return built_image.assemble({"config": config or {}, "rootfs": {"diff_ids": [each.diff_id for each in layers]}, "history": entries}, layers)


def keys(one, other):
    return set(differences(one, other))


def test_a_later_layer_adds_replaces_and_removes():
    below = Tar().folder("d").add("d/kept").add("d/gone").add("d/replaced", data=b"1").folder("whole").add("whole/x")
    above = Tar().folder("d").add("d/.wh.gone").add("d/replaced", data=b"22").add(".wh.whole").add("new")
    made = image(below, above)
    assert sorted(made.tree) == ["/", "/d", "/d/kept", "/d/replaced", "/new"]
    assert made.tree["/d/replaced"].size == 2 and made.faults == []


def test_an_opaque_folder_hides_what_is_below_and_nothing_of_its_own_layer():
    below = Tar().folder("d").add("d/old").folder("d/sub").add("d/sub/old")
    above = Tar().folder("d").add("d/before").add("d/.wh..wh..opq").add("d/new")
    assert sorted(image(below, above).tree) == ["/", "/d", "/d/before", "/d/new"]


def test_a_file_in_place_of_a_folder_takes_all_that_was_in_it():
    assert sorted(image(Tar().folder("d").add("d/x"), Tar().add("d")).tree) == ["/", "/d"]


@pytest.mark.parametrize(
    "attribute, change",
    [
        ("mode", {"mode": 0o4755}),
        ("owner", {"owner": (1, 0)}),
        ("content", {"data": b"b"}),
        ("size", {"data": b"aa"}),
        ("xattrs", {"xattrs": {"user.a": b"\xff"}}),
        ("kind", {"kind": tarfile.FIFOTYPE, "data": b""}),
    ],
)
def test_each_attribute_of_a_file_is_compared(attribute, change):
    plain = {"path": "f", "data": b"a", "mode": 0o755}
    assert f"/f {attribute}" in keys(image(Tar().add(**plain)), image(Tar().add(**{**plain, **change})))
    assert keys(image(Tar().add(**plain)), image(Tar().add(**plain))) == set()


def test_links_are_compared():
    assert keys(image(Tar().link("l", "a")), image(Tar().link("l", "b"))) == {"/l target"}
    two = Tar().add("a", data=b"x").add("b", data=b"x")
    one = Tar().add("a", data=b"x").add("b", tarfile.LNKTYPE, target="a")
    assert keys(image(two), image(one)) == {"/a links", "/b links"}
    # Whichever name comes first, it is the same file.
    turned = Tar().add("b", data=b"x").add("a", tarfile.LNKTYPE, target="b")
    assert keys(image(one), image(turned)) == set()


def test_configuration_and_history_are_compared():
    history = [{"created_by": "/bin/sh -c #(nop) WORKDIR /x"}]
    other = [{"created_by": "WORKDIR /x", "empty_layer": True}]
    assert keys(image(Tar(), history=history), image(history=other)) == {"history.0 (WORKDIR)"}
    assert keys(image(config={"Env": ["A=1", "B=2"]}), image(config={"Env": ["B=2", "A=1"]})) == {"config.Env order"}
    assert keys(image(config={"Env": ["A=1"]}), image(config={"Env": ["A=2"], "Cmd": None})) == {"config.Env"}


def test_the_ways_to_write_history_are_one():
    ways = ["RUN /bin/sh -c ls # buildkit", "/bin/sh -c ls", "|1 A=1 /bin/sh -c ls", "/bin/busybox ash -c ls"]
    assert {word for word, _ in normal_history({"history": [{"created_by": each} for each in ways]})} == {"RUN"}
    ways = ["COPY a /a # buildkit", "/bin/sh -c #(nop) COPY file:1 in /a ", "copy a /a"]
    assert {word for word, _ in normal_history({"history": [{"created_by": each} for each in ways]})} == {"COPY"}


def test_faults_of_an_image_are_found():
    assert image(Tar().add("f")).faults == []
    assert any("twice" in each for each in image(Tar().add("f").add("f")).faults)
    orphan = Tar()
    orphan.seen.add("no/where")
    assert any("/no/where is not in the layer" in each for each in image(orphan.add("no/where/f")).faults)
    becomes_a_folder = image(Tar().link("l", "d"), Tar().add("l/f"))
    assert not any("no folder" in each for each in becomes_a_folder.faults)
    through = Tar().link("l", "d")
    through.seen.add("l")
    assert any("no folder" in each for each in image(through.add("l/f")).faults)
    assert any("hard link" in each for each in image(Tar().add("f", tarfile.LNKTYPE, target="gone")).faults)
    assert any("history" in each for each in image(Tar(), history=[{"created_by": "x", "empty_layer": True}]).faults)


def test_a_layout_whose_bytes_do_not_hash_to_their_names_has_a_fault(tmp_path):
    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        place = tmp_path / "blobs/sha256" / digest
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    made = bases.image([Tar().add("f").blob()], {})
    for each in made.everything:
        put(each.data)
    (tmp_path / "index.json").write_text(json.dumps({"manifests": [made.top.descriptor]}))
    assert built_image.read_layout(tmp_path).faults == []
    (tmp_path / "blobs/sha256" / made.blobs[0].digest[7:]).write_bytes(made.blobs[0].data + b" ")
    assert any("other bytes" in each for each in built_image.read_layout(tmp_path).faults)


def test_wanted_differences_are_those_of_one_builder_in_some_cases():
    entry, = wanted.load('[[difference]]\ncase = "run-*"\nbuilder = "docker"\nwhat = ["/x[1] *", "config.Env"]\nreason = "r"\n')
    assert entry.covers("run-it", "docker", "/x[1] mode") and entry.covers("run-it", "docker", "config.Env")
    assert not entry.covers("run-it", "buildah", "config.Env")
    assert not entry.covers("copy-it", "docker", "config.Env")
    assert not entry.covers("run-it", "docker", "config.Env order")
    assert entry.seen == {"/x[1] *": {"run-it"}, "config.Env": {"run-it"}}


def test_a_context_is_laid_as_its_table_says(tmp_path):
    lay(tmp_path, 'd/ 0711\nd/f 4750 "a\\nb"\n"a b"\nl -> d/f\nh = d/f\np fifo 0600\nbig size=10 sparse=90\n# no\n')
    assert (tmp_path / "d").stat().st_mode & 0o7777 == 0o711
    assert (tmp_path / "d/f").read_text() == "a\nb" and (tmp_path / "d/f").stat().st_nlink == 2
    assert (tmp_path / "d/f").stat().st_mode & 0o7777 == 0o4750
    assert (tmp_path / "a b").read_text() == "a b\n"
    assert (tmp_path / "l").readlink().as_posix() == "d/f"
    assert (tmp_path / "p").is_fifo() and (tmp_path / "big").stat().st_size == 100


def test_a_builder_reads_its_own_dockerfile_first(tmp_path):
    for end in ("", ".peers", ".docker"):
        (tmp_path / f"Dockerfile{end}").write_text(end)
    made = case_of_folder(tmp_path)
    assert [made.text(each) for each in ("ix", "docker", "buildah", "buildkit")] == ["", ".docker", ".peers", ""]


def test_a_rule_is_a_case_of_ix_and_buildkit_alone():
    rules = {each.name: each for each in cases_of_rules()}
    assert len(rules) == len(cases_of_rules()) >= 300
    one = rules["rule-copy-destination-empty"]
    assert [one.asks(each) for each in ("ix", "buildkit", "docker", "buildah", "ix-as-user")] == [True, True, False, False, False]
    assert not {each.name for each in cases_of_folders()} & rules.keys()
