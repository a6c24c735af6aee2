"""The tables of both pages, each as its header and its rows of cells, in Markdown's inline notation."""

import statistics

from parts import figures, units

from . import story

FIGURES = {"seconds": "time", "cpu_seconds": "processor", "peak_mib": "memory", "requests": "requests", "pulled_bytes": "read", "pushed_bytes": "new there"}
ROLES = {"ours": "", "peer": "", "limit": " (limit)"}


def compare(row):
    recorded = [name for name in FIGURES if any(figures.values(each, name) for each in row["subjects"])]
    lines = []
    for each in row["subjects"]:
        low, high = figures.spread(figures.values(each))
        cells = [each["name"] + ROLES[each["role"]], f"{units.seconds(figures.median(each))} ({units.seconds(low)} – {units.seconds(high)})"]
        cells += [units.figure(name, figures.median(each, name)) for name in recorded[1:]]
        if each["role"] == "ours":
            cells.append("")
        else:
            low, high = figures.spread(figures.ratios(row, each))
            cells.append(f"{units.ratio(figures.median_ratio(row, each))} × ({units.ratio(low)} – {units.ratio(high)})")
        lines.append(cells)
    return [row["title"], *(FIGURES[name] for name in recorded), "ix / it"], lines


def growth(rows):
    lines = []
    for row in rows:
        for each in row["series"]:
            points = ", ".join(f"{point['size']:,}: {units.seconds(statistics.median(point['seconds']))}" for point in each["points"])
            lines.append([row["title"], each["name"], row["of"], points, f"{figures.growth(each):.2f}"])
    return ["growth of", "", "with", "times", "exponent"], lines


def single(rows):
    lines = []
    for row in rows:
        low, high = (units.number(each, row["unit"]) for each in figures.spread(row["runs"]))
        lines.append([row["title"], units.number(statistics.median(row["runs"]), row["unit"]), f"{low} – {high}"])
    return ["", "median", "spread"], lines


def answers(row):
    """What was asked of a row: (what was measured, the limit, the unit of both, whether it is met), in words but for the last."""
    for against, name, value, _, limit, met in figures.asked(row):
        if against:
            yield f"{units.ratio(value)} × {against}{'' if name == 'seconds' else f' ({FIGURES[name]})'}", units.limit(*limit), "", met
        elif row["kind"] == "growth":
            yield f"{value:.2f} (exponent)", units.limit(*limit), "", met
        elif row["kind"] == "compare":
            yield units.figure(name, value), units.limit(*limit), "MiB" if name == "peak_mib" else "", met
        else:
            yield units.number(value, row["unit"]), units.limit(*limit), row["unit"], met


def asked(rows):
    lines = [[row["title"], measured, f"{limit} {unit}".rstrip(), "yes" if met else "**no**"] for row in rows for measured, limit, unit, met in answers(row)]
    return ["", "measured", "asked for", "met"], lines


def gaps(rows):
    lines = [[row["title"], units.seconds(figures.median(figures.ours(row["subjects"]))), f"{limit['name']}: {units.seconds(figures.median(limit))}", f"{ratio:.2f} ×"]
             for row, limit, ratio in story.gaps(rows)]
    return ["", "ix", "limit", "ix / limit"], lines
