"""What is computed of a record."""

import pytest
from parts import figures


def subject(name, role, *seconds, **more):
    return {"name": name, "role": role, "runs": [{"seconds": each, **more} for each in seconds]}


def compare(*subjects, asked=()):
    return {"kind": "compare", "title": "t", "asked": list(asked), "subjects": list(subjects)}


def test_a_ratio_is_taken_run_by_run():
    row = compare(subject("ix", "ours", 1, 10, 3), subject("peer", "peer", 2, 20, 3))
    assert figures.ratios(row, row["subjects"][1]) == [0.5, 0.5, 1]
    assert figures.median_ratio(row, row["subjects"][1]) == 0.5


def test_the_exponent_of_a_power_is_found():
    assert figures.exponent([(10, 3), (100, 300), (1000, 30000)]) == pytest.approx(2)
    assert figures.exponent([(10, 7), (100, 7)]) == pytest.approx(0)


@pytest.mark.parametrize("limit, met", [(0.5, True), (0.49, False)])
def test_what_was_asked_against_a_peer(limit, met):
    row = compare(subject("ix", "ours", 1, 2), subject("peer", "peer", 2, 4), asked=[{"against": "peer", "figure": "seconds", "at_most": limit}])
    assert figures.asked(row) == [("peer", "seconds", 0.5, (0.5, 0.5), ("at_most", limit), met)]


def test_a_peer_that_was_left_out_is_not_judged():
    row = compare(subject("ix", "ours", 1, requests=5), subject("peer", "peer", 1, requests=0),
                  asked=[{"against": "absent", "figure": "seconds", "at_most": 1}, {"against": "peer", "figure": "requests", "at_most": 1}])
    assert figures.asked(row) == []


def test_what_was_asked_of_ours_alone():
    row = compare(subject("ix", "ours", 1, peak_mib=30), subject("peer", "peer", 1, peak_mib=99), asked=[{"against": None, "figure": "peak_mib", "at_most": 64}])
    assert figures.asked(row) == [(None, "peak_mib", 30, None, ("at_most", 64), True)]


def test_what_was_asked_of_a_figure_and_of_growth():
    rate = {"kind": "figure", "runs": [100, 400, 300], "asked": [{"against": None, "figure": "seconds", "at_least": 300}]}
    assert figures.asked(rate) == [(None, "seconds", 300, (100, 400), ("at_least", 300), True)]
    points = [{"size": 10, "seconds": [1, 1]}, {"size": 100, "seconds": [100, 100]}]
    growth = {"kind": "growth", "asked": [{"against": None, "figure": "seconds", "at_most": 1.1}], "series": [{"name": "ix", "role": "ours", "points": points}]}
    [(_, _, value, _, _, met)] = figures.asked(growth)
    assert value == pytest.approx(2) and not met
