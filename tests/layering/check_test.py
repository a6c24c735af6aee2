"""That check.py passes a well-layered tree, and names the file and line of each way to break one."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).with_name("check.py")

TREE = {
    "src/README.md": """# The house

## `ground`: what all use

| folder | what it holds | may include |
|---|---|---|
| `base` | what all use | → nothing |

## `program`: the rest

| folder | what it holds | may include |
|---|---|---|
| `task` | tasks | → base |
| `script` | Python | → task base |
| `ui` | the terminal | → base |
""",
    "src/ground/base/CMakeLists.txt": "ixian_library(base LINKS fmt::fmt)\n",
    "src/ground/base/text.h": "#include <string>\nnamespace ixian::base {\n}\n",
    "src/program/task/CMakeLists.txt": "ixian_library(task LINKS ixian_base)\n",
    "src/program/task/task.h": '#include "base/text.h"\nnamespace ixian::task {\n}\n',
    "src/program/task/task.cc": '#include "task/task.h"\n\nnamespace ixian::task {\n}\n',
    "src/program/task/task_test.cc": '#include "task/task.h"\n#include "testing/files.h"\n',
    "src/program/script/CMakeLists.txt": "ixian_library(script LINKS ixian_task ixian_base Python::Python)\n",
    "src/program/script/script.h": '#include <Python.h>\n#include "task/task.h"\nnamespace ixian::script {\n}\n',
    "src/program/ui/CMakeLists.txt": "ixian_library(ui\n              LINKS ixian_base)\n",
    "src/program/ui/lines.h": "namespace ixian::ui {\n}\n",
    "testing/files.h": "",
}


def check(root, files={}):
    """Writes TREE with `files` in place of its own (None: without that file) below root, and runs check.py on it."""
    for name, text in {**TREE, **files}.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, str(CHECK), "--root", str(root)], capture_output=True, text=True, timeout=60)


def test_passes_a_good_tree(tmp_path):
    result = check(tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


BAD = {
    "include that the arrow does not allow": (
        {"src/program/ui/lines.cc": '\n#include "task/task.h"\n'},
        "src/program/ui/lines.cc:2: `ui` includes task/task.h, but its arrow does not allow `task`."),
    "include that only the test of a folder makes": (
        {"src/program/ui/lines_test.cc": '#include "task/task.h"\n'},
        "src/program/ui/lines_test.cc:1: `ui` includes task/task.h"),
    "include in angle brackets": (
        {"src/program/ui/lines.cc": "#include <task/task.h>\n"},
        'src/program/ui/lines.cc:1: Our own headers are included with quotes: "task/task.h".'),
    "include without its folder": (
        {"src/program/task/task.cc": '#include "task.h"\n'},
        "src/program/task/task.cc:1: A quoted include names one of our folders"),
    "include that climbs": (
        {"src/program/ui/lines.cc": '#include "base/../task/task.h"\n'},
        "src/program/ui/lines.cc:1: An include does not climb"),
    "include of nothing": (
        {"src/program/ui/lines.cc": '#include "base/gone.h"\n'},
        "src/program/ui/lines.cc:1: There is no src/ground/base/gone.h."),
    "testing outside tests": (
        {"src/program/ui/lines.cc": '#include "testing/files.h"\n'},
        "src/program/ui/lines.cc:1: Only tests (*_test.cc) may include testing/files.h."),
    "ring": (
        {"src/README.md": TREE["src/README.md"].replace("→ nothing", "→ script")},
        "src/README.md:7: The arrows form a ring: base → script → task → base."),
    "arrow up": (
        {"src/README.md": TREE["src/README.md"].replace("→ task base", "→ ui task base")},
        "src/README.md:14: `script` may include `ui`, which is listed further down."),
    "folder of another district": (
        {"src/ground/ui/CMakeLists.txt": "ixian_library(ui LINKS ixian_base)\n"},
        "src/ground/ui/CMakeLists.txt:1: The folder `ui` is not listed in src/README.md as one of ground."),
    "arrow to nowhere": (
        {"src/README.md": TREE["src/README.md"].replace("→ nothing", "→ cloud")},
        "src/README.md:7: `base` may include `cloud`, which is not listed."),
    "row without an arrow": (
        {"src/README.md": TREE["src/README.md"] + "| `more` | things | base |\n"},
        "src/README.md:16: This row does not end in an arrow"),
    "folder that is not listed": (
        {"src/program/extra/CMakeLists.txt": "ixian_library(extra)\n"},
        "src/program/extra/CMakeLists.txt:1: The folder `extra` is not listed in src/README.md as one of program."),
    "listed folder that does not exist": (
        {"src/README.md": TREE["src/README.md"] + "| `gone` | nothing | → nothing |\n"},
        "src/README.md:16: `gone` is listed, but there is no src/program/gone/CMakeLists.txt."),
    "no table": (
        {"src/README.md": None},
        "src/README.md:1: There is no table"),
    "wrong namespace": (
        {"src/program/ui/lines.h": "namespace ixian::base {\n}\n"},
        "src/program/ui/lines.h:1: This header does not declare namespace ixian::ui."),
    "declaration in a namespace out of reach": (
        {"src/program/ui/lines.h": "namespace ixian::task { class Task; }\nnamespace ixian::ui {\n}\n"},
        "src/program/ui/lines.h:1: `ui` opens ixian::task, but its arrow does not allow `task`."),
    "Python outside script": (
        {"src/program/task/task.cc": "#include <Python.h>\n"},
        "src/program/task/task.cc:1: Only `script` may include Python, not `task`: Python.h."),
    "pybind11 outside script": (
        {"src/program/task/task.cc": '#include "pybind11/embed.h"\n'},
        "src/program/task/task.cc:1: Only `script` may include Python, not `task`: pybind11/embed.h."),
    "link that the arrow does not allow": (
        {"src/program/ui/CMakeLists.txt": "# ixian_script is mentioned\nixian_library(ui\n  LINKS ixian_base\n  ixian_task)\n"},
        "src/program/ui/CMakeLists.txt:4: `ui` links ixian_task, but its arrow does not allow `task`."),
    "link around ixian_library": (
        {"src/program/ui/CMakeLists.txt": "ixian_library(ui)\ntarget_link_libraries(ixian_ui PUBLIC ixian_task)\n"},
        "src/program/ui/CMakeLists.txt:2: `ui` links ixian_task"),
    "another builder that includes ours": (
        {"src/README.md": TREE["src/README.md"].replace("`ui` | the terminal | → base", "`docker` | a daemon | → task base")},
        "src/README.md:15: `docker` may include `task`, but asks another builder"),
    "an engine that somebody else than app knows": (
        {"src/README.md": TREE["src/README.md"].replace("`ui` | the terminal | → base", "`ui` | the terminal | → embedded base")},
        "src/README.md:15: `ui` may include `embedded`, one of the engines"),
    "crowd": (
        {f"src/program/ui/file{number}.h": "namespace ixian::ui {\n}\n" for number in range(35)},
        "src/program/ui/CMakeLists.txt:1: `ui` has 36 sources besides its tests"),
    "link of an unlisted library": (
        {"src/program/ui/CMakeLists.txt": "ixian_library(ui LINKS ixian_cloud TEST_LINKS ixian_task)\n"},
        "src/program/ui/CMakeLists.txt:1: `ui` links ixian_cloud, which is no folder"),
}


@pytest.mark.parametrize("files, expected", BAD.values(), ids=BAD.keys())
def test_names_the_violation(tmp_path, files, expected):
    result = check(tmp_path, files=files)
    assert result.returncode == 1, result.stderr
    assert any(line.startswith(expected) for line in result.stdout.splitlines()), result.stdout


def test_reports_every_violation(tmp_path):
    result = check(tmp_path, files={"src/program/ui/lines.cc": '#include "task/task.h"\n#include "script/script.h"\n'})
    assert [line.split(" ")[0] for line in result.stdout.splitlines()] == ["src/program/ui/lines.cc:1:", "src/program/ui/lines.cc:2:"]
