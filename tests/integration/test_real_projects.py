"""
Real projects with the packages of the npm registry, over a Debian that mmdebstrap makes: their stages are built, and what is in the images
works. Both need the network.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from program import IX, ROOT, Program, Result
from waiting import SANITIZED

TIMEOUT = 600
TEMPLATES = ROOT / "src/script/python/ixian_docker/modules"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PACKAGES = "ca-certificates,nodejs,npm,python3-django"
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"]

pytestmark = pytest.mark.skipif(SANITIZED, reason="npm and Debian are what takes time here; the release build shows the same")


@pytest.fixture(scope="module")
def place():
    """A folder that other users reach."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="ix-real-"))
    folder.chmod(0o755)
    yield folder
    remove(folder)


def remove(folder):
    """Of a hundred thousand files, in less time than Python takes."""
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def debian(place):
    """debian-web:1 in root's store, and in a layout: Debian with Node.js, npm and Django, from the mirror in use here."""
    if shutil.which("mmdebstrap") is None:
        pytest.skip("mmdebstrap is not installed")
    context = place / "debian"
    context.mkdir()
    options = [f"--dpkgopt=path-exclude={each}" for each in LEFT_OUT]
    made = subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", *options, "bookworm", context / "root.tar"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    lines = ["FROM scratch", "ADD root.tar /"]
    if CERTIFICATES.exists():
        # Whoever stands between this machine and the registry is trusted there as well.
        shutil.copy(CERTIFICATES, context)
        lines += [f"COPY {CERTIFICATES.name} {CERTIFICATES}", f"ENV NODE_EXTRA_CA_CERTS={CERTIFICATES}"]
    registry = npm_registry()
    if registry:
        lines.append(f"ENV npm_config_registry={registry}")
    (context / "Dockerfile").write_text("\n".join(lines) + "\n")
    layout = f"type=oci,tar=false,dest={place}/layout"
    builder = Program(place / "builder")
    builder.environment["IXIAN_STORE"] = str(place / "store")
    builder("build", "-t", "debian-web:1", "-o", "type=image", "-o", layout, context, timeout=TIMEOUT).ok()
    remove(context)
    return f"oci:{place}/layout:1"


def npm_registry():
    """The one that this machine's npm asks, where there is npm."""
    try:
        told = subprocess.run(["npm", "config", "get", "registry"], capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


class Machine:
    """A checkout of a project, a store that has debian-web:1, root's or a user's own, and ix there."""

    def __init__(self, folder, project, debian, user=None):
        self.folder, self.user, self.network = folder, user, ""
        self.checkout = folder / "project"
        shutil.copytree(project, self.checkout, ignore=shutil.ignore_patterns(".builder"))
        (self.checkout / "Dockerfile.base").write_text("FROM debian-web:1\n")
        (folder / "home").mkdir()
        self.program = shutil.copy(IX, folder / "ix")
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "IXIAN_STORE": str(folder / "store" if user else folder.parent / "store"),
            "LANG": "C.UTF-8",
        }
        if user:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, user, user)
            self("image", "copy", debian, "store:debian-web:1").ok()

    def __call__(self, *args):
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if self.user else []
        argv = [*become, self.program, *args]
        done = subprocess.run(argv, env=self.environment, cwd=self.checkout, capture_output=True, text=True, timeout=TIMEOUT)
        return Result(done.returncode, done.stdout, done.stderr)

    def use_the_network_of_the_machine(self):
        """In all Dockerfiles, those that come with ix as well: for users who may not open /dev/net/tun, which some sandboxes keep to root."""
        self.network = " --network=host"
        for module, name in {"npm": "Dockerfile", "webpack": "Dockerfile.jinja"}.items():
            own = f"{module}.{name}"
            shutil.copy(TEMPLATES / module / name, self.checkout / own)
            self.environment[f"JT_{module.upper()}__DOCKERFILE"] = own
        for file in self.checkout.glob("*Dockerfile*"):
            file.write_text(re.sub(r"^RUN", "RUN" + self.network, file.read_text(), flags=re.M))

    def image(self):
        """The name of the image of build_image."""
        steps = self("plan", "build_image", "--json").ok().json()["images"]["steps"]
        return next(each["image"] for each in steps if each["stage"] == "runtime")

    def run_in_image(self, command, **files):
        """What a command says that runs in the image of build_image, with files in /check."""
        context = self.folder / f"check-{time.monotonic_ns()}"
        context.mkdir()
        for name, content in files.items():
            (context / name).write_text(content)
        (context / "Dockerfile").write_text(f"FROM {self.image()}\nCOPY . /check/\nRUN{self.network} {command}\n")
        return self("build", context).ok().stderr


@pytest.fixture
def machine(place, debian, request):
    made = []

    def make(project, user=None):
        folder = place / request.node.name[:40]
        folder.mkdir()
        made.append(folder)
        return Machine(folder, project, debian, user)

    yield make
    for folder in made:
        remove(folder)


FETCH = """\
// Waits for the server, runs what it serves as a browser would, and prints what that has made.
(async () => {
  for (let left = 200; ; left--) {
    try {
      const bundle = await (await fetch("http://127.0.0.1:3000/app.js")).text();
      require("vm").runInThisContext(bundle);
      const component = await fetch("http://127.0.0.1:3000/components/react/package.json");
      console.log("page:", globalThis.page, "component:", (await component.json()).name);
      process.exit(0);
    } catch (error) {
      if (!left) throw error;
      await new Promise((later) => setTimeout(later, 50));
    }
  }
})();
"""


def test_an_npm_project_is_built_and_serves_what_webpack_compiled(machine):
    express = machine(ROOT / "tests/projects/express")
    express("build_image").ok()
    said = express.run_in_image("node src/server/main.js & node /check/fetch.js", **{"fetch.js": FETCH})
    assert "page: <h1>compiled by webpack</h1> component: react" in said

    # A change of a source compiles anew, and installs nothing.
    source = express.checkout / "src/static/app.js"
    source.write_text(source.read_text().replace("compiled by webpack", "compiled again"))
    again = express("build_image").ok().stderr
    assert "npm ci" not in again and "build_npm_image: to build" not in again
    said = express.run_in_image("node src/server/main.js & node /check/fetch.js", **{"fetch.js": FETCH})
    assert "page: <h1>compiled again</h1>" in said


BROWSE = """\
import time, urllib.request
def get(path):
    for left in range(200):
        try:
            return urllib.request.urlopen("http://127.0.0.1:8000" + path).read().decode()
        except OSError:
            time.sleep(0.05)
print("page:", get("/").strip())
print("bundle:", "Django serves what webpack compiled." in get("/static/app.js"))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_an_ordinary_user_builds_a_django_project_that_works(machine):
    webapp = machine(ROOT / "examples/webapp", user=65534)
    if not os.access("/dev/net/tun", os.W_OK) or os.stat("/dev/net/tun").st_mode & 0o006 != 0o006:
        webapp.use_the_network_of_the_machine()
    built = webapp("build_image")
    if built.code != 0 and "user namespace" in built.stderr:
        pytest.skip("an ordinary user may not make a user namespace here")
    built.ok()
    said = webapp.run_in_image(
        "python3 manage.py check && python3 manage.py test --settings=webapp.settings.test webapp && "
        "(python3 manage.py runserver --noreload 127.0.0.1:8000 & python3 /check/browse.py)",
        **{"browse.py": BROWSE},
    )
    assert "System check identified no issues" in said
    assert "Ran 1 test" in said and "OK" in said
    assert '<script src="/static/app.js">' in said
    assert "bundle: True" in said
