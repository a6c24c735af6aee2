"""The cases. Those that all builders are asked are one folder each, below cases, of

    Dockerfile          in today's language. Where it says registry.test or files.test, the harness puts the address of its servers.
    Dockerfile.peers    the same image in words that the peers of Debian 12 know, where they do not know those of Dockerfile;
                        Dockerfile.docker and Dockerfile.buildah go before it, Dockerfile.buildkit is for today's BuildKit
    context             a table of the files beside the Dockerfile; see `lay`
    context.py          its make(folder) makes files that the table cannot
    case.toml           fails = true            no builder may build it
                        args = […]              options of all builders, in docker's words; {context} is the context's folder
                        peer_args = […]         instead of args for the peers of Debian 12
                        dockerfile = "a/b"      where in the context the Dockerfile is
                        without = {docker = "…"}    builders that are not asked, and why

The rules of the language, below rules, are many and small: ix and today's BuildKit alone are asked. A file is about an instruction or two; its
tables [[case]] have `name`, the text `Dockerfile`, and any of the above under the same names.
"""

import os
import random
import runpy
import shlex
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
STAMP = 1_580_601_600  # of all files in a context: 2020-02-02
RULE_BUILDERS = ("ix", "buildkit")
FILES = ("Dockerfile", "Dockerfile.buildkit", "context")  # of a rule, in its table


class Case:
    """`files`, by name, hold bytes; `settings` are those of case.toml; `builders` are asked, None is all of them."""

    def __init__(self, name, files, settings={}, builders=None):
        self.name, self.files, self.settings, self.builders = name, files, settings, builders
        told = dict(settings)
        self.fails = told.pop("fails", False)
        self.args = told.pop("args", [])
        self.peer_args = told.pop("peer_args", self.args)
        self.dockerfile = told.pop("dockerfile", "Dockerfile")
        self.without = told.pop("without", {})
        assert not told, f"the case {name} has {', '.join(told)}, which mean nothing"

    def asks(self, builder):
        return builder not in self.without and (self.builders is None or builder in self.builders)

    def text(self, builder):
        ends = [] if builder.startswith("ix") else [".buildkit"] if builder == "buildkit" else [f".{builder}", ".peers"]
        for end in (*ends, ""):
            if f"Dockerfile{end}" in self.files:
                return self.files[f"Dockerfile{end}"].decode("utf-8", "surrogateescape")

    def arguments(self, builder, context):
        chosen = self.args if builder.startswith("ix") or builder == "buildkit" else self.peer_args
        return [each.replace("{context}", str(context)) for each in chosen]

    def lay_context(self, folder, builder, addresses):
        """Makes the context, for one builder."""
        folder.mkdir(parents=True)
        text = self.text(builder)
        for name, address in addresses.items():
            text = text.replace(name, address)
        place = folder / self.dockerfile
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
        lay(folder, self.files.get("context", b"").decode())
        if "context.py" in self.files:
            runpy.run_path(str(HERE / "cases" / self.name / "context.py"))["make"](folder)
        stamp_all(folder)
        return folder


def lay(folder, table):
    """Makes what a table says, one path a line:

        a/ 0700                   a folder
        a/b 0644 "some\\ntext"     a file; without text, it holds its own name
        a/c 4755 owner=1:2        mode and owner
        a/d size=1000 sparse=99   so many bytes of noise, then so many of a hole
        l -> a/b                  a symbolic link
        h = a/b                   a hard link
        p fifo
    """
    for line in table.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        path, rest = folder / words[0], words[1:]
        (folder / words[0].rstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        if rest[:1] == ["->"]:
            path.symlink_to(rest[1])
            continue
        if rest[:1] == ["="]:
            os.link(folder / rest[1], path)
            continue
        options = {key: value for key, _, value in (word.partition("=") for word in rest if word.startswith(("owner=", "size=", "sparse=")))}
        rest = [word for word in rest if word.partition("=")[0] not in options]
        if rest[:1] == ["fifo"]:
            os.mkfifo(path)
            rest = rest[1:]
        elif words[0].endswith("/"):
            path.mkdir(exist_ok=True)
        elif options.keys() & {"size", "sparse"}:
            with path.open("wb") as file:
                file.write(random.Random(words[0]).randbytes(int(options.get("size", 0))))
                file.truncate(file.tell() + int(options.get("sparse", 0)))
        else:
            text = rest[1] if len(rest) > 1 else words[0] + "\n"
            path.write_bytes(text.replace("\\n", "\n").replace("\\r", "\r").encode())
        if "owner" in options:
            os.chown(path, *map(int, options["owner"].split(":")))
        path.chmod(int(rest[0], 8) if rest else 0o755 if path.is_dir() else 0o644)


def stamp_all(folder):
    for top, folders, files in os.walk(folder, topdown=False):
        for name in folders + files:
            os.utime(os.path.join(top, name), (STAMP, STAMP), follow_symlinks=False)
    os.utime(folder, (STAMP, STAMP))


def cases_of_folders():
    folders = [folder for folder in sorted((HERE / "cases").iterdir()) if (folder / "Dockerfile").exists()]
    return [case_of_folder(folder) for folder in folders]


def case_of_folder(folder):
    files = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    return Case(folder.name, files, tomllib.loads(files.pop("case.toml", b"").decode()))


def cases_of_rules():
    cases = []
    for file in sorted((HERE / "rules").glob("*.toml")):
        for table in tomllib.loads(file.read_text())["case"]:
            files = {name: table.pop(name).encode("utf-8", "surrogateescape") for name in FILES if name in table}
            cases.append(Case(f"rule-{file.stem}-{table.pop('name')}", files, table, RULE_BUILDERS))
    return cases


def all_cases(with_rules=True):
    return cases_of_folders() + (cases_of_rules() if with_rules else [])
