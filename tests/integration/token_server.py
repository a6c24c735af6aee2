"""A token server as registries use it (distribution, "Token Authentication"): RS256-signed JWTs for Basic credentials or a
refresh token. It remembers what it was asked, and can be told to hand out tokens that are no good."""

import base64
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from authority import self_signed
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

ISSUER = "ixian-test-issuer"
SERVICE = "ixian-test-registry"


@dataclass
class TokenRequest:
    method: str
    user: str  # "" is anonymous
    scopes: list
    status: int
    headers: dict = field(default_factory=dict)


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class TokenServer:
    """`users` are {name: password}, `identity_tokens` {token: name}. `allowed(user, repository)` gives the actions that a user
    ("" is anonymous) may have."""

    def __init__(self, folder, users=None, identity_tokens=None, allowed=None, lifetime=300):
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate, key = folder / "token.crt", folder / "token.key"
        self_signed(self.certificate, key, "Test token server", ("rsa:2048",))
        self.key = serialization.load_pem_private_key(key.read_bytes(), None)
        pem = self.certificate.read_text().split("-----")[2]
        self.x5c = "".join(pem.split())
        self.users, self.identity_tokens = users or {}, identity_tokens or {}
        self.allowed = allowed or (lambda user, repository: {"pull", "push", "delete"} if user or not self.users else set())
        self.lifetime = lifetime
        self.bad_tokens = 0  # the next so many tokens have expired an hour ago, though expires_in says otherwise
        self.posts = True  # whether POST is there; Docker's own first servers answer 404
        self.requests = []
        self.tokens = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.realm = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def registry_settings(self):
        """The `auth` of a docker-registry that trusts this server."""
        return {
            "token": {
                "realm": self.realm,
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(self.certificate),
            }
        }

    def sign(self, user, access):
        now = int(time.time())
        start = now - 10
        if self.bad_tokens:
            self.bad_tokens -= 1
            now -= 3600 + self.lifetime
            start = now
        header = {"typ": "JWT", "alg": "RS256", "x5c": [self.x5c]}
        claims = {
            "iss": ISSUER, "sub": user, "aud": SERVICE, "exp": now + self.lifetime, "nbf": start, "iat": start,
            "jti": uuid.uuid4().hex, "access": access,
        }  # fmt: skip
        signed = encoded(json.dumps(header).encode()) + b"." + encoded(json.dumps(claims).encode())
        token = (signed + b"." + encoded(self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))).decode()
        self.tokens.append(token)
        return token

    def access(self, user, scopes):
        granted = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            may = self.allowed(user, name) if kind == "repository" else set()
            granted.append({"type": kind, "name": name, "actions": [a for a in actions.split(",") if a in may]})
        return granted

    def answer(self, request, user, scopes):
        """Status and body for a user (None: the credentials are wrong)."""
        if user is None:
            return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]}
        token = self.sign(user, self.access(user, scopes))
        return 200, {"token": token, "access_token": token, "expires_in": self.lifetime}

    def who(self, header):
        if not header:
            return ""
        name, _, password = base64.b64decode(header.partition(" ")[2]).decode().partition(":")
        return name if self.users.get(name) == password else None

    def handler(server):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                query = parse_qs(urlsplit(self.path).query)
                self.reply(server.who(self.headers.get("Authorization")), words(query.get("scope", [])))

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
                user = None
                if form.get("grant_type") == ["refresh_token"]:
                    user = server.identity_tokens.get(form["refresh_token"][0])
                elif form.get("grant_type") == ["password"]:
                    name = form["username"][0]
                    user = name if server.users.get(name) == form["password"][0] else None
                self.reply(user, words(form.get("scope", [])), found=server.posts)

            def reply(self, user, scopes, found=True):
                status, body = server.answer(self, user, scopes) if found else (404, {})
                server.requests.append(TokenRequest(self.command, user or "", scopes, status, dict(self.headers)))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        return Handler


def words(values):
    """Scopes come as several parameters, or as one with spaces."""
    return [word for value in values for word in value.split()]
