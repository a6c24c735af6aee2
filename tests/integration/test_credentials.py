"""Where credentials come from, and what happens when they are wrong."""

import json
import os
import shutil
import subprocess

import images
import pytest
from program import IX
from waiting import TIMEOUT

WITH_PASSWORD = ["htpasswd", "token", "tls"]


@pytest.fixture(params=WITH_PASSWORD)
def guarded(request, start_registry, ix):
    """A registry that asks for credentials, and an image in it; ix trusts it, but is not logged in."""
    made = start_registry(request.param)
    made.put("team/app", "1", images.small_image())
    if made.authority is not None:
        ix.trust(made.host, made.authority)
    return made


def inspect(ix, registry, **options):
    return ix("image", "inspect", registry.name("team/app"), **options)


def test_without_credentials(ix, guarded):
    inspect(ix, guarded).failed(4, guarded.host, "team/app")


def test_with_a_wrong_password(ix, guarded, layout):
    guarded.password = "canary-wrong-password"
    ix.docker_config(guarded.config)
    for command in (
        ["inspect", guarded.name("team/app")],
        ["copy", layout.add("one", images.small_image("other")), guarded.name("team/app", "2")],
    ):
        done = ix("image", *command).failed(4, guarded.host, "team/app", guarded.user)
        assert "canary" not in done.stderr + done.stdout


def test_a_user_who_may_pull_but_not_push(ix, start_registry, layout):
    registry = start_registry("token", token_options={"allowed": lambda user, repository: {"pull"}})
    ix.log_in(registry)
    done = ix("image", "copy", layout.add("one", images.small_image()), registry.name("team/app"))
    done.failed(4, registry.host, "team/app", "push")
    registry.tokens.allowed = lambda user, repository: {"pull", "push"}
    ix("image", "copy", f"oci:{layout.path}:one", registry.name("team/app")).ok()
    registry.tokens.allowed = lambda user, repository: {"pull"}
    inspect(ix, registry).ok()


def test_an_anonymous_pull_where_everybody_may(ix, start_registry, layout):
    registry = start_registry("token", token_options={"allowed": lambda user, repository: {"pull", "push"} if user else {"pull"}})
    registry.put("team/app", "1", images.small_image())
    inspect(ix, registry).ok()
    ix("image", "copy", layout.add("one", images.small_image("x")), registry.name("team/app", "2")).failed(4, registry.host)


def test_from_the_docker_config(ix, guarded):
    ix.docker_config(guarded.config)
    inspect(ix, guarded).ok()


def test_from_docker_config_elsewhere(ix, guarded):
    file = ix.docker_config(guarded.config)
    moved = ix.home / "elsewhere"
    moved.mkdir()
    file.rename(moved / "config.json")
    inspect(ix, guarded).failed(4)
    inspect(ix, guarded, env={"DOCKER_CONFIG": str(moved)}).ok()


def test_from_the_environment(ix, guarded):
    inspect(ix, guarded, env={"DOCKER_AUTH_CONFIG": json.dumps(guarded.config)}).ok()


def test_one_bad_entry_does_not_spoil_the_others(ix, guarded):
    auths = {"a.example": {"auth": "%%%"}, "b.example": 7, "c.example": {"auth": ""}, **guarded.config["auths"]}
    ix.docker_config({"auths": auths})
    inspect(ix, guarded).ok()


@pytest.mark.parametrize("key", ["https://{}", "http://{}", "https://{}/v2/", "https://{}/v1/", "{}/"])
def test_entries_with_a_scheme_and_a_path(ix, guarded, key):
    ix.docker_config({"auths": {key.format(guarded.host): {"auth": guarded.auth}}})
    inspect(ix, guarded).ok()


def test_a_config_that_is_no_json_is_named(ix, guarded):
    file = ix.docker_config({})
    file.write_text("{oops")
    inspect(ix, guarded).failed(4, "config.json")


def test_from_podmans_file(ix, guarded):
    file = ix.home / ".config/containers/auth.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(guarded.config))
    inspect(ix, guarded).ok()


def test_podmans_longest_path_wins(ix, guarded):
    file = ix.home / "run/containers/auth.json"
    file.parent.mkdir(parents=True)
    wrong = {"auth": "d3Jvbmc6d3Jvbmc="}
    auths = {guarded.host: wrong, f"{guarded.host}/team": wrong, f"{guarded.host}/team/app": {"auth": guarded.auth}}
    file.write_text(json.dumps({"auths": auths}))
    inspect(ix, guarded, env={"XDG_RUNTIME_DIR": str(ix.home / "run")}).ok()


ANSWER = "print(json.dumps({{'ServerURL': server, 'Username': {user!r}, 'Secret': {password!r}}}))"


def test_from_a_credential_helper(ix, guarded):
    note = ix.home / "asked"
    ix.helper("test", f"open({str(note)!r}, 'a').write(server + '\\n')\n" + ANSWER.format(user=guarded.user, password=guarded.password))
    ix.docker_config({"credHelpers": {guarded.host: "test"}})
    inspect(ix, guarded).ok()
    assert set(note.read_text().split()) == {guarded.host}


def test_from_the_credential_store(ix, guarded):
    ix.helper("store", ANSWER.format(user=guarded.user, password=guarded.password))
    ix.docker_config({"credsStore": "store", "auths": {guarded.host: {}}})
    inspect(ix, guarded).ok()


@pytest.mark.parametrize("says", ["credentials not found in native keychain", "credentials not found in native keychain \\n"])
def test_a_helper_that_has_none_leaves_it_to_the_others(ix, guarded, says):
    """go-containerregistry#258"""
    ix.helper("none", f"print('{says}'); sys.exit(1)")
    ix.docker_config({"credsStore": "none", **guarded.config})
    inspect(ix, guarded).ok()


@pytest.mark.parametrize(
    "script", ["sys.exit(3)", "print('no JSON')", "print('[]')", "os.kill(os.getpid(), 9)"]
)
def test_a_helper_that_fails_is_named(ix, guarded, script):
    ix.helper("broken", script)
    ix.docker_config({"credHelpers": {guarded.host: "broken"}})
    inspect(ix, guarded).failed(4, "docker-credential-broken")


def test_a_helper_that_is_not_installed_is_named(ix, guarded):
    ix.docker_config({"credHelpers": {guarded.host: "missing"}})
    inspect(ix, guarded).failed(4, "docker-credential-missing")


def test_an_identity_token(ix, start_registry):
    registry = start_registry("token", token_options={"identity_tokens": {"canary-refresh": "ci"}})
    registry.put("team/app", "1", images.small_image())
    ix.docker_config({"auths": {registry.host: {"auth": "PHRva2VuPjo=", "identitytoken": "canary-refresh"}}})
    done = inspect(ix, registry).ok()
    assert [each.user for each in registry.tokens.requests if each.method == "POST"] != []
    assert "canary" not in done.stderr + done.stdout


def test_a_helper_gives_an_identity_token(ix, start_registry):
    registry = start_registry("token", token_options={"identity_tokens": {"canary-refresh": "ci"}})
    registry.put("team/app", "1", images.small_image())
    ix.helper("identity", ANSWER.format(user="<token>", password="canary-refresh"))
    ix.docker_config({"credHelpers": {registry.host: "identity"}})
    inspect(ix, registry).ok()


def test_tokens_that_have_expired_are_asked_for_anew(ix, start_registry, layout):
    registry = start_registry("token")
    ix.log_in(registry)
    registry.tokens.bad_tokens = 1
    image = images.multi_platform()
    ix("image", "copy", "--all", layout.add("many", image), registry.name("team/app")).ok()
    registry.check("team/app", "1", image)


def test_tokens_that_are_never_good_end(ix, start_registry, layout):
    registry = start_registry("token")
    ix.log_in(registry)
    registry.tokens.bad_tokens = 1_000
    ix("image", "copy", layout.add("one", images.small_image()), registry.name("team/app")).failed(4, registry.host)
    assert len(registry.tokens.requests) < 20


def test_few_tokens_are_asked_for(ix, start_registry, layout):
    registry = start_registry("token")
    ix.log_in(registry)
    image = images.image([images.layer(f"layer-{n}") for n in range(20)])
    ix("image", "copy", layout.add("one", image), registry.name("team/app")).ok()
    assert len(registry.tokens.requests) <= 2
    assert all("delete" not in scope for each in registry.tokens.requests for scope in each.scopes)


def test_a_push_and_a_pull_ask_for_no_more_than_they_need(ix, start_registry, layout):
    registry = start_registry("token")
    ix.log_in(registry)
    registry.put("team/app", "1", images.small_image())
    ix("image", "copy", registry.name("team/app"), f"oci:{layout.path}:x").ok()
    asked = {scope for each in registry.tokens.requests for scope in each.scopes}
    assert asked == {"repository:team/app:pull"}


PODMAN_LOGIN = """
set -e
mkdir -p /run/containers; mount -t tmpfs tmpfs /run/containers
podman login --tls-verify=false -u "$1" -p "$2" "$3" >/dev/null 2>&1
ls /run/containers/0/auth.json >/dev/null
shift 3; exec "$@"
"""


def test_where_podman_login_of_root_leaves_them(ix, start_registry):
    """Without XDG_RUNTIME_DIR, as in most CI containers. In a mount namespace of its own: nothing of the machine's is touched."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount over /run/containers")
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed")
    registry = start_registry("htpasswd")
    registry.put("team/app", "1", images.small_image())
    inspect(ix, registry).failed(4, registry.host)
    shell = ["unshare", "--mount", "sh", "-c", PODMAN_LOGIN, "sh", registry.user, registry.password, registry.host]
    environment = {key: value for key, value in os.environ.items() if key not in ("XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG")}
    environment.update(HOME=str(ix.home))
    done = subprocess.run([*shell, IX, "image", "inspect", registry.name("team/app")], env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr


def test_each_place_that_was_looked_at_is_told(ix, guarded):
    ix.docker_config({"credsStore": "desktop"})
    inspect(ix, guarded).failed(4, "~/.docker/config.json: docker-credential-desktop, its credsStore, is not installed", "not found: ")
    ix.docker_config({"auths": {guarded.host: {"auth": "no base64, no colon"}}})
    result = inspect(ix, guarded).failed(4, f"~/.docker/config.json: its entry {guarded.host} has no readable user and password")
    assert "no base64" not in result.stderr
