"""The cases: one folder each, of

    Dockerfile          in today's language. Where it says registry.test or files.test, the harness puts the address of its servers.
    Dockerfile.peers    the same image in words that the peers of Debian 12 know, where they do not know those of Dockerfile;
                        Dockerfile.docker and Dockerfile.buildah go before it
    context             a table of the files beside the Dockerfile; see `lay`
    context.py          its make(folder) makes files that the table cannot
    case.toml           fails = true            no builder may build it
                        args = […]              options of all builders, in docker's words; {context} is the context's folder
                        peer_args = […]         instead of args for the peers
                        dockerfile = "a/b"      where in the context the Dockerfile is
                        without = {docker = "…"}    builders that are not asked, and why
"""

import os
import random
import runpy
import shlex
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"
STAMP = 1_580_601_600  # of all files in a context: 2020-02-02


class Case:
    def __init__(self, folder):
        self.folder, self.name = folder, folder.name
        settings = folder / "case.toml"
        told = tomllib.loads(settings.read_text()) if settings.exists() else {}
        self.fails = told.pop("fails", False)
        self.args = told.pop("args", [])
        self.peer_args = told.pop("peer_args", self.args)
        self.dockerfile = told.pop("dockerfile", "Dockerfile")
        self.without = told.pop("without", {})
        assert not told, f"{settings} has {', '.join(told)}, which mean nothing"

    def text(self, builder):
        for end in ([] if builder.startswith("ix") else [f".{builder}", ".peers"]):
            own = self.folder / f"Dockerfile{end}"
            if own.exists():
                return own.read_text()
        return (self.folder / "Dockerfile").read_text()

    def arguments(self, builder, context):
        chosen = self.args if builder.startswith("ix") else self.peer_args
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
        table = self.folder / "context"
        if table.exists():
            lay(folder, table.read_text())
        if (self.folder / "context.py").exists():
            runpy.run_path(str(self.folder / "context.py"))["make"](folder)
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
            path.write_bytes(text.replace("\\n", "\n").encode())
        if "owner" in options:
            os.chown(path, *map(int, options["owner"].split(":")))
        path.chmod(int(rest[0], 8) if rest else 0o755 if path.is_dir() else 0o644)


def stamp_all(folder):
    for top, folders, files in os.walk(folder, topdown=False):
        for name in folders + files:
            os.utime(os.path.join(top, name), (STAMP, STAMP), follow_symlinks=False)
    os.utime(folder, (STAMP, STAMP))


def all_cases():
    return [Case(folder) for folder in sorted(FOLDER.iterdir()) if (folder / "Dockerfile").exists()]
