"""Planning a graph of which everything is complete, in four sizes: its time, and how it grows."""

import math
import pathlib
import re
import statistics

PROJECT = '''from ixian.check import FileHash
from ixian.task import Task


def make(index):
    def execute(self):
        pass

    below = {{index // 2, index - 1}} if index else set()
    return type(f"Task{{index}}", (Task,), {{
        "__module__": __name__,
        "name": f"task{{index}}",
        "depends": [f"task{{each}}" for each in sorted(below)],
        "check": FileHash("ixian.py"),
        "execute": execute,
    }})


for index in range({size}):
    globals()[f"Task{{index}}"] = make(index)


def init():
    pass
'''


def exponent(points):
    """The slope through the points on logarithmic axes: 1 is linear growth."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mx, my = statistics.mean(xs), statistics.mean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def run(bench):
    folder = pathlib.Path(bench.folder)
    sizes = [250, 500, 1000] if bench.quick else [1250, 2500, 5000, 10000]
    points = []
    for size in sizes:
        place = folder / str(size)
        place.mkdir()
        bench.folder = str(place)
        (place / "ixian.py").write_text(PROJECT.format(size=size))
        bench.seconds([bench.ix, f"task{size - 1}"])
        times = []
        for _ in range(bench.runs):
            text = bench.messages([bench.ix, "--log", "DEBUG", "plan", f"task{size - 1}"])
            times.append(float(re.search(r"Planned \d+ tasks in ([\d.]+) ms", text)[1]))
        points.append((size, statistics.median(times)))
    limit = 300 * sizes[-1] / 10000
    bench.state(f"planning {sizes[-1]:,} complete tasks", points[-1][1], "ms", f"≤ {limit:.0f} ms", points[-1][1] <= limit)
    growth = exponent(points)
    bench.state(f"growth of planning, {sizes[0]:,} to {sizes[-1]:,} tasks", growth, "(exponent)", "≤ 1.1", growth <= 1.1)
