"""The limits of the machine

What this machine does at most, in the same run: the yardstick for all that is above. One core each; loopback has a sender and a receiver.
"""

import json
import os
import subprocess

from parts import images, inputs

LOOPBACK = """
import os, socket, sys, threading, time
size, piece = int(sys.argv[1]), 1 << 20
listener = socket.create_server(("127.0.0.1", 0))
if os.fork() == 0:
    sender = socket.create_connection(listener.getsockname())
    data = bytes(piece)
    for _ in range(size // piece):
        sender.sendall(data)
    os._exit(0)
receiver, _ = listener.accept()
buffer, left = bytearray(piece), size
start = time.perf_counter()
while left > 0:
    left -= receiver.recv_into(buffer)
print(size / (time.perf_counter() - start) / 1e6)
"""
OCI_CONFIG = {"ociVersion": "1.0.2", "process": {"user": {"uid": 0, "gid": 0}, "args": ["/bin/true"], "cwd": "/"}, "root": {"path": "root", "readonly": True},
              "linux": {"namespaces": [{"type": kind} for kind in ("mount", "pid", "ipc", "uts", "network")]},
              "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}]}


def speeds(bench, title, size, command, **more):
    """A limit in MB/s of `size` bytes that a command works on."""
    bench.once(command)
    bench.limit(title, "MB/s", [size / bench.once(command).seconds / 1e6 for _ in range(bench.runs)], **more)


def starts(bench, title, command, runs, **more):
    bench.limit(title, "ms", [1000 * bench.once(command).seconds for _ in range(runs)], **more)


def packers(bench, size):
    """Over half noise, half text, as programs are."""
    with (bench.folder / "mixed").open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 19) + (b"a line of text, and %d more of it\n" % size) * ((1 << 19) // 40))
    size = (bench.folder / "mixed").stat().st_size
    speeds(bench, "SHA-256 (openssl dgst)", size, ["openssl", "dgst", "-sha256", "mixed"])
    speeds(bench, "igzip -1", size, ["igzip", "-1", "-k", "-f", "-o", "mixed.gz", "mixed"], about="Of what goes in.")
    speeds(bench, "igzip -d", size, ["sh", "-c", "igzip -dc mixed.gz > /dev/null"], about="Of what comes out.")
    speeds(bench, "zstd -1", size, ["zstd", "-q", "-1", "-f", "--single-thread", "-o", "mixed.zst", "mixed"])
    speeds(bench, "zstd -d", size, ["sh", "-c", "zstd -q -dc mixed.zst > /dev/null"])
    speeds(bench, "a file written and synced (dd)", size, ["dd", "if=mixed", "of=written", "bs=1M", "conv=fsync", "status=none"])


def unpack(bench):
    inputs.put_tree(bench.folder / "tree.tar", bench.quick)
    size = (bench.folder / "tree.tar").stat().st_size
    speeds(bench, "tar -x of the npm tree", size, ["sh", "-c", 'tar -xf tree.tar -C "$(mktemp -d -p .)"'])


def containers(bench):
    bundle = bench.folder / "bundle"
    (bundle / "root/proc").mkdir(parents=True)
    (bundle / "config.json").write_text(json.dumps(OCI_CONFIG))
    subprocess.run(["tar", "-x", "-C", bundle / "root"], input=images.busybox_root(), check=True)
    starts(bench, "a container of /bin/true (runc)", ["sh", "-c", f'exec runc --root {bench.folder}/runc run --bundle {bundle} "bench-$$"'], bench.runs)


def run(bench):
    packers(bench, (32 if bench.quick else 512) << 20)
    unpack(bench)
    size = (64 if bench.quick else 2048) << 20
    bench.limit("loopback TCP", "MB/s", [float(bench.output(["/usr/bin/python3", "-I", "-S", "-c", LOOPBACK, str(size)])[0]) for _ in range(bench.runs)])
    starts(bench, "start of a process (/bin/true)", ["/bin/true"], 5 * bench.runs)
    starts(bench, "start of Python (-I -S -c pass)", ["/usr/bin/python3", "-I", "-S", "-c", "pass"], 5 * bench.runs)
    if os.geteuid() == 0:
        containers(bench)
