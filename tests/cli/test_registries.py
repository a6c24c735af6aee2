"""`ix registries`, and CONFIG.DOCKER.REGISTRIES as the documentation writes it, against a real registry."""

import json
import os
import shutil
import signal
import socket
import subprocess
import textwrap

import pytest

from conftest import wait_for

CANARY = "canary-7c1f"  # the password, which must never be seen

needs_registry = pytest.mark.skipif(not (shutil.which("docker-registry") and shutil.which("htpasswd")), reason="docker-registry or htpasswd is not installed")

IMPORTS = "from ixian.config import CONFIG\nfrom ixian_docker.modules.docker.utils.client import DockerClient, ECRDockerClient, OCILayoutClient, OpenShiftDockerClient\n"


def free_port():
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def serve(folder, **http):
    """Starts a registry that wants ci and the canary for its password; its process and its port."""
    folder.mkdir(parents=True, exist_ok=True)
    accounts = subprocess.run(["htpasswd", "-Bbn", "ci", CANARY], check=True, capture_output=True).stdout
    (folder / "htpasswd").write_bytes(accounts)
    port = free_port()
    config = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}", **http},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    log = open(folder / "log", "wb")
    process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
    wait_for(lambda: answers(port), "the registry")
    return process, port


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    process, port = serve(tmp_path_factory.mktemp("registry"))
    yield f"127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def tls_registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "ca.crt", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    process, port = serve(folder, tls={"certificate": str(folder / "ca.crt"), "key": str(folder / "key")})
    yield f"127.0.0.1:{port}", str(folder / "ca.crt")
    process.kill()
    process.wait()


def configure(project, registries, more=""):
    """An ixian.py with these REGISTRIES, the source of a mapping."""
    project.write(
        "ixian.py",
        IMPORTS + textwrap.dedent(more) + f"\ndef init():\n    CONFIG.PROJECT_NAME = 'shop'\n    CONFIG.DOCKER.REGISTRIES = {registries}\n    CONFIG.DOCKER.REGISTRY = next(iter(CONFIG.DOCKER.REGISTRIES), 'docker.io')\n",
    )
    return project


def entry(registry, options, client="DockerClient"):
    return f"{{'{registry}': {{'client': {client}, 'options': {options!r}}}}}"


def status(result):
    found = result.json()["registries"]
    assert len(found) == 1, result
    return found[0]


def discreet(result):
    assert CANARY not in result.stdout + result.stderr, result
    return result


def works(project, registry, env={}):
    """The project may use the registry; what is known of it."""
    found = status(discreet(project.ix("registries", "--json", env=env).ok()))
    assert found["host"] == registry
    assert found["fine"] and found["reachable"] and found["may_pull"] and found["may_push"], found
    assert found["problem"] is None and found["advice"] is None
    return found


# The page's snippets ----------------------------------------------------------


@needs_registry
def test_the_snippet_of_the_documentation(project, registry):
    project.write(
        "ixian.py",
        f"""\
        from ixian.config import CONFIG
        from ixian.module import load_module
        from ixian_docker.modules.docker.utils.client import DockerClient

        CONFIG.DOCKER.REGISTRY = '{registry}'
        CONFIG.DOCKER.REGISTRY_PATH = 'my_project'

        def init():
            CONFIG.PROJECT_NAME = "shop"
            load_module('ixian_docker.modules.docker')

            CONFIG.DOCKER.REGISTRIES = {{
                '{registry}': {{
                    'client': DockerClient,

                    # addtional options may be passed in
                    'options': {{
                        'username': "ci",
                        'password': "{CANARY}"
                    }}
                }}
            }}
        """,
    )
    result = discreet(project.ix("registries").ok())
    for line in (f"{registry}  DockerClient", "reachable   yes", "account     ci", "pull        allowed", "push        allowed"):
        assert line in result.stdout, result
    assert result.stderr.count("password") >= 1 and registry in result.stderr, result  # it should not stand there


def test_the_snippet_for_ecr_loads(project):
    project.write(
        "ixian.py",
        """\
        from ixian.config import CONFIG
        from ixian_docker.modules.docker.utils.client import ECRDockerClient

        def init():
            CONFIG.DOCKER.REGISTRIES = {
                'my.registry.domain.name.com': {
                    'client': ECRDockerClient,

                    # addtional options may be passed in
                    'options': {
                        'region_name': "us-west-2"
                    }
                }
            }
        """,
    )
    project.ix("help").ok()


@needs_registry
def test_an_entry_without_anything(project, registry):
    configure(project, f"{{'{registry}': {{\n        # registry specific config goes here.\n    }}\n}}")
    found = status(project.ix("registries", "--json").failed(4))
    assert found["client"] == "DockerClient" and found["reachable"] and not found["fine"]


# Secrets ----------------------------------------------------------------------


@needs_registry
@pytest.mark.parametrize("reference", ["env:REGISTRY_PASSWORD", "file:{PWD}/password", "cmd:cat {PWD}/password"])
def test_the_password_may_be_kept_elsewhere(project, registry, reference):
    project.write("password", CANARY + "\n")
    (project.path / "password").chmod(0o600)
    configure(project, entry(registry, {"username": "ci", "password": reference}))
    result = discreet(project.ix("registries", env={"REGISTRY_PASSWORD": CANARY}).ok())
    assert result.stderr == "", result
    assert "ci (password from " + reference[:4] in result.stdout
    project.ix("help").ok()


@needs_registry
def test_nothing_is_loaded_before_it_is_needed(project, registry):
    configure(project, entry(registry, {"username": "ci", "password": "cmd:touch {PWD}/touched"}))
    project.ix("help").ok()
    assert not (project.path / "touched").exists()


@needs_registry
def test_a_password_in_the_project_draws_one_warning(project, registry):
    configure(project, entry(registry, {"username": "ci", "password": CANARY}))
    result = discreet(project.ix("registries").ok())
    assert result.stderr.count("env:") == 1 and registry in result.stderr, result


@needs_registry
def test_the_password_is_nowhere_afterwards(project, registry):
    configure(project, entry(registry, {"username": "ci", "password": "env:P"}))
    works(project, registry, {"P": CANARY})
    for folder, _, files in os.walk(project.path.parent):
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                assert CANARY.encode() not in file.read(), name


# What is wrong ----------------------------------------------------------------


@needs_registry
def test_a_wrong_password(project, registry):
    configure(project, entry(registry, {"username": "ci", "password": "env:P"}))
    result = project.ix("registries", env={"P": CANARY + "-wrong"}).failed(4)
    assert registry in discreet(result).stdout and "rejected user ci" in result.stdout
    found = status(project.ix("registries", "--json", env={"P": "wrong"}).failed(4))
    assert found["reachable"] and found["may_pull"] is False and found["may_push"] is False and found["problem"]


@needs_registry
def test_a_reference_that_leads_nowhere(project, registry):
    configure(project, entry(registry, {"username": "ci", "password": "env:NOT_SET"}))
    found = status(project.ix("registries", "--json").failed(4))
    assert "NOT_SET" in found["problem"] and not found["fine"]


def test_nobody_answers(project):
    host = f"127.0.0.1:{free_port()}"
    configure(project, f"{{'{host}': {{}}}}")
    found = status(project.ix("registries", "--json").failed(4))
    assert found["reachable"] is False and "127.0.0.1" in found["problem"] and "refused" in found["problem"]


@needs_registry
def test_one_of_several(project, registry):
    other = f"127.0.0.1:{free_port()}"
    configure(project, f"{{'{registry}': {{'options': {{'username': 'ci', 'password': 'env:P'}}}}, '{other}': {{}}}}")
    env = {"P": CANARY}
    both = project.ix("registries", "--json", env=env).failed(4).json()["registries"]
    assert [(each["host"], each["fine"]) for each in both] == [(registry, True), (other, False)]
    project.ix("registries", registry, env=env).ok()
    project.ix("registries", registry + "x", env=env).failed(2, registry + "x", "did you mean")


@pytest.mark.parametrize(
    "registries, said",
    [
        ("{'a.local': {'clients': DockerClient}}", ["a.local", "did you mean client?"]),
        ("{'a.local': {'username': 'ci'}}", ["a.local", "'options': {'username': …}"]),
        ("{'a.local': {'client': DockerClient('a.local')}}", ["a.local", "without calling it"]),
        ("{'a.local': {'options': 'x'}}", ["a.local", "options"]),
        ("{'a.local': {'options': {'username': '{NO.SUCH}'}}}", ["a.local", "NO.SUCH"]),
        ("{'a.local': {'options': {'insecure': 'yes'}}}", ["a.local", "insecure"]),
        ("{'a.local': {'client': OCILayoutClient}}", ["a.local", "path"]),
        ("{'a': {}}", ["'a'", "dot or a port"]),
        ("'a.local'", ["REGISTRIES is a str"]),
    ],
)
def test_what_cannot_be_meant(project, registries, said):
    configure(project, registries).write("ixian.py", (project.path / "ixian.py").read_text().rsplit("    CONFIG.DOCKER.REGISTRY =", 1)[0])
    project.ix("registries").failed(3, *said)


def test_an_option_that_the_client_does_not_have(project):
    configure(project, "{'a.local': {'options': {'usrname': 'ci'}}}")
    found = status(project.ix("registries", "--json").failed(4))
    assert "usrname" in found["problem"] and "did you mean username?" in found["problem"]


def test_a_project_that_cannot_be_loaded(project):
    project.write("ixian.py", "def init():\n    no_such_name\n")
    project.ix("registries").failed(3, "no_such_name")


# Nothing configured -----------------------------------------------------------


def test_a_project_without_registries_is_told_how(project):
    configure(project, "{}")
    result = project.ix("registries").ok()
    assert "CONFIG.DOCKER.REGISTRIES = {" in result.stdout and "no registries configured" in result.stdout
    assert project.ix("registries", "--json").ok().json() == {"registries": []}


def test_what_it_tells_works(project):
    configure(project, "{}")
    lines = project.ix("registries").ok().stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("    from ixian.config"))
    end = next(i for i, line in enumerate(lines) if line == "        }") + 1
    project.write("ixian.py", "\n".join(lines[start:end]))
    project.ix("help").ok()
    assert project.evaluate("list(CONFIG.DOCKER.REGISTRIES)", (project.path / "ixian.py").read_text()) == ["registry.example.com"]


def test_outside_of_a_project(project):
    result = project.ix("registries").ok()
    assert "no ixian.py in this directory" in result.stdout and "CONFIG.DOCKER.REGISTRIES" in result.stdout


def test_the_docker_config_is_told_of_without_its_secrets(project):
    project.write("docker/config.json", json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": CANARY}, "ghcr.io": {}}, "credHelpers": {"a.local": "pass"}}))
    result = discreet(project.ix("registries", env={"DOCKER_CONFIG": str(project.path / "docker")}).ok())
    assert "a.local, docker.io, ghcr.io" in result.stdout


@pytest.mark.parametrize("content", ["{", "[]", '{"auths": [], "credsStore": 7}', "\0"])
def test_a_docker_config_that_makes_no_sense(project, content):
    project.write("docker/config.json", content)
    project.ix("registries", env={"DOCKER_CONFIG": str(project.path / "docker")}).ok()


# Classes of the project -------------------------------------------------------


@needs_registry
@pytest.mark.parametrize(
    "body",
    [
        "def credentials(self):\n    return 'ci', os.environ['P']",
        "def credentials(self):\n    return {'username': 'ci', 'password': os.environ['P'], 'expires': 600}",
        "def credentials(self):\n    return 'ci', self.options['kept']",
        "def login(self):\n    self.client.login('ci', os.environ['P'], '', registry=self.registry)",
        "def login(self):\n    self.options.update(username='ci', password=os.environ['P'])\n    super().login()",
    ],
)
def test_a_class_of_ones_own(project, registry, body):
    project.environment["P"] = CANARY
    configure(project, entry(registry, {"kept": "env:P"}, "Mine"), "import os\nclass Mine(DockerClient):\n" + textwrap.indent(body, "    "))
    found = works(project, registry)
    assert found["client"] == "Mine" and "ixian.py:" in found["identity"]


@needs_registry
def test_a_class_that_leaves_it_to_what_is_built_in(project, registry):
    project.environment["P"] = CANARY
    configure(
        project,
        entry(registry, {"username": "ci", "password": "env:P", "colour": "red"}, "Mine"),
        "class Mine(DockerClient):\n    def credentials(self):\n        print('nothing to say')\n        return None\n",
    )
    works(project, registry)


@needs_registry
def test_a_class_that_fails(project, registry):
    configure(project, entry(registry, {}, "Mine"), f"class Mine(DockerClient):\n    def credentials(self):\n        x = '{CANARY}'; raise RuntimeError('no ticket')\n")
    found = status(discreet(project.ix("registries", "--json").failed(4)))
    assert "Mine" in found["problem"] and "no ticket" in found["problem"] and "ixian.py:" in found["problem"]
    assert "line 5" in found["advice"]


@needs_registry
def test_it_can_be_interrupted(project, registry):
    configure(project, entry(registry, {}, "Mine"), "import time\nclass Mine(DockerClient):\n    def credentials(self):\n        open('asked', 'w')\n        time.sleep(60)\n")
    running = project.start("registries")
    wait_for(lambda: (project.path / "asked").exists(), "credentials() to be asked")
    running.signal(signal.SIGINT)
    assert running.end().code == 130


# A folder, TLS ----------------------------------------------------------------


def test_a_folder_in_place_of_a_registry(project):
    configure(project, "{'localhost': {'client': OCILayoutClient, 'options': {'path': '{BUILDER}/registry'}}}")
    found = works(project, "localhost")
    assert found["identity"] == str(project.path / ".builder/registry")


def test_the_example(project):
    shutil.copy(os.path.join(os.path.dirname(__file__), "../../examples/registries/ixian.py"), project.path)
    project.ix("help").ok()
    project.ix("registries").ok()


@needs_registry
def test_a_certificate_of_ones_own(project, tls_registry):
    host, ca_file = tls_registry
    options = {"username": "ci", "password": "env:P"}
    env = {"P": CANARY}
    configure(project, entry(host, options))
    found = status(project.ix("registries", "--json", env=env).failed(4))
    assert found["reachable"] is False and "certificate" in (found["problem"] + (found["advice"] or "")).lower()
    configure(project, entry(host, {**options, "ca_file": ca_file}))
    works(project, host, env)
    configure(project, entry(host, {**options, "insecure": True}))
    works(project, host, env)
