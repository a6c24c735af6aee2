"""A project that was written for the original, from its documentation, runs as it is."""

import re

import pytest


@pytest.fixture
def shop(sample):
    return sample("original")


def bundles(project):
    return sorted(path.name for path in (project.path / ".builder/bundles").glob("*"))


def test_the_task_of_the_first_page(shop):
    assert shop.ix("my_task").ok().stdout == "() {}\n"
    assert shop.ix("my_task", "arg1", "arg2", "--flag", "--two=2").ok().stdout == "('arg1', 'arg2') {'flag': True, 'two': 2}\n"


def test_help_lists_all_categories(shop):
    listing = shop.ix("--help").ok().stdout
    for words in ("[ Testing ]", "[ Build ]", "[ Release ]", "[ Misc ]", "ship the bundle", "Run all linting tasks.", "Prepare the sources."):
        assert words in listing


def test_a_page_shows_configuration_and_status(shop):
    page = shop.ix("help", "ship").ok().stdout
    image = re.search(r"SHOP.IMAGE: +registry.example.org/shop:([0-9a-f]{12})\n", page)
    assert image and f"{shop.path}/.builder/bundles/{image[1]}.txt" in page
    tree = page.split("STATUS\n")[1]
    assert [line.strip() for line in tree.splitlines()] == ["○ ship", "○ bundle", "○ prepare", "○ vendor", "○ test", "○ lint_spaces"]
    assert "Prints what it is called with, for shop." in shop.ix("help", "my_task").ok().stdout


def test_shipping_runs_what_it_needs_once(shop):
    result = shop.ix("-j1", "ship").ok()
    first = result.stdout.splitlines()
    assert sorted(first[:-1]) == ["bundled 29 characters", "no spaces", "vendor"]
    assert re.fullmatch(r"shipped registry.example.org/shop:[0-9a-f]{12}", first[-1])
    assert len(bundles(shop)) == 1 and list((shop.path / "shelf").iterdir())
    assert shop.ix("-j1", "ship").ok().stdout.splitlines() == [first[-1]]
    assert shop.ix("bundle").ok().stdout == ""


def test_other_sources_make_another_bundle_and_old_sources_find_theirs(shop):
    shop.ix("bundle").ok()
    (old,) = bundles(shop)
    original = (shop.path / "src/two.txt").read_text()
    shop.write("src/two.txt", "changed\n")
    assert "bundled 31 characters" in shop.ix("bundle").ok().stdout
    assert len(bundles(shop)) == 2
    shop.write("src/two.txt", original)
    assert f"{old[:-4]}" in shop.ix("help", "bundle").ok().stdout


def test_a_lost_product_is_made_again(shop):
    shop.ix("bundle").ok()
    for path in (shop.path / ".builder/bundles").iterdir():
        path.unlink()
    assert "bundled" in shop.ix("bundle").ok().stdout


def test_a_setting_is_a_reason_to_run(shop):
    shop.ix("bundle").ok()
    result = shop.ix("why", "bundle", env={"JT_SHOP__LONGEST_LINE": "41"}).ok()
    assert re.search(r"SHOP.LONGEST_LINE +40 → 41", result.stdout)
    assert "bundled" in shop.ix("bundle", env={"JT_SHOP__LONGEST_LINE": "41"}).ok().stdout


def test_a_dependency_of_a_virtual_target_passes_on_that_it_ran(shop):
    shop.ix("bundle").ok()
    shop.write("vendor/big.bin", "longer than before")
    assert shop.ix("-j1", "bundle").ok().stdout == "vendor\nbundled 29 characters\n"


def test_clean_with_a_plain_function(shop):
    shop.ix("bundle").ok()
    assert shop.ix("-j1", "--clean", "bundle").ok().stdout == "bundles removed\nbundled 29 characters\n"
    assert shop.ix("-j1", "--clean-all", "bundle").ok().stdout == "bundles removed\nvendor\nbundled 29 characters\n"


def test_a_task_belongs_to_several_targets(shop):
    assert "no spaces" in shop.ix("-j1", "lint").ok().stdout
    assert "up to date" in shop.ix("test").ok().stderr
    shop.write("src/one.txt", "bad \n")
    shop.ix("test").failed(1, "src/one.txt has spaces at the end of a line.")


def test_overrides_of_the_environment(shop):
    shop.write("src/one.txt", "x" * 50 + "\n")
    shop.ix("lint_length").failed(1, "non-zero code: 1")
    shop.ix("lint_length", env={"JT_SHOP__LONGEST_LINE": "60"}).ok()
    assert "example.com/shop" in shop.ix("-j1", "ship", env={"JT_SHOP__REGISTRY": "example.com"}).ok().stdout


def test_a_task_that_wraps_a_command(shop):
    assert shop.ix("shell", "printf", "<%s>", "'{SHOP.REGISTRY}'", "b").ok().stdout == "<registry.example.org><b>"
    shop.ix("shell", "false").failed(1, "1")


def test_contexts(shop):
    assert shop.ix("-j1", "ship", env={"JT_RUN_CONTEXT": "ci"}).ok()
    shop.ix("my_task", env={"JT_RUN_CONTEXT": "ci"}).failed(2, "my_task")
    assert shop.ix("shell", "echo hi", env={"JT_RUN_CONTEXT": "ci"}).ok().stdout == "hi\n"


def test_another_file_name_by_ixian_config(shop):
    (shop.path / "ixian.py").rename(shop.path / "build.py")
    assert shop.ix("my_task", env={"IXIAN_CONFIG": str(shop.path / "build.py")}).ok().stdout == "() {}\n"
