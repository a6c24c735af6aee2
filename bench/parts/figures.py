"""What recorded runs say: medians, ratios run by run, growth, and whether what was asked for is met."""

import math
import statistics


def values(subject, figure="seconds"):
    """That figure of each run of a subject, or [] if it was not recorded."""
    return [run[figure] for run in subject["runs"] if figure in run]


def median(subject, figure="seconds"):
    found = values(subject, figure)
    return statistics.median(found) if found else None


def ours(members):
    """Of the subjects of a row, or of its series."""
    return next(each for each in members if each["role"] == "ours")


def ratios(row, other, figure="seconds"):
    """Ours / the other's, run by run: what disturbs the machine for a while disturbs both."""
    return [mine / theirs for mine, theirs in zip(values(ours(row["subjects"]), figure), values(other, figure)) if theirs]


def exponent(points):
    """The slope through (size, value) on logarithmic axes: 1 is linear growth."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mx, my = statistics.mean(xs), statistics.mean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def growth(series):
    """The exponent of a series of a growth row."""
    return exponent([(point["size"], statistics.median(point["seconds"])) for point in series["points"]])


def asked(row):
    """Each thing that was asked of a row, as (against, what is limited, value, spread or None, limit, met).

    A limit is a pair of "at_most" or "at_least" and a number. `against` is None for what has no peer.
    """
    answers = []
    for each in row.get("asked", []):
        if row["kind"] == "compare" and each.get("against"):
            other = next((subject for subject in row["subjects"] if subject["name"] == each["against"]), None)
            found = ratios(row, other, each["figure"]) if other else []
            if not found:
                continue  # it was left out, or has none of that
            value, reach = statistics.median(found), spread(found)
        elif row["kind"] == "compare":
            value, reach = median(ours(row["subjects"]), each["figure"]), None
        elif row["kind"] == "growth":
            value, reach = growth(ours(row["series"])), None
        else:
            value, reach = statistics.median(row["runs"]), spread(row["runs"])
        kind = "at_most" if "at_most" in each else "at_least"
        met = value <= each[kind] if kind == "at_most" else value >= each[kind]
        answers.append((each.get("against"), each.get("figure"), value, reach, (kind, each[kind]), met))
    return answers


def median_ratio(row, other, figure="seconds"):
    return statistics.median(ratios(row, other, figure))


def spread(found):
    """Smallest and largest."""
    return min(found), max(found)
