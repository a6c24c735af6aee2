"""What a stage takes from others: which of them are run again, and which instructions stand when they come out the same."""

import os
import random
import shutil

import busybox
import images
import pytest

FIRST = "FROM busybox:1 AS S1\nRUN head -c8 /dev/urandom | od -An -tx1 >/u\n"
WAYS = {
    "copy": "FROM scratch\nCOPY --from=s1 /u /\n",
    "mount": "FROM busybox:1\nRUN --mount=from=s1,target=/m cp /m/u /u\n",
    "writable mount": "FROM busybox:1\nRUN --mount=from=s1,source=/u,target=/m,rw cp /m /u\n",
    "from": "FROM s1\nRUN true\n",
    "number": "FROM scratch\nCOPY --from=0 /u /\n",
    "between": "FROM busybox:1 AS mid\nCOPY --from=s1 /u /v\nRUN cp /v /u\nFROM scratch\nCOPY --from=mid /u /\n",
    "stage on a stage": "FROM s1 AS mid\nRUN cp /u /v\nFROM busybox:1\nRUN --mount=from=mid,target=/m cp /m/v /u\n",
    "trigger": "FROM busybox:1 AS on\nONBUILD COPY --from=s1 /u /\nFROM on\n",
}


@pytest.fixture
def store(ix, tmp_path):
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    layout = images.Layout(tmp_path / "base")
    ix("image", "copy", layout.add("1", busybox.image()), "store:busybox:1").ok()
    return layout


@pytest.fixture
def build(ix, store, tmp_path):
    """Builds a Dockerfile into a folder, which has its standard error besides."""
    context = tmp_path / "context"
    context.mkdir()

    def run(dockerfile, *args):
        (context / "Dockerfile").write_text(dockerfile)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        result = ix("build", "--network=none", "-o", tmp_path / "out", *args, context).ok()
        return tmp_path / "out", result.stderr

    return run


def ran(stderr, command):
    return [line for line in stderr.splitlines() if command in line and not line.endswith("(cached)")]


@pytest.mark.parametrize("way", WAYS)
def test_a_stage_without_the_cache_is_run_again_however_it_is_reached(build, way):
    dockerfile = FIRST + WAYS[way]
    bytes_of = lambda *args: (build(dockerfile, *args)[0] / "u").read_bytes()
    first = bytes_of()
    assert bytes_of() == first
    second = bytes_of("--no-cache-filter", "s1")
    assert second != first and bytes_of() == second
    # Built alone, it is another one for those that take from it, too.
    alone = bytes_of("--no-cache-filter", "S1", "--target", "s1")
    assert alone != second and bytes_of() == alone
    alone = bytes_of("--no-cache", "--target", "s1")
    assert bytes_of() == alone and bytes_of() == alone


def test_a_stage_without_the_cache_is_named_by_number_or_warned_of(build):
    dockerfile = FIRST + WAYS["copy"]
    first = (build(dockerfile)[0] / "u").read_bytes()
    assert (build(dockerfile, "--no-cache-filter", "0,1")[0] / "u").read_bytes() != first
    assert "--no-cache-filter s9 has no effect: no such stage in Dockerfile" in build(dockerfile, "--no-cache-filter", "s9")[1]


@pytest.mark.parametrize("mount", ["source=/in", "source=in,rw", "source=/in,type=cache"])
@pytest.mark.parametrize("origin", ["stage", "image"])
def test_a_mount_counts_by_what_it_shows(ix, build, store, tmp_path, origin, mount):
    source = "FROM busybox:1 AS a\nRUN mkdir /in && echo {shown} >/in/a && echo {other} >/other\n"
    command = f"RUN --mount=from=a,target=/m,{mount} cat /m /m/a 2>/dev/null | sort >/seen"

    def seen(shown, other):
        if origin == "stage":
            out, log = build(source.format(shown=shown, other=other) + f"FROM busybox:1\n{command}\n")
        else:
            folder = tmp_path / "source"
            folder.mkdir(exist_ok=True)
            (folder / "Dockerfile").write_text(source.format(shown=shown, other=other))
            ix("build", "--network=none", "-t", "localhost/a:1", folder).ok()
            out, log = build(f"FROM busybox:1\n{command.replace('from=a', 'from=localhost/a:1')}\n")
        return (out / "seen").read_text(), bool(ran(log, "/seen"))

    assert seen("one", "x") == ("one\n", True)
    assert seen("one", "y") == ("one\n", False)
    if "cache" not in mount:  # a folder that is kept holds what it held
        assert seen("two", "y") == ("two\n", True)


def test_a_mount_of_a_whole_stage_counts_by_its_files(build):
    dockerfile = "FROM busybox:1 AS a\nRUN {}\nFROM busybox:1\nRUN --mount=from=a,target=/m cat /m/a >/seen\n"
    build(dockerfile.format("echo one >/a"))
    out, log = build(dockerfile.format("printf 'one\\n' >/a"))
    assert not ran(log, "/seen") and (out / "seen").read_text() == "one\n"
    out, log = build(dockerfile.format("echo two >/a"))
    assert ran(log, "/seen") and (out / "seen").read_text() == "two\n"


def test_names_with_wildcards_are_mounted_as_they_are(build):
    dockerfile = "FROM busybox:1 AS a\nRUN mkdir '/[x]' && echo {} >'/[x]/a'\nFROM busybox:1\nRUN --mount=from=a,source=/[x],target=/m cat /m/a >/seen\n"
    assert (build(dockerfile.format(1))[0] / "seen").read_text() == "1\n"
    assert (build(dockerfile.format(2))[0] / "seen").read_text() == "2\n"


NIGHTLY = bool(os.environ.get("IXIAN_NIGHTLY"))


class RandomStages:
    """Stages that take from each other in all ways. Each has a random number of its own, made after what it reads, and those of all that it
    takes from. Each change returns which stages it is to make anew, and with which options to build then."""

    def __init__(self, chance, build, context):
        self.chance, self.build, self.context = chance, build, context
        self.below, self.lines, self.argument, self.comment, self.count = {}, {}, {}, "", 0
        for stage in range(5):
            takes = sorted(chance.sample(range(stage), min(stage, chance.randint(1, 2))))
            base = takes[0] if takes and chance.random() < 0.4 else None
            lines = [f"FROM {'busybox:1' if base is None else f's{base}'} AS s{stage}"]
            for other in takes:
                if other != base:
                    mount = f"RUN --mount=from=s{other},source=/ids,target=/m mkdir -p /ids && cp /m/* /ids/"
                    lines += [chance.choice([mount, f"COPY --from=s{other} /ids/ /ids/", mount.replace("target=/m", "target=/m,rw")])]
            reads = [f"COPY f{stage} /f", f"RUN --mount=source=f{stage},target=/in cat /in >/f", f"ADD f{stage} /f"]
            lines += [chance.choice(reads), "RUN mkdir -p /ids && : {argument} && head -c8 /dev/urandom | od -An -tx1 >/ids/{stage}"]
            self.lines[stage], self.argument[stage] = lines, "x"
            self.below[stage] = {stage}.union(*(self.below[other] for other in takes))
            self.write(stage)
        (context / "unused").write_text("")

    def write(self, stage):
        self.count += 1
        (self.context / f"f{stage}").write_text(f"{self.count}\n")

    def dockerfile(self):
        stages = [line.replace("{stage}", str(stage)).replace("{argument}", self.argument[stage]) for stage in self.below for line in self.lines[stage]]
        last = ["FROM scratch"] + [f"COPY --from=s{stage} /ids /s{stage}/" for stage in self.below]
        return "".join(f"{line}\n{self.comment}" for line in stages + last)

    def numbers(self, *args):
        out = self.build(self.dockerfile(), *args)[0]
        found = {}
        for stage, all_below in self.below.items():
            assert {each.name for each in (out / f"s{stage}").iterdir()} == {str(each) for each in all_below}
            for each in all_below:  # all of them have the same one of a stage
                assert found.setdefault(each, (out / f"s{stage}/{each}").read_text()) == (out / f"s{stage}/{each}").read_text()
        return found

    def any_stage(self):
        return self.chance.choice(list(self.below))

    def without_the_cache(self):
        stage = self.any_stage()
        return {stage}, ["--no-cache-filter", f"s{stage}"]

    def several_without_the_cache(self):
        stages = {self.any_stage(), self.any_stage()}
        return stages, ["--no-cache-filter", ",".join(f"S{stage}" for stage in stages)]

    def alone_without_the_cache(self):
        stage = self.any_stage()
        self.build(self.dockerfile(), "--no-cache-filter", f"s{stage}", "--target", f"s{stage}")
        return {stage}, []

    def a_file(self):
        stage = self.any_stage()
        self.write(stage)
        return {stage}, []

    def a_file_and_another_without_the_cache(self):
        stages = [self.any_stage(), self.any_stage()]
        self.write(stages[0])
        return set(stages), ["--no-cache-filter", f"s{stages[1]}"]

    def an_instruction(self):
        stage = self.any_stage()
        self.argument[stage] += "x"
        return {stage}, []

    def an_argument(self):
        self.count += 1
        return set(), ["--build-arg", f"NOBODY_ASKS={self.count}"]

    def the_writing(self):
        self.count += 1
        self.comment = f"# {self.count}\n\n"
        return set(), []

    def a_time(self):
        os.utime(self.context / f"f{self.any_stage()}", (self.count, self.count))
        return set(), []

    def another_file(self):
        self.count += 1
        (self.context / "unused").write_text(f"{self.count}\n")
        return set(), []


@pytest.mark.parametrize("seed", range(20 if NIGHTLY else 2))
def test_stages_at_random_run_again_with_what_they_read_and_stand_on_and_with_nothing_else(build, tmp_path, seed):
    chance = random.Random(seed)
    stages = RandomStages(chance, build, tmp_path / "context")
    filters = [stages.without_the_cache, stages.several_without_the_cache, stages.alone_without_the_cache, stages.a_file_and_another_without_the_cache]
    others = [stages.a_file, stages.an_instruction, stages.the_writing, stages.a_time, stages.another_file, stages.an_argument]
    before = stages.numbers()
    for step in range(50 if NIGHTLY else 6):
        change = chance.choice(filters if chance.random() < 0.5 else others)
        again, options = change()
        now = stages.numbers(*options)
        changed = {each for each in stages.below if now[each] != before[each]}
        assert changed == {each for each in stages.below if again & stages.below[each]}, (stages.dockerfile(), step, change.__name__, again)
        assert stages.numbers() == now
        before = now
