"""Where and when a record was made, and with which versions."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

PROGRAMS = {"skopeo": ["skopeo", "--version"], "podman": ["podman", "--version"], "docker-registry": ["docker-registry", "--version"], "crun": ["crun", "--version"],
            "runc": ["runc", "--version"], "openssl": ["openssl", "version"], "Python": ["/usr/bin/python3", "--version"]}


def _first(pattern, text, default="unknown"):
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else default


def _version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return _first(r"(\d+\.[\w.+~-]+)", done.stdout + done.stderr)


def _commit():
    done = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "describe", "--always", "--dirty", "--abbrev=10"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def describe(bench, builders):
    versions = {name: _version(command) for name, command in PROGRAMS.items()}
    versions |= {each.name: _first(r"(\d+\.[\w.+~-]+)", each.version(bench)) for each in builders if each.missing() is None}
    memory = int(_first(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), "0"))
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": _commit(),
        "machine": {
            "processor": _first(r"^model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text()),
            "cores": os.cpu_count(),
            "memory_mib": memory // 1024,
            "kernel": platform.release(),
            "system": _first(r'^PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text()),
        },
        "versions": {name: version for name, version in versions.items() if version},
    }
