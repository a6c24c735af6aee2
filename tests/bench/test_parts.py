"""What scenarios share, on real parts."""

import os
import subprocess
import sys

import pytest
from conftest import PROGRAMS
from parts import bench, far, images, registry, usage

LOG = """127.0.0.1 - - [26/Nov/2026:11:03:26 +0000] "GET /v2/ HTTP/1.1" 200 2 "" "ix/0.1.0"
time="2026-11-26T11:03:26.52Z" level=error msg="response completed with error" err.code="manifest unknown"
127.0.0.1 - - [26/Nov/2026:11:03:26 +0000] "HEAD /v2/app/manifests/1 HTTP/1.1" 404 91 "" "ix/0.1.0"
127.0.0.1 - - [26/Nov/2026:11:03:26 +0000] "GET /v2/app/blobs/sha256:88b6 HTTP/1.1" 200 126000 "" "ix/0.1.0"
127.0.0.1 - - [26/Nov/2026:11:03:26 +0000] "GET /v2/app/blobs/sha256:88b7 HTTP/1.1" 404 157 "" "ix/0.1.0"
127.0.0.1 - - [26/Nov/2026:11:03:26 +0000] "PUT /v2/app/manifests/1 HTTP/1.1" 201 0 "" "ix/0.1.0"
"""


@pytest.fixture
def measured():
    assert (PROGRAMS / "measured").exists(), "build the target bench_programs"
    return PROGRAMS / "measured"


def run(measured, *command, **more):
    return usage.run(measured, command, "/", dict(os.environ), **more)


def test_an_access_log_tells_requests_and_bytes():
    assert registry.traffic(LOG) == (5, 126002)


def test_time_processor_and_memory_of_a_command(measured):
    idle = run(measured, "sleep", "0.2")
    assert 0.2 <= idle.seconds < 5 and idle.cpu_seconds < 0.1 and idle.peak_mib < 10
    code = "x = bytearray(64 << 20)\nimport time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    busy = run(measured, "sh", "-c", f"{sys.executable} -I -S -c '{code}'; true")
    assert busy.cpu_seconds >= 0.2 and 64 < busy.peak_mib < 128


def test_what_the_bench_holds_itself_is_not_the_commands_peak(measured):
    held = bytearray(100 << 20)
    assert run(measured, "true").peak_mib < 10
    assert len(held) == 100 << 20


def test_a_daemon_that_works_for_a_command_is_counted(measured):
    code = "import sys\nfor line in sys.stdin:\n  end = __import__('time').process_time() + 0.2\n  while __import__('time').process_time() < end: pass\n  open(line.strip(), 'w').close()"
    daemon = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True)
    try:
        done = f"/tmp/bench-daemon-{os.getpid()}"
        daemon.stdin.write(done + "\n")
        daemon.stdin.flush()
        taken = run(measured, "sh", "-c", f"while ! [ -e {done} ]; do sleep 0.01; done; rm {done}", daemon=daemon.pid)
        assert taken.cpu_seconds >= 0.1 and taken.peak_mib > 5
    finally:
        daemon.kill()
        daemon.wait()


def test_env_in_front_is_the_environment(measured):
    run(measured, "env", "BENCH_WORD=x y", "sh", "-c", '[ "$BENCH_WORD" = "x y" ]')
    with pytest.raises(usage.CommandFailed, match="ended with 3"):
        run(measured, "sh", "-c", "exit 3")


def test_a_family_is_a_process_and_what_it_has_started():
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert set(usage.family(parent.pid)) == {parent.pid, child}
        os.kill(child, 9)


def test_a_registry_tells_what_was_pushed_and_pulled(tmp_path):
    served = registry.Registry(tmp_path / "registry")
    try:
        layout = images.noise_layout(tmp_path / "layout", 2, 50_000)
        size = sum(each.stat().st_size for each in layout.glob("blobs/sha256/*"))
        served.watch()
        ix = bench.Bench(PROGRAMS, tmp_path, True, 1)
        ix.once([ix.ix, "image", "copy", f"oci:{layout}:1", served.image("app:1")])
        requests, pulled, pushed = served.seen()
        assert requests >= 2 * 3 + 1 and pulled < 1000 and pushed == size
        served.watch()
        subprocess.run(images.skopeo_copy("docker://" + served.image("app:1"), f"oci:{tmp_path}/back:1"), check=True)
        requests, pulled, pushed = served.seen()
        assert pulled >= size and pushed == 0
        served.forget("app")
        assert served.stored_bytes() == 0
        with far.FarRegistry(served, 0) as relay:
            assert subprocess.run(["curl", "-fsS", f"http://{relay.host}/v2/"], capture_output=True, text=True).stdout == "{}"
    finally:
        served.stop()
