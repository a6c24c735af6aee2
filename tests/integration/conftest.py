"""ix against real registries and beside other clients. The parts are in the modules beside this file; those that imitate
services that cannot run here (AWS, Vault) are in tests/stand_ins."""

import random
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "stand_ins")]
sys.path.append(str(Path(__file__).parents[1] / "conformance"))

import builders  # noqa: E402
import busybox  # noqa: E402
import clients  # noqa: E402
import images  # noqa: E402
import registries  # noqa: E402
from checkouts import PLAIN, Checkout  # noqa: E402
from faulty import Faulty  # noqa: E402
from program import Program  # noqa: E402
from relay import Relay  # noqa: E402


@pytest.fixture
def ix(tmp_path):
    program = Program(tmp_path / "ix")
    yield program
    program.end_all()


@pytest.fixture
def start_registry(tmp_path):
    """Starts registries: start_registry("htpasswd", user="AWS", password=…)."""
    started = []

    def start(kind="plain", **options):
        started.append(registries.start(kind, tmp_path / f"registry-{len(started)}", **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture(params=registries.KINDS)
def registry(request, start_registry, ix):
    """One of each kind, and ix logged in to it."""
    made = start_registry(request.param)
    ix.log_in(made)
    return made


@pytest.fixture
def plain(start_registry):
    return start_registry("plain")


@pytest.fixture
def relay():
    """Puts a bad network before a registry: relay(registry)."""
    made = []

    def make(registry):
        made.append(Relay(registry.port))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def faulty(plain):
    """A proxy before the plain registry that answers as a test says."""
    proxy = Faulty(plain)
    yield proxy
    proxy.stop()


@pytest.fixture
def checkout(tmp_path, plain):
    """checkout(CONTENT): a project of two stages on a machine of its own, at the plain registry."""
    plain.put("bb", "1", busybox.image())
    made = []

    def make(f, host=None, base=PLAIN, bases=None):
        made.append(Checkout(tmp_path / f"machine-{len(made)}", host or plain.host, base, f, bases))
        return made[-1]

    yield make
    for each in made:
        each.program.end_all()


@pytest.fixture
def layout(tmp_path):
    return images.Layout(tmp_path / "layout")


@pytest.fixture
def skopeo(tmp_path):
    return clients.Skopeo(tmp_path / "skopeo")


@pytest.fixture
def buildah(tmp_path):
    return clients.Buildah(tmp_path / "buildah")


@pytest.fixture(scope="module")
def daemon():
    """A dockerd of the tests' own, shared by those of a file."""
    if reason := builders.Docker.missing():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="ix-docker-"))
    made = builders.Docker(folder / "docker")
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def marker():
    """What no other process of this machine has in its command line."""
    return f"{random.randrange(1 << 48):012x}"
