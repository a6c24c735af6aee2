"""How long these tests wait, and for what."""

import os
import time

import pytest

SANITIZED = os.environ.get("IXIAN_SANITIZED") == "1"
TIMEOUT = 60 * (6 if SANITIZED else 1)


def wait_for(condition, what="the condition", timeout=TIMEOUT):
    """Polls until `condition()` is true, and returns what it returned."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail(f"waited {timeout} s for {what}")
        time.sleep(0.01)
