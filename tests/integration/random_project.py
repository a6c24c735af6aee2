"""Projects made at random whose stages read known files, and changes of which it is known what they change."""

import json
import os
import random
import shutil
import stat
from pathlib import Path

PROJECT = '''
import json

from ixian.config import CONFIG
from ixian.module import load_module
from ixian.task import VirtualTarget
from ixian_docker.modules.docker.stage import ImageTask


def made(spec):
    return type("Make" + spec["name"], (ImageTask,), {
        "name": "make_" + spec["name"],
        "stage": spec["name"],
        "dockerfile": "Dockerfile." + spec["name"],
        "depends": ["make_" + each for each in spec["bases"]],
        "build_args": spec["arguments"],
        "files": spec["files"],
        "target": spec["target"],
        "platform": spec["platform"],
    })


specs = json.load(open("stages.json"))
for spec in specs:
    globals()[spec["name"]] = made(spec)


class Everything(VirtualTarget):
    name = "everything"
    depends = ["make_" + spec["name"] for spec in specs]


def init():
    CONFIG.PROJECT_NAME = "random"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "%s"
'''


class Stage:
    """What is declared, and what of the project it reads."""

    def __init__(self, name, bases):
        self.name, self.bases = name, bases
        self.folders = []  # copied as a whole
        self.singles = []  # files that are copied by name
        self.patterns = []  # "dir/*.ext"
        self.files = []  # named by the task, not read by the Dockerfile
        self.arguments = {}  # declared and used
        self.unused = {}  # given, and declared nowhere
        self.word = "one"
        self.target, self.platform = None, None
        self.outside = None  # where there is a world
        self.inner, self.other, self.style = "main", "yes", str

    def beginning(self):
        return f"${self.bases[0].upper()}_IMAGE" if self.bases else self.outside.base() if self.outside else "scratch"

    def dockerfile(self):
        lines = [f"ARG {base.upper()}_IMAGE" for base in self.bases]
        lines += [f"FROM ${base.upper()}_IMAGE AS {base}" for base in self.bases[1:]]
        lines += [f"FROM {self.beginning()} AS {self.inner}"]
        lines += [f"ARG {name}\nENV {name}=${name}" for name in self.arguments]
        lines += [f"COPY {folder} /{self.name}/{folder}/" for folder in self.folders]
        lines += [f"COPY {file} /{self.name}/{file}" for file in self.singles]
        lines += [f"COPY {pattern} /{self.name}/matched/" for pattern in self.patterns]
        lines += [f"COPY --from={base} / /{self.name}/from-{base}/" for base in self.bases[1:]]
        lines += self.outside.lines(self) if self.outside else []
        lines += [f"LABEL word={self.word}", "", f"FROM {self.inner} AS other", f"LABEL other={self.other}", "", f"FROM {self.inner}"]
        return self.style("\n".join(lines) + "\n")

    def spec(self):
        return {
            "name": self.name,
            "bases": self.bases,
            "arguments": {**self.arguments, **self.unused},
            "files": self.files,
            "target": self.target,
            "platform": self.platform,
        }


class Outside:
    """What one stage reads that is not in the project's folder, and what of the folder only a base image says."""

    def __init__(self, world, name, chance, stands_on_image):
        self.world, self.name = world, f"base-{name}"
        self.trigger, self.variable, self.label, self.mirror = "lib", "src", "", ""
        self.by_digest = chance.random() < 0.3
        self.image = stands_on_image and chance.random() < 0.6
        self.file = f"{name}.txt" if chance.random() < 0.4 else None
        self.branch = "main" if chance.random() < 0.15 else None
        self.mounted, self.uid, self.fields = "lib", 1, ["type=cache", "target=/cache", "uid=1"]
        if self.file:
            world.write(self.file, "first")
        self.publish()

    def publish(self):
        triggers = [f"COPY {self.trigger} /triggered", "RUN --mount=target=/docs,source=docs/always.cfg true"]
        self.digest = self.world.publish(self.name, [f"FOLDER={self.variable}"], triggers, self.label)

    def base(self):
        if not self.image:
            return "scratch"
        reference = f"@{self.digest}" if self.by_digest else ":1"
        return f"{self.world.host}/{self.mirror}{self.name}{reference}"

    def lines(self, stage):
        lines = [f"COPY $FOLDER /{stage.name}/folder/"] if self.image else []
        lines += [f"ADD {self.world.url}/files/{self.file} /{stage.name}/"] if self.file else []
        lines += [f"ADD {self.world.url}/git/.git#{self.branch} /{stage.name}/git/"] if self.branch else []
        lines += [f"RUN --mount={','.join(self.fields)} --mount=source={self.mounted},target=/m true"]
        lines += [f"RUN --mount=from={base},target=/m true" for base in stage.bases[1:]]
        return lines

    def reads(self, file):
        top = file.partition("/")[0]
        triggered = self.image and (top in (self.trigger, self.variable) or file == "docs/always.cfg")
        return triggered or top == self.mounted


class Project:
    """The folder, and the changes. Each change returns the names of the stages that read what it changed."""

    def __init__(self, folder, chance, world=None):
        self.folder, self.chance, self.world = Path(folder), chance, world
        self.counter = 0
        self.ignored = []
        self.comment, self.registry = "", "localhost"
        names = ["base", "tools", "lib", "app", "site", "final"][: chance.randint(3, 6)]
        self.stages = {}
        for index, name in enumerate(names):
            below = names[:index]
            bases = sorted(chance.sample(below, min(len(below), chance.randint(1, 2))), key=names.index) if below else []
            self.stages[name] = Stage(name, bases)
        self.folder.mkdir(parents=True)
        for name in ("lib", "src", "docs", "unused"):
            for _ in range(chance.randint(2, 4)):
                self.new_file(name)
            self.write(f"{name}/deep/one.txt")
            os.symlink("deep/one.txt", self.folder / name / f"link-{name}")
        for stage in self.stages.values():
            stage.folders = chance.sample(["lib", "src"], chance.randint(0, 2))
            stage.singles = chance.sample([file for file in self.in_folder("docs") if not self.path(file).is_symlink()], 1)
            stage.patterns = ["docs/*.cfg"] if chance.random() < 0.3 else []
            stage.arguments = {f"ARG_{stage.name.upper()}": self.new_text()}
            stage.files = [chance.choice(self.plain_files("docs"))] if chance.random() < 0.4 else []
            stage.outside = Outside(world, stage.name, chance, not stage.bases) if world else None
        if world or any(stage.patterns for stage in self.stages.values()):
            self.write("docs/always.cfg")
        self.save()

    # The folder.

    def path(self, name):
        return self.folder / name

    def new_text(self):
        self.counter += 1
        return f"text {self.counter}"

    def write(self, name):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(self.new_text() + "\n")
        return name

    def new_file(self, folder):
        self.counter += 1
        return self.write(f"{folder}/{self.chance.choice(['', 'deep/'])}file-{self.counter}.{self.chance.choice(['txt', 'cfg'])}")

    def in_folder(self, folder):
        return sorted(str(each.relative_to(self.folder)) for each in self.path(folder).rglob("*") if not each.is_dir() or each.is_symlink())

    def plain_files(self, *folders):
        return [file for folder in folders for file in self.in_folder(folder) if not self.path(file).is_symlink()]

    def save(self):
        self.path("ixian.py").write_text(self.comment + PROJECT % self.registry)
        self.path("stages.json").write_text(json.dumps([stage.spec() for stage in self.stages.values()]))
        for stage in self.stages.values():
            self.path("Dockerfile." + stage.name).write_text(stage.dockerfile())
        self.path(".dockerignore").write_text("".join(line + "\n" for line in self.ignored))

    # Who reads what.

    def is_ignored(self, file):
        return any(file == rule or file.startswith(rule + "/") for rule in self.ignored)

    def reads(self, stage, file):
        if file in stage.files:
            return True
        if self.is_ignored(file):
            return False
        top, _, rest = file.partition("/")
        matched = any(top == "docs" and "/" not in rest and file.endswith(".cfg") for _ in stage.patterns)
        outside = stage.outside is not None and stage.outside.reads(file)
        return top in stage.folders or file in stage.singles or matched or outside

    def readers(self, file):
        return {stage.name for stage in self.stages.values() if self.reads(stage, file)}

    def affected(self, names):
        """These stages, and all that stand on them."""
        found = set(names)
        for stage in self.stages.values():
            if found.intersection(stage.bases):
                found.add(stage.name)
        return found

    def needed_by_name(self, file):
        return any(file in stage.singles or file in stage.files for stage in self.stages.values())

    # Changes that count.

    def change_content(self):
        file = self.chance.choice(self.plain_files("lib", "src", "docs"))
        self.write(file)
        return self.readers(file)

    def change_executable_bit(self):
        file = self.chance.choice(self.plain_files("lib", "src", "docs"))
        self.path(file).chmod(self.path(file).stat().st_mode ^ (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
        return self.readers(file)

    def change_link(self):
        file = f"{self.chance.choice(['lib', 'src'])}/"
        file += f"link-{file[:-1]}"
        self.counter += 1
        self.path(file).unlink()
        os.symlink(f"deep/one-{self.counter}.txt", self.path(file))
        return self.readers(file)

    def add_file(self):
        return self.readers(self.new_file(self.chance.choice(["lib", "src", "docs"])))

    def remove_file(self):
        files = [file for file in self.plain_files("lib", "src", "docs") if not self.needed_by_name(file) and file != "docs/always.cfg"]
        files = [file for file in files if len(list(self.path(file).parent.iterdir())) > 1]
        if not files:
            return set()
        file = self.chance.choice(files)
        readers = self.readers(file)
        self.path(file).unlink()
        return readers

    def change_argument(self):
        stage = self.chance.choice(list(self.stages.values()))
        stage.arguments = {name: self.new_text() for name in stage.arguments}
        return {stage.name}

    def change_word(self):
        stage = self.chance.choice(list(self.stages.values()))
        self.counter += 1
        stage.word = f"word-{self.counter}"
        return {stage.name}

    def change_target(self):
        stage = self.chance.choice(list(self.stages.values()))
        stage.target = None if stage.target else "other"
        return {stage.name}

    def change_platform(self):
        stage = self.chance.choice(list(self.stages.values()))
        stage.platform = None if stage.platform else "linux/s390x"
        return {stage.name}

    def change_ignore_rule(self):
        if self.ignored:
            rule = self.ignored.pop()
            return {name for file in self.in_folder(rule.partition("/")[0]) if file == rule or file.startswith(rule + "/") for name in self.readers(file)}
        files = [file for file in self.plain_files("lib", "src") if not self.needed_by_name(file)]
        file = self.chance.choice(files)
        readers = self.readers(file)
        self.ignored.append(file)
        return readers

    # Changes of the world that count.

    def any_outside(self, holds):
        """A stage whose surroundings are so, or None."""
        stages = [stage for stage in self.stages.values() if holds(stage.outside)]
        return self.chance.choice(stages) if stages else None

    def change_base(self):
        """Its triggers, its variables, or only its digest."""
        stage = self.any_outside(lambda outside: outside.image)
        if not stage:
            return set()
        outside = stage.outside
        what = self.chance.choice(["trigger", "variable", "label"])
        if what == "label":
            outside.label = self.new_text()
        else:
            setattr(outside, what, "src" if getattr(outside, what) == "lib" else "lib")
        outside.publish()
        return {stage.name}

    def change_url(self):
        stage = self.any_outside(lambda outside: outside.file)
        if not stage:
            return set()
        self.world.write(stage.outside.file, self.new_text())
        return {stage.name}

    def change_branch(self):
        self.world.repository.git("checkout", "-q", "main")
        self.world.repository.commit(file=self.new_text())
        return {stage.name for stage in self.stages.values() if stage.outside.branch}

    def change_mount(self):
        stage = self.chance.choice(list(self.stages.values()))
        if self.chance.random() < 0.5:
            stage.outside.mounted = "src" if stage.outside.mounted == "lib" else "lib"
        else:
            self.counter += 1
            stage.outside.fields = [f"uid={self.counter}" if field.startswith("uid=") else field for field in stage.outside.fields]
        return {stage.name}

    def change_other_stage(self):
        """Of the Dockerfile, which counts where it is the target."""
        stage = self.chance.choice(list(self.stages.values()))
        stage.other = self.new_text().replace(" ", "-")
        return {stage.name} if stage.target == "other" else set()

    # Changes that do not.

    def change_writing(self):
        """Comments, blanks, line breaks, capitals."""
        stage = self.chance.choice(list(self.stages.values()))
        text, comment = self.new_text(), self.chance.choice(["# syntax=docker/dockerfile:1\n", "# {}\n", "\n\n"])
        styles = [
            lambda lines: lines,
            lambda lines: lines.replace("\n", "\n# " + text + "\n\n"),
            lambda lines: lines.replace("COPY ", "copy   ").replace("LABEL ", "  Label \\\n# " + text + "\n   "),
            lambda lines: lines.replace("\n", "\r\n"),
            lambda lines: lines.replace("FROM ", "from\t").replace(" AS ", " as "),
        ]
        inner = self.chance.choice(styles)
        stage.style = lambda lines: comment.format(text) + inner(lines)
        return set()

    def change_names_of_stages(self):
        self.counter += 1
        self.chance.choice(list(self.stages.values())).inner = f"inner{self.counter}"
        return set()

    def change_order_of_fields(self):
        self.chance.shuffle(self.chance.choice(list(self.stages.values())).outside.fields)
        return set()

    def make_empty_folder(self):
        self.counter += 1
        self.path(f"{self.chance.choice(['lib', 'src', 'docs'])}/empty-{self.counter}/deep").mkdir(parents=True)
        return set()

    def move_base(self):
        stage = self.any_outside(lambda outside: outside.image)
        if stage:
            self.counter += 1
            stage.outside.mirror = f"mirror-{self.counter}/"
        return set()

    def touch_url(self):
        stage = self.any_outside(lambda outside: outside.file)
        if stage:
            self.world.write(stage.outside.file, self.world.files[stage.outside.file][0].decode())
        return set()

    def change_another_branch(self):
        self.world.repository.git("checkout", "-q", "other")
        self.world.repository.commit(file=self.new_text())
        return set()

    def touch(self):
        file = self.path(self.chance.choice(self.plain_files("lib", "src", "docs")))
        moment = self.chance.randint(1, 2_000_000_000)
        os.utime(file, (moment, moment))
        return set()

    def change_umask(self):
        file = self.path(self.chance.choice(self.plain_files("lib", "src", "docs")))
        file.chmod(file.stat().st_mode ^ stat.S_IWGRP)
        return set()

    def change_owner(self):
        if os.geteuid() == 0:
            os.chown(self.path(self.chance.choice(self.plain_files("lib", "src", "docs"))), self.chance.randint(0, 5000), self.chance.randint(0, 5000))
        return set()

    def change_unused_file(self):
        self.write(self.chance.choice(self.plain_files("unused")))
        return set()

    def change_unused_argument(self):
        stage = self.chance.choice(list(self.stages.values()))
        stage.unused = {"NOBODY_ASKS": self.new_text()}
        return set()

    def change_comment(self):
        self.comment = f"# {self.new_text()}\n"
        return set()

    def change_registry(self):
        self.counter += 1
        self.registry = f"registry-{self.counter}.example.com"
        return set()

    def change_order_on_disk(self):
        folder = self.path(self.chance.choice(["lib", "src", "docs"]))
        files = sorted(folder.iterdir())
        self.chance.shuffle(files)
        aside = folder.with_name("aside")
        aside.mkdir()
        for file in files:
            file.rename(aside / file.name)
        shutil.rmtree(folder)
        aside.rename(folder)
        return set()

    def move_checkout(self):
        self.counter += 1
        target = self.folder.with_name(f"checkout-{self.counter}")
        self.folder.rename(target)
        self.folder = target
        return set()


COUNTS = [
    Project.change_content, Project.change_executable_bit, Project.change_link, Project.add_file, Project.remove_file,
    Project.change_argument, Project.change_word, Project.change_target, Project.change_platform, Project.change_ignore_rule,
]
DOES_NOT = [
    Project.touch, Project.change_umask, Project.change_owner, Project.change_unused_file, Project.change_unused_argument,
    Project.change_comment, Project.change_registry, Project.change_order_on_disk, Project.move_checkout,
]
OUTSIDE_COUNTS = [Project.change_base, Project.change_url, Project.change_branch, Project.change_mount, Project.change_other_stage]
OUTSIDE_DOES_NOT = [
    Project.change_writing, Project.change_names_of_stages, Project.change_order_of_fields, Project.make_empty_folder,
    Project.move_base, Project.touch_url, Project.change_another_branch,
]  # fmt: skip


def make(folder, seed, world=None):
    return Project(Path(folder) / "checkout", random.Random(seed), world)
