"""Who runs before whom, what is skipped, and what happens after a failure."""

import pytest

from conftest import SANITIZED, TIMEOUT, task


def test_dependencies_run_first_and_once(project):
    project.tasks(
        task("top", "depends = ['left', 'right']"),
        task("left", "depends = ['bottom']"),
        task("right", "depends = ['bottom']"),
        task("bottom"),
    )
    project.ix("-j1", "top").ok()
    assert project.ran() == ["bottom", "left", "right", "top"]
    project.ix("-j4", "top").ok()
    ran = project.ran()
    assert (ran[0], sorted(ran[1:3]), ran[3]) == ("bottom", ["left", "right"], "top")


@pytest.mark.parametrize("args", [["top"], ["plan", "top"], ["why", "top"], ["--dry-run", "top"], ["graph", "top"]])
def test_a_ring_is_shown(project, args):
    project.tasks(task("top", "depends = 'a'"), task("a", "depends = 'b'"), task("b", "depends = 'c'"), task("c", "depends = 'a'"))
    result = project.ix(*args).failed(3, "→")
    ring = [part.strip() for part in result.stderr.splitlines()[0].replace(".", " ").split("→")]
    assert [part.split()[-1] for part in ring[:1]] == ["a"] and ring[1:3] == ["b", "c"], result
    assert project.ran() == []


def test_a_task_that_depends_on_itself_is_a_ring(project):
    project.tasks(task("a", "depends = 'a'"))
    project.ix("a").failed(3, "a → a")


def test_a_ring_elsewhere_does_not_matter(project):
    project.tasks(task("a", "depends = 'b'"), task("b", "depends = 'a'"), task("c"))
    project.ix("c").ok()
    project.ix("help").ok()


def test_an_unknown_dependency_is_named_with_who_asks(project):
    project.tasks(task("high", "depends = 'middle'"), task("middle", "depends = 'compyle'"), task("compile"))
    project.ix("high").failed(3, "middle", "compyle", "ixian.py:", "compile")
    assert project.ran() == []


def test_independent_tasks_run_in_parallel(project):
    meet = "open('{0}.up', 'w').close()\nwait_for_file('{1}.up')"
    project.tasks(
        task("left", body=meet.format("left", "right")),
        task("right", body=meet.format("right", "left")),
        task("top", "depends = ['left', 'right']"),
    )
    project.ix("-j2", "top").ok()
    assert sorted(project.ran()) == ["left", "right", "top"]


def test_no_more_tasks_than_asked_for_run_at_a_time(project):
    body = "import threading\nwith lock:\n    busy.append(1)\n    most.append(len(busy))\ntime.sleep(0.02)\nwith lock:\n    busy.pop()"
    names = [f"t{i}" for i in range(8)]
    project.tasks(
        "import threading\nlock = threading.Lock()\nbusy = []\nmost = []\n",
        *(task(name, body=body) for name in names),
        task("top", f"depends = {names}", body="print(max(most))"),
    )
    assert int(project.ix("-j1", "top").ok().stdout) == 1
    assert 1 < int(project.ix("-j3", "top").ok().stdout) <= 3


CHAIN = [
    task("low", "check = FileHash('low.in')"),
    task("middle", "depends = 'low'", "check = FileHash('middle.in')"),
    task("high", "depends = 'middle'", "check = FileHash('high.in')"),
]


@pytest.fixture
def chain(project):
    for name in ("low.in", "middle.in", "high.in"):
        project.write(name, "1")
    project.tasks(*CHAIN)
    project.ix("high").ok()
    assert project.ran() == ["low", "middle", "high"]
    return project


def test_what_is_complete_is_skipped(chain):
    result = chain.ix("high").ok()
    assert chain.ran() == []
    assert "up to date" in result.stderr


def test_a_dependency_that_runs_makes_its_dependents_run(chain):
    chain.write("low.in", "2")
    chain.ix("high").ok()
    assert chain.ran() == ["low", "middle", "high"]
    chain.write("middle.in", "2")
    chain.ix("high").ok()
    assert chain.ran() == ["middle", "high"]


def test_a_dependency_that_ran_on_its_own_makes_its_dependents_run_later(chain):
    chain.write("low.in", "2")
    chain.ix("low").ok()
    assert chain.ran() == ["low"]
    assert "low" in chain.ix("why", "middle").ok().stdout
    chain.ix("high").ok()
    assert chain.ran() == ["middle", "high"]
    chain.ix("high").ok()
    assert chain.ran() == []


@pytest.mark.parametrize(
    "flag, ran",
    [
        ("--force", ["high"]),
        ("--force-all", ["low", "middle", "high"]),
        ("--clean", ["high"]),
        ("--clean-all", ["low", "middle", "high"]),
    ],
)
def test_flags_that_make_complete_tasks_run(chain, flag, ran):
    chain.ix(flag, "high").ok()
    assert chain.ran() == ran


@pytest.mark.parametrize("flag", ["--show", "--dry-run"])
@pytest.mark.parametrize("force", [[], ["--force-all"], ["--clean-all"]])
def test_flags_that_run_nothing(project, flag, force):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')", "def clean(self):\n        note('clean')"))
    assert "a" in project.ix(*force, flag, "a").ok().stdout
    assert project.ran() == []
    assert not (project.path / ".builder/state.db").exists()


def test_clean_all_cleans_dependents_before_what_they_need(project):
    clean = "def clean(self):\n        note('clean ' + self.name)"
    project.tasks(task("low", clean), task("high", "depends = 'low'", clean))
    project.ix("--clean-all", "high").ok()
    ran = project.ran()
    assert sorted(ran[:2]) == ["clean high", "clean low"] and ran[2:] == ["low", "high"]
    project.ix("--clean", "high").ok()
    assert project.ran() == ["clean high", "low", "high"]


def test_a_failed_clean_runs_nothing(project):
    project.tasks(task("a", "def clean(self):\n        raise ExecuteFailed('stuck')"))
    project.ix("--clean", "a").failed(1, "stuck")
    assert project.ran() == []


def test_a_failure_starts_nothing_new_and_lets_running_tasks_end(project):
    project.tasks(
        task("bad", body="wait_for_file('slow.up')\nraise ExecuteFailed('broken')"),
        task("slow", body="open('slow.up', 'w').close()\ntime.sleep(0.3)\nnote('slow ended')"),
        task("later", "depends = 'slow'"),
        task("top", "depends = ['bad', 'later']"),
    )
    project.ix("-j2", "top").failed(1, "broken", "bad", "top")
    assert project.ran()[2:] == ["slow ended"]


def test_every_failure_is_reported(project):
    meet = "open('{0}.up', 'w').close()\nwait_for_file('{1}.up')\nraise ExecuteFailed('{0} is broken')"
    project.tasks(
        task("one", body=meet.format("one", "two")),
        task("two", body=meet.format("two", "one")),
        task("top", "depends = ['one', 'two']"),
    )
    project.ix("-j2", "top").failed(1, "one is broken", "two is broken")


def test_a_task_whose_last_run_failed_runs_again(project):
    project.write("in", "1")
    project.write("ok")
    project.tasks(task("a", "check = FileHash('in')", body="if not os.path.exists('ok'): raise ExecuteFailed('no')"))
    project.ix("a").ok()
    (project.path / "ok").unlink()
    project.ix("--force", "a").failed(1, "no")
    project.ix("a").failed(1, "no")
    project.write("ok")
    project.ix("a").ok()
    project.ix("a").ok()
    assert project.ran() == ["a"] * 4


def test_dependents_of_what_failed_after_it_had_succeeded_run_once_it_succeeds(chain):
    chain.tasks(task("low", "check = FileHash('low.in')", body="raise ExecuteFailed('no')"), *CHAIN[1:])
    chain.write("low.in", "2")
    chain.ix("high").failed(1, "not started because of this failure", "high")
    chain.ran()
    chain.tasks(*CHAIN)
    chain.ix("high").ok()
    assert chain.ran() == ["low", "middle", "high"]


def test_other_arguments_make_a_task_run(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')"))
    for args, ran in [((), ["a"]), ((), []), (("x",), ["a"]), (("x",), []), (("x y",), ["a"]), ((), ["a"])]:
        project.ix("a", *args).ok()
        assert project.ran() == ran, args


def test_a_virtual_target_is_complete_when_all_it_gathers_is(project):
    project.write("in", "1")
    project.tasks(task("a", "parent = 'all'", "check = FileHash('in')"), task("b", "parent = 'all'", "check = FileHash('in')"))
    project.ix("all").ok()
    assert sorted(project.ran()) == ["a", "b"]
    assert "up to date" in project.ix("all").ok().stderr
    assert project.ran() == []
    assert "✔ all" in project.ix("help", "all").ok().stdout


def test_a_virtual_target_that_ran_makes_its_dependents_run(project):
    project.write("in", "1")
    project.write("other", "1")
    project.tasks(task("a", "parent = 'group'", "check = FileHash('in')"), task("top", "depends = 'group'", "check = FileHash('other')"))
    project.ix("top").ok()
    project.ix("top").ok()
    assert project.ran() == ["a", "top"]
    project.write("in", "2")
    project.ix("group").ok()
    project.ix("top").ok()
    assert project.ran() == ["a", "top"]


def test_an_empty_virtual_target_is_no_error(project):
    project.tasks("")
    project.ix("test").ok()


@pytest.mark.parametrize("order", [0, 1])
def test_a_task_takes_the_place_of_a_virtual_target_of_its_name(project, order):
    parts = [
        "class Group(VirtualTarget):\n    name = 'all'\n    depends = ['gathered']\n" + task("child", "parent = 'all'"),
        task("all", "depends = 'own'"),
    ]
    project.tasks(*(parts if order == 0 else parts[::-1]), task("own"), task("gathered"))
    result = project.ix("-j1", "all").ok()
    ran = project.ran()
    assert sorted(ran[:-1]) == ["child", "gathered", "own"] and ran[-1] == "all"
    assert "twice" not in result.stderr


def test_virtual_targets_of_one_name_are_one(project):
    project.tasks(
        "class One(VirtualTarget):\n    name = 'all'\n    depends = ['a']\n",
        "class Two(VirtualTarget):\n    name = 'all'\n    depends = ['b']\n",
        task("a"),
        task("b"),
    )
    result = project.ix("all").ok()
    assert sorted(project.ran()) == ["a", "b"]
    assert "twice" not in result.stderr


def test_tasks_registered_by_a_running_task_can_be_called(project):
    project.tasks(task("high", body="class Late(Task):\n    name = 'late'\n    def execute(self):\n        note('late')\nLate()()"))
    project.ix("high").ok()
    assert project.ran() == ["high", "late"]


@pytest.mark.parametrize("args", [["t{last}"], ["-j1", "t{last}"], ["plan", "t{last}"], ["help", "t{last}"], ["why", "t{last}"]])
def test_a_chain_of_ten_thousand_tasks(project, args):
    count = 1000 if SANITIZED else 10_000
    project.tasks(
        f"""
        def make(i):
            class Link(Task):
                name = f"t{{i}}"
                depends = [f"t{{i - 1}}"] if i else []
                def execute(self):
                    if i == {count - 1}:
                        note("the end")
            return Link
        def init():
            for i in range({count}):
                make(i)()
        """
    )
    result = project.ix("--progress=quiet", *(arg.format(last=count - 1) for arg in args), timeout=2 * TIMEOUT).ok()
    if args[0] in ("plan", "help", "why"):
        assert f"t{count - 1}" in result.stdout and "t0" in result.stdout
    else:
        assert project.ran() == ["the end"]
