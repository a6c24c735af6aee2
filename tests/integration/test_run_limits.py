"""What a RUN may take of the machine, what is asked before one is run, and what of ix outlives a crash."""

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import busybox
import pytest
from program import IX
from test_build import base, build, context, store  # noqa: F401 (fixtures)
from waiting import wait_for

PID_MAX = int(Path("/proc/sys/kernel/pid_max").read_text())


def process_of(marker):
    """The process of a RUN: the innermost that has the marker in its command line."""
    found = []
    for each in Path("/proc").iterdir():
        if not each.name.isdigit():
            continue
        try:
            words = (each / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:1] == [b"sleep"] and marker.encode() in b" ".join(words):
            found.append(each)
    return found[0] if found else None


def limit_of_cgroup(process, name):
    """The content of a file of the process's cgroup; None where this machine has none that ix may make."""
    for line in (process / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for mount in (f"/sys/fs/cgroup/{controllers}", "/sys/fs/cgroup"):
            file = Path(mount + path) / name
            if "ixian-" in path and file.exists():
                return file.read_text().strip()
    return None


@pytest.fixture
def look(ix, base, context):
    """Builds with a RUN that waits, and gives `see` its process."""

    def run(see, *arguments, env={}):
        marker = f"{time.time_ns() % 10**9}"
        folder = context(f"FROM busybox:1\nRUN sleep 60.{marker}\n")
        running = ix.start("build", "--network=none", "--no-cache", *arguments, folder, env=env)
        process = wait_for(lambda: process_of(marker), "the RUN")
        try:
            return see(process, running)
        finally:
            running.interrupt()
            running.end()

    return run


def test_a_run_takes_a_part_of_the_machine_by_default(look):
    def see(process, running):
        assert int((process / "oom_score_adj").read_text()) >= int(Path(f"/proc/{running.process.pid}/oom_score_adj").read_text()) + 100
        pids = limit_of_cgroup(process, "pids.max")
        memory = limit_of_cgroup(process, "memory.max") or limit_of_cgroup(process, "memory.limit_in_bytes")
        limits = (process / "limits").read_text()
        return pids, memory, limits

    pids, memory, limits = look(see)
    if pids is None:  # then each process is limited
        assert f"{min(2048, PID_MAX // 2)}" in next(line for line in limits.splitlines() if line.startswith("Max processes"))
    else:
        assert int(pids) <= min(4096, PID_MAX // 2)
    if memory is not None:
        total = int(next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")).split()[1]) << 10
        assert 0 < int(memory) < total


def test_the_limits_of_a_run_can_be_said(look):
    def see(process, _):
        memory = limit_of_cgroup(process, "memory.max") or limit_of_cgroup(process, "memory.limit_in_bytes")
        return limit_of_cgroup(process, "pids.max"), memory, (process / "limits").read_text()

    pids, memory, limits = look(see, "--pids-limit=77", "-m", "128m", "--ulimit", "nofile=100:200")
    assert pids in ("77", None) and memory in (str(128 << 20), None)
    assert next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3:5] == ["100", "200"]
    if pids is None:
        assert next(line for line in limits.splitlines() if line.startswith("Max processes")).split()[2] == "77"


def test_a_run_gets_a_part_of_the_processors(look):
    def see(process, running):
        quota = limit_of_cgroup(process, "cpu.max") or limit_of_cgroup(process, "cpu.cfs_quota_us")
        swap = limit_of_cgroup(process, "memory.swap.max") or limit_of_cgroup(process, "memory.memsw.limit_in_bytes")
        return quota, limit_of_cgroup(process, "cpuset.cpus"), swap

    quota, processors, swap = look(see, "--cpu-quota=50000", "--resource=cpuset-cpus=0", "-m", "128m", "--memory-swap", "192m")
    assert quota in ("50000 100000", "50000", None) and processors in ("0", None)
    assert swap in (str(64 << 20), str(192 << 20), None)


def test_a_run_that_wants_more_is_told_so(ix, base, context):
    folder = context("FROM busybox:1\nRUN i=0; while [ $i -lt 60 ]; do sleep 9 & i=$((i+1)); done\n")
    told = ix("build", "--network=none", "--pids-limit=30", folder)
    assert told.code == 1 and ("30 processes" in told.stderr or "fork" in told.stderr), told


@pytest.mark.parametrize("arguments", [["--memory", "much"], ["--pids-limit", "-7"], ["--ulimit", "files=1"], ["--shm-size", "0"]])
def test_a_limit_that_cannot_be_meant_is_refused(ix, context, arguments):
    ix("build", *arguments, context("FROM scratch\nCOPY Dockerfile /\n")).failed(2, arguments[0])


# A crash.


def test_a_crash_leaves_no_core_file(look, ix, context, tmp_path):
    token = tmp_path / "token"
    token.write_text("CANARY")

    def see(_, running):
        limits = Path(f"/proc/{running.process.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()
        os.kill(running.process.pid, signal.SIGSEGV)
        running.process.wait()
        return core

    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        core = look(see, "--secret", f"id=a,src={token}")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert core[4] in ("0", "1"), core
    assert [each for each in ix.work.iterdir() if each.name.startswith("core")] == []


def test_programs_of_tasks_dump_as_they_would_without_ix(ix, tmp_path):
    (tmp_path / "ixian.py").write_text(
        "from ixian.config import CONFIG\nfrom ixian.task import Task\nfrom ixian.utils.process import execute\n\n\ndef init():\n    CONFIG.PROJECT_NAME = 'p'\n\n\n"
        "class See(Task):\n    name = 'see'\n\n    def execute(self):\n        execute('grep Max.core /proc/self/limits')\n"
    )
    told = ix("see", cwd=tmp_path).ok()
    own = subprocess.run(["grep", "Max core", "/proc/self/limits"], capture_output=True, text=True, check=True).stdout
    assert own.split()[4] in told.stdout + told.stderr


# What cannot work.


@pytest.mark.parametrize(
    "instruction, sentence",
    [
        ("RUN --security=insecure true", "--allow security.insecure"),
        ("RUN --network=host true", "--allow network.host"),
        ("RUN --device=v.com/gpu=0 true", "--allow device"),
        ("RUN --mount=type=ssh,source=x true", "ssh"),
        ("RUN --mount=type=tmpfs true", "cannot mount on /"),
        ("RUN --mount=type=tmpfs,target=/proc/x true", "/proc/x"),
        ("COPY --chmod=rwx Dockerfile /", "rwx"),
        ("COPY none /", "none"),
    ],
)
def test_what_the_dockerfile_says_is_refused_before_anything_runs(ix, base, context, instruction, sentence):
    folder = context(f"FROM busybox:1\nRUN echo be''gun\n{instruction}\n")
    told = ix("build", "--network=none", folder).failed(1, "Dockerfile:3:1", sentence)
    assert "begun" not in told.stderr


def test_what_reaches_beyond_the_sandbox_is_allowed_by_name(ix, base, context):
    insecure = "RUN --security=insecure grep Seccomp: /proc/self/status && mkdir /m && mount -t tmpfs none /m && umount /m && echo mount''ed"
    folder = context(f"FROM busybox:1\nRUN hostname && grep ci.local /etc/hosts\n{insecure}\n")
    told = ix("build", "--network=none", "--allow=security.insecure", "--build-arg=BUILDKIT_SANDBOX_HOSTNAME=ci.local", folder).ok()
    assert "ci.local" in told.stderr and "mounted" in told.stderr and "unused" not in told.stderr
    for words, code in (("", 0), (",required", 1)):
        told = ix("build", "--network=none", "--allow=device", context(f"FROM busybox:1\nRUN --device=none.example/none=0{words} true\n"))
        assert told.code == code and ("required device none.example/none=0 not found" in told.stderr) == (code == 1), told


def test_a_secret_that_is_not_there_is_told_before_anything_runs(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\nRUN echo be''gun\nRUN --mount=type=secret,id=a,required true\n")
    for arguments in ([], ["--secret", "id=a,src=none"], ["--secret", "id=a,env=NONE"]):
        told = ix("build", "--network=none", *arguments, folder).failed(2, "Dockerfile:3:1", "secret ")
        assert "begun" not in told.stderr
    # Whose outcome is known needs none.
    (tmp_path / "token").write_text("x")
    ix("build", "--network=none", "--secret", f"id=a,src={tmp_path}/token", folder).ok()
    ix("build", "--network=none", folder).ok()


# In a user namespace that may have no other below it, and without the right to mount.
NO_NAMESPACES = 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"'


def without_namespaces(ix, *arguments):
    words = ["unshare", "-Ur", "sh", "-c", NO_NAMESPACES, "sh", *map(str, arguments)]
    return subprocess.run(words, cwd=ix.work, env=ix.environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("what", ["namespaces", "a runtime"])
def test_what_the_machine_lacks_is_told_before_a_layer_is_pulled(ix, plain, layout, context, store, what):
    ix.log_in(plain)
    ix("image", "copy", layout.add("1", busybox.image()), plain.name("base")).ok()
    folder = context(f"FROM {plain.name('base')}\nRUN echo be''gun\n")
    if what == "namespaces":
        if without_namespaces(ix, "true").returncode != 0:
            pytest.skip("this machine allows no user namespaces")
        told = without_namespaces(ix, IX, "build", "--network=none", folder)
        assert told.returncode == 1 and "Dockerfile:2:1" in told.stderr and "namespace" in told.stderr, told.stderr
    else:
        told = ix("build", "--network=none", folder, env={"IXIAN_RUNTIME": "no-such-runtime"}).failed(2, "Dockerfile:2:1", "no-such-runtime")
    assert "begun" not in told.stderr
    assert [each for each in (store / "blobs/sha256").iterdir() if each.stat().st_size > 100_000] == []
