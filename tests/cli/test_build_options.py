"""Each option of docker build and of buildx is taken, or refused with its own sentence and what to write instead."""

import io
import re
import subprocess
import tarfile

import pytest

# `docker build --help` and `docker buildx build --help` of today, and of the builder before BuildKit.
DOCKER = """
--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from --cache-to --call --cgroup-parent --check --compress
--cpu-period --cpu-quota --cpu-shares --cpuset-cpus --cpuset-mems --debug --disable-content-trust --file --force-rm --iidfile --isolation --label
--load --memory --memory-swap --metadata-file --network --no-cache --no-cache-filter --output --platform --policy --print --progress --provenance
--pull --push --quiet --rm --sbom --secret --security-opt --shm-size --squash --ssh --stream --tag --target --ulimit
""".split()
FLAGS = {"--check", "--compress", "--debug", "--disable-content-trust", "--force-rm", "--load", "--no-cache", "--pull", "--push", "--quiet", "--rm", "--squash", "--stream"}
SHORT = {"-c": "--cpu-shares", "-m": "--memory", "-q": "--quiet", "-D": "--debug", "-f": "--file", "-o": "--output", "-t": "--tag"}


@pytest.fixture
def folder(project):
    project.write("Dockerfile", 'FROM scratch\nCMD ["x"]\n')
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")
    return project


def build(folder, *options, **more):
    return folder.ix("build", *options, **more)


@pytest.mark.parametrize("option", DOCKER)
def test_every_option_of_docker_is_known(folder, option):
    result = build(folder, option if option in FLAGS else f"{option}=x", ".")
    assert "unknown flag" not in result.stderr and "is a flag of ix" not in result.stderr, result
    if "does not accept" in result.stderr:
        assert f"error: `ix build` does not accept {option}\nhint: " in result.stderr, result
        assert len(result.stderr.partition("hint: ")[2].split()) > 3, result


@pytest.mark.parametrize("letter, option", SHORT.items())
def test_letters_stand_for_the_same(folder, letter, option):
    long, short = (build(folder, each, "x") for each in (option, letter))
    assert long.code == short.code == 2 and long.stderr == short.stderr


@pytest.mark.parametrize(
    "options, sentences",
    [
        (["--cache-to", "type=registry,ref=localhost:5000/c:tag,mode=max"], ["`--cache-to localhost:5000/c`", "mode=max"]),
        (["--cache-from", "type=registry,ref=localhost:5000/c"], ["`--cache-from localhost:5000/c`"]),
        (["--cache-from=type=gha"], ["use a repository", "type=gha"]),
        (["--cache-to", "type=local,dest=x"], ["use a repository"]),
        (["--output", "type=image,name=a,compression=estargz"], ["compression=estargz", "use compression=zstd or gzip"]),
        (["--output", "type=image,rewrite-timestamp=true"], ["SOURCE_DATE_EPOCH", "--reproducible"]),
        (["--output", "-", "--output", "type=oci,dest=-"], ["several outputs go to standard output"]),
        (["--platform", "linux/amd64,linux/arm64"], ["takes one platform", "build once for each"]),
        (["--progress", "rawjson"], ["does not accept rawjson", "--progress json"]),
        (["-q"], ["`ix build --progress quiet"]),
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
    [["--provenance=false", "--sbom=false"], ["--rm", "--force-rm=true", "--compress", "--disable-content-trust"], ["-j4", "--progress=plain", "--log", "DEBUG", "--engine", "embedded"]],
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
