"""Numbers and names as people read them."""

import ast
import pathlib

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "scenarios"
# The order of the page: what a user waits for first.
ORDER = ["build", "image_cache", "registry", "rootfs", "context", "layer", "memory", "startup", "file_hash", "graph", "growth", "machine"]


def seconds(value):
    if value is None:
        return ""
    if value >= 100:
        return f"{value:.0f} s"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1000:.0f} ms" if value >= 0.1 else f"{value * 1000:.1f} ms"


def tick(value):
    """Seconds on an axis."""
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms" if value else "0"


def amount(size):
    """Bytes."""
    if size is None:
        return ""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("kiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}" if size < 100 * factor else f"{size / factor:.0f} {unit}"
    return f"{size:.0f} B"


def figure(name, value):
    """A figure of a run, with its unit."""
    if value is None:
        return ""
    if name in ("seconds", "cpu_seconds"):
        return seconds(value)
    if name == "peak_mib":
        return f"{value:.0f} MiB"
    return amount(value) if name.endswith("_bytes") else f"{value:,.0f}"


def number(value, unit):
    """A figure of a row that has no peer."""
    if unit in ("s", "ms"):
        return seconds(value if unit == "s" else value / 1000)
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def ratio(value):
    return f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"


def limit(kind, value):
    return f"{'≤' if kind == 'at_most' else '≥'} {value:g}"


def heading(scenario):
    """The heading of a scenario's section, and its text: the docstring of its file."""
    text = ast.get_docstring(ast.parse((SCENARIOS / f"{scenario}.py").read_text())) or scenario
    first, _, rest = text.partition("\n")
    return first, " ".join(rest.split())


def sections(rows):
    """(scenario, its rows) in the order of the page."""
    names = [name for name in ORDER if any(row["scenario"] == name for row in rows)]
    names += sorted({row["scenario"] for row in rows} - set(ORDER))
    return [(name, [row for row in rows if row["scenario"] == name]) for name in names]


def anchor(heading_text):
    """The fragment that GitHub makes of a heading."""
    kept = "".join(each for each in heading_text.lower() if each.isalnum() or each in "_- ")
    return kept.replace(" ", "-")
