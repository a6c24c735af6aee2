"""bench/run --quick: scenarios work, and the record is as bench/README.md says."""

import json
import subprocess

import pytest
from conftest import PROGRAMS, ROOT

FIGURES = {"seconds", "cpu_seconds", "peak_mib"}
# Those that take root's builders a long time are left to whoever measures.
SCENARIOS = ["startup", "file_hash", "graph", "layer", "registry"]


def bench(*args):
    return subprocess.run([ROOT / "bench/run", "--programs", PROGRAMS, "--quick", "--runs", "1", *args], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    file = tmp_path_factory.mktemp("bench") / "record.json"
    done = bench("--json", file, *SCENARIOS)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text())


def test_the_record_says_where_it_was_made(record):
    assert record["schema"] == 1 and record["quick"] is True
    assert record["machine"]["cores"] > 0 and record["versions"]["ix"] and record["versions"]["Buildah"]


def test_every_row_has_what_its_kind_has(record):
    assert {row["scenario"] for row in record["rows"]} == set(SCENARIOS)
    for row in record["rows"]:
        if row["kind"] == "compare":
            assert [each["role"] for each in row["subjects"]].count("ours") == 1
            assert all(FIGURES <= set(run) for each in row["subjects"] for run in each["runs"])
        elif row["kind"] == "growth":
            assert all(len(each["points"]) >= 3 for each in row["series"])
        else:
            assert row["unit"] and row["runs"]


def test_what_a_registry_saw_is_recorded(record):
    rows = {row["title"].partition(" ")[0]: row for row in record["rows"] if row["scenario"] == "registry"}
    pushed = [run for each in rows["push"]["subjects"] if each["role"] != "limit" for run in each["runs"]]
    assert all(run["requests"] > 3 and run["pushed_bytes"] > 1_000_000 for run in pushed)
    pulled = [run for each in rows["pull"]["subjects"] if each["role"] != "limit" for run in each["runs"]]
    assert all(run["pulled_bytes"] > 1_000_000 for run in pulled)


def test_rows_of_other_scenarios_stay(record, tmp_path):
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record))
    assert bench("--json", file, "startup").returncode == 0
    assert {row["scenario"] for row in json.loads(file.read_text())["rows"]} == set(SCENARIOS)


def test_an_unknown_scenario_is_an_error():
    done = bench("tea")
    assert done.returncode == 2 and "startup" in done.stderr
