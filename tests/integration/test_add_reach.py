"""Where servers may lead a build: a network of its own, in which names and addresses are what the test says."""

import json
import shutil
import subprocess
import sys

import pytest
from program import IX
from test_build import store  # noqa: F401 (a fixture)

# Runs in a network and a view of files of its own: adds addresses to the loopback, names to /etc/hosts, serves
# redirects, builds.
SCRIPT = r"""
import http.server, json, os, subprocess, sys, threading
job = json.loads(sys.argv[1])
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in job["addresses"]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
subprocess.run(["mount", "--bind", job["hosts"], "/etc/hosts"], check=True)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        to = job["redirects"].get(self.headers["Host"].split(":")[0] + path)
        if job["files"] and not to and os.path.isfile(job["files"] + path):
            body = open(job["files"] + path, "rb").read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        if job["files"] and not to:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(302 if to else 200)
        if to: self.send_header("Location", to)
        body = b"" if to else b"content of " + self.headers["Host"].encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass

for port in (80, 81):
    server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.run(job["command"]).returncode)
"""

NAMES = {
    "public.test": "203.0.113.1", "other.test": "203.0.113.2", "private.test": "10.9.9.1", "storage.test": "192.168.9.1",
    "metadata.test": "169.254.169.254", "here.test": "127.0.0.1", "inward.test": "127.0.0.1",
}  # fmt: skip


@pytest.fixture
def add(ix, store, tmp_path):
    """Builds an ADD of a URL whose server redirects to `to`; what came, or None where it was refused."""
    if shutil.which("ip") is None or subprocess.run(["unshare", "-rmn", "true"], capture_output=True).returncode != 0:
        pytest.skip("no ip, or no namespaces of networks")
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in NAMES.items()))

    def run(source, to=None, via=None, redirects=None, files=None, read=""):
        (tmp_path / "Dockerfile").write_text(f"FROM scratch\nADD {source} /o\n")
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        redirects = redirects or {source.removeprefix("http://"): via or to}
        if via:
            redirects[via.removeprefix("http://")] = to
        job = {
            "addresses": sorted(set(NAMES.values()) - {"127.0.0.1"}),
            "hosts": str(tmp_path / "hosts"),
            "redirects": redirects,
            "files": str(files) if files else "",
            "command": [IX, "build", "--network", "none", "--no-cache", "-o", str(tmp_path / "out"), str(tmp_path)],
        }
        command = ["unshare", "-rmn", sys.executable, str(tmp_path / "script.py"), json.dumps(job)]
        done = subprocess.run(command, cwd=ix.work, env=ix.environment, capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            return (tmp_path / "out/o" / read).read_text()
        assert done.returncode == 4 and ("this machine or the local network" in done.stderr or "link-local" in done.stderr), done.stderr
        return None

    return run


def test_a_public_server_leads_to_public_addresses_whatever_they_are_called(add):
    assert add("http://public.test/a", "http://other.test/b") == "content of other.test"
    for inside in ("private.test", "inward.test", "metadata.test", "localhost", "10.9.9.1"):
        assert add("http://public.test/a", f"http://{inside}/b") is None, inside
    assert add("http://public.test/a", "http://private.test/c", via="http://other.test/b") is None


def test_private_servers_lead_to_each_other_and_nobody_to_link_local_addresses(add):
    assert add("http://private.test/a", "http://storage.test/b") == "content of storage.test"
    assert add("http://private.test/a", "http://other.test/b") == "content of other.test"
    assert add("http://localhost/a", "http://127.0.0.1:81/b") == "content of 127.0.0.1:81"
    assert add("http://here.test/a", "http://here.test:81/b") == "content of here.test:81"
    for source in ("private.test", "localhost", "here.test", "10.9.9.1"):
        for inside in ("metadata.test", "169.254.169.254", "2852039166"):
            assert add(f"http://{source}/a", f"http://{inside}/b") is None, (source, inside)
    assert add("http://here.test/a", "http://inward.test/b") is None
