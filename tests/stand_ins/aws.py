#!/usr/bin/python3
"""Stands in for Amazon Web Services: one server that answers as ECR, ECR Public, STS, Secrets Manager, SSM, the SSO portal and its OIDC
service, an instance's metadata service and a container's credentials endpoint.

    tests/stand_ins/aws.py [--port N] [--config FILE] [--log FILE] [--until-eof]

Prints its port. Every signed request is verified by computing its signature anew with botocore's own signer; what does not verify is
refused in the words AWS uses. Credentials that it hands out (roles, instances, containers, SSO) are good for signing afterwards.

Settings (JSON; see DEFAULTS in aws_services.py) come from --config and, while it runs, from PUT /_stand_in, which merges the body into them; DELETE
/_stand_in goes back to the beginning; GET /_stand_in/log answers what was asked so far.
"""

import argparse
import copy
import json
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from aws_services import ACCESS_KEY, ACCOUNT, DEFAULTS, SECRET_KEY, Services  # noqa: E402, F401
from aws_signature import Refused  # noqa: E402


class Asked:
    """A request as it came."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urllib.parse.urlsplit(target)
        self.path = parts.path
        self.query = dict(urllib.parse.parse_qsl(parts.query))
        self.action = ""  # "ecr:GetAuthorizationToken"

    def header(self, name):
        return self.headers.get(name)


class AwsStandIn(Services):
    def __init__(self, config=None, log=None, port=0):
        self._lock = threading.RLock()
        self._initial = copy.deepcopy(config or {})
        self._log_path = log
        self.reset()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = None

    # Running it.

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self):
        with self._lock:
            self.config = {**copy.deepcopy(DEFAULTS), **copy.deepcopy(self._initial)}
            self.requests = []
            self.clear()

    def configure(self, **settings):
        with self._lock:
            unknown = set(settings) - set(DEFAULTS)
            if unknown:
                raise KeyError(f"no such settings: {sorted(unknown)}")
            self.config.update(copy.deepcopy(settings))

    def now(self):
        return time.time() + self.config["clock_skew"]

    def actions(self):
        with self._lock:
            return [request["action"] for request in self.requests]

    # Answering.

    def answer(self, asked):
        """(status, content type, body, headers)"""
        with self._lock:
            entry = {"method": asked.method, "path": asked.target, "headers": {k.lower(): v for k, v in asked.headers.items()},
                     "body": asked.body.decode("utf-8", "replace"), "action": "", "key": None, "error": None}
            try:
                reply = self.route(asked, entry)
            except Refused as refused:
                entry["error"] = refused.kind
                reply = self.refusal(asked, refused)
            entry["action"], entry["status"] = asked.action, reply[0]
            self.requests.append(entry)
            if self._log_path:
                with open(self._log_path, "a", encoding="utf-8") as log:
                    log.write(json.dumps(entry) + "\n")
            return reply

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
                return self._send(*stand_in.answer(Asked(self.command, self.path, self.headers, body)))

            def _control(self, body):
                if self.command == "PUT":
                    stand_in.configure(**json.loads(body))
                elif self.command == "DELETE":
                    stand_in.reset()
                with stand_in._lock:
                    log = json.dumps(stand_in.requests)
                return self._send(200, "application/json", log, {})

            def _send(self, status, kind, body, headers):
                data = body.encode()
                self.send_response_only(status)
                self.send_header("Date", formatdate(stand_in.now(), usegmt=True))
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("x-amzn-RequestId", "r-1")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

            def log_message(self, *_):
                pass

        return Handler


def main():
    parser = argparse.ArgumentParser(description="Stands in for Amazon Web Services.")
    parser.add_argument("--port", type=int, default=0, help="to listen on (default: any)")
    parser.add_argument("--config", type=argparse.FileType(encoding="utf-8"), help="a JSON file of settings")
    parser.add_argument("--log", help="a file that gets a JSON line for each request")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    with AwsStandIn(json.load(options.config) if options.config else None, options.log, options.port) as stand_in:
        print(stand_in.port, flush=True)
        if options.until_eof:
            sys.stdin.buffer.read()
        else:
            threading.Event().wait()


if __name__ == "__main__":
    main()
