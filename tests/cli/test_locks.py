"""Several ix in one project at once."""

import signal

from conftest import IX, task, wait_for


def stderr_of(project):
    return (project.path / "stderr").read_text()


def test_the_second_waits_says_so_and_does_not_run_it_again(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')", body="wait_for_file('go')"))
    first = project.start("a")
    wait_for(lambda: project.noted("a"))
    second = project.start("a", stderr=open(project.path / "stderr", "wb"))
    wait_for(lambda: "waiting for another ix" in stderr_of(project))
    assert "a: waiting for another ix" in stderr_of(project)
    project.write("go")
    first.end().ok()
    assert second.end().code == 0
    assert project.ran() == ["a"]


def test_a_shared_dependency_runs_once(project):
    project.write("in", "1")
    project.tasks(
        task("low", "check = FileHash('in')", body="wait_for_file('go')"),
        task("one", "depends = 'low'", "check = FileHash('in')"),
        task("two", "depends = 'low'", "check = FileHash('in')"),
    )
    first = project.start("one")
    wait_for(lambda: project.noted("low"))
    second = project.start("two", stderr=open(project.path / "stderr", "wb"))
    wait_for(lambda: "waiting for another ix" in stderr_of(project))
    project.write("go")
    first.end().ok()
    assert second.end().code == 0
    assert sorted(project.ran()) == ["low", "one", "two"]
    for name in ("one", "two"):
        assert "up to date" in project.ix(name).ok().stderr


def test_what_they_do_not_share_runs_at_the_same_time(project):
    project.write("in", "1")
    meet = "open('{0}.up', 'w').close()\nwait_for_file('{1}.up')"
    project.tasks(
        task("one", "check = FileHash('in')", body=meet.format("one", "two")),
        task("two", "check = FileHash('in')", body=meet.format("two", "one")),
    )
    first, second = project.start("one"), project.start("two")
    first.end().ok()
    second.end().ok()


def test_a_task_without_checks_may_be_open_twice(project):
    project.tasks(task("shell", body="open('up' + args[0], 'w').close()\nwait_for_file('up' + args[1])"))
    first, second = project.start("shell", "1", "2"), project.start("shell", "2", "1")
    first.end().ok()
    second.end().ok()


def test_when_the_first_fails_the_second_runs_it(project):
    project.write("in", "1")
    body = "if not os.path.exists('go'):\n    wait_for_file('go')\n    raise ExecuteFailed('first')"
    project.tasks(task("a", "check = FileHash('in')", body=body))
    first = project.start("a")
    wait_for(lambda: project.noted("a"))
    second = project.start("a", stderr=open(project.path / "stderr", "wb"))
    wait_for(lambda: "waiting for another ix" in stderr_of(project))
    project.write("go")
    assert first.end().code == 1
    assert second.end().code == 0
    assert project.ran() == ["a", "a"]


def test_when_the_first_is_killed_the_second_goes_on(project):
    project.write("in", "1")
    body = "if not os.path.exists('second'):\n    time.sleep(60)"
    project.tasks(task("a", "check = FileHash('in')", body=body))
    first = project.start("a")
    wait_for(lambda: project.noted("a"))
    second = project.start("a", stderr=open(project.path / "stderr", "wb"))
    wait_for(lambda: "waiting for another ix" in stderr_of(project))
    project.write("second")
    first.signal(signal.SIGKILL)
    assert second.end().code == 0
    assert project.ran() == ["a", "a"]


def test_a_child_that_outlives_its_task_does_not_keep_the_lock(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')", body="execute(['sh', '-c', 'sleep 60 >/dev/null 2>&1 &'])"))
    project.ix("a").ok()
    result = project.ix("--force", "a", timeout=10).ok()
    assert "waiting for another" not in result.stderr


def test_many_at_once_agree(project):
    project.write("in", "1")
    project.tasks(
        *(task(f"t{i}", "check = FileHash('in')", *([f"depends = ['t{i - 1}']"] if i % 3 else [])) for i in range(9)),
        task("all", "depends = ['t2', 't5', 't8']", "check = FileHash('in')"),
    )
    for each in [project.start("-j3", "all") for _ in range(6)]:
        each.end().ok()
    assert sorted(project.ran()) == ["all", *(f"t{i}" for i in range(9))]
    assert "up to date" in project.ix("all").ok().stderr


def test_help_and_plan_do_not_wait(project):
    project.write("in", "1")
    project.tasks(task("a", "check = FileHash('in')", body="wait_for_file('go')"))
    first = project.start("a")
    wait_for(lambda: project.noted("a"))
    for args in (["help", "a"], ["plan", "a"], ["why", "a"], ["--show", "a"], ["graph"]):
        assert "waiting for another" not in project.ix(*args, timeout=10).ok().stderr
    project.write("go")
    first.end().ok()


def test_an_ix_within_an_ix_does_not_wait_for_itself(project):
    project.write("in", "1")
    project.tasks(
        task("inner", "check = FileHash('in')"),
        task("outer", "check = FileHash('in')", body="raise_for_status(execute([os.environ['IX_OF_TEST'], 'inner']))"),
    )
    project.ix("outer", env={"IX_OF_TEST": IX}, timeout=15).ok()
    assert project.ran() == ["outer", "inner"]
