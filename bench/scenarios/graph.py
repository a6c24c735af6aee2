"""Planning

A graph in which each task depends on two others and has a `FileHash`, all complete: `ix` reads the records and asks every checker. The time is what `ix --log DEBUG` reports of
planning itself; making the task classes in Python comes before it, and costs about as much again.
"""

import re

from parts.bench import at_most

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


def planned(bench, place, size):
    text = bench.output([bench.ix, "--log", "DEBUG", "plan", f"task{size - 1}"], place)[1]
    return float(re.search(r"planned \d+ tasks in ([\d.]+)ms", text)[1]) / 1000


def run(bench):
    sizes = [250, 500, 1000] if bench.quick else [1250, 2500, 5000, 10000]
    taken = {}
    for size in sizes:
        place = bench.folder / str(size)
        place.mkdir()
        (place / "ixian.py").write_text(PROJECT.format(size=size))
        bench.once([bench.ix, f"task{size - 1}"], place)
        planned(bench, place, size)
        taken[size] = [planned(bench, place, size) for _ in range(bench.runs)]
    bench.figure(f"planning {sizes[-1]:,} complete tasks", "ms", [1000 * each for each in taken[sizes[-1]]], [at_most(300 * sizes[-1] / 10000)])
    bench.growth("planning complete tasks", "tasks", {"ix": ("ours", taken)}, [at_most(1.1)], about="Below 1 the constant part still counts.")
