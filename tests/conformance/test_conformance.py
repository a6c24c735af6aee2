"""Each case is built by ix and its peers, and the images are the same, but for what wanted.toml lists.

Where ix has no command `build`, the peers are compared with one another, which shows that the harness can tell images apart.
"""

import itertools

import pytest
from compare import differences, show

compared = set()  # names of the cases whose images were


def pairs(outcomes):
    if "ix" in outcomes:
        return [("ix", name) for name in outcomes if name != "ix"]  # what ix makes as an ordinary user is the same too
    return list(itertools.combinations(outcomes, 2))


def told(outcomes, names):
    return "".join(f"\n--- {name}\n{outcomes[name].output[-4000:]}" for name in sorted(names))


def test_case(session, case):
    outcomes = session.outcomes(case)
    for name, reason in session.missing.items():
        if reason and case.asks(name) and not name.startswith("ix"):
            pytest.skip(reason)

    def is_wanted(names, key):
        # Every entry is asked, so that each is seen to occur.
        return any([entry.covers(case.name, name, key) for entry in session.wanted for name in names])

    astray = {name for name, each in outcomes.items() if each.ok == case.fails and not is_wanted([name], "outcome")}
    if astray:
        pytest.fail(f"{', '.join(sorted(astray))} {'built' if case.fails else 'did not build'} it{told(outcomes, astray)}", pytrace=False)

    problems = []
    for name, each in outcomes.items():
        problems += [f"  {name}: {fault}" for fault in (each.image.faults if each.image else []) if not is_wanted([name], f"fault: {fault}")]
    images = {name: each.image for name, each in outcomes.items() if each.image is not None and not case.fails}
    for names in pairs(images):
        found = differences(*(images[name] for name in names))
        problems += [show({key: value}, names) for key, value in found.items() if not is_wanted(names, key)]
    compared.add(case.name)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_every_wanted_difference_occurs(session, request):
    """Last of all: a difference that is gone must go from the list too. Those of cases that did not run cannot be told."""
    from cases import all_cases
    from wanted import matches

    if "ix" not in session.builders:
        pytest.skip(session.missing["ix"])  # what stands for both peers can be seen beside ix alone
    gone = []
    for entry in session.wanted:
        meant = [case.name for case in all_cases() if matches(entry.case, case.name)]
        if not meant:
            gone.append(f"{entry.case}: there is no such case")
        elif set(meant) <= compared:
            gone += [f"{entry.case}, {entry.builder}: {what}" for what in entry.what if what not in entry.seen]
    assert not gone, "these no longer occur:\n" + "\n".join(gone)
