"""What holds of the store whatever happens to builds: killed at any moment, many at once, no room left."""

import concurrent.futures
import hashlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import busybox
import images
import pytest
from processes import processes_with

NIGHTLY = os.environ.get("IXIAN_NIGHTLY") == "1"

DOCKERFILE = """\
FROM busybox:1 AS made
ARG ROUND
RUN : durability-{marker} $ROUND; head -c 300000 /dev/urandom > /big; mkdir -p /many; for i in $(seq 40); do echo $i > /many/$i; done
COPY file /copied
RUN rm -r /many; sleep 0.02
FROM busybox:1
COPY --from=made /big /big
RUN wc -c < /big > /size
"""


class Store:
    def __init__(self, ix, folder):
        self.ix, self.folder = ix, folder

    def check(self):
        """Every blob hashes to its name, and every name leads to an image that is all there."""
        for path in (self.folder / "blobs/sha256").iterdir():
            if len(path.name) == 64:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, f"{path} is damaged"
        for line in self.ix("image", "ls", "store:").ok().stdout.splitlines()[1:]:
            self.ix("image", "copy", f"store:{line.split()[0]}", f"oci:{self.folder.parent}/read:1").ok()

    def at_rest(self):
        """Nothing is left of builds that have ended."""
        assert list((self.folder / "work").iterdir()) == []
        assert str(self.folder) not in Path("/proc/self/mounts").read_text()


def begin(ix, folder, tmp_path, marker):
    """A store in `folder` that has busybox:1, and a context."""
    ix.environment["IXIAN_STORE"] = str(folder)
    layout = images.Layout(tmp_path / "base")
    ix("image", "copy", layout.add("1", busybox.image()), "store:busybox:1").ok()
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE.format(marker=marker))
    (context / "file").write_text("content\n")
    return Store(ix, folder), context


def test_builds_that_are_killed_at_any_moment_leave_the_store_sound(ix, tmp_path, marker):
    store, context = begin(ix, tmp_path / "store", tmp_path, marker)
    start = time.monotonic()
    ix("build", "--network=none", "--build-arg=ROUND=whole", "-t=kept:whole", context).ok()
    whole = time.monotonic() - start
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    rounds = 500 if NIGHTLY else 40
    for number in range(rounds):
        # A step or two of the one before may be in the cache, so that the kill comes at other places.
        running = ix.start("build", "--network=none", f"--build-arg=ROUND={number // 2}", f"-t=kept:{number % 5}", context)
        time.sleep(chance.uniform(0, whole * 1.1))
        running.process.send_signal(signal.SIGKILL)
        running.process.communicate()
        if number % 10 == 9:
            store.check()
    store.check()
    last = ix("build", "--network=none", "--build-arg=ROUND=last", "-t=kept:last", context).ok()
    assert last.stdout.startswith("sha256:")
    store.at_rest()
    deadline = time.monotonic() + 10
    while processes_with(marker):
        assert time.monotonic() < deadline, "a container has outlived its build"
        time.sleep(0.05)
    ix("image", "prune").ok()
    store.check()


def test_many_builds_at_once_make_each_image_once(ix, tmp_path, marker):
    store, context = begin(ix, tmp_path / "store", tmp_path, marker)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        done = list(pool.map(lambda n: ix("build", "--network=none", f"--build-arg=ROUND={n % 8}", f"-t=made:{n}", context), range(32)))
    digests = [each.ok().stdout for each in done]
    for number in range(8):
        assert len(set(digests[number::8])) == 1, "two builds of the same thing came out differently"
    store.check()
    store.at_rest()


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can only be mounted by root")
def test_a_full_disk_is_said_and_harms_nothing(ix, tmp_path, marker):
    disk = tmp_path / "disk"
    disk.mkdir()
    sizes = range(5_000, 13_000, 250 if NIGHTLY else 1_000)
    failures = 0
    for number, size in enumerate(sizes):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0755", "ix-test", disk], check=True)
        try:
            folder = tmp_path / f"round-{number}"
            folder.mkdir()
            store, context = begin(ix, disk / "store", folder, marker)
            subprocess.run(["mount", "-o", f"remount,size={size}k", disk], check=True)
            result = ix("build", "--network=none", "-t=made:1", context)
            if result.code != 0:
                failures += 1
                assert result.code == 1, result
                assert "no space left on device" in result.stderr or "full" in result.stderr, result
            subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
            store.check()
            ix("build", "--network=none", "-t=made:1", context).ok()
            store.check()
        finally:
            subprocess.run(["umount", disk], check=True)
    assert failures > 0, "the disk was never full: the test is too generous"
