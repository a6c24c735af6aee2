"""bench/report: pages of a record of all kinds, and its refusal to leave something unexplained."""

import html.parser
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from page import html as html_page
from page import markdown, story, text

ASKED = [{"against": "Buildah", "figure": "seconds", "at_most": 0.4}]
ROWS = [
    {"scenario": "build", "kind": "compare", "title": "cold <build> & push | all", "about": "With `RUN`.", "asked": ASKED, "subjects": [
        {"name": "ix", "role": "ours", "runs": [{"seconds": 11.5, "cpu_seconds": 14, "peak_mib": 138.2, "requests": 7, "pulled_bytes": 1234567, "pushed_bytes": 0}] * 2},
        {"name": "Buildah", "role": "peer", "runs": [{"seconds": 90, "cpu_seconds": 140, "peak_mib": 99}, {"seconds": 95, "cpu_seconds": 141, "peak_mib": 99}]},
        {"name": "by hand", "role": "limit", "runs": [{"seconds": 8, "cpu_seconds": 9, "peak_mib": 3}] * 2}]},
    {"scenario": "layer", "kind": "figure", "title": "speed", "about": "", "unit": "MB/s", "runs": [500, 600, 550], "asked": [{"against": None, "figure": "seconds", "at_least": 300}]},
    {"scenario": "machine", "kind": "limit", "title": "SHA-256", "about": "One core.", "unit": "MB/s", "runs": [1700, 1800]},
    {"scenario": "growth", "kind": "growth", "title": "push of layers", "about": "", "of": "layers", "asked": [{"against": None, "figure": "seconds", "at_most": 1.1}], "series": [
        {"name": "ix", "role": "ours", "points": [{"size": 20, "seconds": [0.1, 0.12]}, {"size": 60, "seconds": [0.3]}, {"size": 200, "seconds": [0.9]}]},
        {"name": "skopeo", "role": "peer", "points": [{"size": 20, "seconds": [0.4]}, {"size": 60, "seconds": [1.1]}, {"size": 200, "seconds": [4.1]}]}]},
]
RECORD = {"schema": 1, "when": "2026-01-02T03:04:05Z", "commit": "abc", "quick": False, "versions": {"ix": "0.1", "Buildah": "1.28"}, "rows": ROWS,
          "machine": {"processor": "A & B", "cores": 2, "memory_mib": 24105, "kernel": "6.1", "system": "Debian", "file_system": "ext4"}}


class Checker(html.parser.HTMLParser):
    """Every element that is opened is closed, in order."""

    VOID = {"meta", "br"}

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, _):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed():
    page = html_page.page(RECORD)
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    drawn = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(drawn) == 3  # bars, limits, growth
    for each in drawn:
        assert ElementTree.fromstring(each).find("title").text


def test_the_page_needs_nothing_from_elsewhere():
    page = html_page.page(RECORD)
    assert "<script" not in page and not re.search(r'(src|href)="(?!#)', page)


def test_text_of_a_record_is_escaped():
    page, lines = html_page.page(RECORD), markdown.page(RECORD)
    assert "cold &lt;build&gt; &amp; push" in page and "<build>" not in page
    assert "cold &lt;build> & push \\| all" in lines


def test_figures_are_in_both_pages():
    for page in (html_page.page(RECORD), markdown.page(RECORD)):
        assert "11.50 s" in page and "138 MiB" in page and "1.2 MiB" in page
        assert "0.12" in page  # 11.5 / 90 and 11.5 / 95
        assert "550 MB/s" in page and "1,750 MB/s" in page


def test_the_whole_page_in_the_right_order():
    headings = re.findall(r"^## (.*)", markdown.page(RECORD), re.M)
    names = [text.heading(name)[0] for name in ("build", "layer", "growth", "machine")]
    assert headings[:6] == [*names, "Next to the limits of the machine", "What was asked for"]


def test_a_figure_that_is_not_met_must_be_explained():
    row = {**ROWS[0], "asked": [{"against": "Buildah", "figure": "seconds", "at_most": 0.01}]}
    with pytest.raises(story.Unexplained, match="cold <build>"):
        story.explanations([row], {})
    assert story.explanations([row], {row["title"]: " Because. "}) == {row["title"]: "Because."}


def test_a_row_in_which_a_peer_wins_must_be_explained():
    slow = {**ROWS[0], "asked": [], "subjects": [ROWS[0]["subjects"][0], {"name": "fast", "role": "peer", "runs": [{"seconds": 1}] * 2}]}
    with pytest.raises(story.Unexplained):
        story.explanations([slow], {})


def test_the_program(tmp_path):
    record = tmp_path / "record.json"
    record.write_text(json.dumps(RECORD))
    command = [ROOT / "bench/report", "--into", tmp_path, record]
    assert subprocess.run(command, capture_output=True, text=True).returncode == 0
    assert (tmp_path / "benchmarks.md").read_text() == markdown.page(RECORD)
    record.write_text(json.dumps({**RECORD, "rows": [{**ROWS[0], "asked": [{"against": "Buildah", "figure": "seconds", "at_most": 0.01}]}]}))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "cold <build>" in done.stderr
    record.write_text("{}")
    assert subprocess.run(command, capture_output=True).returncode == 2


def test_the_pages_in_the_documentation_are_those_of_the_record(tmp_path):
    assert subprocess.run([ROOT / "bench/report", "--into", tmp_path]).returncode == 0
    for name in ("benchmarks.md", "benchmarks.html"):
        assert (tmp_path / name).read_text() == (ROOT / "docs" / name).read_text()
