"""The record as docs/benchmarks.html: one file, without scripts or anything from elsewhere."""

import html
import pathlib
import re

from parts import figures

from . import charts, markdown, story, text

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


def table(source):
    """A table of Markdown, as markdown.py makes them."""
    lines = [[each.strip().replace("\\|", "|").replace("&lt;", "<") for each in re.split(r"(?<!\\)\|", line)[1:-1]] for line in source.splitlines()]
    head, body = lines[0], lines[2:]
    rows = "".join("<tr>" + "".join(f"<td>{inline(each)}</td>" for each in row) + "</tr>" for row in body)
    return f'<div class="scroll"><table><thead><tr>{"".join(f"<th>{inline(each)}</th>" for each in head)}</tr></thead><tbody>{rows}</tbody></table></div>'


def details(summary, content):
    return f"<details><summary>{summary}</summary>{content}</details>"


def verdict(row):
    """What was asked of a row, as small labels."""
    labels = []
    for against, name, value, _, limit, met in figures.asked(row):
        what = f"{text.ratio(value)} × {against}" if against else markdown.plain(row, name, value)
        labels.append(f'<span class="{"met" if met else "unmet"}">{inline(what)}, asked {inline(text.limit(*limit))}: {"met" if met else "not met"}</span>')
    return f'<div class="verdicts">{"".join(labels)}</div>' if labels else ""


def compare(row, why):
    reason = f'<p class="why">{inline(why[row["title"]])}</p>' if row["title"] in why else ""
    return (f'<figure><figcaption>{inline(row["title"])}</figcaption>{charts.bars(row)}{verdict(row)}{reason}{paragraph(row["about"])}'
            f'{details("Processor, memory, requests and bytes", table(markdown.compare(row)))}</figure>')


def grown(row, why):
    reason = f'<p class="why">{inline(why[row["title"]])}</p>' if row["title"] in why else ""
    return (f'<figure><figcaption>{inline(row["title"])}</figcaption>{charts.growth(row)}{verdict(row)}{reason}{paragraph(row["about"])}'
            f'{details("Figures", table(markdown.growth([row])))}</figure>')


def single(rows, why):
    parts = [table(markdown.single(rows))]
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
        parts.append(f'<figure>{charts.limits(found)}{details("Figures", table(markdown.single(found)))}</figure>')
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
    own = [("asked", "What was asked for"), ("limits", "Next to the limits"), *([("what-was-slow", "What was slow")] if story.profiles() else [])]
    menu = "".join(f'<a href="#{name}">{title}</a>' for name, title in own) + "".join(f'<a href="#{text.anchor(text.heading(name)[0])}">{inline(text.heading(name)[0])}</a>' for name, _ in sections)
    gaps = f'<section id="limits"><h2>Next to the limits of the machine</h2>{table(markdown.gap_table(rows))}</section>' if story.gaps(rows) else ""
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
<section id="asked"><h2>What was asked for</h2>{table(markdown.asked(rows))}</section>
{gaps}
{profiles()}
{"".join(section(name, found, why) for name, found in sections)}
</main>
</body>
</html>
"""
