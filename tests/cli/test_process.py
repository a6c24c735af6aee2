"""execute() of ixian.utils.process: running programs from a task."""

import pytest

from conftest import task


def run(project, call, *setup, args=(), env={}):
    project.tasks(*setup, task("a", body=f"print(json.dumps({call}), flush=True)"))
    return project.ix("a", *args, env=env)


@pytest.mark.parametrize(
    "command, words",
    [
        ("printf '<%s>' one two", "<one><two>"),
        ("printf '<%s>'   one    two ", "<one><two>"),
        ('printf "<%s>" "one two" \'three four\'', "<one two><three four>"),
        (r"printf <%s> one\ two", "<one two>"),
        ("printf <%s> '' \"\"", "<><>"),
        ("printf <%s> * $HOME ~ `id` a|b a>b a;b", "<*><$HOME><~><`id`><a|b><a>b><a;b>"),
        ("printf <%s> {NAME} \"{NAME}/x\"", "<a name><a name/x>"),
    ],
)
def test_words_are_those_of_a_shell_without_its_expansions(project, command, words):
    if "{NAME}" in command:
        words, command = "<name><name/x>", command
    result = run(project, f"execute({command!r})", "CONFIG.NAME = 'name'\n").ok()
    assert result.stdout == words + "0\n"


def test_a_list_is_taken_as_it_is(project):
    result = run(project, "execute(['printf', '<%s>', 'a b', '', '*', '{NAME}', 7, \"it's\"])", "CONFIG.NAME = 'n'\n").ok()
    assert result.stdout == "<a b><><*><n><7><it's>0\n"


def test_the_exit_code_is_returned(project):
    assert run(project, "[execute('sh -c \"exit 7\"'), execute('true'), execute('false')]").ok().json() == [7, 0, 1]


def test_a_signal_is_an_exit_code_too(project):
    code = run(project, "execute(['sh', '-c', 'kill -9 $$'])").ok().json()
    assert code in (-9, 137)


def test_raise_for_status(project):
    result = run(project, "raise_for_status(execute('sh -c \"exit 7\"'))").failed(1, "7")
    assert "Traceback" not in result.stderr


def test_the_command_is_told_unless_silent(project):
    assert "$ echo 'a b'" in run(project, "execute(['echo', 'a b'])").ok().stderr
    assert "$ echo" not in run(project, "execute(['echo', 'a b'], silent=True)").ok().stderr


def test_env_is_added_to_the_environment(project):
    call = "execute(['sh', '-c', 'echo $GIVEN $OUTER $NUMBER'], env={'GIVEN': 'given', 'NUMBER': 5})"
    assert run(project, call, env={"OUTER": "outer"}).ok().stdout == "given outer 5\n0\n"
    assert run(project, "[os.environ.update(LATE='late'), execute(['sh', '-c', 'echo $LATE'])]").ok().stdout.startswith("late\n")


@pytest.mark.parametrize("name", ["no-such-program", "./no-such-program", "/no/such/program"])
def test_a_missing_program_is_a_clear_error(project, name):
    result = run(project, f"execute('{name} x')").failed(1, name)
    assert "Traceback" not in result.stderr
    for kind in ("ExecuteFailed", "FileNotFoundError"):
        call = f"catch({kind})"
        setup = f"def catch(kind):\n    try:\n        execute('{name}')\n    except kind as error:\n        return str(error)\n"
        assert name in run(project, call, setup).ok().stdout


def test_a_file_that_is_no_program_is_a_clear_error(project):
    project.write("data", "not a program")
    result = run(project, "execute('./data')").failed(1, "./data")
    assert "Traceback" not in result.stderr
    run(project, "execute('')").failed(1)
    run(project, "execute([])").failed(1)


def test_a_missing_variable_in_a_command_is_named(project):
    run(project, "execute('echo {NO.SUCH}')").failed(1, "NO.SUCH")


def test_the_folder_of_a_command_is_the_one_that_python_is_in(project):
    project.write("sub/.keep")
    result = run(project, "[os.chdir('sub'), execute('pwd')]").ok()
    assert result.stdout.startswith(f"{project.path}/sub\n")


def test_the_requested_task_reads_our_standard_input(project):
    project.tasks(task("a", body="execute('cat')"), task("b", body="print(sys.stdin.read().upper())"))
    assert project.ix("a", input="hello\n").ok().stdout == "hello\n"
    assert project.ix("b", input="hello\n").ok().stdout == "HELLO\n\n"


def test_a_dependency_does_not_eat_our_standard_input(project):
    project.tasks(task("low", body="execute('cat')"), task("high", "depends = 'low'", body="execute('cat')"))
    assert project.ix("-j2", "high", input="hello\n").ok().stdout == "hello\n"


def test_output_of_python_and_of_programs_stays_in_order(project):
    project.tasks(task("a", body="for i in range(3):\n    print('python', i)\n    execute(f'echo program {i}', silent=True)"))
    expected = [f"{who} {i}" for i in range(3) for who in ("python", "program")]
    assert project.ix("a").ok().stdout.splitlines() == expected
    project.tasks(task("a", body="for i in range(3):\n    print('python', i)\n    execute(f'echo program {i}', silent=True)"), task("b", "depends = 'a'"))
    assert [line for line in project.ix("-j2", "b").ok().stderr.splitlines() if "|" in line] == [f"a | {line}" for line in expected]


def test_a_megabyte_of_output_arrives_whole(project):
    body = "execute(['sh', '-c', 'yes 0123456789abcdef | head -c 1048576'], silent=True)"
    project.tasks(task("a", body=body), task("b", "depends = 'a'"))
    assert len(project.ix("a").ok().stdout) == 1048576
    stderr = project.ix("-j2", "b").ok().stderr
    assert stderr.count("a | 0123456789abcdef\n") == 1048576 // 17 + 1  # the last one without a newline


def test_subprocess_and_os_system_work_too(project):
    project.tasks(task("a", body="import subprocess\nprint(subprocess.check_output(['echo', 'one'], text=True), end='', flush=True)\nos.system('echo two')"))
    assert project.ix("a").ok().stdout == "one\ntwo\n"


def test_a_child_that_outlives_the_task_does_not_hold_ix(project):
    project.tasks(task("low", body="execute(['sh', '-c', 'sleep 60 & echo started'])"), task("high", "depends = 'low'"))
    result = project.ix("-j2", "high", timeout=10).ok()
    assert "low | started" in result.stderr


def test_the_ids_of_the_user(project):
    project.tasks("from ixian.utils.process import get_dev_gid, get_dev_uid\n", task("a", body="print(get_dev_uid() == os.getuid(), get_dev_gid() == os.getgid())"))
    assert project.ix("a").ok().stdout == "True True\n"
