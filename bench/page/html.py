"""The record as docs/benchmarks.html: one file, without scripts or anything from elsewhere."""

import html
import pathlib
import re

from parts import figures

from . import charts, markdown, story, tables, text

STYLE = (pathlib.Path(__file__).parent / "style.css").read_text()


def inline(words):
    """Markdown's `code`, *emphasis*, **strength** and links, in escaped text."""
    words = html.escape(words)
    words = re.sub(r"`([^`]+)`", r"<code>\1</code>", words)
    words = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", words)
    words = re.sub(r"(?<!\*)\*([^*]+)\*(?!\*)", r"<em>\1</em>", words)
    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r'<a href="\2">\1</a>', words)


def paragraph(words):
    return f"<p>{inline(' '.join(words.split()))}</p>" if words else ""


def table(header, rows):
    body = "".join("<tr>" + "".join(f"<td>{inline(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{"".join(f"<th>{inline(each)}</th>" for each in header)}</tr></thead><tbody>{body}</tbody></table></div>'


def details(summary, content):
    return f"<details><summary>{summary}</summary>{content}</details>"


def verdict(row):
    """What was asked of a row, as small labels."""
    labels = "".join(f'<span class="{"met" if met else "unmet"}">{inline(measured)}, asked {inline(limit)}: {"met" if met else "not met"}</span>'
                     for measured, limit, _, met in tables.answers(row))
    return f'<div class="verdicts">{labels}</div>' if labels else ""


def plot(row, why, drawing, summary, numbers):
    """A drawing with what is to be known of its row."""
    reason = f'<p class="why">{inline(why[row["title"]])}</p>' if row["title"] in why else ""
    return (f'<figure><figcaption>{inline(row["title"])}</figcaption>{drawing}{verdict(row)}{reason}{paragraph(row["about"])}'
            f'{details(summary, table(*numbers))}</figure>')


def compare(row, why):
    return plot(row, why, charts.bars(row), "Processor, memory, requests and bytes", tables.compare(row))


def grown(row, why):
    return plot(row, why, charts.growth(row), "Figures", tables.growth([row]))


def single(rows, why):
    parts = [table(*tables.single(rows))]
    for row in rows:
        if row["title"] in why:
            parts.append(f'<p class="why">{inline(row["title"])}: {inline(why[row["title"]])}</p>')
        if row["about"]:
            parts.append(paragraph(f"{row['title']}: {row['about']}"))
    return "".join(parts) + "".join(verdict(row) for row in rows)


def section(name, rows, why):
    heading, words = text.heading(name)
    parts = [f'<section id="{text.anchor(heading)}"><h2>{inline(heading)}</h2>{paragraph(words)}']
    parts += [compare(row, why) for row in rows if row["kind"] == "compare"]
    found = [row for row in rows if row["kind"] == "figure"]
    parts += [f"<figure>{single(found, why)}</figure>"] if found else []
    found = [row for row in rows if row["kind"] == "limit"]
    if found:
        parts.append(f'<figure>{charts.limits(found)}{details("Figures", table(*tables.single(found)))}</figure>')
        parts += [paragraph(f"{row['title']}: {row['about']}") for row in found if row["about"]]
    parts += [grown(row, why) for row in rows if row["kind"] == "growth"]
    return "".join(parts) + "</section>"


def profiles():
    shown = "".join(f'<article><h3>{inline(each["title"])}</h3>{paragraph(each["found"])}{paragraph(each["done"])}'
                    f'<p class="change"><span>{inline(each["before"])}</span> → <strong>{inline(each["after"])}</strong></p></article>' for each in story.profiles())
    return f'<section id="what-was-slow"><h2>What was slow, and what was done</h2>{shown}</section>' if shown else ""


def page(record):
    rows, machine = record["rows"], record["machine"]
    why = story.explanations(rows)
    judged = [met for row in rows for *_, met in figures.asked(row)]
    sections = text.sections(rows)
    own = [("limits", "Next to the limits"), ("asked", "What was asked for"), *([("what-was-slow", "What was slow")] if story.profiles() else [])]
    headings = [text.heading(name)[0] for name, _ in sections]
    menu = "".join(f'<a href="#{at}">{inline(title)}</a>' for at, title in [*((text.anchor(each), each) for each in headings), *own])
    gaps = f'<section id="limits"><h2>Next to the limits of the machine</h2>{table(*tables.gaps(rows))}</section>' if story.gaps(rows) else ""
    summary = f'<p class="sum"><strong>{sum(judged)}</strong> of <strong>{len(judged)}</strong> figures that were asked for are met.</p>' if judged else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ixian: benchmarks</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
<h1>Ixian, side by side</h1>
<p>Builds, images and layers: <code>ix</code> next to its peers and to what the machine itself takes, in turn, in one run. Bars are medians, whiskers reach from the
fastest run to the slowest, dots are runs. A ratio is ours divided by theirs, run by run: below 1 is less.</p>
{summary}
<p class="machine">{record["when"][:10]}, {html.escape(record["commit"])} · {html.escape(machine["processor"])}, {machine["cores"]} cores,
{round(machine["memory_mib"] / 1024)} GiB · Linux {html.escape(machine["kernel"])}, {html.escape(machine["system"])}<br>
{", ".join(html.escape(f"{name} {version}") for name, version in record["versions"].items())}</p>
{"".join(paragraph(note) for note in markdown.notes(record))}
<nav>{menu}</nav>
</header>
<main>
{"".join(section(name, found, why) for name, found in sections)}
{gaps}
<section id="asked"><h2>What was asked for</h2>{table(*tables.asked(rows))}</section>
{profiles()}
</main>
</body>
</html>
"""
