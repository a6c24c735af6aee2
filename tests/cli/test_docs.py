"""The documentation: links lead somewhere, Python and commands in it are what the program takes."""

import ast
import re
import subprocess

import pytest
from conftest import IX, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "src/README.md", ROOT / "bench/README.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]


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


def test_the_reference_of_commands_is_what_the_program_says():
    page = ROOT / "docs/reference/command-options.md"
    assert page.read_text() == help_of("help", "--format", "markdown"), f"ix help --format markdown > {name_of(page)}"


def test_flags_in_the_page_of_commands_exist():
    documented = {flag for cell in rows(ROOT / "docs/reference/commands.md", "Built-in tasks") for flag in FLAG.findall(cell)}
    assert documented <= set(FLAG.findall((ROOT / "docs/reference/command-options.md").read_text()))


def test_each_command_has_a_row_in_the_command_line_page():
    names = {re.match(r" `(\w+)", cell).group(1) for cell in rows(ROOT / "docs/reference/commands.md", "Built-in tasks")}
    source = next((ROOT / "src").rglob("commands/table.cc")).read_text()
    commands = set(re.findall(r"\b(\w+)_command\(\)", source)) - {"complete"}  # for scripts alone
    assert commands and commands <= names


def parts_of(command):
    """The commands that the page of a command lists."""
    section = re.search(r"^COMMANDS\n(.*?)\n\n", help_of("help", command), re.M | re.S)
    return re.findall(r"^    (\w+)  ", section.group(1), re.M) if section else []


@pytest.mark.parametrize("command", ["build", "image", "registries", "plan", "why", "graph"])
def test_flags_of_commands_in_the_pages_exist(command):
    pages = [help_of("help", command), *(help_of("help", command, part) for part in parts_of(command))]
    known = {flag for page in pages for flag in FLAG.findall(page)}
    ours = set(FLAG.findall(help_of("--help")))
    for page in PAGES:
        for call in re.findall(rf"^(?:    \$ |    )ix {command}\b([^#\n]*)", page.read_text(), re.M):
            call = re.split(r"  +|: ", call)[0]
            assert set(FLAG.findall(call)) <= known | ours, f"{name_of(page)}: ix {command}{call}"


MODULES_FOLDER = next((ROOT / "src").rglob("ixian_docker")) / "modules"
MODULES = sorted(each.parent.name for each in MODULES_FOLDER.glob("*/config.py"))


@pytest.mark.parametrize("module", MODULES)
def test_every_value_of_the_modules_is_in_the_configuration_page(module):
    source = (MODULES_FOLDER / module / "config.py").read_text()
    names = set(re.findall(r"^    (?:def )?([A-Z][A-Z_]+)\b", source, re.M))
    documented = {name for cell in rows(ROOT / "docs/reference/configuration.md", f"CONFIG.{module.upper()}") for name in re.findall(r"`(\w+)`", cell)}
    assert documented == names


EVERY_MODULE = "def init():\n    CONFIG.PROJECT_NAME = 'shop'\n" + "".join(f"    load_module('ixian_docker.modules.{each}')\n" for each in MODULES)
CALL = re.compile(r"^(?:    )?(?:\$ |- run: |      - )?ix( .*)$", re.M)
PLACEHOLDERS = {"TASK", "ARGS…", "COMMAND"}


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
    listed = {line.split("\t")[0] for line in project.ix("__complete", "").ok().stdout.splitlines()}
    of_examples = set()
    for file in [*(ROOT / "examples").rglob("*.py"), *PAGES]:
        of_examples |= set(re.findall(r"\bname = [\"'](\w+)[\"']", file.read_text()))
    own = set(FLAG.findall(help_of("--help"))) | {"-j", "-h"}
    parts = set(parts_of("image")) | PLACEHOLDERS | {"…"}
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


# Words of this project alone, or of nobody's; what is code or is printed may have them.
ODD_WORDS = re.compile(r"\b(folders?|anew|simply|all the same|mends?|stands? on|makes? room)\b", re.I)
FOR_DEVELOPERS = {"docs/architecture.md", "docs/benchmarks.md", "src/README.md", "bench/README.md"}


@pytest.mark.parametrize("page", [page for page in PAGES if name_of(page) not in FOR_DEVELOPERS], ids=name_of)
def test_words_are_those_of_the_field(page):
    prose = re.sub(r"`[^`\n]*`|^    .*$", "", text_of(page), flags=re.M)
    assert [line for line in prose.splitlines() if ODD_WORDS.search(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_nothing_is_announced(page):
    """What is not there is not in the documentation, so that no sentence is there to grow stale."""
    assert not re.search(r"\bnot yet\b|\bcoming soon\b|\bTODO\b|^#+ Status$|\bplanned for\b|\bso far not\b", text_of(page), re.M | re.I)


def test_the_python_that_is_asked_for_is_the_one_in_the_pages():
    version = re.search(r"find_package\(Python3? (\d+\.\d+) EXACT", (ROOT / "CMakeLists.txt").read_text())
    assert version is None or f"Python {version.group(1)}" in (ROOT / "README.md").read_text()


SOURCES = {
    path: path.read_text()
    for path in (ROOT / "src").rglob("*")
    if path.suffix in (".cc", ".h", ".py") and not path.stem.endswith("_test") and not path.stem.startswith("fake_")
}
# Where a variable of the environment is read by its name.
READ = re.compile(r"(?:getenv|environ\.get|environ|environment|environment[._]variable)[\[(]b?[\"']([A-Z][A-Z0-9_]+)[\"']")
# Other literals that look like one.
NAME = re.compile(r"\"(_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"")
OTHER_NAMES = re.compile(
    r"(SCMP|RLIMIT|CAP|BLOB|MANIFEST|NAME|TAG|GIT|BUILDKIT|FROM)_\w+|(BASE|PYTHON|NPM|COMPILED_STATIC)_IMAGE|SSL_ERROR_SYSCALL"
    r"|SSH_ASKPASS\w*|SECRETS_MANAGER|ECR_PUBLIC|SSO_OIDC|JT_DOCKER__REGISTRY|DJANGO_SETTINGS_MODULE|FTP_PROXY"
)


def cells_of(page):
    """The first cells of all tables of a page."""
    return [line.split("|")[1] for line in page.read_text().splitlines() if line.startswith("| ")]


def test_the_page_of_the_environment_has_each_variable_that_is_read_and_no_other():
    page = ROOT / "docs/reference/environment.md"
    documented = {name for cell in cells_of(page) for name in re.findall(r"`(_?[A-Z][A-Z0-9_]+)`", cell)} | {"_IXIAN_SECOND_START"}
    read = {name for text in SOURCES.values() for name in READ.findall(text)}
    cc = "".join(text for path, text in SOURCES.items() if path.suffix != ".py")
    named = {name for name in read | set(NAME.findall(cc)) if not OTHER_NAMES.fullmatch(name)}
    assert sorted(named - documented) == [], "not on the page; or they belong into OTHER_NAMES"
    everything = "".join(SOURCES.values())
    assert sorted(documented - set(re.findall(r"\w+", everything))) == [], "nothing reads these"


# /kaniko/executor --help, of its last version.
KANIKO = set(
    "build-arg cache cache-copy-layers cache-dir cache-repo cache-run-layers cache-ttl cleanup compressed-caching compression "
    "compression-level context context-sub-path custom-platform destination digest-file dockerfile force force-build-metadata git "
    "ignore-path ignore-var-run image-download-retry image-fs-extract-retry image-name-tag-with-digest-file image-name-with-digest-file "
    "insecure insecure-pull insecure-registry kaniko-dir label log-format log-timestamp no-push no-push-cache oci-layout-path "
    "push-ignore-immutable-tag-errors push-retry registry-certificate registry-client-cert registry-map registry-mirror reproducible "
    "single-snapshot skip-default-registry-fallback skip-push-permission-check skip-tls-verify skip-tls-verify-pull skip-tls-verify-registry "
    "skip-unused-stages snapshot-mode tar-path target use-new-run verbosity".split()
)


def test_each_option_of_kaniko_has_an_answer():
    part = (ROOT / "docs/moving/kaniko.md").read_text().partition("## Options of the executor")[2].partition("## Environment")[0]
    answered = {flag[2:] for cell in re.findall(r"^\| (`.*?) \|", part, re.M) for flag in FLAG.findall(cell)}
    assert answered == KANIKO


def test_options_of_ix_build_that_buildx_does_not_have_are_in_a_guide_or_the_reference():
    pages = "".join(page.read_text() for page in PAGES)
    assert [flag for flag in FLAG.findall(help_of("help", "build")) if f"{flag}" not in pages] == []


def literals_of_sources():
    """The string literals of the program, neighbours joined as the compiler joins them."""
    text = "\n".join(text for path, text in SOURCES.items() if path.suffix != ".py")
    return re.findall(r'"((?:[^"\\\n]|\\.)*)"', re.sub(r'"\s*\n\s*"', "", text))


def test_messages_on_the_page_of_troubles_are_those_of_the_program():
    known = "\n".join(literals_of_sources())
    shown = {cell.strip() for cell in cells_of(ROOT / "docs/guides/troubleshooting.md")}
    unknown = [cell for cell in shown if "…" in cell and any(part.strip() not in known for part in cell.replace("`", "").split("…"))]
    assert len([cell for cell in shown if "…" in cell]) > 5 and unknown == []


def test_the_glossary_is_short():
    section = re.search(r"^## Glossary\n(.*?)^## ", (ROOT / "docs/architecture.md").read_text(), re.M | re.S).group(1)
    assert 10 < section.count("\n| ") - 1 <= 25


@pytest.mark.parametrize("client", ["DockerClient", "ECRDockerClient", "OpenShiftDockerClient"])
def test_the_page_of_registries_has_the_options_of_each_client(project, client):
    page = ROOT / "docs/reference/registries.md"
    documented = {name for heading in (client, "Options of every client") for cell in rows(page, heading) for name in re.findall(r"`(\w+)`", cell)}
    project.tasks(
        "def init():\n    CONFIG.PROJECT_NAME = 'shop'\n    load_module('ixian_docker.modules.docker')\n"
        f"    CONFIG.DOCKER.REGISTRIES = {{'localhost:1': {{'client': '{client}', 'options': {{'nope': 'x'}}}}}}\n"
    )
    known = re.search(r'options: ([\w, \n]+)', project.ix("registries").stdout)
    assert known and set(re.findall(r"\w+", known.group(1))) == documented
