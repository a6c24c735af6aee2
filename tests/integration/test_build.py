"""`ix build` from outside: what it makes, what it does not make again, what it says when it cannot."""

import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
from pathlib import Path

import busybox
import images
import pytest
from program import IX
from waiting import wait_for


@pytest.fixture
def store(ix, tmp_path):
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def base(ix, store, tmp_path):
    """The store has busybox:1."""
    layout = images.Layout(tmp_path / "base")
    ix("image", "copy", layout.add("1", busybox.image()), "store:busybox:1").ok()
    return "busybox:1"


@pytest.fixture
def context(tmp_path):
    def make(dockerfile, **files):
        folder = tmp_path / "context"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in {"Dockerfile": dockerfile, **files}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        return folder

    return make


@pytest.fixture
def build(ix, store, tmp_path):
    """Builds into a layout, and reads it."""
    count = iter(range(1000))

    def run(context, *args, env={}):
        folder = tmp_path / f"built-{next(count)}"
        result = ix("build", "--network=none", *args, "-o", f"type=oci,tar=false,dest={folder}", context, env=env).ok()
        built = busybox.Built(folder)
        built.result = result
        return built

    return run


def steps_that_ran(result):
    """The lines of instructions that were not taken from the cache, in plain progress."""
    return [line.split(": ", 1)[1] for line in result.stderr.splitlines() if "/" in line.split(":")[0] and not line.endswith("cached)")
            and any(f": {word} " in line for word in ("RUN", "COPY", "ADD", "WORKDIR"))]  # fmt: skip


STAGES = """\
FROM busybox:1 AS build
WORKDIR /work
COPY src/ ./
RUN cat one two > both
FROM busybox:1
COPY --from=build /work/both /both
RUN wc -l < /both > /lines
CMD ["cat", "/both"]
"""


def test_stages_copies_and_commands_make_an_image(base, context, build):
    built = build(context(STAGES, **{"src/one": "1\n", "src/two": "2\n"}))
    assert built.text("both") == "1\n2\n"
    assert built.text("lines") == "2\n"
    assert "work/both" not in built.files
    assert built.config["config"]["Cmd"] == ["cat", "/both"]
    assert [each.get("empty_layer", False) for each in built.config["history"]] == [False, False, False, True]


def test_what_was_built_is_not_built_again(base, context, build):
    folder = context(STAGES, **{"src/one": "1\n", "src/two": "2\n"})
    first = build(folder)
    again = build(folder)
    assert steps_that_ran(first.result) != []
    assert steps_that_ran(again.result) == []
    assert again.result.stdout == first.result.stdout


def test_a_change_rebuilds_what_follows_it(base, context, build):
    text = "FROM busybox:1\nRUN echo first > /first\nCOPY changes /changes\nRUN cat /changes > /last\n"
    build(context(text, changes="a\n"))
    built = build(context(text, changes="b\n"))
    assert steps_that_ran(built.result) == ["COPY changes /changes", "RUN cat /changes > /last"]
    assert built.text("last") == "b\n"


def test_a_file_that_no_instruction_reads_changes_nothing(base, context, build):
    text = "FROM busybox:1\nCOPY read /read\n"
    first = build(context(text, read="a"))
    again = build(context(text, read="a", unread="b"))
    assert steps_that_ran(again.result) == []
    assert first.result.stdout == again.result.stdout


def test_a_stage_that_comes_out_the_same_does_not_rebuild_others(base, context, build):
    text = "FROM busybox:1 AS a\nCOPY in /in\nRUN wc -c < /in > /out\nFROM busybox:1\nCOPY --from=a /out /out\nRUN cat /out > /last\n"
    build(context(text, **{"in": "abc"}))
    built = build(context(text, **{"in": "xyz"}))
    assert steps_that_ran(built.result) == ["COPY in /in", "RUN wc -c < /in > /out"]


def test_stages_that_the_target_does_not_need_are_not_built(base, context, build):
    built = build(context("FROM busybox:1 AS no\nRUN exit 1\nFROM busybox:1 AS yes\nRUN echo > /yes\nFROM no\n"), "--target", "yes")
    assert "yes" in built.files


def test_no_cache_and_no_cache_filter(base, context, build):
    folder = context("FROM busybox:1 AS a\nRUN echo > /a\nFROM busybox:1 AS b\nCOPY --from=a /a /\nRUN echo > /b\n")
    build(folder)
    assert steps_that_ran(build(folder, "--no-cache").result).count("RUN echo > /a") == 1
    assert "RUN echo > /a" not in steps_that_ran(build(folder, "--no-cache-filter", "b").result)
    assert "RUN echo > /b" in steps_that_ran(build(folder, "--no-cache-filter", "b").result)


def test_a_failing_command_names_itself_its_line_and_its_code(ix, base, context):
    folder = context("FROM busybox:1\nRUN echo before > /x\nRUN echo to-the-user && exit 7\n")
    result = ix("build", "--network=none", folder)
    result.failed(1, "Dockerfile:3", "exit code: 7", "RUN echo to-the-user && exit 7", "to-the-user")
    assert result.stdout == ""
    # What had been done by then is kept.
    assert steps_that_ran(ix("build", "--network=none", folder))[0].startswith("RUN echo to-the-user")


@pytest.mark.parametrize(
    "args, code, sentence",
    [
        (["nowhere"], 2, "build context not found"),
        (["--bogus", "."], 2, "--bogus"),
        ([], 2, "ix build"),
        (["-f", "missing", "."], 2, "missing"),
        (["--target", "none", "."], 2, "none"),
        (["-o", "type=odd,dest=x", "."], 2, "odd"),
        (["--secret", "src=x", "."], 2, "id"),
        (["--network", "odd", "."], 2, "odd"),
        (["-t", "UPPER CASE", "."], 2, "UPPER CASE"),
        (["--platform", "odd/odd/odd/odd", "."], 2, "odd"),
        (["https://example.com/x.git"], 4, "cannot fetch git repository"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(ix, base, context, args, code, sentence):
    ix("build", "--network=none", *args, cwd=context("FROM busybox:1\n")).failed(code, sentence)


@pytest.mark.parametrize(
    "dockerfile, sentence",
    [
        ("", "Dockerfile"),
        ("FROM busybox:1\nNOPE x\n", "Dockerfile:2"),
        ("FROM busybox:1\nCOPY missing /x\n", "missing"),
        ("FROM busybox:1\nCOPY ../outside /x\n", "outside"),
        ("FROM busybox:1\nCOPY --chown=nobody-here Dockerfile /x\n", "nobody-here"),
        ("FROM busybox:1\nCOPY Dockerfile /bin\nCOPY Dockerfile /etc/passwd/x\n", "not a directory"),
        ("FROM busybox:1\nUSER nobody-here\nRUN true\n", "nobody-here"),
        ("FROM busybox:1\nRUN --mount=type=secret,id=s,required=true true\n", "--secret"),
        ("FROM busybox:1\nRUN --security=insecure true\n", "--allow security.insecure"),
    ],
)
def test_a_wrong_dockerfile_says_where_and_what(ix, base, context, dockerfile, sentence):
    result = ix("build", "--network=none", context(dockerfile))
    assert result.code in (1, 2), result
    assert sentence in result.stderr and "Dockerfile" in result.stderr, result


def test_an_image_that_is_not_there_is_the_registrys_fault(ix, store, plain, context):
    ix("build", "--network=none", context(f"FROM {plain.name('none')}\n")).failed(4, "none", "Dockerfile:1")


def test_the_base_is_pulled_from_a_registry_once(ix, store, plain, context, tmp_path):
    layout = images.Layout(tmp_path / "base")
    ix("image", "copy", layout.add("1", busybox.image()), plain.name("base")).ok()
    folder = context(f"FROM {plain.name('base')}\nRUN echo > /x\n")
    first = ix("build", "--network=none", folder).ok()
    plain.stop()
    assert ix("build", "--network=none", folder).ok().stdout == first.stdout
    ix("build", "--network=none", "--pull", folder).failed(4, plain.host)


def test_labels_and_variables_can_be_left_out(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\nLABEL a=1 b=2\nENV A=1 B=2\n")
    ix("build", "--unsetlabel", "a", "--unsetenv=A", "-o", f"type=oci,tar=false,dest={tmp_path / 'out'}", folder).ok()
    config = busybox.Built(tmp_path / "out").config["config"]
    assert config["Labels"] == {"b": "2"} and "A=1" not in config["Env"] and "B=2" in config["Env"]


def test_pull_has_the_words_of_buildah(ix, store, plain, context, tmp_path):
    layout = images.Layout(tmp_path / "base")
    folder = context(f"FROM {plain.name('base')}\nRUN echo > /x\n")
    ix("image", "copy", layout.add("1", busybox.image()), plain.name("base")).ok()
    ix("build", "--network=none", "--pull=never", folder).failed(4, "--pull=never", "ix image copy")
    first = ix("build", "--network=none", "--pull=newer", folder).ok()
    plain.stop()
    for policy in ("never", "newer", "missing", "false"):
        assert ix("build", "--network=none", f"--pull={policy}", folder).ok().stdout == first.stdout, policy
    ix("build", "--network=none", "--pull=always", folder).failed(4, plain.host)


def test_the_context_is_not_changed(ix, base, context):
    folder = context("FROM busybox:1\nRUN --mount=type=bind,rw,target=/c rm /c/a; echo > /c/new\nCOPY . /all\n", a="a", b="b")

    def everything():
        return {path: (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}

    before = everything()
    ix("build", "--network=none", folder).ok()
    assert everything() == before


def test_links_in_the_context_lead_nowhere_outside(base, context, build, tmp_path):
    (tmp_path / "outside").write_text("canary")
    folder = context("FROM busybox:1\nCOPY . /all/\n")
    (folder / "link").symlink_to(tmp_path / "outside")
    built = build(folder)
    assert built.files["all/link"][1].issym()


def test_a_link_that_is_named_itself_does_not_leave_the_context(ix, base, context, tmp_path):
    (tmp_path / "outside").write_text("canary")
    folder = context("FROM busybox:1\nCOPY link /x\n")
    (folder / "link").symlink_to("../outside")
    ix("build", "--network=none", folder).failed(1, "link")


def test_secrets_are_nowhere(ix, base, store, context, tmp_path):
    canary = "canary-3f1c9a7e"
    (tmp_path / "token").write_text(canary)
    folder = context(
        "FROM busybox:1\n"
        "RUN --mount=type=secret,id=token test -s /run/secrets/token\n"
        "RUN --mount=type=secret,id=token,env=TOKEN test -n \"$TOKEN\"\n"
    )
    out = tmp_path / "out"
    result = ix("build", "--network=none", "--secret", f"id=token,src={tmp_path / 'token'}", "-o", f"type=oci,tar=false,dest={out}", folder)
    result.ok()
    assert canary not in result.stderr + result.stdout
    for root in (store, out):
        for file in root.rglob("*"):
            if file.is_file() and not file.is_symlink():
                assert canary.encode() not in file.read_bytes(), file
    built = busybox.Built(out)
    assert not any(name.startswith("run") for name in built.files)


def test_another_secret_does_not_miss(ix, base, context):
    folder = context("FROM busybox:1\nRUN --mount=type=secret,id=s,env=S echo ran\n")
    ix("build", "--network=none", "--secret", "id=s,env=ONE", folder, env={"ONE": "1"}).ok()
    assert steps_that_ran(ix("build", "--network=none", "--secret", "id=s,env=TWO", folder, env={"TWO": "2"}).ok()) == []


def test_cache_mounts_outlive_a_build(base, context, build):
    text = "FROM busybox:1\nARG N\nRUN --mount=type=cache,target=/cache echo $N >> /cache/list; cp /cache/list /list\n"
    build(context(text), "--build-arg", "N=1")
    built = build(context(text), "--build-arg", "N=2")
    assert built.text("list") == "1\n2\n"
    assert not any(name.startswith("cache") for name in built.files)


def test_build_arguments_come_from_the_command_line_or_the_environment(base, context, build):
    folder = context("FROM busybox:1\nARG A=default\nARG B\nRUN echo $A $B > /x\n")
    assert build(folder).text("x") == "default\n"
    assert build(folder, "--build-arg", "A=1", "--build-arg", "B", env={"B": "2"}).text("x") == "1 2\n"


def test_reproducible_builds_have_the_same_digest_in_another_store(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\nWORKDIR /w\nCOPY Dockerfile /x\nRUN echo a > /a\n")
    first = ix("build", "--network=none", "--reproducible", folder).ok().stdout
    ix.environment["IXIAN_STORE"] = str(tmp_path / "other")
    layout = images.Layout(tmp_path / "base")
    ix("image", "copy", layout.add("1", busybox.image()), "store:busybox:1").ok()
    assert ix("build", "--network=none", "--reproducible", folder).ok().stdout == first


def test_labels_tags_and_files_about_the_image(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\n")
    done = ix("build", "--network=none", "-t", "one:1", "-t", "two", "--label", "a=b", "--iidfile", tmp_path / "id", "--metadata-file",
              tmp_path / "meta", folder).ok()  # fmt: skip
    meta = json.loads((tmp_path / "meta").read_text())
    assert meta["containerimage.digest"] == done.stdout.strip()
    assert (tmp_path / "id").read_text() == meta["containerimage.config.digest"]
    for name in ("store:one:1", "store:two"):
        assert ix("image", "inspect", "--json", name).ok().json()["digest"] == done.stdout.strip()
    config = ix("image", "inspect", "--config", "store:one:1").ok().json()
    assert config["config"]["Labels"] == {"a": "b"}


def test_every_kind_of_output(ix, base, context, tmp_path):
    folder = context("FROM scratch\nCOPY Dockerfile /d/file\n")
    ix("build", "--network=none", "-o", "type=oci,dest=a.tar", "-o", "type=docker,dest=b.tar", "-o", "c.tar", "-o", "d", "-t", "x:1", folder).ok()
    assert {"oci-layout", "index.json", "manifest.json"} <= set(tarfile.open(ix.work / "a.tar").getnames())
    named = json.loads(tarfile.open(ix.work / "b.tar").extractfile("manifest.json").read())[0]["RepoTags"]
    assert len(named) == 1 and named[0].endswith("x:1")
    assert tarfile.open(ix.work / "c.tar").getnames() == ["d", "d/file"]
    assert (ix.work / "d/d/file").read_text() == "FROM scratch\nCOPY Dockerfile /d/file\n"
    piped = ix("build", "--network=none", "-o", "-", folder).ok()
    assert "d/file" in piped.stdout


def test_every_name_is_in_every_output_that_holds_names(ix, base, context, tmp_path):
    folder = context("FROM scratch\nCMD [\"x\"]\n")
    names = ("-t", "a:1", "-t", "localhost:1/b:1", "-t", "a:2", "-t", "a:1")
    ix("build", *names, "-o", "type=docker,dest=d.tar", "-o", 'type=oci,dest=o.tar,"name=c:3,c:4"', "-o", "type=oci,tar=false,dest=layout",
       "-o", "type=image,name=kept", "--metadata-file", "meta", folder).ok()  # fmt: skip
    full = ["docker.io/library/a:1", "localhost:1/b:1", "docker.io/library/a:2"]

    def entries(document):
        return [tuple(each["annotations"][key] for key in ("io.containerd.image.name", "org.opencontainers.image.ref.name"))
                for each in json.loads(document)["manifests"]]  # fmt: skip

    def in_archive(file, member):
        return tarfile.open(ix.work / file).extractfile(member).read()

    assert json.loads(in_archive("d.tar", "manifest.json"))[0]["RepoTags"] == ["a:1", "localhost:1/b:1", "a:2"]
    assert entries(in_archive("d.tar", "index.json")) == [(each, each.rpartition(":")[2]) for each in full]
    more = ["docker.io/library/c:3", "docker.io/library/c:4"]
    assert entries(in_archive("o.tar", "index.json")) == [(each, each.rpartition(":")[2]) for each in full + more]
    assert json.loads(in_archive("o.tar", "manifest.json"))[0]["RepoTags"] == ["a:1", "localhost:1/b:1", "a:2", "c:3", "c:4"]
    layout = ix.work / "layout/index.json"
    assert sorted(entries(layout.read_text())) == sorted((each, each.rpartition(":")[2]) for each in full)
    assert ix("image", "inspect", "--json", "store:kept:latest").ok()
    assert json.loads((ix.work / "meta").read_text())["image.name"] == ",".join([*full, *more, "docker.io/library/kept:latest"])

    # Another image under one of the names takes its place and no other's, and is what its tag means to readers of tags.
    other = context("FROM scratch\nCMD [\"y\"]\n")
    done = ix("build", "-t", "localhost:1/b:1", "-o", "type=oci,tar=false,dest=layout", other).ok()
    assert sorted(entries(layout.read_text())) == sorted((each, each.rpartition(":")[2]) for each in full)
    named = {each["annotations"]["io.containerd.image.name"]: each["digest"] for each in json.loads(layout.read_text())["manifests"]}
    assert named["localhost:1/b:1"] == done.stdout.strip() != named["docker.io/library/a:1"] == named["docker.io/library/a:2"]
    assert ix("image", "inspect", "--json", "oci:layout:1").ok().json()["digest"] == done.stdout.strip()


@pytest.mark.parametrize("twice", [("--platform=linux/amd64", "--platform=linux/arm64"), ("--cache-to=a.test/x", "--cache-to=b.test/x")])
def test_what_can_be_said_once_is_refused_twice(ix, store, context, twice):
    ix("build", *twice, context("FROM scratch\nCMD x\n")).failed(2, "takes one")


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_skopeo_reads_what_was_built(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\nRUN echo > /x\n")
    ix("build", "--network=none", "-o", "type=oci,tar=false,dest=layout", "-o", "type=docker,dest=archive.tar", "-t", "x:1", folder).ok()
    for source in ("oci:layout:1", "docker-archive:archive.tar"):
        done = subprocess.run(["skopeo", "inspect", source], cwd=ix.work, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["Layers"]) == 2


def test_ctrl_c_ends_the_build_and_leaves_nothing_behind(ix, base, store, context):
    running = ix.start("build", "--network=none", context("FROM busybox:1\nRUN echo begun; sleep 1000\n"))
    line = wait_for(lambda: running.process.stderr.readline().decode() or None)
    while "begun" not in line:
        line = running.process.stderr.readline().decode()
    running.interrupt()
    assert running.end().code == 130
    assert list((store / "work").iterdir()) == []
    mounts = Path("/proc/self/mounts").read_text()
    assert str(store) not in mounts
    # The store is as good as before.
    ix("build", "--network=none", context("FROM busybox:1\nRUN echo > /x\n")).ok()


def test_a_killed_build_is_no_obstacle_for_the_next(ix, base, store, context):
    folder = context("FROM busybox:1\nRUN echo first > /first\nRUN echo begun; [ -e /tmp/x ] || sleep 1000\n")
    running = ix.start("build", "--network=none", folder)
    line = ""
    while "begun" not in line:
        line = running.process.stderr.readline().decode()
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    again = ix("build", "--network=none", context("FROM busybox:1\nRUN echo first > /first\nRUN echo > /x\n")).ok()
    assert "RUN echo > /x" in steps_that_ran(again)
    assert list((store / "work").iterdir()) == []
    assert str(store) not in Path("/proc/self/mounts").read_text()


def test_two_builds_at_once_run_an_instruction_once(ix, base, context, tmp_path):
    folder = context("FROM busybox:1\nRUN --mount=type=cache,target=/c echo x >> /c/runs; sleep 1; cp /c/runs /runs\n")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: ix("build", "--network=none", folder), range(3)))
    assert len({each.ok().stdout for each in done}) == 1
    out = tmp_path / "out"
    ix("build", "--network=none", "-o", f"type=oci,tar=false,dest={out}", folder).ok()
    assert busybox.Built(out).text("runs") == "x\n"


def test_dockerignore_hides_files(base, context, build):
    built = build(context("FROM busybox:1\nCOPY . /all/\n", **{".dockerignore": "*\n!kept\n!d/kept\n", "kept": "", "gone": "", "d/kept": "", "d/gone": ""}))
    assert sorted(name for name in built.files if name.startswith("all/")) == ["all/d", "all/d/kept", "all/kept"]


@pytest.fixture
def place_for_all():
    """A folder that other users reach."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ix-build-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_an_ordinary_user_builds(ix, place_for_all):
    home, context = place_for_all / "home", place_for_all / "context"
    for folder in (home, context):
        folder.mkdir()
    os.chown(home, 65534, 65534)
    program = place_for_all / "ix"
    shutil.copy(IX, program)
    (context / "Dockerfile").write_text("FROM busybox:1\nRUN id -u > /x; mkdir -m 700 /d\nCOPY Dockerfile /d/\n")
    base = images.Layout(place_for_all / "base").add("1", busybox.image())
    environment = {**ix.environment, "HOME": str(home)}
    environment.pop("IXIAN_STORE", None)

    def as_user(*args):
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, *args]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, cwd=home)

    copied = as_user("image", "copy", base, "store:busybox:1")
    assert copied.returncode == 0, copied.stderr
    built = as_user("build", "--network=none", "-o", f"type=oci,tar=false,dest={home}/out", context)
    if built.returncode != 0 and "user namespace" in built.stderr:
        pytest.skip("an ordinary user may not make a user namespace here")
    assert built.returncode == 0, built.stderr
    assert (home / ".local/share/ixian/version").exists(), "root of a user namespace has the user's own store"
    image = busybox.Built(home / "out")
    assert image.text("x") == "0\n"
    assert (image.files["d"][1].mode, image.files["d"][1].uid) == (0o700, 0)


def test_help_teaches(ix):
    page = ix("build", "--help").ok().stdout
    for word in ("--target", "--secret", "--output", "CONTEXT"):
        assert word in page


def test_equal_layers_do_not_stop_a_later_run(ix, store, base, context):
    """At a fixed time two commands can make the same layer, which overlayfs takes once."""
    text = f"FROM {base}\nRUN echo a > /x\nRUN echo b > /x\nRUN echo a > /x\n"
    for dockerfile in (text, text + "RUN echo it-is-$(cat /x)\n"):
        result = ix("build", "--network=none", "--reproducible", context(dockerfile)).ok()
    assert "it-is-a" in result.stderr, result


def test_proxies_of_dockers_configuration_reach_every_run_and_no_key(ix, base, context, build):
    ix.docker_config({"proxies": {"default": {"httpProxy": "http://proxy.test:1", "noProxy": "a.test"}}})
    folder = context(f"FROM {base}\nRUN env | grep -i _proxy= | sort >/proxies\n")
    built = build(folder)
    assert built.text("proxies").split() == ["HTTP_PROXY=http://proxy.test:1", "NO_PROXY=a.test", "http_proxy=http://proxy.test:1", "no_proxy=a.test"]
    assert "proxy.test" not in json.dumps(built.config)
    ix.docker_config({})
    assert build(folder).text("proxies") == built.text("proxies"), "another proxy is no reason to build again"
    assert build(folder, "--no-cache", "--build-arg", "http_proxy=x").text("proxies").split() == ["HTTP_PROXY=x", "http_proxy=x"]
