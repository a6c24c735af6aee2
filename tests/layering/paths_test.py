"""That the sources which the pages for developers name are there: the walks of CONTRIBUTING.md first of all."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["CONTRIBUTING.md", "src/README.md", "docs/architecture.md"]
SOURCE = re.compile(r"`([\w/.-]+\.(?:cc|h|py))`")
THE_USERS = {"ixian.py"}


@pytest.fixture(scope="module")
def sources():
    files = [path.relative_to(ROOT) for each in ("src", "testing", "tests", "bench") for path in (ROOT / each).rglob("*") if path.is_file()]
    # As an include has it, without the district, and by name alone.
    return {spelling for path in files for spelling in (str(path), "/".join(path.parts[2:]), path.name)}


@pytest.mark.parametrize("page", PAGES)
def test_each_source_that_a_page_names_is_there(page, sources):
    named = set(SOURCE.findall((ROOT / page).read_text())) - THE_USERS
    assert named or page == "src/README.md", "the pattern finds nothing"
    assert sorted(named - sources) == []


def test_there_are_six_walks():
    walks = re.search(r"^## Six walks\n(.*?)^## ", (ROOT / "CONTRIBUTING.md").read_text(), re.M | re.S).group(1)
    titles = re.findall(r"^- \*\*(.*?):\*\*", walks, re.M)
    assert len(titles) == 6
    for title, walk in zip(titles, re.split(r"^- \*\*", walks, flags=re.M)[1:]):
        assert SOURCE.search(walk) or "directory" in walk, title
