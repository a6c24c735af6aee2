"""Where servers may lead a build: a network of its own, in which names and addresses are what the test says."""

import json
import shutil
import subprocess
import sys

import images
import pytest
from program import IX
from repositories import Repository
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

def moved(host):
    with open(job["hosts"]) as file: lines = file.read().splitlines()
    with open(job["hosts"], "w") as file:
        for line in lines: file.write((job["moves"][host] + " " + host if line.endswith(" " + host) else line) + "\n")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        host = self.headers["Host"].split(":")[0]
        with open(job["log"], "a") as log: log.write(f"{self.connection.getsockname()[0]} {self.command} {path}\n")
        answer = job["answers"].get(f"{self.command} {host}{path}")
        if answer:
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items(): self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD": self.wfile.write(body.encode("latin-1"))
            return
        if host in job["moves"]:
            if self.connection.getsockname()[0] == job["moves"][host]: return self.send_error(404)
            moved(host)
        to = job["redirects"].get(host + path)
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
    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET
    def log_message(self, *args): pass

for port in (80, 81):
    server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.run(job["command"]).returncode)
"""

NAMES = {
    "public.test": "203.0.113.1", "other.test": "203.0.113.2", "private.test": "10.9.9.1", "storage.test": "192.168.9.1",
    "metadata.test": "169.254.169.254", "here.test": "127.0.0.1", "inward.test": "127.0.0.1",
    "moving.test": "203.0.113.3",
}  # fmt: skip


ADDRESSES = sorted(set(NAMES.values()) - {"127.0.0.1"})


@pytest.fixture
def other_network(tmp_path):
    if shutil.which("ip") is None or subprocess.run(["unshare", "-rmn", "true"], capture_output=True).returncode != 0:
        pytest.skip("no ip, or no namespaces of networks")
    (tmp_path / "script.py").write_text(SCRIPT)
    write_hosts(tmp_path)
    return lambda job: ["unshare", "-rmn", sys.executable, str(tmp_path / "script.py"), json.dumps(job)]


def write_hosts(folder):
    (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in NAMES.items()))


@pytest.fixture
def add(ix, store, tmp_path, other_network):
    """Builds an ADD of a URL whose server redirects to `to`; what came, or None where it was refused."""

    def run(source, to=None, via=None, redirects=None, files=None, read="", moves={}, said=("this machine or the local network", "link-local")):
        write_hosts(tmp_path)
        (tmp_path / "Dockerfile").write_text(f"FROM scratch\nADD {source} /o\n")
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        redirects = redirects or ({} if files else {source.removeprefix("http://"): via or to})
        if via:
            redirects[via.removeprefix("http://")] = to
        job = {
            "addresses": ADDRESSES,
            "hosts": str(tmp_path / "hosts"),
            "redirects": redirects,
            "files": str(files) if files else "",
            "moves": moves,
            "answers": {},
            "log": str(tmp_path / "log"),
            "command": [IX, "build", "--network", "none", "--no-cache", "-o", str(tmp_path / "out"), str(tmp_path)],
        }
        done = subprocess.run(other_network(job), cwd=ix.work, env=ix.environment, capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            return (tmp_path / "out/o" / read).read_text()
        assert done.returncode == 4 and any(each in done.stderr for each in said), done.stderr
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


INFO_REFS = "/.git/info/refs?service=git-upload-pack"


@pytest.fixture
def repositories(tmp_path):
    """Makes a repository of that name, which has a file `f` with its name, and submodules at the URLs; all servers have all of them."""

    def make(name, **submodules):
        repository = Repository(tmp_path / "repositories" / name)
        commit = repository.commit(f=name)
        for path, (url, at) in submodules.items():
            repository.git("config", "-f", ".gitmodules", f"submodule.{path}.path", path)
            repository.git("config", "-f", ".gitmodules", f"submodule.{path}.url", url)
            repository.git("add", ".gitmodules")
            repository.git("update-index", "--add", "--cacheinfo", f"160000,{at},{path}")
            commit = repository.commit()
        return commit

    return make


@pytest.fixture
def add_git(add, tmp_path):
    return lambda source, read="f", **more: add(source, files=tmp_path / "repositories", read=read, **more)


def test_a_repository_is_redirected_as_a_file_is(add_git, repositories):
    repositories("r")
    source = "http://public.test/old.git"
    asked = "public.test/old.git/info/refs"
    assert add_git("http://public.test/r/.git") == "r"
    assert add_git(source, redirects={asked: "http://other.test/r" + INFO_REFS}) == "r"
    for inside in ("private.test", "inward.test", "metadata.test", "localhost", "10.9.9.1"):
        assert add_git(source, redirects={asked: f"http://{inside}/r{INFO_REFS}"}) is None, inside
    assert add_git("http://private.test/old.git", redirects={"private.test/old.git/info/refs": "http://storage.test/r" + INFO_REFS}) == "r"
    assert add_git(source, redirects={asked: "http://other.test/login"}, said=["redirects to http://other.test/login, which is not a rep"]) is None


def test_git_itself_follows_no_redirect(add_git, repositories, tmp_path):
    commit = repositories("r")
    path = f"/r/.git/objects/{commit[:2]}/{commit[2:]}"
    assert (tmp_path / f"repositories{path}").exists()
    for elsewhere in ("other.test", "private.test"):
        redirects = {"public.test" + path: f"http://{elsewhere}{path}"}
        assert add_git("http://public.test/r/.git", redirects=redirects, said=["cannot fetch git repository"]) is None, elsewhere
    # A simple server may name another one that has the objects, too.
    (tmp_path / f"repositories{path}").rename(tmp_path / "moved")
    other = tmp_path / f"repositories/objects/{commit[:2]}/{commit[2:]}"
    other.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "moved", other)
    (tmp_path / "repositories/r/.git/objects/info/http-alternates").write_text("http://private.test/objects/\n")
    assert add_git("http://public.test/r/.git", said=["cannot fetch git repository"]) is None


def test_submodules_are_where_the_repository_could_redirect_to(add_git, repositories):
    deep = repositories("deep")
    sub = repositories("sub", near=("../../deep/.git", deep), far=("http://other.test/deep/.git", deep))
    url = "http://{}/sub/.git"
    for main, inside in (("public.test", "other.test"), ("private.test", "storage.test"), ("localhost", "127.0.0.1:81"), ("public.test", "public.test")):
        name = f"{main}-{inside}".replace(":", "-")
        repositories(name, s=(url.format(inside), sub))
        for read, content in (("s/f", "sub"), ("s/near/f", "deep"), ("s/far/f", "deep")):
            assert add_git(f"http://{main}/{name}/.git", read=read) == content, (main, inside)
    wrong = [("public.test", url.format(each)) for each in ("private.test", "inward.test", "metadata.test", "localhost", "10.9.9.1", "0x7f.1")]
    wrong += [("public.test", each) for each in ("git://private.test/sub/.git", "ssh://git@private.test/sub/.git", "git@10.9.9.1:sub/.git")]
    wrong += [("private.test", url.format("169.254.169.254")), ("private.test", "git://metadata.test/sub/.git"), ("here.test", url.format("localhost"))]
    for number, (main, inside) in enumerate(wrong):
        repositories(f"wrong-{number}", s=(inside, sub))
        assert add_git(f"http://{main}/wrong-{number}/.git") is None, (main, inside)


def test_submodules_of_submodules_are_judged_by_what_led_to_them(add_git, repositories):
    deep = repositories("deep")
    public = repositories("public", s=("http://private.test/deep/.git", deep))
    repositories("private", s=("http://public.test/public/.git", public), t=("http://storage.test/deep/.git", deep))
    assert add_git("http://private.test/private/.git", read="s/s/f") is None


def test_what_is_no_address_is_no_submodule(add_git, repositories, tmp_path):
    deep = repositories("deep")
    for number, url in enumerate((str(tmp_path / "repositories/deep/.git"), f"file://{tmp_path}/repositories/deep/.git", "ext::sh -c true",
                                  "http://public.test%2f@private.test/deep/.git", "nowhere.test:x", "git://nowhere.test/x.git")):  # fmt: skip
        repositories(f"wrong-{number}", s=(url, deep))
        assert add_git(f"http://public.test/wrong-{number}/.git", said=["submodule"]) is None, url


def test_git_connects_to_the_address_that_was_judged(add_git, repositories):
    deep = repositories("deep")
    top = repositories("top", s=("http://moving.test/deep/.git", deep))
    assert add_git(f"http://moving.test/deep/.git#{deep}", moves={"moving.test": "10.9.9.1"}) == "deep"
    assert add_git(f"http://public.test/top/.git#{top}", read="s/f", moves={"moving.test": "10.9.9.1"}) == "deep"


def test_what_gits_own_configuration_says_is_judged_too(add_git, repositories, ix):
    deep = repositories("deep")
    repositories("top", s=("http://nowhere.test/deep/.git", deep))
    for host, content in (("other.test", "deep"), ("private.test", None)):
        (ix.home / ".gitconfig").write_text(f'[url "http://{host}/"]\n    insteadOf = http://nowhere.test/\n')
        assert add_git("http://public.test/top/.git", read="s/f") == content


INSIDE = ("private.test", "inward.test", "metadata.test", "10.9.9.1", "localhost")
REGISTRIES = """
from ixian.config import CONFIG
from ixian.module import load_module


def init():
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRIES = {{name: {{"options": {{"insecure": True}}}} for name in {names}}}
"""


@pytest.fixture
def at_registry(ix, store, tmp_path, other_network):
    """Runs ix, where public.test is a registry that answers so; the result, and which addresses were asked."""
    (ix.work / "ixian.py").write_text(REGISTRIES.format(names=[*NAMES, "localhost", "10.9.9.1"]))

    def run(answers, *command):
        job = {"addresses": ADDRESSES, "hosts": str(tmp_path / "hosts"), "redirects": {}, "files": str(tmp_path / "nothing"), "moves": {},
               "answers": {"GET public.test/v2/": [200, {}, "{}"], **answers}, "log": str(tmp_path / "log"), "command": [IX, *map(str, command)]}  # fmt: skip
        (tmp_path / "log").write_text("")
        done = subprocess.run(other_network(job), cwd=ix.work, env=ix.environment, capture_output=True, text=True, timeout=60)
        return done, {line.split()[0] for line in (tmp_path / "log").read_text().splitlines()}

    return run


def test_a_registry_leads_to_no_storage_inside(at_registry, tmp_path):
    image = images.small_image(layers=1)
    text = lambda blob: blob.data.decode("latin-1")
    answers = {"GET public.test/v2/x/manifests/1": [200, {"Content-Type": image.top.media_type}, text(image.top)]}
    answers["HEAD public.test/v2/x/manifests/1"] = answers["GET public.test/v2/x/manifests/1"]
    for host in ("other.test", *INSIDE):
        for blob in image.blobs:
            answers[f"GET public.test/v2/x/blobs/{blob.digest}"] = [307, {"Location": f"http://{host}/{blob.digest}"}, ""]
            answers[f"GET {host}/{blob.digest}"] = [200, {}, text(blob)]
        done, asked = at_registry(answers, "image", "copy", "public.test/x:1", f"oci:{tmp_path}/{host}:1")
        if host == "other.test":
            assert done.returncode == 0 and asked == {NAMES["public.test"], NAMES["other.test"]}, done.stderr
        else:
            assert done.returncode == 4 and asked == {NAMES["public.test"]}, (host, done.stderr)
            assert "this machine or the local network" in done.stderr or "link-local" in done.stderr, (host, done.stderr)


def test_a_registry_leads_to_no_token_server_inside(at_registry):
    for host in ("other.test", *INSIDE):
        asks = [401, {"WWW-Authenticate": f'Bearer realm="http://{host}/token",service="s"'}, ""]
        answers = {"GET public.test/v2/": asks, "GET public.test/v2/x/tags/list": asks, f"GET {host}/token": [200, {}, '{"token": "t"}']}
        done, asked = at_registry(answers, "image", "tags", "public.test/x")
        assert done.returncode == 4, (host, done.stderr)
        assert asked == ({NAMES["public.test"], NAMES["other.test"]} if host == "other.test" else {NAMES["public.test"]}), (host, done.stderr)


def test_a_registry_leads_to_no_upload_inside(at_registry, tmp_path):
    layout = images.Layout(tmp_path / "source")
    source = layout.add("1", images.small_image(layers=1))
    for host in ("other.test", *INSIDE):
        answers = {"POST public.test/v2/x/blobs/uploads/": [202, {"Location": f"http://{host}/upload"}, ""]}
        done, asked = at_registry(answers, "image", "copy", source, "public.test/x:1")
        assert done.returncode == 4, (host, done.stderr)
        assert asked == ({NAMES["public.test"], NAMES["other.test"]} if host == "other.test" else {NAMES["public.test"]}), (host, done.stderr)
