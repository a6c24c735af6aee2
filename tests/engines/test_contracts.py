"""Every engine keeps what all promise, with a real builder behind it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("integration", "stand_ins", "conformance")]

import builders  # noqa: E402


@pytest.fixture
def daemon():
    if reason := builders.Docker.missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="ix-docker-", ignore_cleanup_errors=True) as folder:  # sockets want a short path
        made = builders.Docker(Path(folder) / "docker")
        made.start()
        yield made
        made.stop()


def test_the_engine_that_asks_a_daemon(daemon):
    environment = {**os.environ, "DOCKER_HOST": daemon.socket}
    done = subprocess.run([os.environ["IXIAN_DOCKER_CONTRACT"]], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[  PASSED  ]" in done.stdout and "SKIPPED" not in done.stdout
