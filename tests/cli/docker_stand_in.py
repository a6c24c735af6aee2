"""Stand-ins for Docker: a daemon that has every image and volume, and a `docker` that writes down what it is called with."""

import http.server
import json
import os
import socketserver
import sys
import threading
from pathlib import Path

CLIENT = """\
#!{python} -IS
import json, os, sys
with open({calls!r}, "a") as calls:
    call = {{"args": [os.fsencode(arg).decode("utf-8", "surrogateescape") for arg in sys.argv[1:]], "env": {{k: v for k, v in os.environ.items() if k.startswith("DOCKER_")}}}}
    call["name"] = os.path.basename(sys.argv[0])
    calls.write(json.dumps(call) + "\\n")
words = sys.argv[1:]
if words[:2] == ["compose", "version"]:
    sys.exit(0 if {has_plugin} else 1)
script = os.environ.get("STAND_IN")
if script and ("run" in words or "up" in words or "down" in words):
    os.execv("/bin/sh", ["sh", "-c", script])
answers = json.loads(os.environ.get("STAND_IN_ANSWERS", "{{}}"))
for start, answer in answers.items():
    if " ".join(words).startswith(start):
        print(answer)
        break
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        body = json.dumps({"Id": "sha256:" + "0" * 64, "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Size": 1, "Name": "x"}).encode()
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *args):
        pass


class Daemon(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        super().__init__(str(path), Handler)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Docker:
    """Both, in a folder that is to come first on PATH."""

    def __init__(self, folder, names=("docker",), has_plugin=True):
        self.folder = Path(folder)
        (self.folder / "bin").mkdir(parents=True)
        self.calls_file = self.folder / "calls"
        for name in names:
            program = self.folder / "bin" / name
            program.write_text(CLIENT.format(python=sys.executable, calls=str(self.calls_file), has_plugin=has_plugin))
            program.chmod(0o755)
        self.daemon = Daemon(self.folder / "docker.sock")
        self.environment = {"PATH": f"{self.folder}/bin", "DOCKER_HOST": f"unix://{self.folder}/docker.sock"}

    def calls(self):
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text().splitlines()]

    def run(self):
        """The words of the one call of `run`, from it on."""
        found = [call for call in self.calls() if "run" in call["args"]]
        assert len(found) == 1, self.calls()
        return found[0]

    def close(self):
        self.daemon.shutdown()
        self.daemon.server_close()
        os.unlink(self.folder / "docker.sock")
