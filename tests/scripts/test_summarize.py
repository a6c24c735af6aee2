"""scripts/summarize: what it counts, and that CI does not pass over what scripts/deps installs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts/summarize"
XML = '<testsuites><testsuite><testcase classname="a" name="one"/><testcase classname="a" name="two"><skipped message="{reason}"/></testcase></testsuite></testsuites>'


def summarize(folder, ci=None):
    environment = {key: value for key, value in os.environ.items() if key != "CI"} | ({"CI": ci} if ci else {})
    done = subprocess.run([sys.executable, PROGRAM, folder], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()[-1] if done.stdout else done.stderr, done.stdout


@pytest.fixture
def results(tmp_path):
    def write(reason):
        (tmp_path / "x.xml").write_text(XML.format(reason=reason))
        (tmp_path / "steps.tsv").write_text(f"group\tname\tpassed\t\t{tmp_path / 'x.xml'}\n")
        return tmp_path

    return write


@pytest.mark.parametrize(
    "reason",
    [
        "skopeo is not installed",
        "neither pasta nor slirp4netns is installed",
        "docker-registry or htpasswd is not installed",
        "the package uidmap is not installed",
        "today's Docker cannot be fetched: no network",
    ],
)
def test_in_ci_a_skip_for_want_of_a_package_fails(results, reason):
    folder = results(reason)
    assert summarize(folder)[:2] == (0, "1 passed, 0 failed, 1 skipped")
    code, last, text = summarize(folder, ci="true")
    assert (code, last) == (1, "1 passed, 1 failed, 0 skipped")
    assert f"a.two: skipped, which CI may not: {reason}" in text


@pytest.mark.parametrize("reason", ["only root may mount an overlay here", "no extended attributes here", "IXIAN_NIGHTLY is not set"])
def test_in_ci_other_reasons_to_skip_are_reasons(results, reason):
    assert summarize(results(reason), ci="true")[:2] == (0, "1 passed, 0 failed, 1 skipped")


def test_gtest_has_its_reason_as_text_or_message(results):
    folder = results("")
    skipped = "<skipped><![CDATA[a_test.cc:3\ncrun is not installed]]></skipped>"
    (folder / "x.xml").write_text(XML.replace('<skipped message="{reason}"/>', skipped))
    assert summarize(folder, ci="true")[0] == 1
