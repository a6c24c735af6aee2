"""`ix --engine docker`: a real dockerd builds, pulls and pushes what the embedded engine would."""

import json
import shutil
import subprocess

import builders
import built_image
import busybox
import compare
import pytest
from checkouts import PLAIN, RANDOM, ran
from losses import lose, part, tag_of, warnings, whole
from program import Program
from waiting import wait_for

DOCKERFILE = """\
FROM {base} AS work
WORKDIR /work
COPY src/ ./
RUN cat one two > both
FROM {base}
ARG WHO=nobody
COPY --from=work /work/both /both
COPY tool /usr/bin/tool
RUN echo "$WHO" > /who && chmod 600 /who
ENV NAME=value
LABEL kind=test
USER app
CMD ["cat", "/both"]
"""
FILES = {"src/one": "1\n", "src/two": "2\n", "src/.hidden": "h\n", "tool": "#!/bin/sh\n", "notes/ignored": "no\n"}


@pytest.fixture
def docker(daemon, ix, tmp_path):
    """ix with the daemon, which has no images."""
    ix.environment["DOCKER_HOST"] = daemon.socket
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    yield ix
    images = tell(daemon, "images", "-aq").split()
    if images:
        tell(daemon, "rmi", "-f", *images)


def tell(daemon, *args):
    done = subprocess.run([shutil.which("docker", path=builders.PATH), *args], env=daemon.environment, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def project(tmp_path, plain):
    plain.put("base", "1", busybox.image())

    def write(dockerfile=DOCKERFILE, **files):
        folder = tmp_path / "project"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in {**FILES, **files, "Dockerfile": dockerfile.format(base=plain.name("base"))}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        (folder / "tool").chmod(0o755)
        return folder

    return write


def build(ix, folder, *args, engine="docker"):
    return ix("--engine", engine, "build", "--network=none", *args, folder)


def read(daemon, name, tmp_path):
    file = tmp_path / "saved.tar"
    tell(daemon, "save", "-o", str(file), name)
    return built_image.read_docker_archive(file)


def test_both_engines_make_the_same_image(docker, daemon, project, tmp_path):
    folder = project(**{".dockerignore": "notes\n"})
    build(docker, folder, "-t", "app:1", "--build-arg", "WHO=me").ok()
    build(docker, folder, "-o", f"type=oci,tar=false,dest={tmp_path / 'layout'}", "--build-arg", "WHO=me", engine="embedded").ok()
    found = compare.differences(built_image.read_layout(tmp_path / "layout"), read(daemon, "app:1", tmp_path))
    # The builder before BuildKit writes histories and folders of WORKDIR in its own way.
    found = {key: value for key, value in found.items() if not key.startswith("history")}
    assert not found, compare.show(found, ("embedded", "docker"))


def test_the_image_id_is_printed_and_the_daemon_has_the_names(docker, daemon, project):
    result = build(docker, project(), "-t", "app:1", "-t", "shop/app:2").ok()
    for name in ("app:1", "shop/app:2"):
        assert json.loads(tell(daemon, "image", "inspect", name))[0]["Id"] == result.stdout.strip()


def test_a_second_build_is_cached(docker, project):
    folder = project()
    first = build(docker, folder).ok()
    second = build(docker, folder).ok()
    assert first.stdout == second.stdout
    assert second.stderr.count("(cached)") == 11 and "Step" not in second.stderr, second


def test_steps_are_activities_with_the_lines_of_their_commands(docker, project):
    result = build(docker, project("FROM {base}\nRUN echo one; echo two\n")).ok()
    lines = result.stderr.splitlines()
    assert any("RUN echo one; echo two" in line for line in lines), result
    assert any(line.endswith(": one") or line.endswith(" one") for line in lines), result


def test_a_step_that_fails_is_named_with_its_place_and_exit_code(docker, project):
    result = build(docker, project("FROM {base}\nCOPY tool /tool\nRUN echo words && exit 7\n"))
    result.failed(1, "Dockerfile:3:1", "`RUN echo words && exit 7` failed: exit code: 7", "words")


def test_a_file_that_is_not_there_is_named(docker, project):
    build(docker, project("FROM {base}\nCOPY missing /x\n")).failed(1, "Dockerfile:2:1", "missing")


@pytest.mark.parametrize(
    "instruction",
    ["RUN --mount=type=cache,target=/c true", "COPY --link tool /t", "COPY --chmod=755 tool /t", "RUN <<E\ntrue\nE"],
)
def test_what_the_builder_does_not_know_is_said_before_anything_is_built(docker, project, instruction):
    result = build(docker, project("FROM {base}\n" + instruction + "\n"))
    result.failed(2, "Dockerfile:2:1", "ix --engine embedded")


def test_a_base_in_a_private_registry_is_pulled_with_our_credentials(docker, daemon, start_registry, project):
    private = start_registry("htpasswd")
    private.put("base", "1", busybox.image())
    docker.log_in(private)
    build(docker, project(f"FROM {private.name('base')}\nCOPY tool /tool\n"), "-t", "app:1").ok()
    assert tell(daemon, "images", "-q", private.name("base"))


def test_a_base_that_nobody_has_is_an_error_that_names_it(docker, project, plain):
    build(docker, project(f"FROM {plain.name('nothing')}\nCOPY tool /tool\n")).failed(4, plain.name("nothing"))


def test_the_image_can_go_elsewhere(docker, project, tmp_path):
    build(docker, project(), "-o", f"type=oci,tar=false,dest={tmp_path / 'layout'}", "-o", tmp_path / "files").ok()
    assert (tmp_path / "files/both").read_text() == "1\n2\n"
    assert built_image.read_layout(tmp_path / "layout").tree["/both"].kind == "file"


def test_files_of_a_dockerfile_from_standard_input_beside_a_project(docker, project, tmp_path):
    """Where there is a project, ix starts itself again for the files: before it reads anything."""
    folder = project()
    (docker.work / "ixian.py").write_text("")
    shell = ("sh", "-c", f'exec "$@" <"{folder}/Dockerfile"', "sh")
    files = tmp_path / "files"
    docker.start("--engine", "docker", "build", "--network=none", "-f", "-", "-o", files, folder, before=shell).end().ok()
    assert (files / "both").read_text() == "1\n2\n"


def test_the_dockerfile_of_another_place_gets_into_no_image(docker, daemon, project, tmp_path):
    folder = project()
    (folder / "Dockerfile").unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("FROM scratch\nCOPY . /\n")
    build(docker, folder, "-f", elsewhere, "-t", "app:1").ok()
    tree = read(daemon, "app:1", tmp_path).tree
    assert "/tool" in tree and not [path for path in tree if "ockerfile" in path or "dockerignore" in path]


def test_targets_labels_and_no_cache_reach_the_daemon(docker, daemon, project):
    folder = project()
    build(docker, folder, "-t", "app:1", "--target", "work", "--label", "a=b").ok()
    config = json.loads(tell(daemon, "image", "inspect", "app:1"))[0]["Config"]
    assert config["WorkingDir"] == "/work" and config["Labels"]["a"] == "b"
    assert "cached" not in build(docker, folder, "--no-cache").ok().stderr


def test_without_a_daemon_it_says_what_to_do(docker, project, tmp_path):
    docker.environment["DOCKER_HOST"] = f"unix://{tmp_path}/nobody"
    build(docker, project()).failed(1, "no Docker daemon at", "DOCKER_HOST", "--engine embedded")


def test_a_host_that_cannot_be_used_is_an_error(docker, project):
    docker.environment["DOCKER_HOST"] = "ssh://somewhere"
    build(docker, project()).failed(2, "ssh://somewhere")


def test_interrupting_stops_the_daemons_build(docker, daemon, project):
    folder = project("FROM {base}\nRUN echo begun; sleep 600\n")
    running = docker.start("--engine", "docker", "build", "--network=none", folder)
    wait_for(lambda: tell(daemon, "ps", "-q").strip(), "the command to run")
    running.interrupt()
    assert running.end().code == 130
    wait_for(lambda: not tell(daemon, "ps", "-q").strip(), "the command to be stopped")


@pytest.mark.parametrize("kind", ["htpasswd", "plain"])
def test_images_are_pushed_by_the_daemon_or_by_ix(docker, daemon, start_registry, project, tmp_path, kind):
    there = start_registry(kind)
    docker.log_in(there)
    build(docker, project(), "--push", "-t", there.name("app")).ok()
    there.settle()
    assert ("docker/20" in there.log.read_text()) == (kind == "htpasswd"), "the daemon pushes where there are credentials for it"
    pushed = docker("image", "copy", there.name("app"), f"oci:{tmp_path / 'layout'}:latest").ok()
    assert built_image.read_layout(tmp_path / "layout").tree["/both"].kind == "file", pushed


def test_a_registry_that_the_daemon_does_not_trust_is_used_through_ix(docker, daemon, start_registry, project, tmp_path):
    other = start_registry("tls")
    other.put("base", "1", busybox.image())
    docker.log_in(other)
    build(docker, project(f"FROM {other.name('base')}\nCOPY tool /tool\n"), "--push", "-t", other.name("app")).ok()
    assert other.digest("app")


@pytest.fixture
def remove_images(daemon):
    def remove():
        # An image that others stand on stays where it comes before them in the list, which is by whole seconds.
        while images := tell(daemon, "images", "-aq").split():
            tell(daemon, "rmi", "-f", *images)

    yield remove
    remove()


@pytest.mark.parametrize(
    "which, how, base",
    [("layer", "gone", PLAIN), ("layer", "gone", RANDOM), ("layer", "damaged", RANDOM), ("config", "gone", PLAIN), ("config", "damaged", RANDOM), ("manifest", "gone", PLAIN)],
)
@pytest.mark.parametrize("kind", ["plain", "htpasswd"])
def test_a_stage_that_the_registry_has_lost_is_built_and_pushed_again(daemon, checkout, start_registry, remove_images, plain, kind, which, how, base):
    """By the daemon where there are credentials for it, else by ix."""
    there = plain if kind == "plain" else start_registry(kind)

    def machine(f):
        remove_images()
        one = checkout(f, there.host, base=base, bases=plain.host)
        one.program.log_in(there)
        return lambda *args: one("--engine", "docker", *args, env={"DOCKER_HOST": daemon.socket})

    machine("1")("--push", "build_image").ok()
    tag, old = tag_of(there, "base"), tag_of(there, "runtime")
    lose(there, part(there, "t/shop", tag, which), how)
    result = machine("2")("--push", "build_image").ok()
    assert ran(result, base), result
    assert len(warnings(result, f"/t/shop:{tag}")) == (0 if which == "manifest" else 1), result
    assert whole(there, "t/shop", tag) and whole(there, "t/shop", tag_of(there, "runtime", other_than=old))
    result = machine("3")("--push", "build_image").ok()
    assert not ran(result, base) and "warning" not in result.stderr, result
