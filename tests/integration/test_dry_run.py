"""--dry-run before a command, or behind it, and nothing is copied, removed or written."""

import images
import pytest


@pytest.fixture
def stored(ix, layout, tmp_path):
    """The store has app:1."""
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    ix("image", "copy", layout.add("1", images.small_image()), "store:app:1").ok()
    return ix


def names(ix):
    return [line.split()[0] for line in ix("image", "ls").ok().stdout.splitlines()[1:]]


@pytest.fixture(params=["before", "behind"])
def dry(request, stored):
    def run(*args):
        return stored("--dry-run", *args) if request.param == "before" else stored(*args, "--dry-run")

    return run


def test_rm(stored, dry):
    assert dry("image", "rm", "store:app:1").ok().stdout.startswith("Would remove store:app:1, sha256:")
    dry("image", "rm", "store:none:1").failed(4, "There is no store:none:1")
    assert len(names(stored)) == 1


def test_rm_at_a_registry(stored, dry, plain):
    plain.put("team/app", "1", images.small_image())
    assert "Would remove" in dry("image", "rm", f"{plain.host}/team/app:1").ok().stdout
    assert stored("image", "tags", f"{plain.host}/team/app").ok().stdout == "1\n"


def test_copy(stored, dry, plain, tmp_path):
    target = f"{plain.host}/team/app:1"
    assert f"Would copy store:app:1, sha256:" in dry("image", "copy", "store:app:1", target).ok().stdout
    assert stored("image", "tags", f"{plain.host}/team/app").ok().stdout == ""
    stored("image", "copy", "store:app:1", target).ok()
    assert "Would copy nothing" in dry("image", "copy", "store:app:1", target).ok().stdout
    for place in (f"oci:{tmp_path}/new:1", f"docker-archive:{tmp_path}/new"):
        assert "Would copy store:app:1" in dry("image", "copy", "store:app:1", place).ok().stdout
    assert "Would copy store:app:1" in dry("image", "export", "store:app:1", tmp_path / "new").ok().stdout
    assert not (tmp_path / "new").exists()
    dry("image", "copy", "store:none:1", target).failed(4, "There is no store:none:1")


def test_prune(stored, dry):
    assert "Would remove" in dry("image", "prune", "--all", "--keep", "0").ok().stdout
    assert len(names(stored)) == 1


def test_prune_of_a_registry_goes_by_the_more_careful_word(stored, dry, plain):
    plain.put("team/app", "1", images.small_image())
    assert "removing" not in dry("image", "prune", "--registry", f"{plain.host}/team/app", "--remove").ok().stdout
