"""The record as docs/benchmarks.md."""

from . import story, tables, text


def cell(value):
    return str(value).replace("|", "\\|").replace("<", "&lt;")


def table(header, rows):
    lines = ["| " + " | ".join(map(cell, header)) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(cell(each) for each in row) + " |" for row in rows])


def profile(each):
    return f"### {each['title']}\n\n{each['found'].strip()}\n\n{each['done'].strip()}\n\nBefore {each['before']}, after {each['after']}."


def section(name, rows):
    heading, words = text.heading(name)
    parts = [f"## {heading}", words]
    for row in [each for each in rows if each["kind"] == "compare"]:
        parts += [table(*tables.compare(row)), row["about"]]
    for kind, rows_of in (("figure", tables.single), ("limit", tables.single), ("growth", tables.growth)):
        found = [each for each in rows if each["kind"] == kind]
        if found:
            parts.append(table(*rows_of(found)))
            parts += [f"{each['title']}: {each['about']}" for each in found if each["about"]]
    return "\n\n".join(part for part in parts if part)


INTRODUCTION = """# Benchmarks

How fast `ix` is, next to its peers and to what the machine itself takes for the same work, in turn, in one run. The same with plots is
[benchmarks.html](benchmarks.html). `bench/report` writes both from the record of a run, [bench/results/latest.json](../bench/results/latest.json).

    bench/run --json bench/results/latest.json    # an hour, as root, with nothing else on the machine
    bench/run --quick                             # small inputs: does it work?
    bench/report                                  # this page

Times are medians of whole processes over {runs}, with the smallest and the largest; a ratio is taken run by run, ours divided by the other's, so that below 1 is less. Processor
is the time of all processors together, daemons included; memory the largest resident set of one process. Requests, bytes read and bytes that came new are what the registry
saw. *Limit* marks what the machine takes for the same work without a builder. What is asked for is what the project set itself before it measured. How a scenario or a
peer is added is in [bench/README.md](../bench/README.md).

Measured {when} at {commit}: {processor}, {cores} cores, {memory} GiB, Linux {kernel}, {system} in a file system of its own for each
scenario. {versions}. Machines that are shared are noisy: repeat before you conclude."""


def notes(record):
    """What must be known to judge the whole record."""
    return ["These are small inputs, which only show that the bench works." if record["quick"] else "", record.get("note", "")]


def page(record):
    rows = record["rows"]
    why = story.explanations(rows)
    machine = record["machine"]
    counts = sorted({len(each["runs"]) for row in rows if row["kind"] == "compare" for each in row["subjects"]})
    parts = [INTRODUCTION.format(
        runs=f"{counts[0]} to {counts[-1]} runs" if len(counts) > 1 else f"{counts[0]} runs", when=record["when"][:10], commit=record["commit"], processor=machine["processor"],
        cores=machine["cores"], memory=round(machine["memory_mib"] / 1024), kernel=machine["kernel"], system=machine["system"],
        versions=", ".join(f"{name} {version}" for name, version in record["versions"].items()))]
    parts += [note for note in notes(record) if note]
    parts += [section(name, found) for name, found in text.sections(rows)]
    if story.gaps(rows):
        parts += ["## Next to the limits of the machine", table(*tables.gaps(rows))]
    # From here on for those who change the program.
    parts += ["## What was asked for", table(*tables.asked(rows))]
    if why:
        parts += ["What is not met, and where a peer is faster:", "\n".join(f"- **{cell(title)}**: {reason}" for title, reason in why.items())]
    if story.profiles():
        parts += ["## What was slow, and what was done", *(profile(each) for each in story.profiles())]
    return "\n\n".join(parts) + "\n"
