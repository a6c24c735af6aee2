"""Tasks that Python code calls."""

from conftest import PATIENCE, task

LOW = task("low", body="return 'low' + '-'.join(args)")


def test_calling_a_task_runs_it_and_returns_its_value(project):
    project.tasks(LOW, task("high", body="print(Task_low()('x', 'y'))\nprint(TASKS['low']('z'))"))
    assert project.ix("high").ok().stdout == "lowx-y\nlowz\n"
    assert project.ran() == ["high", "low", "low"]


def test_a_called_task_gets_the_objects_of_the_call(project):
    project.tasks(
        task("low", args="*args, x=None", body="print(args, x)\nreturn args and args[0]"),
        task("high", body="given = [1]\nprint(TASKS['low'](given, {'k': 1}, None, 2.5, x=given) is given)\nTASKS['low']('--x=3', '1', b'b')"),
    )
    assert project.ix("high").ok().stdout == "([1], {'k': 1}, None, 2.5) [1]\nTrue\n('--x=3', '1', b'b') None\n"


def test_objects_reach_no_dependency_and_calls_may_nest(project):
    project.tasks(
        task("lowest", args="*args, **more", body="print('lowest', args, more)"),
        task("low", "depends = 'lowest'", args="number", body="if number:\n    TASKS['other'](number - 1)\nprint('low', number)"),
        task("other", args="number", body="print('other', number)"),
        task("high", body="Task_low()(3)\nTASKS['low'].execute([0])"),
    )
    assert project.ix("-j1", "high").ok().stdout.splitlines() == ["lowest () {}", "other 2", "low 3", "lowest () {}", "low 0"]


def test_a_keyword_that_nobody_takes_is_an_error(project):
    project.tasks(task("low", args="*args", body="note('not reached')"), task("high", body="TASKS['low'](1, y=3)"))
    project.ix("high").failed(2, "low", "y")
    assert project.ran() == ["high"]


def test_other_objects_make_a_complete_task_run(project):
    project.write("in")
    calls = ["1", "1", "'1'", "[1]", "[1]", "x=1", "x=1", "x='1'"]
    body = "for call in %r:\n    try:\n        eval(f'TASKS[\"low\"]({call})')\n    except AlreadyComplete:\n        note('-')" % calls
    project.tasks(task("low", "check = FileHash('in')", args="*args, x=None"), task("high", body=body))
    project.ix("high").ok()
    assert project.ran() == ["high", "low", "-", "low", "low", "-", "low", "-", "low"]


def test_a_called_task_runs_after_its_dependencies(project):
    project.tasks(task("lowest"), task("low", "depends = 'lowest'"), task("high", body="Task_low()()"))
    project.ix("high").ok()
    assert project.ran() == ["high", "lowest", "low"]


def test_a_called_task_that_is_complete_raises(project):
    project.write("in")
    project.tasks(
        task("low", "check = FileHash('in')"),
        task("high", body="try:\n    TASKS['low']()\nexcept AlreadyComplete:\n    print('complete')"),
        task("forced", body="TASKS['low'](force=True)"),
        task("careless", body="TASKS['low']()\nnote('not reached')"),
    )
    assert project.ix("high").ok().stdout == ""
    assert project.ix("high").ok().stdout == "complete\n"
    assert project.ran() == ["high", "low", "high"]
    project.ix("forced").ok()
    assert project.ran() == ["forced", "low"]
    project.ix("careless")
    assert project.ran() == ["careless"]


def test_clean_and_force_all_reach_called_tasks(project):
    project.write("in")
    project.tasks(
        task("lowest", "check = FileHash('in')"),
        task("low", "depends = 'lowest'", "check = FileHash('in')", "def clean(self):\n        note('clean')"),
        task("all", body="TASKS['low'](force_all=True)"),
        task("cleaning", body="TASKS['low'](clean=True)"),
    )
    project.ix("low").ok()
    project.ran()
    project.ix("all").ok()
    assert project.ran() == ["all", "lowest", "low"]
    project.ix("cleaning").ok()
    assert project.ran() == ["cleaning", "clean", "low"]


def test_the_failure_of_a_called_task_can_be_caught(project):
    project.tasks(
        task("low", body="raise ExecuteFailed('too low')"),
        task("brave", body="try:\n    Task_low()()\nexcept ExecuteFailed as error:\n    print(error)"),
        task("plain", body="Task_low()()\nnote('not reached')"),
    )
    assert "too low" in project.ix("brave").ok().stdout
    project.ran()
    result = project.ix("plain").failed(1, "plain", "low", "too low")
    assert project.ran() == ["plain", "low"]
    assert "Traceback" not in result.stderr


def test_tasks_called_by_parallel_tasks_run_once_at_a_time(project):
    project.write("in")
    project.tasks(
        task("shared", "check = FileHash('in')"),
        *(task(f"p{i}", body="try:\n    TASKS['shared']()\nexcept AlreadyComplete:\n    pass") for i in range(4)),
        task("all", "depends = ['p0', 'p1', 'p2', 'p3']"),
    )
    project.ix("-j4", "all").ok()
    assert project.ran().count("shared") == 1


def test_the_runner_may_be_asked_by_name(project):
    project.tasks(
        LOW,
        "from ixian import runner\n",
        task("high", body="print(runner.run('low', 'a').is_success, runner.resolve_task('low').name, runner.resolve_task('nope'))"),
    )
    assert project.ix("high").ok().stdout == "True low None\n"


def test_a_task_that_calls_itself_is_told(project):
    project.tasks(task("a", body="Task_a()()"))
    result = project.ix("a")
    assert result.code in (1, 3), result
    result.failed(result.code, "error: ", "a")
    assert len(result.stderr) < 10_000 and "error: \n" not in result.stderr


def test_a_task_that_its_own_dependency_calls_is_an_error_and_no_deadlock(project):
    project.write("in")
    project.tasks(task("low", body="TASKS['high']()"), task("high", "depends = 'low'", "check = FileHash('in')"))
    result = project.ix("high", timeout=5 * PATIENCE)
    assert result.code in (1, 3), result
    assert "high" in result.stderr and "low" in result.stderr
