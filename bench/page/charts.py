"""Plots as SVG, drawn by hand: bars with their spread, and growth on logarithmic axes. Colours come from the page's style sheet by class."""

import html
import math
import statistics

from parts import figures, units

WIDTH = 560
NAME, BAR, GAP, TOP = 19, 17, 9, 4  # a name stands above its bar: it may be long, and the page narrow
VALUE = 170  # room for figures on the right
LOG_FROM = 30  # bars whose values differ by more than that are on a logarithmic axis


def escape(value):
    return html.escape(str(value), quote=True)


def _element(name, content="", **attributes):
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{content}</{name}>"


def _svg(height, title, content):
    return (f'<svg viewBox="0 0 {WIDTH} {height}" role="img" preserveAspectRatio="xMinYMin meet"><title>{escape(title)}</title>{"".join(content)}</svg>')


def _decades(low, high):
    return [10 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


class _Axis:
    """Values to places along `length`, from zero, or logarithmic from the decade below the smallest."""

    def __init__(self, values, start, length, logarithmic):
        self.start, self.length, self.logarithmic = start, length, logarithmic
        self.high = max(values) * 1.02
        self.low = 10 ** math.floor(math.log10(min(values) * 0.999)) if logarithmic else 0

    def place(self, value):
        if not self.logarithmic:
            return self.start + self.length * value / self.high
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.start + self.length * share

    def ticks(self):
        if self.logarithmic:
            return [each for each in _decades(self.low, self.high) if self.low <= each <= self.high]
        step = 10 ** math.floor(math.log10(self.high / 2))
        step = next(step * factor for factor in (1, 2, 5, 10) if self.high / (step * factor) <= 5)
        return [step * index for index in range(int(self.high / step) + 1)]


def _bar(axis, y, name, role, runs, value):
    """Its name, the bar of the median, a whisker over all runs and a dot for each, and what stands behind it."""
    median, (low, high), middle = statistics.median(runs), figures.spread(runs), y + NAME + BAR / 2
    return [
        _element("text", escape(name.replace("`", "")), x=0, y=y + 14, class_="name"),
        _element("rect", x=0, y=y + NAME, width=f"{max(axis.place(median), 1.5):.1f}", height=BAR, rx=2, class_=role),
        _element("line", x1=f"{axis.place(low):.1f}", x2=f"{axis.place(high):.1f}", y1=middle, y2=middle, class_="whisker"),
        *(_element("circle", cx=f"{axis.place(each):.1f}", cy=middle, r=1.9, class_="run") for each in runs),
        _element("text", value, x=f"{axis.place(high) + 8:.1f}", y=middle + 4.5, class_="value"),
    ]


def bars(row):
    """Of the subjects of a row."""
    subjects = row["subjects"]
    everything = [value for each in subjects for value in figures.values(each)]
    axis = _Axis(everything, 0, WIDTH - VALUE, max(everything) / min(everything) > LOG_FROM)
    step = NAME + BAR + GAP
    bottom = TOP + len(subjects) * step
    drawn = [_element("line", x1=f"{axis.place(each):.1f}", x2=f"{axis.place(each):.1f}", y1=TOP, y2=bottom, class_="grid") for each in axis.ticks()]
    for index, each in enumerate(subjects):
        value = escape(units.seconds(figures.median(each))) + _ratio(row, each)
        drawn += _bar(axis, TOP + index * step, each["name"], each["role"], figures.values(each), value)
    for index, each in enumerate(axis.ticks()):
        drawn.append(_element("text", units.tick(each), x=f"{axis.place(each):.1f}", y=bottom + 15, class_="tick",
                              text_anchor="middle" if index else "start"))
    if axis.logarithmic:
        drawn.append(_element("text", "logarithmic", x=WIDTH, y=bottom + 15, class_="tick", text_anchor="end"))
    return _svg(bottom + 22, row["title"], drawn)


def _ratio(row, subject):
    if subject["role"] == "ours":
        return ""
    return _element("tspan", f" ix {units.ratio(figures.median_ratio(row, subject))} ×", class_="ratio")


def growth(row):
    """Medians over sizes on logarithmic axes, with the spread at each point and the exponent at the end."""
    left, right, top, height = 74, 150, 12, 210
    points = [(point["size"], value) for each in row["series"] for point in each["points"] for value in point["seconds"]]
    across = _Axis([size for size, _ in points], left, WIDTH - left - right, True)
    across.low, across.high = min(size for size, _ in points), max(size for size, _ in points)
    up = _Axis([value for _, value in points], 0, height, True)
    up.high = 10 ** math.ceil(math.log10(up.high))

    def at(value):
        return top + height - up.place(value)

    drawn = [_element("line", x1=left, x2=WIDTH - right, y1=f"{at(each):.1f}", y2=f"{at(each):.1f}", class_="grid") for each in up.ticks()]
    drawn += [_element("text", units.tick(each), x=left - 8, y=f"{at(each) + 4:.1f}", class_="tick", text_anchor="end") for each in up.ticks()]
    sizes = [point["size"] for point in row["series"][0]["points"]]
    drawn += [_element("text", f"{size:,}", x=f"{across.place(size):.1f}", y=top + height + 18, class_="tick", text_anchor="middle") for size in sizes]
    drawn.append(_element("text", escape(row["of"]), x=f"{(left + WIDTH - right) / 2:.1f}", y=top + height + 36, class_="tick", text_anchor="middle"))
    taken = []
    for each in row["series"]:
        medians = [(point["size"], statistics.median(point["seconds"])) for point in each["points"]]
        path = " ".join(f"{'ML'[index > 0]}{across.place(size):.1f} {at(value):.1f}" for index, (size, value) in enumerate(medians))
        drawn.append(_element("path", d=path, class_=f"curve {each['role']}"))
        for point in each["points"]:
            x, (low, high) = f"{across.place(point['size']):.1f}", figures.spread(point["seconds"])
            drawn.append(_element("line", x1=x, x2=x, y1=f"{at(low):.1f}", y2=f"{at(high):.1f}", class_="whisker"))
        drawn += [_element("circle", cx=f"{across.place(size):.1f}", cy=f"{at(value):.1f}", r=4, class_=f"dot {each['role']}") for size, value in medians]
        y = at(medians[-1][1]) + 4
        while any(abs(y - other) < 16 for other in taken):
            y += 4
        taken.append(y)
        drawn.append(_element("text", f"{escape(each['name'])}: n^{figures.growth(each):.2f}", x=WIDTH - right + 12, y=f"{y:.1f}", class_="value"))
    return _svg(top + height + 44, f"{row['title']}, over {row['of']}", drawn)


def limits(rows):
    """Figures without a peer, one scale for each unit."""
    drawn, y = [], TOP
    for unit in dict.fromkeys(row["unit"] for row in rows):
        found = [row for row in rows if row["unit"] == unit]
        axis = _Axis([value for row in found for value in row["runs"]], 0, WIDTH - VALUE, False)
        for row in found:
            drawn += _bar(axis, y, row["title"], "limit", row["runs"], escape(units.number(statistics.median(row["runs"]), row["unit"])))
            y += NAME + BAR + GAP
        y += GAP
    return _svg(y, "The limits of the machine", drawn)
