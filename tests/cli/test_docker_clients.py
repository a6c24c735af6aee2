"""The import paths of ixian_docker, how CONFIG.DOCKER comes into place, and what is said of slips in the documentation's snippets."""

import pytest

LOAD = "def init():\n    CONFIG.PROJECT_NAME = 'unittests'\n    load_module('ixian_docker.modules.docker')\n"
CLIENTS = "from ixian_docker.modules.docker.utils.client import DockerClient, ECRDockerClient, OCILayoutClient, OpenShiftDockerClient, UnknownRegistry\n"


def test_what_needs_a_task_waits_for_it(project):
    setup = LOAD + """
class Build(Task):
    name = "build_image"
    def execute(self):
        pass
"""
    hash, image = project.evaluate("[CONFIG.TASKS.BUILD_IMAGE.HASH, CONFIG.DOCKER.IMAGE]", setup)
    assert image == f"docker.io/library/unittests:runtime-{hash}"


def test_what_other_modules_add(project):
    project.write("my/__init__.py", "OPTIONS = {'name': 'MY', 'volumes': ['a:b'], 'dev_volumes': ['c:d'], 'dev_env': {'E': '1'}}")
    setup = LOAD + "    load_module('my')\n"
    volumes, dev, env = project.evaluate("[CONFIG.DOCKER.VOLUMES, CONFIG.DOCKER.DEV_VOLUMES, CONFIG.DOCKER.DEV_ENV]", setup)
    assert volumes == ["a:b"]
    assert dev[-1] == "c:d" and "{PWD}/.env:{DOCKER.APP_DIR}/.env" in dev
    assert env == {"E": "1"}


def test_settings_may_stand_before_the_module_is_loaded(project):
    setup = "CONFIG.DOCKER.REGISTRY = 'registry.local'\n" + LOAD
    assert project.evaluate("CONFIG.DOCKER.REPOSITORY", setup) == "registry.local/library/unittests"


def test_a_configuration_derived_from_it_keeps_them_too(project):
    project.write(
        "my/__init__.py",
        """\
        from ixian_docker.modules.docker.config import DockerConfig
        class Ours(DockerConfig):
            DEFAULT_APP = "ours"
        OPTIONS = {"name": "docker", "config": "my.Ours"}
        """,
    )
    setup = "CONFIG.DOCKER.REGISTRY = 'registry.local'\ndef init():\n    load_module('my')\n"
    assert project.evaluate("[CONFIG.DOCKER.REGISTRY, CONFIG.DOCKER.DEFAULT_APP]", setup) == ["registry.local", "ours"]


def test_the_environment_overrides_it(project):
    found = project.evaluate("CONFIG.DOCKER.REPOSITORY", LOAD, env={"JT_DOCKER__REGISTRY": "127.0.0.1:5000"})
    assert found == "127.0.0.1:5000/library/unittests"


def test_who_does_not_ask_for_it_pays_nothing(project):
    assert project.evaluate("[name for name in sys.modules if name.startswith('ixian_docker')]") == []
    result = project.ix("show", env={"JT_DOCKER__REGISTRY": "x"}).ok()
    assert "there is no CONFIG.DOCKER" in result.stderr


def test_a_client_for_each_registry(project):
    setup = CLIENTS + LOAD + "    CONFIG.DOCKER.REGISTRIES = {'{DOCKER.REGISTRY}': {'client': ECRDockerClient, 'options': {'region_name': 'us-west-2'}}}\n"
    found = project.evaluate("(lambda c: [type(c).__name__, c.registry, c.options, c is DockerClient.for_registry('docker.io')])(DockerClient.for_registry('docker.io'))", setup)
    assert found == ["ECRDockerClient", "docker.io", {"region_name": "us-west-2"}, True]


def test_an_unknown_registry(project):
    project.tasks(CLIENTS, LOAD, "class Go(Task):\n    name = 'go'\n    def execute(self):\n        DockerClient.for_registry('other.example.com')\n")
    project.ix("go").failed(4, "other.example.com", "CONFIG.DOCKER.REGISTRIES")


def test_it_may_be_caught(project):
    setup = CLIENTS + "def known(name):\n    try:\n        return bool(DockerClient.for_registry(name))\n    except UnknownRegistry as error:\n        return error.registry\n" + LOAD
    assert project.evaluate("known('other.example.com')", setup) == "other.example.com"


SLIP = "from ixian_docker.modules.docker.utils.client.ECRDockerClient\n"
RIGHT = "write: from ixian_docker.modules.docker.utils.client import ECRDockerClient"


@pytest.mark.parametrize("slip", [SLIP, "    " + SLIP + "x = 1\n", "import ixian_docker.modules.docker.utils.client.ECRDockerClient\n"])
def test_an_import_that_is_not_one_is_answered_with_the_right_one(project, slip):
    project.write("ixian.py", f"def init():\n    pass\n\nif True:\n    pass\n{slip}" if slip.startswith(" ") else slip + "def init():\n    pass\n")
    project.ix("help").failed(3, RIGHT)


def test_a_missing_comma_is_hinted_at_without_showing_the_password(project):
    project.write("ixian.py", "options = {\n    'username': \"ci\"\n    'password': \"canary\"\n}\ndef init():\n    pass\n")
    result = project.ix("help").failed(3, "line 3", "comma", "'password'")
    assert "canary" not in result.stdout + result.stderr


def test_a_traceback_does_not_show_the_password(project):
    project.tasks("def init():\n    CONFIG.DOCKER.REGISTRIES = {'a.local': {'options': {'password': 'canary' + 1}}}\n")
    result = project.ix("help").failed(3, "TypeError", "'password': '******' + 1")
    assert "canary" not in result.stdout + result.stderr
