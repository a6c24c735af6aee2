"""Each option of docker build and of buildx is taken, or refused with its own sentence and what to write instead."""

import io
import re
import subprocess
import tarfile

import pytest

SHORT = {"-c": "--cpu-shares", "-m": "--memory", "-q": "--quiet", "-D": "--debug", "-f": "--file", "-o": "--output", "-t": "--tag"}


@pytest.fixture
def folder(project):
    project.write("Dockerfile", 'FROM scratch\nCMD ["x"]\n')
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")
    return project


def build(folder, *options, **more):
    return folder.ix("build", *options, **more)


@pytest.mark.parametrize("letter, option", SHORT.items())
def test_letters_stand_for_the_same(folder, letter, option):
    long, short = (build(folder, each, "x") for each in (option, letter))
    assert long.code == short.code == 2 and long.stderr == short.stderr


@pytest.mark.parametrize(
    "options, sentences",
    [
        (["--output", "type=image,name=a,compression=estargz"], ["compression=estargz", "use compression=zstd or gzip"]),
        (["--output", "type=image,rewrite-timestamp=true"], ["SOURCE_DATE_EPOCH", "--reproducible"]),
        (["--output", "-", "--output", "type=oci,dest=-"], ["several outputs go to standard output"]),
        (["--cache-from=type=gha"], ["does not support type=gha", "HOST/NAME", "type=local,src="]),
        (["--cache-to=type=s3,bucket=b"], ["does not support type=s3", "type=local,dest="]),
        (["--cache-to", "type=local,src=x"], ["needs dest=DIRECTORY"]),
        (["--cache-from", "type=registry,mode=max"], ["needs ref="]),
        (["--cache-from", "type=registry,ref=a,registry.insecure=true"], ["certs.d"]),
        (["--cache-to", "a", "--cache-to", "type=registry,ref=b"], ["takes one repository"]),
        (["--platform", "linux/amd64,linux/arm64"], ["takes one platform", "build once for each"]),
        (["--add-host", "db:host-gateway"], ["no gateway", "--network host"]),
        (["--add-host", "db"], ['invalid value "db"', "db:192.0.2.7"]),
        (["--dns", "none"], ["expected: an IP address"]),
        (["--memory-swap", "1g"], ["needs --memory"]),
        (["--memory", "2g", "--memory-swap", "1g"], ["cannot be less"]),
        (["--cpu-quota", "much"], ["--cpu-quota", "much"]),
        (["--cpuset-cpus", "3-1"], ["0-3,7"]),
        (["--resource", "disk=1g"], ['unknown key "disk"', "cpuset-mems"]),
        (["--no-cache", "--no-cache-filter", "a"], ["cannot be used together"]),
        (["--pull=sometimes"], ["--pull", "newer"]),
        (["--platform=linux/amd64", "--arch=arm64"], ["cannot be used together"]),
        (["--build-arg-file=none"], ["file not found: none"]),
        (["--security-opt", "seccomp=unconfined"], ["always has a filter"]),
        (["--tls-verify=false"], ["certs.d"]),
        (["--pid=host"], ["--pid", "use private"]),
        (["--network=hots"], ['invalid value "hots" for --network (expected: default, none, host)']),
        (["--no-cach"], ["unknown flag for `ix build`: --no-cach (did you mean --no-cache", "usage: ix build"]),
        (["--provenance=mode=max"], ["no attestations", "leave it out"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_everybodys_job_has_is_told_what_to_write(folder, options, sentences):
    build(folder, *options, ".").failed(2, *sentences)


@pytest.mark.parametrize(
    "options",
    [["-qDt", "a:1"], ["--platform", "linux/x86_64,linux/amd64"], ["--load=false", "--pull=0"], ["--provenance=f", "--attest=type=sbom,disabled=true"], ["--provenance=false", "--sbom=false"], ["--rm", "--force-rm=true", "--compress", "--disable-content-trust"], ["-j4", "--progress=plain", "--log", "DEBUG", "--engine", "embedded"]],
)
def test_what_changes_nothing_is_taken(folder, options):
    build(folder, *options, ".").ok()


def test_push_of_an_output_is_a_push(folder):
    assert "type=image,push=true" not in build(folder, "-o", "type=image,push=true", ".").failed(2, "-t REGISTRY/NAME:TAG").stderr
    build(folder, "-o", "type=docker,dest=x,push=true", ".").failed(2, "push=true needs type=image")


def test_without_a_context_it_says_what_is_missing(folder):
    build(folder).failed(2, "needs a context", "`ix build .`")
    build(folder, ".", "more").failed(2, 'unexpected argument "more"')


def archive_of(folder, kind=""):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{kind}") as archive:
        archive.add(folder.path / "Dockerfile", "Dockerfile")
    return data.getvalue()


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_an_archive_on_standard_input_is_the_context(folder, kind):
    running = folder.start("build", "-", stdin=subprocess.PIPE)
    running.end(archive_of(folder, kind)).ok()


def test_a_file_as_the_context_is_an_archive_or_refused(folder):
    folder.write("notes", "text")
    (folder.path / "context.tar").write_bytes(archive_of(folder))
    build(folder, "context.tar").ok()
    build(folder, "notes").failed(2, "invalid build context notes: neither a directory nor a tar archive")
    build(folder, "notse").failed(2, "build context not found: notse (did you mean notes?)")


def test_a_dockerfile_is_found_by_its_other_names(folder):
    (folder.path / "Dockerfile").rename(folder.path / "dockerfile")
    build(folder, ".").ok()
    (folder.path / "dockerfile").rename(folder.path / "Containerfile")
    build(folder, ".").ok()
    (folder.path / "Containerfile").unlink()
    build(folder, ".").failed(2, "no Dockerfile in .", "-f")
    build(folder, "-f", "x", ".").failed(2, "Dockerfile not found: x")


def test_standard_input_is_one_thing(folder):
    build(folder, "-f", "-", "-").failed(2, "cannot both be standard input")
    running = folder.start("build", "-f", "x", "-", stdin=subprocess.PIPE)
    running.end(b"FROM scratch\n").failed(2, "is a Dockerfile, and --file names another one")
    running = folder.start("build", "-f", "-", ".", stdin=subprocess.PIPE)
    running.end(archive_of(folder)).failed(2, "is an archive", "`ix build -`")


ASKED = """\
# VERSION of the shop
ARG VERSION=3
FROM scratch AS build
ARG VERSION
# runtime is what runs
FROM scratch as runtime
COPY --from=build / /
"""


def test_a_dockerfile_is_asked(folder):
    folder.write("Dockerfile", ASKED)
    assert build(folder, "--call=targets", ".").ok().stdout.splitlines()[1:] == ["build", "runtime (default)   is what runs"]
    outline = build(folder, "--call", "outline", "--build-arg", "VERSION=4", ".").ok().stdout
    assert outline.startswith("TARGET:       runtime\n") and "VERSION     4       of the shop" in outline
    assert build(folder, "--print=outline,format=json", "--target=build", ".").json()["args"][0]["value"] == "3"
    told = build(folder, "--check", ".")
    assert told.code == 1 and told.stdout.startswith("Check complete, 1 warning has been found!\n\nWARNING: FromAsCasing - https"), told
    assert build(folder, "--call=check,format=json,ignorestatus=true", ".").json()["warnings"][0]["ruleName"] == "FromAsCasing"
    build(folder, "--check", "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all", ".").ok()
    build(folder, "--call=outlin", ".").failed(2, "expected: check, outline, targets or build")
    folder.write("Dockerfile", ASKED + "COPPY a b\n")
    told = build(folder, "--check", ".").failed(1, "Dockerfile:8", "COPPY")
    assert "FromAsCasing" in told.stdout
def digests(folder, *options, **more):
    return build(folder, "--reproducible", *options, **more).ok().stdout.split()


def test_quiet_prints_the_id_alone(folder):
    result = build(folder, "-q", "--iidfile", "id", ".").ok()
    assert result.stdout == (folder.path / "id").read_text() + "\n" and result.stderr == ""


def test_build_arguments_come_from_files(folder):
    folder.write("Dockerfile", "FROM scratch\nARG A\nARG B\nARG C\nLABEL l=$A-$B-$C\n")
    folder.write("one", "# a comment\nA=1\nB=1\n\nC\n")
    folder.write("two", "B=2\n")
    files = digests(folder, "--build-arg-file", "one", "--build-arg-file=two", "--build-arg", "A=0", ".", env={"C": "3"})
    assert files == digests(folder, *(f"--build-arg={each}" for each in ("A=0", "B=2", "C=3")), ".")


def test_the_platform_has_several_spellings(folder):
    arm = digests(folder, "--platform", "linux/arm64", ".")
    assert arm == digests(folder, "--arch=aarch64", ".") == digests(folder, ".", env={"DOCKER_DEFAULT_PLATFORM": "arm64"})
    assert arm != digests(folder, "--platform=local", ".", env={"DOCKER_DEFAULT_PLATFORM": "arm64"})
    build(folder, ".", env={"DOCKER_DEFAULT_PLATFORM": "linux/"}).failed(2, "invalid platform")


def test_progress_has_the_words_of_docker(folder):
    assert build(folder, "--progress=none", ".").ok().stderr == ""
    assert build(folder, "--progress=rawjson", ".").ok().events()
    assert build(folder, ".", env={"BUILDKIT_PROGRESS": "rawjson"}).ok().events()
    assert build(folder, "--progress=quiet", ".", env={"BUILDKIT_PROGRESS": "rawjson"}).ok().stderr == ""
    build(folder, ".", env={"BUILDKIT_PROGRESS": "loud"}).failed(2, 'invalid value "loud" for BUILDKIT_PROGRESS', "plain")


def test_what_has_no_effect_is_told_once(folder):
    result = build(folder, "--builder=b", "--builder=c", "--rm", ".", env={"DOCKER_BUILDKIT": "0"}).ok()
    assert result.stderr.count("--builder has no effect: ix has no builder instances") == 1
    assert "--rm" not in result.stderr and result.stderr.count("DOCKER_BUILDKIT=0 has no effect") == 1


def test_times_are_those_of_the_epoch(folder):
    at = digests(folder, ".", env={"SOURCE_DATE_EPOCH": "77"})
    assert at == digests(folder, "--source-date-epoch=77", ".") == digests(folder, "--timestamp=77", ".", env={"SOURCE_DATE_EPOCH": "5"})
    build(folder, "--timestamp=noon", ".").failed(2, "seconds since 1970")
