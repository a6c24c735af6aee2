"""A project of two stages on machines of its own, which share nothing but a registry."""

from program import Program

PROJECT = """\
from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "{host}"
    CONFIG.DOCKER.REGISTRY_PATH = "t"
    CONFIG.DOCKER.BUILD_NETWORK = "none"
    CONFIG.DOCKER.REGISTRIES = {{"{host}": {{}}}}
    CONFIG.DOCKER.BRANCH = "main"
"""
# Of random bytes, so that what is built again has another digest, and of none, so that it has the same.
RANDOM = "head -c 3000 /dev/urandom >/base"
PLAIN = "echo base >/base"


class Checkout:
    """The project on a machine with an empty store. Its base stands on an image of the registry `bases`."""

    def __init__(self, folder, host, base, f, bases=None):
        self.program = Program(folder)
        self.program.environment["IXIAN_STORE"] = str(folder / "store")
        self.work = self.program.work
        self.write("ixian.py", PROJECT.format(host=host))
        self.write("Dockerfile.base", f"FROM {bases or host}/bb:1\nRUN {base}\n")
        self.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /f\nRUN cat /base /f >/both\n")
        self.write("f", f)

    def write(self, name, text):
        (self.work / name).write_text(text)

    def add(self, text):
        self.write("ixian.py", (self.work / "ixian.py").read_text() + text)

    def __call__(self, *args, **options):
        return self.program(*args, **options)

    def places(self, *flags):
        return {each["stage"]: each for each in self("--no-push", *flags, "plan", "build_image", "--json").ok().json()["images"]["steps"]}


def ran(result, text):
    """Whether the RUN was carried out, and not taken from a cache."""
    return any(text in line and "cached" not in line and "done" not in line for line in result.stderr.splitlines() if ": RUN " in line)
