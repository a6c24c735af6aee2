"""ix help, and the commands that tell about tasks without running them."""

import os
import re
import subprocess

import pytest

from conftest import IX, task

DESCRIBED = '''
def init():
    CONFIG.IMAGE = "app:{TAG}"
    CONFIG.TAG = "1.10"
    CONFIG.EMPTY = None

class Build(Task):
    """
    Builds the image {IMAGE}.

        docker ps --format {{.Names}}

    The last line.
    """
    name = "build"
    category = "docker"
    short_description = "Build an image"
    depends = ["fetch"]
    config = ["{IMAGE}", "{TAG}", "{NO.SUCH}", "{EMPTY}"]
    check = FileHash("in")
    def execute(self):
        note("build")

class Fetch(Task):
    name = "fetch"
    check = FileHash("in")
    def execute(self):
        note("fetch")

class Push(Task):
    name = "Push"
    category = "docker"
    depends = ["build", "fetch"]
    def execute(self):
        note("push")
'''


@pytest.fixture
def described(project):
    project.write("in", "1")
    return project.tasks(DESCRIBED)


@pytest.mark.parametrize("args", [[], ["help"], ["--help"], ["-h"]])
def test_the_list_of_tasks_by_category(described, args):
    result = described.ix(*args).ok()
    sections = dict(re.findall(r"\[ (\w+) \]\n((?:  .*\n)*)", result.stdout))
    assert [line.split()[0] for line in sections["Docker"].splitlines()] == ["build", "Push"]
    assert "build" in sections["Docker"] and "Build an image" in sections["Docker"]
    assert {line.split()[0] for line in sections["Misc"].splitlines()} == {"fetch", "help", "init", "plan", "why", "graph", "registries", "image", "completion", "version"}
    assert "lint" in sections["Testing"] and "clean" in sections["Build"]
    assert all(len(line) <= 79 for line in result.stdout.splitlines())
    for flag in ("--force-all", "--clean-all", "--show", "--dry-run", "--jobs", "--progress", "--engine", "--log"):
        assert flag in result.stdout
    assert described.ran() == []


def test_help_says_nothing_but_what_was_asked_for(described):
    for args in ([], ["help"], ["help", "build"], ["--help", "build"]):
        assert described.ix(*args).ok().stderr == ""


@pytest.mark.parametrize("args", [["help", "build"], ["--help", "build"]])
def test_the_page_of_a_task(described, args):
    page = described.ix(*args).ok().stdout
    headings = re.findall(r"^([A-Z]+)$", page, re.M)
    assert headings == ["NAME", "DESCRIPTION", "CONFIGURATION", "STATUS"]
    assert "    build -- Build an image\n" in page
    assert "    Builds the image app:1.10.\n\n        docker ps --format {{.Names}}\n\n    The last line.\n" in page
    assert re.search(r"- IMAGE: +app:1.10\n +- TAG: +1.10\n", page)
    assert re.search(r"NO.SUCH: .*Missing", page)


@pytest.mark.parametrize("args", [["help"], ["--help"], ["--show"]])
def test_the_status_tree_tells_what_is_complete(described, args):
    assert described.ix(*args, "build").ok().stdout.endswith("○ build\n    ○ fetch\n")
    described.ix("build").ok()
    assert described.ix(*args, "build").ok().stdout.endswith("✔ build\n    ✔ fetch\n")
    described.write("in", "2")
    assert described.ix(*args, "build").ok().stdout.endswith("○ build\n    ○ fetch\n")
    assert described.ran() == ["fetch", "build"]


def test_the_status_tree_shows_each_task_once_where_it_is_first_needed(described):
    assert described.ix("help", "Push").ok().stdout.endswith("STATUS\n○ Push\n    ○ build\n        ○ fetch\n")


def test_the_status_tree_without_unicode(described):
    tree = described.ix("--show", "build", env={"LANG": "C"}).ok().stdout
    assert tree.isascii() and "build" in tree


def test_a_page_shows_a_ring_instead_of_a_tree(project):
    project.tasks(task("a", "depends = 'b'", '"""The text of a."""'), task("b", "depends = 'a'"))
    assert "→" in str(project.ix("help", "a"))


def test_pages_of_commands(project):
    project.tasks("")
    for name in ("plan", "why", "graph", "completion", "version"):
        assert project.ix("help", name).ok().stdout.startswith(f"NAME\n    {name} -- ")
    assert "help -- " in project.ix("help", "help").ok().stdout


@pytest.mark.parametrize("name", ["plan", "why", "graph", "completion", "version", "help"])
def test_commands_give_way_to_tasks_of_their_name(project, name):
    project.tasks(task(name, "short_description = 'mine'", "contexts = True", body="print('mine', *args)"))
    result = project.ix(name, "x").ok()
    assert result.stdout == "mine x\n" and "twice" not in result.stderr
    if name == "help":
        return
    assert f"{name} -- mine" in project.ix("help", name).ok().stdout
    assert project.ix("help").ok().stdout.count(f"  {name} ") == 1


@pytest.mark.parametrize("args", [["version"], ["--version"]])
def test_version(project, args):
    assert re.fullmatch(r"ix \d+\.\d+\.\d+\n", project.ix(*args).ok().stdout)
    project.tasks("from ixian.version import VERSION\n", task("v", body="print('ix', VERSION)"))
    assert project.ix("v").ok().stdout == project.ix(*args).ok().stdout


def test_plan_tells_what_would_run_in_order_and_why(described):
    lines = described.ix("plan", "Push").ok().stdout.splitlines()
    assert "3 of 3" in lines[0]
    assert [line.split()[:2] for line in lines[2:]] == [["run", "fetch"], ["run", "build"], ["run", "Push"]]
    described.ix("build").ok()
    described.ran()
    lines = described.ix("plan", "Push").ok().stdout.splitlines()
    assert [line.split()[:2] for line in lines[2:]] == [["skip", "fetch"], ["skip", "build"], ["run", "Push"]]
    assert "up to date" in described.ix("plan", "build").ok().stdout
    assert described.ix("--force", "plan", "build").ok().stdout == described.ix("--force", "--dry-run", "build").ok().stdout
    assert described.ran() == []


def test_plan_as_json(described):
    plan = described.ix("plan", "build", "--json").ok().json()
    assert plan["nothing_to_do"] is False
    assert [(step["task"], step["action"], step["virtual"]) for step in plan["steps"]] == [("fetch", "run", False), ("build", "run", False)]
    described.ix("build").ok()
    assert described.ix("plan", "build", "--json").ok().json()["nothing_to_do"] is True
    cleaning = described.ix("--force-all", "plan", "--json", "build").ok().json()
    assert [step["why"] for step in cleaning["steps"]] == ["forced by --force", "forced by --force"]


def test_the_plan_is_what_happens(described):
    for prepare in (lambda: None, lambda: described.write("in", "2"), lambda: None):
        prepare()
        plan = described.ix("plan", "build", "--json").ok().json()
        described.ix("build").ok()
        assert described.ran() == [step["task"] for step in plan["steps"] if step["action"] == "run"]


def test_why_names_the_file_the_argument_and_the_dependency(project):
    project.write("src/a.py", "1")
    project.write("own", "1")
    project.tasks(task("low", "check = FileHash('src')"), task("high", "depends = 'low'", "check = FileHash('own')"))
    project.ix("high").ok()
    assert "up to date" in project.ix("why", "high").ok().stdout
    project.write("src/a.py", "2")
    project.write("src/b.py", "2")
    text = project.ix("why", "high").ok().stdout
    assert text.startswith("high: dependency low will run\nlow: ")
    assert re.search(r"src/a.py +changed\n +src/b.py +added\n", text)
    why = project.ix("why", "high", "--json").ok().json()
    assert [(each["task"], each["dependencies"]) for each in why] == [("high", ["low"]), ("low", [])]
    assert why[1]["changes"] == [{"what": "src/a.py", "how": "changed"}, {"what": "src/b.py", "how": "added"}]
    project.ix("low").ok()
    assert "low  ran since" in project.ix("why", "high").ok().stdout
    project.ix("high").ok()
    assert "[] → [--prod x]" in project.ix("why", "high", "--prod", "x").ok().stdout


def test_why_of_what_has_no_checks_or_never_ran(described):
    assert "never completed" in described.ix("why", "fetch").ok().stdout
    described.ix("build").ok()
    assert "no checks" in described.ix("why", "Push").ok().stdout


def test_graph_as_mermaid(described):
    text = described.ix("graph", "Push").ok().stdout
    names = dict(re.findall(r'^  (t\d+)\["(\w+)"\]$', text, re.M))
    edges = {(names[a], names[b]) for a, b in re.findall(r"^  (t\d+) --> (t\d+)$", text, re.M)}
    assert text.startswith("flowchart LR\n")
    assert edges == {("fetch", "build"), ("build", "Push"), ("fetch", "Push")}
    assert set(re.findall(r'\(\["(\w+)"\]\)', described.ix("graph", "--mermaid").ok().stdout)) == {"lint", "test", "clean"}


def test_graph_as_dot(project):
    odd = 'odd "name" \\\\ <b>'
    project.tasks(task("a", f"depends = [{odd!r}]"), f"class Odd(Task):\n    name = {odd!r}\n    def execute(self):\n        pass\n")
    text = project.ix("graph", "--dot").ok().stdout
    assert text.startswith("digraph") and text.rstrip().endswith("}") and text.count("->") == 1
    drawn = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, timeout=60)
    assert drawn.returncode == 0 and drawn.stderr == "", drawn


@pytest.mark.parametrize("args", [["a", "b"], ["--svg"], ["a", "--nope"]])
def test_graph_refuses_what_it_does_not_know(project, args):
    project.tasks(task("a"), task("b"))
    project.ix("graph", *args).failed(2)


# Completion ------------------------------------------------------------------------------------------------------------------------

COMPLETE = """
ix() {{ '{ix}' "$@"; }}
source <(ix completion bash)
COMP_LINE='{line}'
COMP_POINT=${{#COMP_LINE}}
_ix
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(project, *words):
    """What bash puts in the place of what is behind the last of = and : in the last word."""
    script = COMPLETE.format(ix=IX, line=" ".join(words))
    done = subprocess.run(["bash", "-c", script], cwd=project.path, env=project.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done
    return sorted(line.strip() for line in done.stdout.splitlines() if line)


@pytest.mark.parametrize(
    "words, expected",
    [
        (["ix", "bui"], ["build"]),
        (["ix", "P"], ["Push"]),
        (["ix", "help", "fe"], ["fetch"]),
        (["ix", "-j", "4", "bui"], ["build"]),
        (["ix", "--force", "bui"], ["build"]),
        (["ix", "plan", "--js"], ["--json"]),
        (["ix", "plan", "--progress=pl"], ["plain"]),
        (["ix", "graph", "--log", "W"], ["WARN"]),
        (["ix", "graph", "--d"], ["--dot", "--dry-run"]),
        (["ix", "graph", "--dot", "fe"], ["fetch"]),
        (["ix", "image", "ins"], ["inspect"]),
        (["ix", "image", "inspect", "--r"], ["--raw"]),
        (["ix", "image", "copy", "--platform", "linux/arm6"], ["linux/arm64"]),
        (["ix", "help", "image", "i"], ["inspect"]),
        (["ix", "--cl"], ["--clean", "--clean-all"]),
        (["ix", "--progress", "p"], ["plain"]),
        (["ix", "--log", "W"], ["WARN"]),
        (["ix", "completion", "f"], ["fish"]),
        (["ix", "build", "i"], ["in", "ixian.py"]),
    ],
)
def test_bash_completes(described, words, expected):
    assert complete(described, *words) == expected
    assert described.ran() == []


DOCKERFILE = "FROM scratch AS base\nFROM base AS test\nFROM base AS Tools\n"


@pytest.mark.parametrize(
    "words, expected",
    [
        (["build", "--target", "te"], ["test"]),
        (["build", ".", "--target", ""], ["Tools", "base", "test"]),
        (["build", "-f", "x/Dockerfile.other", "--target=o"], ["one"]),
        (["build", "--network", ""], ["default", "host", "none"]),
        (["build", "-o", "type=do"], ["docker"]),
        (["build", "-o", "type=docker,d"], ["docker,dest="]),
        (["build", "-o", "type=docker,dest=x/D"], ["x/Dockerfile.other"]),
        (["build", "--no-cache-"], ["--no-cache-filter"]),
        (["build", "--lo"], ["--load", "--log"]),
        (["build", "--engine", ""], ["docker", "embedded"]),
        (["build", "x"], ["x"]),
        (["image", "rm", "store:t"], ["team/app:1"]),
        (["image", "rm", "store:a"], ["app:latest"]),
        (["registries", ""], ["registry.example.com"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_bash_completes_values_without_a_project(project, words, expected):
    project.write("Dockerfile", DOCKERFILE)
    project.write("x/Dockerfile.other", "FROM scratch AS one\nRUN [\n")
    project.write(".docker/config.json", '{"auths": {"registry.example.com": {"auth": "YTpi"}}}')
    project.environment |= {"IXIAN_STORE": str(project.path.parent / "store"), "DOCKER_CONFIG": str(project.path / ".docker")}
    if words[0] == "image":
        project.ix("build", "--target", "base", "-t", "team/app:1", "-t", "app", ".").ok()
    assert complete(project, "ix", *words) == expected


def test_completion_changes_nothing_in_the_store(project):
    store = project.path.parent / "store"
    project.environment["IXIAN_STORE"] = str(store)
    project.write("Dockerfile", DOCKERFILE)
    project.ix("build", "--target", "base", "-t", "app", ".").ok()

    def files():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in [store, *store.rglob("*")]}

    before = files()
    assert complete(project, "ix", "image", "rm", "store:a") == ["app:latest"]
    assert files() == before


def test_a_dockerfile_that_leads_out_of_its_context_completes_nothing(project):
    project.write("outside", DOCKERFILE)
    project.write("context/in", "")
    (project.path / "context/Dockerfile").symlink_to("../outside")
    assert complete(project, "ix", "build", "context", "--target", "te") == []


def test_a_task_help_of_the_project_is_completed_as_a_task(project):
    project.tasks(task("help"))
    project.write("words", "")
    assert complete(project, "ix", "help", "pla") == []
    assert complete(project, "ix", "help", "wor") == ["words"]


def test_bash_completes_what_a_project_has(project):
    project.tasks("""
def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    load_module("ixian_docker.modules.npm")
    CONFIG.DOCKER.REGISTRY = "localhost"
    CONFIG.DOCKER.REGISTRY_PATH = "me"
    CONFIG.DOCKER.REGISTRIES = {"localhost": {}, "other.example.com": {}}
""")
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")
    project.write("Dockerfile.base", "FROM scratch\n")
    assert complete(project, "ix", "push", "r") == []  # its Dockerfile is not there
    project.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n")
    assert complete(project, "ix", "push", "n") == ["npm"]
    assert complete(project, "ix", "pull", "base", "run") == ["runtime"]
    assert complete(project, "ix", "registries", "o") == ["other.example.com"]
    assert complete(project, "ix", "why", "build_np") == ["build_npm_image"]
    assert complete(project, "ix", "image", "prune", "--registry", "localhost/me/s") == ["localhost/me/shop"]


def test_completion_is_silent_about_a_broken_project(project):
    project.write("ixian.py", "def init(:\n")
    assert complete(project, "ix", "pl") == ["plan"]
    project.write("ixian.py", "print('hello', flush=True)\ndef init():\n    print('there')\n")
    assert complete(project, "ix", "he") == ["help"]
    project.write("ixian.py", "print('hello')\nraise ValueError\n")
    assert complete(project, "ix", "pl") == ["plan"]


def test_completion_without_a_project(project):
    assert complete(project, "ix", "vers") == ["version"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_scripts_are_valid(project, shell):
    script = project.ix("completion", shell).ok().stdout
    assert "ix __complete" in script
    assert subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=60).stderr == ""


def in_shell(project, *command):
    environment = {**os.environ, "PATH": f"{os.path.dirname(IX)}:{os.environ['PATH']}", "HOME": str(project.path), "TERM": "dumb"}
    return subprocess.run(command, cwd=project.path, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "line, expected",
    [
        ("ix gen", ["generate"]),
        ("ix plan gen", ["generate"]),
        ("ix --progress=pl", ["--progress=plain"]),
        ("ix image ls --plat", []),
        ("ix image copy --platform linux/arm6", ["linux/arm64"]),
        ("ix image insp", ["inspect"]),
        ("ix generate ixia", ["ixian.py"]),
        ("ix image export --platform linux/amd64 a ixia", ["ixian.py"]),
    ],
)
def test_fish_completes(project, line, expected):
    project.tasks(task("generate"), task("other"))
    done = in_shell(project, "fish", "-c", f"ix completion fish | source; complete -C '{line}'")
    assert [each.split("\t")[0] for each in done.stdout.splitlines()] == expected, done


# What zsh would insert, with the functions that would show it recording it instead.
ZSH = """
autoload -Uz compinit && compinit -u -D
source <(ix completion zsh)
_describe() { local each; for each in ${(P)4}; do print -r -- "${${each//\\\\:/@}%%:*}" | tr @ :; done }
_files() { print -r -- files "$@" }
compset() { :; }
words=(%s)
CURRENT=${#words}
_ix
"""


@pytest.mark.parametrize(
    "words, expected",
    [
        (["ix", "gen"], ["generate"]),
        (["ix", "plan", "gen"], ["generate"]),
        (["ix", "--progress=pl"], ["--progress=plain"]),
        (["ix", "image", "insp"], ["inspect"]),
        (["ix", "generate", "x"], ["files"]),
        (["ix", "build", ""], ["files -/"]),
    ],
)
def test_zsh_completes(project, words, expected):
    project.tasks(task("generate"), task("other"))
    done = in_shell(project, "zsh", "-fc", ZSH % " ".join(f"'{word}'" for word in words))
    assert done.stdout.splitlines() == expected, done


@pytest.mark.parametrize("args", [["image"], ["image", "copy"], ["registries"], ["plan"], ["completion"], ["init"], ["help"]])
def test_a_command_of_ix_shows_its_page_when_asked_for_help(described, args):
    page = described.ix(*args, "--help").ok().stdout
    assert f"ix {args[0]}" in page
    if args != ["help"]:  # which is a task
        assert page == described.ix("help", *args).ok().stdout


def test_whatever_is_misspelt_gets_a_suggestion(described, project):
    for call, meant in [
        (["biuld"], "build"),
        (["plna", "build"], "plan"),
        (["help", "imgae"], "image"),
        (["plan", "biuld"], "build"),
        (["graph", "fecth"], "fetch"),
        (["--forec", "build"], "--force"),
        (["--progress", "plian", "build"], "plain"),
        (["graph", "--dto"], "--dot"),
        (["image", "isnpect"], "inspect"),
        (["image", "inspect", "--rwa", "x"], "--raw"),
        (["completion", "bahs"], "bash"),
    ]:
        described.ix(*call).failed(2, meant)


# Manual pages -----------------------------------------------------------------------------------------------------------------------

TOPICS = ["", "build", "image", "plan", "why", "graph", "init", "registries", "completion", "version", "help", "ixian.py"]


@pytest.mark.parametrize("topic", TOPICS)
def test_manual_pages_are_without_faults(project, topic):
    page = project.ix("help", "--format", "man", *[topic][: len(topic)]).ok().stdout
    name = topic if "." in topic else "-".join(["ix", topic]).rstrip("-")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-P-cbou", "-ww", "-Kutf8", "-rLL=100n"], input=page, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert f"{name.upper()}({5 if '.' in topic else 1})" in done.stdout and "NAME" in done.stdout


def test_the_manual_of_build_has_all_that_its_help_has(project):
    page = project.ix("help", "--format=man", "build").ok().stdout.replace("\\-", "-")
    for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", project.ix("help", "build").ok().stdout):
        assert flag in page
    project.ix("help", "--format=man", "biuld").failed(2, "did you mean build?")
