"""The order and the headings of the page."""

import ast
import pathlib

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "scenarios"
# The order of the page: what a user waits for first.
ORDER = ["build", "image_cache", "registry", "rootfs", "context", "layer", "memory", "startup", "file_hash", "graph", "growth", "machine"]


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
