"""--dry-run before a command, or behind it, and nothing is copied, removed, pulled or written: what would be done is told."""

import hashlib
import os
import stat

import busybox
import images
import pytest
from outside_world import World
from test_registry_room import PROJECT


@pytest.fixture
def stored(ix, layout, tmp_path):
    """The store has app:1."""
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    ix("image", "copy", layout.add("1", images.small_image()), "store:app:1").ok()
    return ix


def names(ix):
    return [line.split()[0] for line in ix("image", "ls").ok().stdout.splitlines()[1:]]


@pytest.fixture(params=["before", "behind"])
def dry(request, stored):
    def run(*args):
        return stored("--dry-run", *args) if request.param == "before" else stored(*args, "--dry-run")

    return run


def test_rm(stored, dry):
    assert dry("image", "rm", "store:app:1").ok().stdout.startswith("would remove store:app:1, sha256:")
    dry("image", "rm", "store:none:1").failed(4, "image not found: store:none:1")
    assert len(names(stored)) == 1


def test_rm_at_a_registry(stored, dry, plain):
    plain.put("team/app", "1", images.small_image())
    assert "would remove" in dry("image", "rm", f"{plain.host}/team/app:1").ok().stdout
    assert stored("image", "tags", f"{plain.host}/team/app").ok().stdout == "1\n"


def test_copy(stored, dry, plain, tmp_path):
    target = f"{plain.host}/team/app:1"
    assert f"would copy store:app:1, sha256:" in dry("image", "copy", "store:app:1", target).ok().stdout
    assert stored("image", "tags", f"{plain.host}/team/app").ok().stdout == ""
    stored("image", "copy", "store:app:1", target).ok()
    assert "would copy nothing" in dry("image", "copy", "store:app:1", target).ok().stdout
    for place in (f"oci:{tmp_path}/new:1", f"docker-archive:{tmp_path}/new"):
        assert "would copy store:app:1" in dry("image", "copy", "store:app:1", place).ok().stdout
    assert "would copy store:app:1" in dry("image", "export", "store:app:1", tmp_path / "new").ok().stdout
    assert not (tmp_path / "new").exists()
    dry("image", "copy", "store:none:1", target).failed(4, "image not found: store:none:1")


def test_prune(stored, dry):
    assert "would remove" in dry("image", "prune", "--all", "--keep", "0").ok().stdout
    assert len(names(stored)) == 1


def test_prune_of_a_registry_goes_by_the_more_careful_word(stored, dry, plain):
    plain.put("team/app", "1", images.small_image())
    assert "removing" not in dry("image", "prune", "--registry", f"{plain.host}/team/app", "--remove").ok().stdout


def everything(*places):
    """What each file and folder below is: kind and mode, content or where it leads."""
    found = {}
    for place in places:
        for path in [place, *place.rglob("*")]:
            status = path.lstat()
            content = os.readlink(path) if path.is_symlink() else ""
            if stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path] = (stat.filemode(status.st_mode), content)
    return found


@pytest.fixture
def used(ix, plain, tmp_path):
    """A project that was built, pushed and changed, with a home, a store, a registry, a layout and an archive."""
    plain.put("bb", "1", busybox.image())
    ix.environment.update({"IXIAN_STORE": str(tmp_path / "store"), "JT_DOCKER__BRANCH": "main"})
    more = "".join(f'    load_module("ixian_docker.modules.{each}")\n' for each in ("python", "npm", "webpack", "django", "pytest", "jest"))
    (ix.work / "ixian.py").write_text(PROJECT.format(host=plain.host) + '    CONFIG.DOCKER.BUILD_NETWORK = "none"\n' + more)
    files = {
        "Dockerfile.base": f"FROM {plain.host}/bb:1\nRUN echo base >/base\n",
        "Dockerfile": "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /f\nRUN cat /base /f >/both\n",
        "Dockerfile.alone": f"FROM {plain.host}/bb:1 AS a\nRUN --mount=type=cache,target=/c echo 1 >/c/1\nCOPY f /f\nFROM scratch\nCOPY --from=a /f /f\n",
        "f": "1",
        "package.json": "{}",
        "requirements.txt": "",
    }
    for name, text in files.items():
        (ix.work / name).write_text(text)
    for folder in ("src/static", *(f"root/srv/shop/etc/{module}" for module in ("python", "npm", "webpack"))):
        (ix.work / folder).mkdir(parents=True)
        (ix.work / folder / "settings").write_text("")
    ix("--push", "build_image").ok()
    ix("build", "--network=none", "-f", "Dockerfile.alone", "-t", "alone:1", "--cache-to", f"{plain.host}/cache", ".").ok()
    ix("image", "copy", "store:alone:1", f"oci:{tmp_path}/layout:1").ok()
    ix("image", "export", "store:alone:1", tmp_path / "archive.tar").ok()
    (ix.work / "f").write_text("2")
    plain.put("new", "1", busybox.image())
    ix.places = [ix.home, ix.work, tmp_path / "store", tmp_path / "layout", tmp_path / "archive.tar", plain.folder / "store"]
    return ix


HOST, PLACE = "HOST", "PLACE"
COMMANDS = [
    "build -f Dockerfile.alone .",
    "build -f Dockerfile.alone --network=none -t alone:1 -t HOST/x:1 --push --pull --iidfile id --metadata-file meta.json .",
    "build -f Dockerfile.alone --no-cache -o type=tar,dest=out.tar -o out -o type=oci,dest=x.tar -o type=oci,tar=false,dest=x -o type=docker,dest=- .",
    "build -f Dockerfile.alone --cache-from HOST/cache --cache-to HOST/cache --no-cache-filter a .",
    "image copy store:alone:1 HOST/x:1", "image copy HOST/new:1 store:", "image copy --all HOST/new:1 oci:PLACE/layout:2",
    "image copy HOST/new:1 docker-archive:PLACE/archive.tar", "image copy docker-archive:PLACE/archive.tar store:x:1", "image export store:alone:1 PLACE/archive.tar",
    "image ls", "image ls HOST/new", "image tags store:alone", "image inspect store:alone:1", "image inspect HOST/new:1",
    "image rm store:alone:1", "image rm HOST/new:1", "image rm oci:PLACE/layout:1",
    "image prune", "image prune --all --keep 0", "image prune --older-than 1s", "image prune --registry --builds 1 --remove", "image prune --registry HOST/new --remove",
]  # fmt: skip
ONLY_BEFORE = ["init", "plan build_image", "why build_image", "graph", "help", "help build_image", "registries", "completion bash", "version"]


def filled(ix, plain, tmp_path, command):
    return command.replace(HOST, plain.host).replace(PLACE, str(tmp_path)).split()


def unchanged(ix, *runs):
    before = everything(*ix.places)
    for args in runs:
        result = ix(*args)
        assert result.code == 0 and "error:" not in result.stderr, result
        assert everything(*ix.places) == before, args


def test_no_command_changes_anything(used, plain, tmp_path):
    commands = [filled(used, plain, tmp_path, each) for each in COMMANDS]
    unchanged(used, *([*each, "--dry-run"] for each in commands))
    unchanged(used, *(["--dry-run", *filled(used, plain, tmp_path, each)] for each in [*COMMANDS, *ONLY_BEFORE]))
    (used.work / "ixian.py").unlink()
    unchanged(used, *(["--dry-run", *each] for each in commands if each[:3] != ["image", "prune", "--registry"]))


def test_no_task_changes_anything(used):
    tasks = sorted(line.split()[0] for line in used("help").ok().stdout.split("Available tasks:")[1].splitlines() if line.startswith("  "))
    commands = {"build", "completion", "graph", "help", "image", "init", "plan", "registries", "version", "why"}
    assert {"build_image", "push", "pull", "npm", "clean_docker", "webpack", "pytest", "compose", "bash"} <= set(tasks)
    for flags in (["--dry-run"], ["--show"], ["--dry-run", "--force-all", "--clean-all", "--push"]):
        unchanged(used, *([*flags, each] for each in tasks if each not in commands))


def test_a_store_that_is_not_there_is_not_made(used, plain, tmp_path):
    used.environment["IXIAN_STORE"] = str(tmp_path / "none")
    used.places = used.places[:2]
    told = used("build", "--dry-run", "-f", "Dockerfile.alone", ".").ok().stdout
    assert told.startswith("2 to 3 of 3 steps would run:"), told
    unchanged(used, ["--dry-run", "build_image"], ["--show", "build_image"], ["--dry-run", "image", "prune"], ["build", "--dry-run", "-f", "Dockerfile.alone", "."])
    assert not (tmp_path / "none").exists()


def lines(result):
    return [" ".join(line.split()) for line in result.ok().stdout.splitlines()]


def test_a_build_tells_what_of_it_is_cached_what_would_run_and_what_nobody_knows(used, plain, tmp_path):
    alone = ["build", "--dry-run", "--network=none", "-f", "Dockerfile.alone", "-t", "alone:1"]
    cache = f"(in {plain.host}/cache)"
    assert lines(used(*alone, "."))[:-1] == [
        "1 to 2 of 3 steps would run:",
        "cached a 1/2 RUN --mount=type=cache,target=/c echo 1 >/c/1",
        "run a 2/2 COPY f /f (cache miss)",
        "unknown stage-1 1/1 COPY --from=a /f /f (unknown until a is built)",
    ]
    (used.work / "f").write_text("1")
    assert lines(used(*alone, ".")) == [
        "nothing would run: every step is cached",
        "cached stage-1 1/1 COPY --from=a /f /f",
        "would store the image as docker.io/library/alone:1",
    ]
    used.environment["IXIAN_STORE"] = str(tmp_path / "none")
    assert lines(used(*alone, "--cache-from", f"{plain.host}/cache", "."))[:2] == [
        "nothing would run: every step is cached",
        f"cached stage-1 1/1 COPY --from=a /f /f {cache}",
    ]
    assert lines(used(*alone, "--no-cache", "."))[:-1] == [
        "3 of 3 steps would run:",
        "run a 1/2 RUN --mount=type=cache,target=/c echo 1 >/c/1 (cache disabled by --no-cache)",
        "run a 2/2 COPY f /f (a previous step runs)",
        "run stage-1 1/1 COPY --from=a /f /f (cache disabled by --no-cache)",
    ]
    assert "would push the image to " in used(*alone, "--push", ".").ok().stdout
    # What it foretells is what the build does.
    used.environment["IXIAN_STORE"] = str(tmp_path / "store")
    (used.work / "f").write_text("3")
    result = used("build", "--network=none", "-f", "Dockerfile.alone", ".").ok()
    assert "a 1/2: RUN --mount=type=cache,target=/c echo 1 >/c/1 (cached)" in result.stderr and "a 2/2: done" in result.stderr, result


def test_a_build_that_cannot_begin_says_so(used):
    (used.work / "Dockerfile.wrong").write_text("FROM scratch\nCOPY nothing /\n")
    used("build", "--dry-run", "-f", "Dockerfile.wrong", ".").failed(1, "Dockerfile.wrong:2:1", '"nothing" not found in the build context')
    used("--dry-run", "--engine", "docker", "build", "-f", "Dockerfile.alone", ".").failed(2, "the Docker daemon does not support --dry-run")
    used("--show", "build", ".").failed(2, "`ix --dry-run build` shows what it would do")


def test_what_a_url_gives_is_asked_and_kept_nowhere(used, tmp_path):
    world = World(tmp_path / "world")
    world.files["f"] = (b"1", "a")
    (used.work / "Dockerfile.url").write_text(f"FROM scratch\nADD {world.url}/files/f /f\n")
    build = ["build", "-f", "Dockerfile.url", "."]
    used.environment["TMPDIR"] = str(tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    used.places.append(tmp_path / "tmp")
    try:
        unchanged(used, ["--dry-run", *build])
        used(*build).ok()
        assert "every step is cached" in used("--dry-run", *build).ok().stdout
        world.files["f"] = (b"another", "b")
        unchanged(used, ["--dry-run", *build])
        assert "run stage-0 1/1 ADD" in " ".join(lines(used("--dry-run", *build)))
    finally:
        world.stop()
