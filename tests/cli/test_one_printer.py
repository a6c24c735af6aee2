"""What a terminal gets goes through one filter: nothing else in the program writes to standard output or standard error."""

import re

from conftest import ROOT

# A way to write text to a descriptor that may be a terminal, and the files that may: the views' own function, the printer of results, and
# fixed text of a signal handler.
WRITES = re.compile(r"::write\(\s*STD(?:OUT|ERR)_FILENO|\bwrite_all\(\s*STD(?:OUT|ERR)_FILENO|\bprintf\(|\bfprintf\(|\bputs\(|\bfputs\(|std::(?:cout|cerr|clog)\b|fmt::print\(|\bperror\(")
ALLOWED = {"src/program/cli/print.cc": 3, "src/program/app/signals.cc": 1}
PROJECTS_OWN = "print.py"  # what projects print by, as with the original
PRINTS = re.compile(r"(?<![\w.])print\(|sys\.std(?:out|err)\.write")


def test_only_the_printer_writes():
    found = {}
    for file in sorted((ROOT / "src").rglob("*.cc")):
        if file.name.endswith("_test.cc"):
            continue
        code = re.sub(r"//.*", "", file.read_text())
        if count := len(WRITES.findall(code)):
            found[str(file.relative_to(ROOT))] = count
    assert found == ALLOWED


def test_what_comes_with_ix_in_python_does_not_print():
    files = [file for file in (ROOT / "src/projects/script/python").rglob("*.py") if file.name != PROJECTS_OWN]
    found = [file.name for file in files if PRINTS.search(re.sub(r"#.*|\"\"\".*?\"\"\"", "", file.read_text(), flags=re.S))]
    assert found == []
