"""That the stand-in is right about Vault, as its HTTP API is documented."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import vault  # noqa: E402


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)


@pytest.fixture
def stand_in(tmp_path):
    with vault.VaultStandIn(log=str(tmp_path / "log.jsonl")) as server:
        yield server


def ask(url, token=vault.ROOT_TOKEN, body=None, namespace=None, method=None):
    """The status, the headers, and the JSON body or None."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    if token:
        request.add_header("X-Vault-Token", token)
    if namespace:
        request.add_header("X-Vault-Namespace", namespace)
    try:
        with OPENER.open(request, timeout=10) as response:
            status, headers, text = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        status, headers, text = error.code, error.headers, error.read()
    return status, headers, json.loads(text) if text else None


def get(stand_in, path, **how):
    status, _, body = ask(f"{stand_in.url}/v1/{path}", **how)
    return status, body


def login(stand_in, mount, **body):
    return get(stand_in, f"auth/{mount}/login", token=None, body=body)


class TestSecrets:
    def test_version_two_wraps_its_data(self, stand_in):
        status, body = get(stand_in, "secret/data/ci/registry")
        assert (status, body["data"]["data"]["password"], body["data"]["metadata"]["version"]) == (200, "kv2-canary", 1)

    def test_version_one_does_not(self, stand_in):
        assert get(stand_in, "kv1/ci/registry")[1]["data"] == {"password": "kv1-canary"}

    def test_version_two_without_data_warns(self, stand_in):
        status, body = get(stand_in, "secret/ci/registry")
        assert status == 404 and "versioned" in body["warnings"][0]

    def test_a_missing_secret_is_404_without_words(self, stand_in):
        assert get(stand_in, "secret/data/none") == (404, {"errors": []})
        assert get(stand_in, "kv1/none") == (404, {"errors": []})

    def test_a_deleted_secret_is_404_with_its_metadata(self, stand_in):
        status, body = get(stand_in, "secret/data/deleted")
        assert status == 404 and body["data"]["data"] is None and body["data"]["metadata"]["deletion_time"]
        assert get(stand_in, "secret/data/destroyed")[1]["data"]["metadata"]["destroyed"]

    def test_other_engines_lease_what_they_give_out(self, stand_in):
        first, second = (get(stand_in, "database/creds/ci")[1] for _ in range(2))
        assert first["lease_id"] != second["lease_id"] and first["lease_duration"] == 3600

    @pytest.mark.parametrize("path, mount, version", [("secret/ci/registry", "secret/", "2"), ("kv1/x", "kv1/", "1"),
                                                      ("team/a/kv/deploy", "team/a/kv/", "2")])
    def test_mounts_are_told(self, stand_in, path, mount, version):
        status, body = get(stand_in, f"sys/internal/ui/mounts/{path}")
        assert (status, body["data"]["path"], body["data"]["options"]) == (200, mount, {"version": version})

    def test_an_unknown_mount_is_403(self, stand_in):
        status, body = get(stand_in, "sys/internal/ui/mounts/none/x")
        assert status == 403 and "preflight" in body["errors"][0]

    def test_namespaces_have_their_own(self, stand_in):
        assert get(stand_in, "secret/data/ci", namespace="team")[1]["data"]["data"] == {"password": "namespaced-canary"}
        assert get(stand_in, "secret/data/ci")[0] == 404
        assert get(stand_in, "secret/data/ci", namespace="none")[0] == 404


class TestTokens:
    @pytest.mark.parametrize("token", [None, "wrong"])
    def test_without_a_good_one_everything_is_403(self, stand_in, token):
        status, body = get(stand_in, "secret/data/ci/registry", token=token)
        assert status == 403 and body["errors"]
        assert get(stand_in, "auth/token/lookup-self", token=token)[0] == 403

    def test_lookup_self_tells_a_good_one(self, stand_in):
        assert get(stand_in, "auth/token/lookup-self")[0] == 200

    @pytest.mark.parametrize("mount, good, bad", [
        ("approle", {"role_id": "role-id-canary", "secret_id": "secret-id-canary"}, {"role_id": "role-id-canary", "secret_id": "x"}),
        ("kubernetes", {"role": "builder", "jwt": "pod-jwt-canary"}, {"role": "builder", "jwt": "x"}),
        ("jwt", {"role": "ci", "jwt": "job-jwt-canary"}, {"role": "none", "jwt": "job-jwt-canary"}),
    ])
    def test_logins(self, stand_in, mount, good, bad):
        status, body = login(stand_in, mount, **good)
        assert status == 200 and body["auth"]["lease_duration"] == 3600
        assert get(stand_in, "kv1/ci/registry", token=body["auth"]["client_token"])[0] == 200
        assert login(stand_in, mount, **bad)[0] in (400, 403)

    def test_a_tokens_lease_ends(self, stand_in):
        token = login(stand_in, "jwt", role="ci", jwt="job-jwt-canary")[1]["auth"]["client_token"]
        stand_in.configure(clock_skew=3601)
        assert get(stand_in, "kv1/ci/registry", token=token)[0] == 403

    def test_a_token_reads_only_its_paths(self, stand_in):
        stand_in.configure(tokens={"narrow": {"namespace": "", "paths": ["secret/ci/"], "expires": None}})
        assert get(stand_in, "secret/data/ci/registry", token="narrow")[0] == 200
        assert get(stand_in, "kv1/ci/registry", token="narrow") == (403, {"errors": ["permission denied"]})

    def test_a_namespaces_token_is_not_good_elsewhere(self, stand_in):
        body = get(stand_in, "auth/jwt/login", token=None, namespace="team", body={"role": "ci", "jwt": "job-jwt-canary"})[1]
        token = body["auth"]["client_token"]
        assert get(stand_in, "secret/data/ci", token=token, namespace="team")[0] == 200
        assert get(stand_in, "kv1/ci/registry", token=token)[0] == 403


class TestServer:
    def test_sealed(self, stand_in):
        stand_in.configure(sealed=True)
        assert get(stand_in, "secret/data/ci/registry") == (503, {"errors": ["Vault is sealed"]})
        assert get(stand_in, "sys/health")[1]["sealed"] is True

    def test_a_standby_node_redirects(self, stand_in):
        stand_in.configure(standby_for="https://active.test:8200")
        status, headers, _ = ask(f"{stand_in.url}/v1/secret/data/ci/registry?version=2")
        assert (status, headers["Location"]) == (307, "https://active.test:8200/v1/secret/data/ci/registry?version=2")

    def test_errors_in_order(self, stand_in):
        stand_in.configure(errors=[{"path": "kv1/ci/registry", "times": 2, "status": 500, "errors": ["boom"]}])
        assert [get(stand_in, "kv1/ci/registry")[0] for _ in range(3)] == [500, 500, 200]

    def test_it_remembers_what_was_asked(self, stand_in, tmp_path):
        get(stand_in, "kv1/ci/registry", namespace="team")
        _, _, log = ask(f"{stand_in.url}/_stand_in")
        assert [(entry["path"], entry["token"], entry["namespace"]) for entry in log] == [("/v1/kv1/ci/registry", vault.ROOT_TOKEN, "team")]
        assert json.loads((tmp_path / "log.jsonl").read_text()) == log[0]

    def test_settings_over_http_and_back(self, stand_in):
        ask(f"{stand_in.url}/_stand_in", method="PUT", body={"sealed": True})
        assert get(stand_in, "kv1/ci/registry")[0] == 503
        ask(f"{stand_in.url}/_stand_in", method="DELETE")
        assert get(stand_in, "kv1/ci/registry")[0] == 200

    def test_a_setting_that_does_not_exist_is_an_error(self, stand_in):
        with pytest.raises(KeyError):
            stand_in.configure(seald=True)

    def test_as_a_program(self):
        program = [sys.executable, "-B", str(Path(vault.__file__)), "--until-eof"]
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            port = int(process.stdout.readline())
            assert ask(f"http://127.0.0.1:{port}/v1/sys/health")[0] == 200
            process.stdin.close()
            assert process.wait(timeout=10) == 0
