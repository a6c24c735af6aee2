"""What figures do not say of themselves: why one is not met or a peer wins, and what was done where something was slow."""

import pathlib
import tomllib

from parts import figures

HERE = pathlib.Path(__file__).resolve().parent.parent


class Unexplained(SystemExit):
    pass


def load(name):
    with (HERE / name).open("rb") as file:
        return tomllib.load(file)


def unmet(row):
    return [each for each in figures.asked(row) if not each[5]]


def beaten_by(row):
    """The peers that took less time than ours, by the medians of the ratios."""
    if row["kind"] != "compare":
        return []
    return [each["name"] for each in row["subjects"] if each["role"] == "peer" and figures.median_ratio(row, each) > 1]


def explanations(rows, told=None):
    """Row title → why: for each row that is not met or in which a peer wins. Raises Unexplained where there is none."""
    told = load("explanations.toml") if told is None else told
    needed = [row for row in rows if unmet(row) or beaten_by(row)]
    missing = [row["title"] for row in needed if row["title"] not in told]
    if missing:
        raise Unexplained("bench/explanations.toml does not say why: " + "; ".join(missing))
    return {row["title"]: told[row["title"]].strip() for row in needed}


def profiles():
    return load("profiles.toml").get("profile", [])


def gaps(rows):
    """(row, limit, ratio) of each row that is beside what the machine itself takes, largest ratio first."""
    found = [(row, each, figures.median_ratio(row, each)) for row in rows if row["kind"] == "compare" for each in row["subjects"] if each["role"] == "limit"]
    return sorted(found, key=lambda gap: -gap[2])
