"""The documentation: links lead somewhere, Python and commands in it are what the program takes."""

import ast
import re
import subprocess

import pytest
from conftest import IX, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "src/README.md", ROOT / "bench/README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page):
    return str(page.relative_to(ROOT))


FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def text_of(page):
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text())


def anchors(page):
    """The fragments by which GitHub finds a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def rows(page, heading):
    """The first cells of the tables below a heading."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page.read_text(), re.M | re.S)
    assert section, f"{name_of(page)} has no section {heading}"
    return [line.split("|")[1] for line in section.group(1).splitlines() if line.startswith("| `")]


def help_of(*args):
    return subprocess.run([IX, *args], capture_output=True, text=True, timeout=60, cwd="/").stdout


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    dead = []
    for target in LINK.findall(text_of(page)):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (fragment and fragment not in anchors(file)):
            dead.append(target)
    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_in_it_is_python(page):
    for language, code in FENCE.findall(page.read_text()):
        if language == "python":
            ast.parse(code if not code.startswith(" ") else f"if True:\n{code}")


@pytest.mark.parametrize("page", ["guides/project-images.md", "guides/stages.md"])
def test_what_it_shows_of_the_example_stands_in_the_example(page):
    files = [file.read_text() for file in (ROOT / "examples/stages").rglob("*") if file.is_file() and file.name != "busybox"]
    checked = 0
    for language, code in FENCE.findall((ROOT / "docs" / page).read_text()):
        example = re.search(r"^class (\w+)\(.*", code, re.M | re.S) if language == "python" else None
        if language == "dockerfile":
            expected = code
        elif example and any(f"class {example.group(1)}(" in file for file in files):
            expected = example.group(0)
        else:
            continue
        checked += 1
        assert any(expected.strip("\n") in file for file in files), f"{page} shows what examples/stages does not have:\n{expected}"
    assert checked > 2


def test_each_flag_of_the_command_line_page_is_in_the_help_and_the_other_way_round():
    documented = {flag for cell in rows(ROOT / "docs/reference/commands.md", "Flags") for flag in FLAG.findall(cell)}
    assert documented == set(FLAG.findall(help_of("--help")))


def test_each_command_has_a_row_in_the_command_line_page():
    names = {re.match(r" `(\w+)", cell).group(1) for cell in rows(ROOT / "docs/reference/commands.md", "Built-in tasks")}
    source = (ROOT / "src/cli/commands.cc").read_text()
    commands = set(re.findall(r"\b(\w+)_command\(\)", source))
    assert commands and commands <= names


@pytest.mark.parametrize("command", ["build", "image", "registries", "plan", "why", "graph"])
def test_flags_of_commands_in_the_pages_exist(command):
    known = set(FLAG.findall(help_of("help", command)))
    ours = set(FLAG.findall(help_of("--help")))
    for page in PAGES:
        for call in re.findall(rf"^(?:    \$ |    )ix {command}\b([^#\n]*)", page.read_text(), re.M):
            call = re.split(r"  +|: ", call)[0]
            assert set(FLAG.findall(call)) <= known | ours, f"{name_of(page)}: ix {command}{call}"


MODULES = sorted(each.parent.name for each in (ROOT / "src/script/python/ixian_docker/modules").glob("*/config.py"))


@pytest.mark.parametrize("module", MODULES)
def test_every_value_of_the_modules_is_in_the_configuration_page(module):
    source = (ROOT / f"src/script/python/ixian_docker/modules/{module}/config.py").read_text()
    names = set(re.findall(r"^    (?:def )?([A-Z][A-Z_]+)\b", source, re.M))
    documented = {name for cell in rows(ROOT / "docs/reference/configuration.md", f"CONFIG.{module.upper()}") for name in re.findall(r"`(\w+)`", cell)}
    assert documented == names


EVERY_MODULE = "def init():\n    CONFIG.PROJECT_NAME = 'shop'\n" + "".join(f"    load_module('ixian_docker.modules.{each}')\n" for each in MODULES)
CALL = re.compile(r"^(?:    )?(?:\$ |- run: |      - )?ix( .*)$", re.M)
PLACEHOLDERS = {"TASK", "ARGS…"}


def calls_in(page):
    """The words of each call of ix that a page shows on a line of its own, as far as they are words of ix."""
    text = page.read_text()
    blocks = [code for _, code in FENCE.findall(text)] + re.findall(r"^    .*$", text_of(page), re.M)
    for block in blocks:
        for call in CALL.findall(block):
            words = re.split(r"\s{2,}|\s[#|>;&]|: | – ", call.strip())[0].split()
            yield words


def test_every_call_in_the_pages_names_what_there_is(project):
    project.tasks(EVERY_MODULE)
    listed = {line.split("\t")[0] for line in project.ix("completion", "--tasks").ok().stdout.splitlines()}
    of_examples = set()
    for file in [*(ROOT / "examples").rglob("*.py"), *PAGES]:
        of_examples |= set(re.findall(r"\bname = [\"'](\w+)[\"']", file.read_text()))
    own = set(FLAG.findall(help_of("--help"))) | {"-j", "-h"}
    parts = set(re.findall(r"^ +ix image (\w+)", help_of("help", "image"), re.M)) | {"…"}
    unknown, seen = [], 0
    for page in PAGES:
        for words in calls_in(page):
            seen += 1
            rest = list(words)
            while rest and rest[0].startswith("-"):
                flag = rest.pop(0)
                if flag.partition("=")[0] not in own:
                    unknown.append((name_of(page), words))
                elif flag in ("--log", "--progress", "--engine", "-j", "--jobs") and rest:
                    rest.pop(0)
            if not rest or rest[0] in PLACEHOLDERS or rest[0].startswith("["):
                continue
            if rest[0] not in listed | of_examples | {"help", "s", "t"} or (rest[0] == "image" and not set(rest[1:2]) <= parts):
                unknown.append((name_of(page), words))
    assert seen > 60 and unknown == []


def test_the_status_names_no_module_as_missing():
    status = re.search(r"^## Status\n(.*?)\Z", (ROOT / "README.md").read_text(), re.M | re.S).group(1)
    missing = status.partition("there is not")[2]
    begun = re.search(r"^Not begun: (.*)$", (ROOT / "docs/architecture.md").read_text(), re.M).group(1)
    assert missing and not [each for each in [*MODULES, "compose"] if re.search(rf"\b{each}\b", missing + begun)]


def test_the_python_that_is_asked_for_is_the_one_in_the_pages():
    version = re.search(r"find_package\(Python3? (\d+\.\d+) EXACT", (ROOT / "CMakeLists.txt").read_text())
    assert version is None or f"Python {version.group(1)}" in (ROOT / "README.md").read_text()
