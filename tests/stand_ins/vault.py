#!/usr/bin/python3
"""Stands in for HashiCorp Vault: key-value engines of both versions, the question which one it is, logins by AppRole, Kubernetes and JWT,
tokens with leases, namespaces, a sealed server, and a standby node.

    tests/stand_ins/vault.py [--port N] [--config FILE] [--log FILE] [--until-eof]

Prints its port. Settings (JSON; see DEFAULTS) come from --config and, while it runs, from PUT /_stand_in, which merges the body into
them; DELETE /_stand_in goes back to the beginning; GET /_stand_in answers what was asked so far, tokens included.
"""

import argparse
import copy
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT_TOKEN = "root-canary"

DEFAULTS = {
    "sealed": False,
    "standby_for": None,  # the address of the active node: everything is answered by a redirect to it
    "clock_skew": 0,  # seconds that our clock is ahead
    # Token → the namespace it is of, the paths it may read (beginnings; None is all), and when it ends (epoch; None is never).
    "tokens": {ROOT_TOKEN: {"namespace": "", "paths": None, "expires": None}},
    # By namespace. Mounts end in a slash; their version is "1", "2", or "" for an engine that is not kv.
    "namespaces": {
        "": {
            "mounts": {"secret/": "2", "kv1/": "1", "team/a/kv/": "2", "database/": ""},
            "secrets": {
                "secret/ci/registry": {"username": "ci", "password": "kv2-canary", "port": 5000},
                "kv1/ci/registry": {"password": "kv1-canary"},
                "team/a/kv/deploy": {"token": "nested-canary"},
                "database/creds/ci": {"username": "v-ci", "password": "leased-canary"},
            },
            # Of version 2 only: path → its metadata.
            "gone": {
                "secret/deleted": {"deletion_time": "2026-01-02T03:04:05.6Z", "destroyed": False, "version": 2},
                "secret/destroyed": {"deletion_time": "", "destroyed": True, "version": 1},
            },
        },
        "team": {"mounts": {"secret/": "2"}, "secrets": {"secret/ci": {"password": "namespaced-canary"}}, "gone": {}},
    },
    # Mount → what logs in there. A role's paths are those of the tokens it gives out.
    "approle": {"approle": {"role-id-canary": {"secret_ids": ["secret-id-canary"], "paths": None}}},
    "kubernetes": {"kubernetes": {"builder": {"jwts": ["pod-jwt-canary"], "paths": None}}},
    "jwt": {"jwt": {"ci": {"jwts": ["job-jwt-canary"], "paths": None}}},
    "token_seconds": 3600,
    "lease_seconds": 3600,  # of what engines other than kv give out
    # What is answered instead, in order: {"path": "secret/data/x", "times": 1, "status": 500, "errors": ["…"]}
    "errors": [],
}


class Refused(Exception):
    def __init__(self, status, *errors, **more):
        super().__init__(status, errors)
        self.status = status
        self.body = {"errors": list(errors), **more}


class VaultStandIn:
    """A running server; also a context manager. `requests` is what it was asked, oldest first."""

    def __init__(self, config=None, log=None, port=0):
        self._initial = {**copy.deepcopy(DEFAULTS), **(config or {})}
        self._log_file = open(log, "a", encoding="utf-8") if log else None
        self._lock = threading.RLock()
        self.reset()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._log_file:
            self._log_file.close()

    def configure(self, **settings):
        unknown = set(settings) - set(DEFAULTS)
        if unknown:
            raise KeyError(f"no such settings: {sorted(unknown)}")
        with self._lock:
            self.config.update(copy.deepcopy(settings))

    def reset(self):
        with self._lock:
            self.config = copy.deepcopy(self._initial)
            self.requests = []
            self._issued = 0

    def now(self):
        return time.time() + self.config["clock_skew"]

    def answer(self, method, target, headers, body):
        """The status, the JSON body or None, and more headers."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(target).path)
        asked = {"method": method, "path": path, "token": headers.get("X-Vault-Token"), "namespace": headers.get("X-Vault-Namespace"),
                 "request": headers.get("X-Vault-Request"), "body": body.decode("utf-8", "replace")}
        with self._lock:
            try:
                status, answer, more = self._route(method, path, target, headers, body)
            except Refused as refused:
                status, answer, more = refused.status, refused.body, {}
            asked["status"] = status
            self.requests.append(asked)
            if self._log_file:
                print(json.dumps(asked), file=self._log_file, flush=True)
        return status, answer, more

    def _route(self, method, path, target, headers, body):
        if not path.startswith("/v1/"):
            raise Refused(404)
        path = path[len("/v1/"):]
        if path == "sys/health":
            return self._health()
        if self.config["standby_for"]:
            return 307, None, {"Location": self.config["standby_for"] + target}
        if self.config["sealed"]:
            raise Refused(503, "Vault is sealed")
        self._check_injected(path)
        name = (headers.get("X-Vault-Namespace") or "").strip("/")
        if name not in self.config["namespaces"]:
            raise Refused(404, f"no handler for route \"{name}/{path}\". route entry not found.")
        if path.startswith("auth/") and path.endswith("/login"):
            return self._login(method, path[len("auth/"):-len("/login")], name, body)
        token = self._token(headers.get("X-Vault-Token"), name)
        if path == "auth/token/lookup-self":
            return self._envelope({"ttl": 0 if token["expires"] is None else int(token["expires"] - self.now()), "renewable": False})
        if method != "GET":
            raise Refused(405, "unsupported operation")
        space = self.config["namespaces"][name]
        if path.startswith("sys/internal/ui/mounts/"):
            return self._mount_of(path[len("sys/internal/ui/mounts/"):], token, space)
        return self._read(path, token, space)

    def _health(self):
        sealed, standby = self.config["sealed"], bool(self.config["standby_for"])
        status = 503 if sealed else 429 if standby else 200
        return status, {"initialized": True, "sealed": sealed, "standby": standby, "version": "1.15.0"}, {}

    def _check_injected(self, path):
        for error in self.config["errors"]:
            if error.get("path") in (None, path) and error.setdefault("times", 1) > 0:
                error["times"] -= 1
                raise Refused(error["status"], *error.get("errors", []))

    # Tokens.

    def _token(self, text, namespace):
        token = self.config["tokens"].get(text or "")
        if token is None or (token["expires"] is not None and self.now() >= token["expires"]):
            raise Refused(403, *(["permission denied", "invalid token"] if text else ["missing client token"]))
        own = token["namespace"]
        if own and own != namespace and not namespace.startswith(own + "/"):
            raise Refused(403, "permission denied")
        return token

    @staticmethod
    def _may_read(token, path):
        return token["paths"] is None or any(path.startswith(beginning) for beginning in token["paths"])

    def _login(self, method, mount, namespace, body):
        if method not in ("POST", "PUT"):
            raise Refused(405, "unsupported operation")
        try:
            body = json.loads(body)
        except ValueError:
            raise Refused(400, "error parsing JSON") from None
        if mount in self.config["approle"]:
            role = self._approle(self.config["approle"][mount], body)
        elif mount in self.config["kubernetes"]:
            role = self._by_jwt(self.config["kubernetes"][mount], body, 403, "permission denied")
        elif mount in self.config["jwt"]:
            role = self._by_jwt(self.config["jwt"][mount], body, 400, "error validating token: invalid signature")
        else:
            raise Refused(403, "permission denied")
        self._issued += 1
        token, seconds = f"hvs.issued-canary-{self._issued}", self.config["token_seconds"]
        self.config["tokens"][token] = {"namespace": namespace, "paths": role["paths"],
                                        "expires": self.now() + seconds if seconds else None}
        return 200, {"request_id": "r-1", "lease_id": "", "renewable": False, "lease_duration": 0, "data": None, "warnings": None,
                     "auth": {"client_token": token, "accessor": "a-1", "policies": ["default"], "lease_duration": seconds,
                              "renewable": True}}, {}

    @staticmethod
    def _approle(roles, body):
        role = roles.get(body.get("role_id"))
        if role is None:
            raise Refused(400, "invalid role or secret ID")
        if role["secret_ids"] and body.get("secret_id") not in role["secret_ids"]:
            raise Refused(400, "missing secret_id" if "secret_id" not in body else "invalid role or secret ID")
        return role

    @staticmethod
    def _by_jwt(roles, body, status, words):
        if not body.get("jwt"):
            raise Refused(400, "missing jwt")
        role = roles.get(body.get("role"))
        if role is None:
            raise Refused(400, f"invalid role name \"{body.get('role')}\"" if body.get("role") else "missing role")
        if body["jwt"] not in role["jwts"]:
            raise Refused(status, words)
        return role

    # Secrets.

    @staticmethod
    def _envelope(data, **more):
        return 200, {"request_id": "r-1", "lease_id": "", "renewable": False, "lease_duration": 0, "data": data, "wrap_info": None,
                     "warnings": None, "auth": None, **more}, {}

    @staticmethod
    def _mount_at(path, space):
        return next((mount for mount in space["mounts"] if path.startswith(mount) or path + "/" == mount), None)

    def _mount_of(self, path, token, space):
        mount = self._mount_at(path, space)
        if mount is None or not self._may_read(token, path):
            raise Refused(403, f"preflight capability check returned 403, please ensure client's policies grant access to path \"{path}/\"")
        version = space["mounts"][mount]
        return self._envelope({"path": mount, "type": "kv" if version else "database", "local": False, "description": "",
                               "options": {"version": version} if version else None})

    def _read(self, path, token, space):
        mount = self._mount_at(path, space)
        if mount is None:
            raise Refused(*((404, f"no handler for route \"{path}\". route entry not found.") if token["paths"] is None
                            else (403, "permission denied")))
        version, rest = space["mounts"][mount], path[len(mount):]
        name = mount + (rest[len("data/"):] if version == "2" and rest.startswith("data/") else rest)
        if not self._may_read(token, name):
            raise Refused(403, "permission denied")
        if version == "2" and not rest.startswith("data/"):
            raise Refused(404, warnings=["Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API "
                                         "endpoints to use."])
        if name in space["gone"]:
            return 404, {"data": {"data": None, "metadata": space["gone"][name]}}, {}
        if name not in space["secrets"]:
            raise Refused(404)
        data = space["secrets"][name]
        if version == "2":
            return self._envelope({"data": data, "metadata": {"created_time": "2026-01-01T00:00:00Z", "deletion_time": "",
                                                              "destroyed": False, "version": 1}})
        if version == "1":
            return self._envelope(data, lease_duration=2764800)
        self._issued += 1
        return self._envelope(data, lease_id=f"{path}/{self._issued}", lease_duration=self.config["lease_seconds"])

    # HTTP.

    def _handler(stand_in):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                self.connection.settimeout(30)

            def _serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.startswith("/_stand_in"):
                    return self._control(body)
                return self._send(*stand_in.answer(self.command, self.path, self.headers, body))

            def _control(self, body):
                if self.command == "PUT":
                    stand_in.configure(**json.loads(body))
                elif self.command == "DELETE":
                    stand_in.reset()
                with stand_in._lock:
                    log = copy.deepcopy(stand_in.requests)
                return self._send(200, log, {})

            def _send(self, status, body, headers):
                data = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Cache-Control", "no-store")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

            def log_message(self, *_):
                pass

        return Handler


def main():
    parser = argparse.ArgumentParser(description="Stands in for HashiCorp Vault.")
    parser.add_argument("--port", type=int, default=0, help="to listen on (default: any)")
    parser.add_argument("--config", type=argparse.FileType(encoding="utf-8"), help="a JSON file of settings")
    parser.add_argument("--log", help="a file that gets a JSON line for each request")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    with VaultStandIn(json.load(options.config) if options.config else None, options.log, options.port) as stand_in:
        print(stand_in.port, flush=True)
        if options.until_eof:
            sys.stdin.buffer.read()
        else:
            threading.Event().wait()


if __name__ == "__main__":
    main()
