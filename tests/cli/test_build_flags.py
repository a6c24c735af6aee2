"""The page of the flags of docker build, buildx and buildah says of each one what ix does with it: here it is asked."""

import re
import subprocess

import pytest
from conftest import IX, ROOT

PAGE = ROOT / "docs/reference/build-flags.md"

# docker buildx build --help of version 0.36, its hidden flags, docker build of 28.5 without buildx, buildah build --help of 1.41.
DOCKER = """
add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent check compress cpu-period cpu-quota cpu-shares
cpuset-cpus cpuset-mems debug disable-content-trust file force-rm iidfile isolation label load memory memory-swap metadata-file network no-cache
no-cache-filter output platform policy print progress provenance pull push quiet resource rm sbom secret security-opt shm-size squash ssh stream tag
target ulimit
"""
BUILDAH = """
add-host all-platforms annotation arch authfile blob-cache build-arg build-arg-file build-context cache-from cache-to cache-ttl cap-add cap-drop
cdi-config-dir cert-dir cgroup-parent cgroupns compat-volumes compress compression-format compression-level cpp-flag cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems
created-annotation creds cw decryption-key device disable-compression disable-content-trust dns dns-option dns-search env file force-compression force-rm format from group-add
hooks-dir http-proxy identity-label ignorefile iidfile iidfile-raw inherit-annotations inherit-labels ipc isolation jobs label layer-label layers
log-rusage logfile loglevel logsplit manifest memory memory-swap metadata-file mount network no-cache no-hostname no-hosts omit-history os os-feature
os-version output pid platform pull pull-always pull-never quiet retry retry-delay rewrite-timestamp rm runtime runtime-flag rusage-logfile save-stages
sbom sbom-image-output sbom-image-purl-output sbom-merge-strategy sbom-output sbom-purl-output sbom-scanner-command sbom-scanner-image secret
security-opt shm-size sign-by signature-policy skip-unused-stages source-date-epoch source-policy-file squash ssh stage-labels stdin tag target
timestamp tls-verify ulimit unsetannotation unsetenv unsetlabel userns userns-gid-map userns-gid-map-group userns-uid-map userns-uid-map-user uts
variant volume
"""
KNOWN = {f"--{name}" for name in (DOCKER + BUILDAH).split()}

# What is given to a flag that takes a value; "x" to others.
VALUES = {
    "--add-host": "db:192.0.2.7",
    "--allow": "new-privileges",
    "--annotation": "a=b",
    "--arch": "amd64",
    "--authfile": "arguments",
    "--build-arg-file": "arguments",
    "--build-context": "other=.",
    "--cache-from": "localhost:9/cache",
    "--call": "targets",
    "--cache-to": "localhost:9/cache",
    "--cpu-period": "100000",
    "--cpu-quota": "50000",
    "--cpu-shares": "512",
    "--cpuset-cpus": "0",
    "--cpuset-mems": "0",
    "--dns": "192.0.2.1",
    "--file": "Dockerfile",
    "--no-cache-filter": "web",
    "--format": "oci",
    "--jobs": "2",
    "--memory": "1g",
    "--memory-swap": "-1",
    "--network": "none",
    "--os": "linux",
    "--output": "type=oci,dest=out.tar",
    "--platform": "local",
    "--progress": "plain",
    "--print": "targets",
    "--provenance": "false",
    "--pull": "missing",
    "--resource": "memory=1g",
    "--retry": "2",
    "--sbom": "false",
    "--secret": "id=s,src=arguments",
    "--shm-size": "64m",
    "--source-date-epoch": "0",
    "--ssh": "default=arguments",
    "--target": "0",
    "--timestamp": "0",
    "--ulimit": "nofile=1024",
    "--userns": "host",
    "--variant": "v1",
    **dict.fromkeys(["--cgroupns", "--ipc", "--pid", "--uts"], "private"),
}
# Of these only one value is accepted.
FALSE = {"--inherit-annotations", "--compat-volumes"}
MORE = {"--push": ["-t", "localhost:9/app"]}
ROW = re.compile(r"^\| (`-.*?`) \| ([XCB ]+) \| (\w+) \|", re.M)


def rows():
    found = []
    for cell, _, status in ROW.findall(PAGE.read_text()):
        forms = re.findall(r"`(.*?)`", cell)
        long = re.match(r"--[a-z-]+", forms[-1])[0]
        short = forms[0] if len(forms) == 2 else None
        found.append(pytest.param(long, short, forms[-1] != long, status, id=long))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("flags")
    (path / "Dockerfile").write_text('FROM scratch AS web\nCMD ["x"]\n')
    (path / "arguments").write_text("# none\n")
    return path


@pytest.fixture
def build(folder):
    environment = {"HOME": str(folder), "IXIAN_STORE": str(folder / "store"), "PATH": "/usr/bin:/bin"}

    def run(*words):
        command = [IX, "build", *words, "."]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, env=environment)

    return run


def test_the_page_has_each_flag_of_the_three_tools_once():
    names = [row.values[0] for row in rows()]
    assert len(names) == len(set(names))
    assert KNOWN - set(names) == set()
    tools = {row.values[0]: cell for row, cell in zip(rows(), (tools for _, tools, _ in ROW.findall(PAGE.read_text())))}
    assert {name for name, cell in tools.items() if "B" in cell} >= {f"--{name}" for name in BUILDAH.split()}


@pytest.mark.parametrize("long, short, takes_value, status", rows())
def test_a_flag_does_what_its_row_says(build, long, short, takes_value, status):
    value = VALUES.get(long, "false" if long in FALSE else "x")
    word = f"{long}={value}" if takes_value or long in FALSE else long
    result = build("--dry-run", *MORE.get(long, []), word)
    told = result.stderr
    assert "unknown flag" not in told
    if status == "refused":
        assert result.returncode == 2 and f"{long}" in told.splitlines()[0] and "\nhint: " in told, told
    else:
        assert status in ("done", "accepted") and result.returncode == 0, told
        warnings = [line for line in told.splitlines() if "has no effect" in line]
        assert len(told.splitlines()) <= 1 if status == "accepted" else warnings == [], told
    if short is not None:
        same = build("--dry-run", *MORE.get(long, []), *([short, value] if takes_value else [short]))
        assert (same.returncode, same.stderr) == (result.returncode, told)
