"""The first minutes: what is said where there is no project, no registry, no network, nothing yet."""

import http.server
import threading

import pytest


def test_without_a_project_it_lists_what_can_be_done_here(project):
    for call in ([], ["help"], ["--help"]):
        out = project.ix(*call).ok().stdout
        for command in ("build", "image", "init", "registries", "completion"):
            assert f"  ix {command}" in out
        assert "`ix init`" in out and "ix plan" not in out and "--progress" in out


def test_it_says_where_a_project_is(project):
    project.tasks()
    below = project.path / "a/b"
    below.mkdir(parents=True)
    assert str(project.path) in project.ix(cwd=below).ok().stdout
    project.ix("x", cwd=below).failed(3, f"hint: run ix in {project.path}")


@pytest.mark.parametrize("typed, meant", [("bulid", "build"), ("imgae", "image"), ("inti", "init")])
def test_a_misspelt_command_is_guessed(project, typed, meant):
    project.ix(typed, ".").failed(2, f"unknown command: {typed} (did you mean {meant}?)")


def test_a_task_without_a_project_is_told_how_to_begin(project):
    project.ix("build_image").failed(3, "no ixian.py", "`ix init`", "`ix build .`")
    project.ix("plan", "x").failed(3, "no ixian.py", "`ix init`")


def test_ls_without_a_place_is_the_store(project):
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")
    project.ix("image", "ls").failed(4, "no local store")


@pytest.mark.parametrize(
    "compose, default, told",
    [
        ("services:\n  db:\n    image: postgres\n  web:\n    build: .\n", "web", "in the service web of compose.yaml"),
        ("# x\nservices:\n    'worker':\n        image: ${DOCKER_IMAGE}\nvolumes:\n    data:\n", "worker", "in the service worker"),
        ("services:\n  app:\n    image: x\n", None, "in the service app"),
        ("services: {web: {image: x}}\n", None, 'hint: name the service of compose.yaml to develop in with CONFIG.DOCKER.DEFAULT_APP'),
    ],
)
def test_init_looks_at_the_services_that_are_there(project, compose, default, told):
    project.write("compose.yaml", compose)
    out = project.ix("init").ok().stdout
    assert told in out and ("image: ${DOCKER_IMAGE}" in out) == ("DOCKER_IMAGE" not in compose)
    written = (project.path / "ixian.py").read_text()
    assert (f'CONFIG.DOCKER.DEFAULT_APP = "{default}"' in written) if default else ("DEFAULT_APP" not in written)


@pytest.fixture
def refusing():
    """A registry that answers nothing of use, and notes that it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(400)
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def shop(project, port):
    project.tasks(f"""
def init():
    CONFIG.PROJECT_NAME = "shop"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "localhost:{port}"
    CONFIG.DOCKER.REGISTRY_PATH = "t"
    CONFIG.DOCKER.REGISTRIES = {{"localhost:{port}": {{}}}}
""")
    project.write("Dockerfile.base", f"FROM localhost:{port}/bb:1\n")
    project.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n")
    project.environment["IXIAN_STORE"] = str(project.path.parent / "store")


@pytest.mark.parametrize("call", [["help", "build_image"], ["build_image", "--help"], ["--help", "build_image"], ["help"]])
def test_help_asks_nobody(project, refusing, call):
    port, asked = refusing
    shop(project, port)
    result = project.ix(*call).ok()
    assert "build_image" in result.stdout and not asked and result.stderr == ""


def test_a_base_that_cannot_be_asked_for_has_two_ways_out(project, refusing):
    port, asked = refusing
    shop(project, port)
    name = f"localhost:{port}/bb:1"
    project.ix("plan", "build_image").failed(4, f"FROM {name}@sha256:…", f"`ix image copy {name} store:`")
    assert asked
    project.ix("build", "-f", "Dockerfile.base", ".").failed(4, f"`ix image copy {name} store:`")
