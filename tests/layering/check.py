#!/usr/bin/python3
"""Checks that the code in src is layered as the tables in src/README.md say, one a district.

    tests/layering/check.py [--root FOLDER]

Prints each violation as "file:line: sentence" and exits with 1 if there is any. What is checked:

- src/DISTRICT/FOLDER with a CMakeLists.txt is in the table of its district, each folder of a table has one, the arrows form no
  ring, and none leads up: to a folder or a district that is listed further down;
- quoted includes name an existing file of the same folder or of one that the arrow allows; only tests include testing/;
- the headers of a folder declare its namespace, and no file opens the namespace of a folder that it may not include;
- a folder's CMakeLists.txt links only the libraries of folders that its arrow allows, but for its tests, which need those of
  testing/ besides;
- only `script` includes Python;
- whoever asks another builder includes of the district that builds only `engine`;
- besides their own tests only `app`, where engines are made, includes one: all others see `engine`;
- a folder has at most 35 sources besides its tests.
"""

import argparse
import re
import sys
from pathlib import Path

DISTRICT = re.compile(r"^## `(\w+)`")
ROW = re.compile(r"^\|\s*`(\w+)`\s*\|.*\|\s*→\s*([^|]*?)\s*\|\s*$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
NAMESPACE = re.compile(r"\bnamespace\s+ixian::(\w+)[\w:]*\s*\{")
CALL = re.compile(r"\bixian_library\s*\(([^)]*)\)")
LIBRARY = re.compile(r"\bixian_(\w+)")
PYTHON_FOLDER = "script"
TESTING = "testing"
OTHER_BUILDERS = ("docker", "buildkit")
ANY_BUILDER = "engine"
ENGINES = ("embedded", *OTHER_BUILDERS)
MAKER_OF_ENGINES = "app"
MOST_SOURCES = 35


def is_python(include):
    return include == "Python.h" or include.startswith("pybind11/")


def is_test(path):
    return path.name.endswith("_test.cc")


class Checker:
    def __init__(self, root):
        self.root = root
        self.src = root / "src"
        self.violations = []
        self.allowed = {}  # folder → the folders it may include
        self.row = {}  # folder → its line in the table
        self.district = {}  # folder → the district whose table it is in

    def report(self, path, line, sentence):
        self.violations.append(f"{path.relative_to(self.root)}:{line}: {sentence}")

    def run(self):
        self.read_table()
        self.check_folders()
        self.check_rings()
        self.check_other_builders()
        for folder in self.allowed:
            self.check_links(folder)
            self.check_size(folder)
            for path in sorted(self.home(folder).rglob("*")):
                if path.suffix in (".h", ".cc"):
                    self.check_source(folder, path)
        return self.violations

    def home(self, folder):
        return self.src / self.district[folder] / folder

    def read_table(self):
        readme = self.src / "README.md"
        if not readme.is_file():
            self.report(readme, 1, "There is no table of folders to check against.")
            return
        district = ""
        for number, line in enumerate(readme.read_text(encoding="utf-8").splitlines(), 1):
            heading = DISTRICT.match(line)
            if heading:
                district = heading[1]
            match = ROW.match(line)
            if not match:
                if line.startswith("| `"):
                    self.report(readme, number, "This row does not end in an arrow: | → folders or nothing |.")
                continue
            folder, arrow = match.groups()
            if folder in self.allowed:
                self.report(readme, number, f"`{folder}` is listed twice.")
            names = [] if arrow == "nothing" else arrow.replace("`", "").replace(",", " ").split()
            self.allowed[folder] = names
            self.row[folder] = number
            self.district[folder] = district
        if not self.allowed:
            self.report(readme, 1, "There is no row | `folder` | what it holds | → folders | here.")
        for folder, names in self.allowed.items():
            for name in names:
                if name not in self.allowed:
                    self.report(readme, self.row[folder], f"`{folder}` may include `{name}`, which is not listed.")
                elif self.row[name] > self.row[folder]:
                    self.report(readme, self.row[folder], f"`{folder}` may include `{name}`, which is listed further down.")

    def check_folders(self):
        readme = self.src / "README.md"
        for lists in sorted(self.src.glob("*/*/CMakeLists.txt")):
            folder = lists.parent.name
            if folder not in self.allowed or lists.parent != self.home(folder):
                self.report(lists, 1, f"The folder `{folder}` is not listed in src/README.md as one of {lists.parent.parent.name}.")
        for folder, number in self.row.items():
            if not (self.home(folder) / "CMakeLists.txt").is_file():
                self.report(readme, number, f"`{folder}` is listed, but there is no {self.home(folder).relative_to(self.root)}/CMakeLists.txt.")

    def check_rings(self):
        done = set()

        def visit(folder, trail):
            if folder in trail:
                ring = trail[trail.index(folder):] + [folder]
                self.report(self.src / "README.md", self.row[folder], "The arrows form a ring: " + " → ".join(ring) + ".")
                return
            if folder in done:
                return
            for name in self.allowed[folder]:
                if name in self.allowed:
                    visit(name, trail + [folder])
            done.add(folder)

        for folder in self.allowed:
            visit(folder, [])

    def check_other_builders(self):
        for folder in OTHER_BUILDERS:
            for name in self.allowed.get(folder, []):
                if name != ANY_BUILDER and self.district.get(name) == self.district[folder]:
                    self.report(self.src / "README.md", self.row[folder],
                                f"`{folder}` may include `{name}`, but asks another builder: of builders only `engine` is for it.")
        for folder, names in self.allowed.items():
            for name in sorted(set(names).intersection(ENGINES)) if folder != MAKER_OF_ENGINES else ():
                self.report(self.src / "README.md", self.row[folder],
                            f"`{folder}` may include `{name}`, one of the engines, which only `{MAKER_OF_ENGINES}` knows apart.")

    def check_size(self, folder):
        lists = self.home(folder) / "CMakeLists.txt"
        count = sum(path.suffix in (".h", ".cc") and not is_test(path) for path in self.home(folder).rglob("*"))
        if count > MOST_SOURCES:
            self.report(lists, 1, f"`{folder}` has {count} sources besides its tests; more than {MOST_SOURCES} are a crowd.")

    def check_links(self, folder):
        path = self.home(folder) / "CMakeLists.txt"
        if not path.is_file():
            return
        text = re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))
        reachable = {folder, *self.allowed[folder]}

        def line_of(offset):
            return text.count("\n", 0, offset) + 1

        # Wherever a folder's library is named, so that target_link_libraries() is no way around.
        without_tests = re.sub(r"\bTEST_LINKS\b[^)]*", lambda match: " " * len(match[0]), text)
        for match in LIBRARY.finditer(without_tests):
            if match[1] in self.allowed and match[1] not in reachable:
                self.report(path, line_of(match.start()),
                            f"`{folder}` links ixian_{match[1]}, but its arrow does not allow `{match[1]}`.")
        for call in CALL.finditer(text):
            listing = False
            for word in re.finditer(r"\S+", call[1]):
                if word[0] in ("LINKS", "TEST_LINKS", "SOURCES"):
                    listing = word[0] == "LINKS"
                elif listing and word[0].startswith("ixian_") and word[0][len("ixian_"):] not in self.allowed:
                    self.report(path, line_of(call.start(1) + word.start()),
                                f"`{folder}` links {word[0]}, which is no folder that src/README.md lists.")

    def check_source(self, folder, path):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        own_namespace = False
        for number, line in enumerate(lines, 1):
            include = INCLUDE.match(line)
            if include:
                self.check_include(folder, path, number, include[1], include[2])
            namespace = NAMESPACE.search(line)
            if namespace:
                name = namespace[1]
                own_namespace = own_namespace or name == folder
                if name in self.allowed and name != folder and name not in self.allowed[folder]:
                    self.report(path, number, f"`{folder}` opens ixian::{name}, but its arrow does not allow `{name}`.")
        if path.suffix == ".h" and not own_namespace:
            self.report(path, 1, f"This header does not declare namespace ixian::{folder}.")

    def check_include(self, folder, path, number, quoted, angled):
        include = quoted or angled
        if is_python(include):
            if folder != PYTHON_FOLDER:
                self.report(path, number, f"Only `{PYTHON_FOLDER}` may include Python, not `{folder}`: {include}.")
            return
        target = include.split("/")[0] if "/" in include else ""
        if angled:
            if target in self.allowed or target == TESTING:
                self.report(path, number, f'Our own headers are included with quotes: "{include}".')
            return
        if target == TESTING:
            if not is_test(path):
                self.report(path, number, f"Only tests (*_test.cc) may include {include}.")
            elif not (self.root / include).is_file():
                self.report(path, number, f"There is no {include}.")
        elif target not in self.allowed:
            self.report(path, number, f'A quoted include names one of our folders: "{include}" does not.')
        elif target != folder and target not in self.allowed[folder]:
            self.report(path, number, f"`{folder}` includes {include}, but its arrow does not allow `{target}`.")
        elif ".." in include.split("/"):
            self.report(path, number, f"An include does not climb with ..: {include}.")
        elif not (self.home(target).parent / include).is_file():
            self.report(path, number, f"There is no {self.home(target).parent.relative_to(self.root)}/{include}.")


def main():
    parser = argparse.ArgumentParser(description="Checks the layering of src against src/README.md.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2],
                        help="the folder that holds src (default: this repository)")
    violations = Checker(parser.parse_args().root.resolve()).run()
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
