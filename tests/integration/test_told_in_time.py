"""What a registry will refuse is told before anything is built, what nobody knows is not told as an answer, and wrong answers are told as what they are."""

import json

import images
import pytest
from checkouts import PLAIN, ran


@pytest.fixture
def at(checkout, plain):
    """at(HOST): the project, whose base is in a registry that is open."""
    return lambda host: checkout("1", host, bases=plain.host)


def options(checkout, host, text):
    file = checkout.work / "ixian.py"
    file.write_text(file.read_text().replace(f'{{"{host}": {{}}}}', text))


def test_a_credential_that_is_missing_is_an_error_and_no_answer(at, start_registry):
    closed = start_registry("htpasswd")
    one = at(closed.host)
    options(one, closed.host, f'{{"{closed.host}": {{"options": {{"username": "ci", "password": "env:NOT_SET"}}}}}}')
    result = one("build_image").failed(4, "NOT_SET")
    assert not ran(result, PLAIN)
    one("--no-pull", "build_image").ok()


def test_a_registry_that_cannot_be_asked_is_not_said_to_have_nothing(at, plain):
    one = at("127.0.0.1:1")
    assert "cache miss (not in the store; 127.0.0.1:1/t/shop unavailable)" in one("plan", "build_image").ok().stdout
    assert "registries skipped by --no-pull" in one("--no-pull", "plan", "build_image").ok().stdout
    one = at(plain.host)
    assert f"cache miss (not in the store, not in {plain.host}/t/shop)" in one("plan", "build_image").ok().stdout


def test_what_cannot_be_pushed_is_not_built_first(at, plain):
    one = at(plain.host)
    options(one, plain.host, '{"other.example.com": {}}')
    assert "push would be denied: " in one("--push", "plan", "build_image").ok().stdout
    result = one("--push", "build_image").failed(4, "is not configured", "--no-push")
    assert not ran(result, PLAIN)


@pytest.mark.parametrize("kind", ["htpasswd", "token"])
def test_a_wrong_password_is_told_before_anything_is_built(at, start_registry, kind):
    closed = start_registry(kind)
    one = at(closed.host)
    options(one, closed.host, f'{{"{closed.host}": {{"options": {{"username": "ci", "password": "wrong"}}}}}}')
    assert "push would be denied: " in one("--push", "plan", "build_image").ok().stdout
    result = one("--push", "build_image").failed(4, closed.host)
    assert not ran(result, PLAIN)


def test_empty_parts_of_a_name_are_left_out(at, plain):
    one = at(plain.host)
    one.add('    CONFIG.DOCKER.REGISTRY_PATH = ""\n    CONFIG.DOCKER.CACHE_FROM = "{DOCKER.REGISTRY}/{DOCKER.REGISTRY_PATH}/other"\n')
    steps = one("plan", "build_image", "--json").ok().json()["images"]["steps"]
    assert all(each["image"].startswith(f"{plain.host}/shop:") for each in steps)


@pytest.mark.parametrize("command", [("tags",), ("copy",)])
def test_a_login_page_is_told_as_one(at, faulty, command):
    faulty.fault = lambda method, path: ("text/html", b"<html><title>Log in</title></html>") if "/v2/a/" in path else None
    args = ("image", "tags", f"{faulty.host}/a") if command == ("tags",) else ("image", "copy", f"{faulty.host}/a:1", "store:")
    result = at(faulty.host)(*args).failed(4, f"{faulty.host} answered with a web page")
    assert "anew" not in result.stderr


def test_a_page_without_a_name_is_told_as_one(at, faulty):
    faulty.fault = lambda method, path: ("text/plain", b"<html><title>Log in</title></html>") if method == "GET" and "/v2/a/" in path else None
    at(faulty.host)("image", "copy", f"{faulty.host}/a:1", "store:").failed(4, 'answered with a web page ("Log in")')


def test_a_registry_is_no_repository(at, plain):
    result = at(plain.host)("image", "ls", plain.host).failed(2, f"{plain.host} is a registry")
    assert "docker.io" not in result.stderr


def test_an_artifact_is_no_image_to_build_on(at, plain):
    config = b'{"name": "chart"}'
    blob = images.Blob("application/vnd.cncf.helm.config.v1+json", config)
    _, headers, _ = plain.ask("POST", "/v2/chart/blobs/uploads/", b"")
    plain.ask("PUT", f"{headers['Location']}&digest={blob.digest}", config)
    manifest = {
        "schemaVersion": 2,
        "mediaType": images.MANIFEST,
        "config": {"mediaType": blob.media_type, "digest": blob.digest, "size": len(config)},
        "layers": [],
    }
    assert plain.ask("PUT", "/v2/chart/manifests/1", json.dumps(manifest).encode(), images.MANIFEST)[0] == 201
    one = at(plain.host)
    one.write("Dockerfile.base", f"FROM {plain.host}/chart:1\nCOPY f /f\n")
    one("build_image").failed(4, "is an artifact", "not an image", "helm")


def test_advice_can_be_followed(at, faulty):
    one = at(faulty.host)
    faulty.fault = lambda method, path: {"/v2/a": 415, "/v2/b": 429}.get(path.split("/manifests/")[0]) if method == "PUT" else None
    result = one("image", "copy", f"{faulty.host}/bb:1", f"{faulty.host}/a:1").failed(4, "415 (Unsupported Media Type)")
    assert "other format" not in result.stderr and result.stderr.count("format") == 1
    result = one("image", "copy", f"{faulty.host}/bb:1", f"{faulty.host}/b:1", env={"IXIAN_PUSH_PATIENCE": "0"})
    result.failed(4, f"ix registries {faulty.host}")
    assert "mirror" not in result.stderr
