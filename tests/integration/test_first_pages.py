"""The README and the page for beginners: their projects, as they are written but for where images are kept, print what the pages show."""

import re
import subprocess

import busybox
import images
import pytest
from program import ROOT, Program

FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def section(page, heading):
    text = (ROOT / page).read_text()
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)


def session(text):
    """The commands that a page shows, each with the lines that it prints."""
    found = []
    for line in re.findall(r"^    (.*)$", text, re.M):
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def pattern(line):
    """A line of a page, in which … is anything, and times and digests are examples."""
    examples = {r"[0-9a-f]*…": ".*", r"\d+\.\ds": r"[\dm.]+s"}

    def one(piece):
        return next((value for example, value in examples.items() if re.fullmatch(example, piece)), re.escape(piece))

    return "".join(map(one, re.split(f"({'|'.join(examples)})", line.rstrip())))


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
        for command, shown in commands:
            if not command.startswith("ix "):
                subprocess.run(["sh", "-c", command], cwd=self.work, check=True)
                continue
            result = self.program(*command.split()[1:], cwd=self.work, env=environment).ok()
            told = iter((result.stderr + result.stdout).splitlines())
            for line in shown:
                if line not in ("", "…"):
                    assert any(re.fullmatch(pattern(line), each) for each in told), f"{command} does not print: {line}\n{result}"


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
