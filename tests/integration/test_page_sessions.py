"""What pages show of a session is what the program prints, but for times, digests, sizes and where images are kept."""

import re
import shutil
import subprocess

import busybox
import images
import pytest
from program import IX, ROOT, Program
from shop import Machine

FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
# What is an example on a page: … is anything.
EXAMPLES = {r"[0-9a-f]*…": ".*", r"\d+\.\ds": r"[\dm.]+s", r"\d+ B of": r"\d+ B of", r"/home/ann\S*": r"/\S+"}


def section(page, heading):
    text = (ROOT / page).read_text()
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)


def session(text):
    """The commands that a page shows, each with the lines that it prints."""
    found = []
    for line in re.findall(r"^    (.*)$", FENCE.sub("", text), re.M):
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def pattern(line):
    def one(piece):
        return next((value for example, value in EXAMPLES.items() if re.fullmatch(example, piece)), re.escape(piece))

    return "".join(map(one, re.split(f"({'|'.join(EXAMPLES)})", line.rstrip())))


def follow(program, commands, cwd, environment={}):
    """Types the commands into a shell. Each line that is shown has to be among what is printed."""
    ix = program.bin / "ix"
    if not ix.exists():
        ix.symlink_to(IX)
    for command, shown in commands:
        result = subprocess.run(
            ["sh", "-c", command], cwd=cwd, env={**program.environment, **environment}, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )
        printed = (result.stdout + result.stderr).splitlines()
        for line in shown:
            if line not in ("", "…"):
                assert any(re.fullmatch(pattern(line), each.rstrip()) for each in printed), f"`{command}` does not print: {line}\n{result}"


class Project:
    """The files that a section of a page shows, and machines that share them and a registry."""

    def __init__(self, folder, text=""):
        self.folder, self.registry = folder, folder / "registry"
        self.base = images.Layout(folder / "base")
        self.base.add("1", busybox.image())
        self.work = folder / "project"
        self.work.mkdir()
        self.program = Program(folder / "ix")
        blocks = FENCE.findall(text)
        python = [code for language, code in blocks if language == "python"]
        dockerfiles = [code for language, code in blocks if language == "dockerfile"]
        if python:
            self.write("ixian.py", self.with_layout(python[0]))
        if len(python) > 1:
            self.write("hello.py", python[1])
        for name, code in zip(("Dockerfile",) if len(dockerfiles) == 1 else ("Dockerfile.base", "Dockerfile"), dockerfiles):
            self.write(name, re.sub(r"apt-get update.*", "echo python > /packages", code))

    def write(self, name, text):
        (self.work / name).write_text(text)

    def with_layout(self, python):
        """A directory in place of the registry that the page names."""
        entry = f'{{"client": "OCILayoutClient", "options": {{"path": "{self.registry}"}}}}'
        assert "/tmp/registry" in python or ": {}}" in python
        return python.replace("/tmp/registry", str(self.registry)).replace(": {}}", f": {entry}}}")

    def follow(self, commands, machine):
        environment = {"IXIAN_STORE": str(self.folder / machine)}
        self.program("image", "copy", f"oci:{self.base.path}:1", "store:debian:12-slim", env=environment).ok()
        follow(self.program, [each for each in commands if not each[0].startswith("export ")], self.work, environment)


@pytest.fixture
def project(tmp_path):
    made = []

    def make(text):
        made.append(Project(tmp_path, text))
        return made[-1]

    yield make
    for each in made:
        each.program.end_all()


def test_readme(project):
    described = section("README.md", "Describe a project")
    here = project(described)
    here.follow(session(described), "one")
    here.follow(session(section("README.md", "On the second machine")), "two")


def test_first_image(project):
    text = section("docs/start.md", "Build an image")
    project(text).follow(session(text), "one")


def test_first_project(project):
    text = section("docs/start.md", "Create a project")
    here = project(text)
    here.follow(session(text), "one")
    here.follow(session(section("docs/start.md", "Build on a second machine")), "two")


@pytest.fixture
def example(tmp_path):
    """example("site"): a copy of it, and ix for it."""
    made = []

    def make(name):
        shutil.copytree(ROOT / "examples" / name, tmp_path / name, ignore=shutil.ignore_patterns(".builder"))
        made.append(Program(tmp_path / "ix"))
        return made[-1], tmp_path / name

    yield make
    for each in made:
        each.end_all()


@pytest.mark.parametrize("page, name", [("guides/tasks.md", "tasks"), ("guides/modules.md", "module"), ("reference/configuration.md", "configuration")])
def test_example_of_a_page(example, page, name):
    program, folder = example(name)
    commands = session((ROOT / "docs" / page).read_text())
    if name == "tasks":
        before = next(at for at, (command, _) in enumerate(commands) if "fig" in command)
        commands.insert(before, ("ix count", []))
    assert len(commands) >= 2
    follow(program, commands, folder)


def test_plan_and_why_of_the_command_page(example):
    program, folder = example("site")
    follow(program, [("ix bundle && echo >>styles/base.css", [])], folder)
    follow(program, session(section("docs/reference/commands.md", "Built-in tasks")), folder)


def test_plan_of_the_shop_on_a_machine_with_a_part_of_it(tmp_path, start_registry):
    registry = start_registry("plain")
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one, two = Machine(tmp_path / "one", registry.host, push="stages"), Machine(tmp_path / "two", registry.host, push="stages")
    one("build_image").ok()
    two("pull", "npm").ok()
    (two.shop / "src/static/base.css").write_text("body {}\n")
    page = (ROOT / "docs/guides/project-images.md").read_text()
    shown = next(lines for command, lines in session(section("docs/guides/project-images.md", "Where an image is")) if command == "ix plan build_image")
    assert "ix plan build_image" in page
    commands = [("ix plan build_image", [line.replace("localhost/demo/shop", f"{registry.host}/demo/shop") for line in shown])]
    follow(two.program, commands, two.shop, two.environment)
    for each in (one, two):
        each.program.end_all()


def test_stages_of_the_page_about_modules(example):
    program, folder = example("stages")
    commands = [(command.replace(" examples/stages/", " "), shown) for command, shown in session(section("docs/guides/stages.md", "Try it"))]
    follow(program, [each for each in commands if not each[0].startswith("cd ")], folder, {"IXIAN_STORE": str(folder.parent / "store")})
