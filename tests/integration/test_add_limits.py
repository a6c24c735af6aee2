"""What an ADD may fetch, and how long it may take, however much a server has to say."""

import os
import socket
import threading
import time

import pytest
from repositories import GitDaemon, Repository
from test_build import store  # noqa: F401 (a fixture)


class RawServer:
    """Answers every connection by a function of the open socket."""

    def __init__(self, answer):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.answer, self.open, self.connections = answer, [], 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            self.answer(connection)
        except OSError:
            pass

    def stop(self):
        self.listener.close()
        for each in self.open:
            each.close()


@pytest.fixture
def server():
    started = []

    def start(answer):
        started.append(RawServer(answer))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def build(ix, store, tmp_path):
    def run(source, *options):
        (tmp_path / "Dockerfile").write_text(f"FROM scratch\nADD {source} /r/\n")
        return ix("build", "--network=none", *options, "-o", tmp_path / "out", tmp_path)

    return run


def head(length=None):
    size = "" if length is None else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 200 OK\r\n{size}\r\n".encode()


def endless(connection):
    connection.recv(4096)
    connection.sendall(head())
    while True:
        connection.sendall(bytes(65536))


def dripping(connection):
    connection.recv(4096)
    connection.sendall(head())
    while True:
        connection.sendall(bytes(1000))
        time.sleep(0.05)


def silent(connection):
    connection.recv(4096)


def test_a_body_without_end_is_given_up(server, build):
    failed = build(f"http://127.0.0.1:{server(endless).port}/f", "--fetch-limit", "1m").failed(4, "larger than 1 MiB", "--fetch-limit")
    assert "/f: larger than 1 MiB" in failed.stderr


def test_what_is_announced_as_too_large_is_not_fetched(server, build):
    def large(connection):
        connection.recv(4096)
        connection.sendall(head(1 << 40))

    started = time.monotonic()
    build(f"http://127.0.0.1:{server(large).port}/f").failed(4, "larger than 4 GiB", "--fetch-limit")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("answer", [dripping, silent])
def test_a_server_that_is_too_slow_is_given_up(server, build, answer):
    started = server(answer)
    build(f"http://127.0.0.1:{started.port}/f", "--fetch-timeout", "1s").failed(4, "timed out after 1s", "--fetch-timeout")
    assert started.connections == 1


@pytest.mark.parametrize("scheme", ["git", "http"])
def test_a_git_server_that_says_nothing_is_given_up(server, build, scheme):
    failed = build(f"{scheme}://127.0.0.1:{server(silent).port}/r.git", "--fetch-timeout", "1s")
    failed.failed(4, "cannot fetch git repository", "r.git", "timed out after 1s", "--fetch-timeout")


def test_a_repository_that_is_too_large_is_given_up(build, tmp_path):
    repository = Repository(tmp_path / "repositories/r")
    repository.commit(f=os.urandom(600_000).hex())
    daemon = GitDaemon(tmp_path / "repositories")
    try:
        build(f"{daemon.url}/r/.git", "--fetch-limit", "1m").failed(4, "larger than 1 MiB", "--fetch-limit")
        build(f"{daemon.url}/r/.git", "--fetch-limit", "3m").ok()
    finally:
        daemon.stop()


def test_a_project_has_settings_for_both(ix, store, server, tmp_path):
    fast, slow = server(endless), server(dripping)
    for port, setting, said in ((fast.port, 'FETCH_LIMIT = "1m"', "larger than 1 MiB"), (slow.port, 'FETCH_TIMEOUT = "1s"', "timed out after 1s"),
                                (fast.port, 'FETCH_LIMIT = "1x"', None), (fast.port, 'FETCH_TIMEOUT = "soon"', None)):  # fmt: skip
        (tmp_path / "Dockerfile").write_text(f"FROM scratch\nADD http://127.0.0.1:{port}/f /\n")
        (tmp_path / "ixian.py").write_text(PROJECT % setting)
        failed = ix("--no-pull", "build_image", cwd=tmp_path)
        setting = "DOCKER." + setting.split()[0]
        failed.failed(4, said, setting) if said else failed.failed(3, f"for {setting} (expected: a ")


PROJECT = """
from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "limits"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.%s
"""


def test_limits_are_sizes_and_times(build):
    for option, value in (("--fetch-limit", "x"), ("--fetch-limit", "0"), ("--fetch-timeout", "5"), ("--fetch-timeout", "0s")):
        build("f", option, value).failed(2, option)
