"""Passwords and tokens are nowhere but where they belong: unique canaries, and then a look everywhere."""

import base64
import os
import secrets
import urllib.parse
from pathlib import Path

import images
import pytest
from program import Watcher


def spellings(secret, user="ci"):
    """All the ways in which a secret may be written down."""
    raw = secret.encode()
    joined = f"{user}:{secret}".encode()
    found = {raw, base64.b64encode(raw), base64.b64encode(joined), base64.urlsafe_b64encode(joined), raw.hex().encode()}
    found.add(urllib.parse.quote(secret, safe="").encode())
    return {each.rstrip(b"=") for each in found}


def files_with(folder, canaries, except_for):
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            if path in except_for or not path.is_file():
                continue
            data = path.read_bytes()
            found += [f"{path}: {each!r}" for each in canaries if each in data]
    return found


@pytest.mark.parametrize("arguments", [[], ["--log", "debug"], ["--progress", "json", "--log", "debug"]], ids=["plain", "debug", "json"])
@pytest.mark.parametrize("kind", ["htpasswd", "token", "tls"])
@pytest.mark.parametrize("ending", ["done", "refused"])
def test_canaries_are_nowhere(ix, start_registry, layout, tmp_path, kind, arguments, ending):
    password = "canary/" + secrets.token_hex(16) + "+&"
    registry = start_registry(kind, password=password)
    source = layout.add("many", images.multi_platform(size=50_000))
    known = password
    if ending == "refused":
        known = "canary/" + secrets.token_hex(16) + "+&"
    if registry.authority is not None:
        ix.trust(registry.host, registry.authority)
    # A child of ix that lives long enough to be seen, and says what it got.
    seen = ix.home / "helper-saw"
    helper = ix.helper(
        "canary",
        f"import time\nopen({str(seen)!r}, 'ab').write(open('/proc/self/environ', 'rb').read() + open('/proc/self/cmdline', 'rb').read())\n"
        f"time.sleep(0.1)\nprint(json.dumps({{'ServerURL': server, 'Username': 'ci', 'Secret': {known!r}}}))",
    )
    config = ix.docker_config({"credHelpers": {registry.host: "canary"}})
    running = ix.start(*arguments, "image", "copy", "--all", source, registry.name("team/app"))
    watcher = Watcher(running)
    result = running.end()
    processes = watcher.stop()
    assert result.code == (0 if ending == "done" else 4), result
    assert watcher.seen, "no process was seen"
    canaries = spellings(password) | spellings(known)
    for token in registry.tokens.tokens if registry.tokens else []:
        canaries.add(token.encode())
        canaries.add(token.rpartition(".")[2].encode())
    for where, data in {
        "the output": (result.stdout + result.stderr).encode(),
        "processes": processes,
        "what a child saw": seen.read_bytes(),
        "the registry's log": registry.log.read_bytes(),
    }.items():
        assert [each for each in canaries if each in data] == [], where
    assert files_with(tmp_path, canaries, {helper, config}) == []


def test_a_password_of_the_environment_is_not_repeated(ix, start_registry, layout):
    password = "canary-" + secrets.token_hex(16)
    registry = start_registry("htpasswd", password=password)
    registry.password = password + "x"
    environment = {"DOCKER_AUTH_CONFIG": '{"auths": {"%s": {"auth": "%s"}}}' % (registry.host, registry.auth)}
    result = ix("--log", "debug", "image", "tags", f"{registry.host}/team/app", env=environment).failed(4, registry.host)
    for each in spellings(password):
        assert each not in (result.stdout + result.stderr).encode()


def test_credentials_in_a_name_are_refused_and_not_repeated(ix, plain):
    result = ix("image", "tags", f"ci:canary-word@{plain.host}/team/app")
    result.failed(2)
    assert "canary" not in result.stdout
