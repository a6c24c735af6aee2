"""Tools in the development container: what compose is called with, and what comes back from it."""

import json
import signal

import pytest
from docker_stand_in import Docker

from conftest import task, wait_for

PROJECT = """
def init():
    CONFIG.PROJECT_NAME = 'shop'
    load_module('ixian_docker.modules.docker')
    CONFIG.DOCKER.COMPOSE_IMAGE = '{DOCKER.REPOSITORY}:dev-{TASKS.BUILD_DEV.HASH}'
    CONFIG.DOCKER.COMPOSE_IMAGE_TASK = 'build_dev'

class Build(Task):
    name = 'build_dev'
    def execute(self):
        note('build_dev')

class Tool(Task):
    name = 'tool'
    depends = ['compose_runtime']
    def execute(self, *args):
        from ixian_docker.modules.docker.utils.compose import compose_run
        return compose_run(['{DOCKER.APP_DIR}/bin/tool', '--always'], args)
"""
HARD = ["a b", "", "*", "$HOME", "`id`", "--help", "-x", "--", "--rm=1", "{NAME}", "{DOCKER.IMAGE}", "it's", '"', "\\", "a\nb", "\t", "grün", "日本", "a;b|c&d", "#", "!", "-e", "A=1", "~"]


@pytest.fixture
def stand_in(tmp_path, project):
    made = []

    def make(**options):
        made.append(Docker(tmp_path / f"docker-{len(made)}", **options))
        path = made[-1].environment["PATH"]
        project.environment.update(made[-1].environment, PATH=f"{path}:/bin" if options.get("alone") else f"{path}:{project.environment['PATH']}")
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def docker(stand_in, project):
    project.tasks(PROJECT)
    return stand_in()


def split(words):
    """(options of `run`, what comes after the service)."""
    at = words.index("app")
    return words[words.index("run") + 1 : at], words[at + 1 :]


def values(options, flag):
    return [value for option, value in zip(options, options[1:]) if option == flag]


@pytest.mark.parametrize("name, first", [("tool", ["/srv/shop/bin/tool", "--always"]), ("bash", ["/bin/bash"]), ("compose", [])])
def test_words_arrive_as_they_were_given(project, docker, name, first):
    project.ix(name, *HARD).ok()
    assert docker.run()["args"][:3] == ["compose", "run", "--rm"]
    assert split(docker.run()["args"])[1] == first + HARD


def test_a_word_that_is_no_text_arrives(project, docker):
    project.ix("bash", b"\xff\xfe").ok()
    assert split(docker.run()["args"])[1] == ["/bin/bash", b"\xff\xfe".decode("utf-8", "surrogateescape")]


def test_flags_volumes_and_environment_of_all_modules(project, docker):
    project.write("bin/run", "")
    project.write(
        "mine/__init__.py",
        """\
        OPTIONS = {
            "name": "MINE", "volumes": ["{PROJECT_NAME}.data:/data"], "dev_volumes": ["{PWD}/missing:/missing", "{PWD}/it's:/it's"],
            "dev_environment": {"A": "1", "BOTH": "first"}, "dev_env": {"BOTH": "{PROJECT_NAME} x", "N": 5},
        }
        """,
    )
    project.write("it's", "")
    project.tasks(PROJECT.replace("modules.docker')", "modules.docker')\n    load_module('mine')\n    CONFIG.DOCKER.COMPOSE_FLAGS = ['--rm', '-u root', '--name \"a b\"']"))
    project.ix("bash").ok()
    options, _ = split(docker.run()["args"])
    assert options[:6] == ["--rm", "-u", "root", "--name", "a b", "-T"]
    environment = dict(each.split("=", 1) for each in values(options, "-e"))
    assert environment.pop("DOCKER_IMAGE").startswith("docker.io/library/shop:dev-")
    assert environment == {"APP_DIR": "/srv/shop", "A": "1", "BOTH": "shop x", "N": "5"}
    assert values(options, "-v") == [
        "shop.data:/data",
        f"{project.path}:/srv/shop/project",
        f"{project.path}/.builder/.bash_history:/root/.bash_history",
        f"{project.path}/bin/:/srv/shop/bin",
        f"{project.path}/it's:/it's",
    ]
    assert (project.path / ".builder/.bash_history").is_file()
    assert not (project.path / "missing").exists()


def test_the_compose_file_may_use_the_image(project, docker):
    project.ix("bash").ok()
    assert docker.run()["env"]["DOCKER_IMAGE"] == values(docker.run()["args"], "-e")[1].partition("=")[2]


def test_images_are_made_first_and_asked_for_at_the_daemon(project, docker):
    project.ix("bash").ok()
    assert project.ran() == ["build_dev"]
    assert any("/images/" in path and "dev-" in path for path in docker.daemon.asked)


def test_compose_is_looked_for_once(project, docker):
    project.tasks(PROJECT, task("two", "depends = ['compose_runtime']", body="for i in range(2):\n    TASKS['tool'].task.execute()\n"))
    project.ix("two").ok()
    assert [call["args"][1] for call in docker.calls()] == ["version", "run", "run"]


@pytest.mark.parametrize("name", ["docker-compose", "podman-compose"])
def test_other_kinds_of_compose(project, stand_in, name):
    project.tasks(PROJECT)
    docker = stand_in(names=("docker", "podman", name), has_plugin=False)
    project.environment["PATH"] = docker.environment["PATH"]
    project.ix("bash", "-c", "true").ok()
    assert (docker.run()["name"], docker.run()["args"][:2]) == (name, ["run", "--rm"])


def test_no_compose_is_a_clear_error(project, stand_in):
    project.tasks(PROJECT)
    project.environment["PATH"] = stand_in(names=()).environment["PATH"]
    project.ix("bash").failed(1, "docker-compose-plugin", "docker-compose", "podman-compose", "CONFIG.DOCKER.COMPOSE")


def test_compose_may_be_named(project, stand_in):
    docker = stand_in(names=("my-compose",))
    project.tasks(PROJECT)
    project.ix("bash", env={"JT_DOCKER__COMPOSE": "my-compose -p 'a b'"}).ok()
    assert docker.run()["args"][:3] == ["-p", "a b", "run"]


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 77, 130, 255])
def test_ix_ends_with_the_exit_code_of_the_tool(project, docker, code):
    result = project.ix("tool", env={"STAND_IN": f"exit {code}"}).failed(code, f"tool failed: exit code: {code}")
    assert "Traceback" not in result.stderr


def test_a_tool_that_is_killed(project, docker):
    project.ix("tool", env={"STAND_IN": "kill -9 $$"}).failed(137)


def test_the_exit_code_of_a_dependency_is_not_that_of_ix(project, docker):
    project.tasks(PROJECT, task("top", "depends = ['tool']"))
    project.ix("top", env={"STAND_IN": "exit 7"}).failed(1, "task tool failed", "exit code: 7")
    assert "top" not in project.ran()


def test_a_task_of_the_project_may_end_with_the_code_of_its_program(project):
    project.tasks(task("a", body="from ixian.exceptions import ProgramFailed\nraise ProgramFailed('no luck', 9)"))
    project.ix("a").failed(9, "task a failed: no luck")


def test_the_tool_has_the_streams(project, docker):
    result = project.ix("bash", env={"STAND_IN": "cat; echo err >&2"}, input="in\n").ok()
    assert result.stdout == "in\n" and "err" in result.stderr


def test_the_tool_has_the_terminal(project, docker):
    terminal = project.terminal("bash", env={"STAND_IN": "test -t 0 && test -t 1 && echo a terminal; read line; echo got $line; exit 5"})
    terminal.until("a terminal")
    terminal.type("hello\n")
    assert terminal.end() == 5
    assert "got hello" in terminal.seen
    assert "-T" not in docker.run()["args"]


def test_ctrl_c_is_the_tool_s(project, docker):
    terminal = project.terminal("bash", env={"STAND_IN": "trap 'echo caught; exit 6' INT; echo ready; while :; do sleep 0.05; done"})
    terminal.until("ready")
    terminal.type("\x03")
    assert terminal.end() == 6
    assert "caught" in terminal.seen


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_to_ix_reaches_the_tool(project, docker, number, code):
    running = project.start("bash", env={"STAND_IN": "trap 'echo stopped >> notes; exit 0' INT; echo ready >> notes; while :; do sleep 0.05; done"})
    wait_for(lambda: project.noted("ready"))
    running.signal(number)
    running.end().failed(code)
    assert project.noted("stopped")


@pytest.mark.parametrize("args, words", [([], ["-d", "app"]), (["--build"], ["-d", "--build", "app"]), (["web", "db"], ["-d", "web", "db"])])
def test_up(project, docker, args, words):
    project.ix("up", *args).ok()
    assert docker.calls()[-1]["args"] == ["compose", "up", *words]
    assert project.ran() == ["build_dev"]


def test_down_builds_nothing(project, docker):
    project.ix("down", "-v").ok()
    assert docker.calls()[-1]["args"] == ["compose", "down", "-v"]
    assert project.ran() == []


def test_pip(project, docker):
    project.tasks(
        """
        def init():
            CONFIG.PROJECT_NAME = 'shop'
            load_module('ixian_docker.modules.docker')
            load_module('ixian_docker.modules.python')

        class Python(Task):
            name = 'build_python_image'
            def execute(self):
                note('python')
        """
    )
    project.ix("pip", "install", "a b", "--help").ok()
    options, words = split(docker.run()["args"])
    assert words == ["pip", "install", "a b", "--help"]
    environment = dict(each.split("=", 1) for each in values(options, "-e"))
    assert environment["ROOT_MODULE_PATH"] == "/srv/shop/src/shop"
    assert environment["DOCKER_IMAGE"].startswith("docker.io/library/shop:python-")
    assert any(each.startswith("shop.python-") and each.endswith(":/srv/shop/.venv") for each in values(options, "-v"))
    assert project.ran() == ["python"]


@pytest.mark.parametrize("value", ["''", "None"])
def test_who_needs_no_image_has_none_built(project, docker, value):
    project.tasks(PROJECT.replace("'{DOCKER.REPOSITORY}:dev-{TASKS.BUILD_DEV.HASH}'", value).replace("_TASK = 'build_dev'", "_TASK = ''"))
    project.ix("bash").ok()
    assert project.ran() == [] and docker.daemon.asked == []



def removed(docker):
    return [call["args"] for call in docker.calls() if "rm" in call["args"] or "rmi" in call["args"]]


def test_clean_docker_removes_what_is_this_project_s(project, docker):
    folder = project.path.resolve()
    answers = {
        "ps": f"aa|shop_app_1|{folder}|Exited (0) 1 hour ago\nbb|shop_web_1|{folder}|Up 2 hours",
        "volume ls -q --filter label=com.docker.compose.project": "shop_data",
        "volume ls -q --filter label=ixian.project": "",
        "volume ls": "shop_data\nshop.other\nsomething",
        "images": "sha256:" + "1" * 64,
    }
    result = project.ix("clean_docker", env={"STAND_IN_ANSWERS": json.dumps(answers)}).ok()
    assert removed(docker) == [["rm", "-v", "aa"], ["volume", "rm", "shop_data"], ["rmi", "sha256:" + "1" * 64]]
    assert "removed the container shop_app_1" in result.stderr and "shop_data" in result.stderr


def test_clean_docker_leaves_what_another_folder_may_own(project, docker):
    answers = {
        "ps": "cc|shop_old_1|/elsewhere/shop|Exited (1)",
        "volume ls -q --filter label=com.docker.compose.project": "shop_data",
        "volume ls -q --filter label=ixian.project": "",
        "volume ls": "shop_data",
    }
    result = project.ix("clean_docker", env={"STAND_IN_ANSWERS": json.dumps(answers)}).ok()
    assert removed(docker) == []
    assert "/elsewhere/shop" in result.stderr and "nothing" in result.stderr
