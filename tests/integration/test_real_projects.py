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
TEMPLATES = ROOT / "src/projects/script/python/ixian_docker/modules"
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
    """A checkout of a project, a store that has debian-web:1, root's or a user's own, and ix there. `base` is its Dockerfile.base."""

    def __init__(self, folder, project, debian, user=None, base="FROM debian-web:1\n"):
        self.folder, self.user, self.network = folder, user, ""
        self.checkout = folder / "project"
        shutil.copytree(project, self.checkout, ignore=shutil.ignore_patterns(".builder"))
        if base:
            (self.checkout / "Dockerfile.base").write_text(base)
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
        allowed = ("--allow", "network.host") if self.network else ()
        return self("build", *allowed, context).ok().stderr


@pytest.fixture
def machine(place, debian, request):
    made = []

    def make(project, **more):
        folder = place / request.node.name[:40]
        folder.mkdir()
        made.append(folder)
        return Machine(folder, project, debian, **more)

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
    assert "npm ci" not in again and "build_npm_image: cache miss" not in again
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


# No package index can be asked here, so Debian's Django becomes a wheel, which an image with these settings finds. The mirror may be kept back.
WHEELS = """\
import importlib.metadata, pathlib, zipfile
NEEDED = {"Django": ["asgiref", "pytz", "sqlparse"], "asgiref": [], "pytz": [], "sqlparse": []}
for name, needs in NEEDED.items():
    version, site = importlib.metadata.version(name), pathlib.Path("/usr/lib/python3/dist-packages")
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"/wheels/{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file in (site / name.lower()).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                wheel.write(file.resolve(), file.relative_to(site))
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n" + "".join(f"Requires-Dist: {each}\\n" for each in needs))
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
"""
DEBIAN_SLIM = """\
FROM debian-web:1
COPY wheels.py /wheels/
RUN --network=none python3 /wheels/wheels.py && echo 'Acquire::Check-Valid-Until "false";' > /etc/apt/apt.conf.d/kept-back
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
"""
BAKERY = {
    "manage.py": """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
""",
    "bakery/__init__.py": "",
    "bakery/settings.py": """\
from pathlib import Path
BASE_DIR = Path(__file__).parent.parent
SECRET_KEY = "for tests"
DEBUG = True
ROOT_URLCONF = "bakery.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "compiled_static"]
""",
    "bakery/urls.py": """\
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse("fresh bread"))]
""",
    "requirements.txt": "Django\n",
    "package.json": '{"name": "bakery", "private": true, "devDependencies": {"webpack": "5.91.0", "webpack-cli": "5.1.4"}}\n',
    "webpack.config.js": 'module.exports = {mode: "production", entry: "./assets/app.js", output: {filename: "app.js"}};\n',
    "assets/app.js": 'globalThis.said = "Django serves what webpack compiled.";\n',
}


def test_ix_init_and_ix_build_image_make_a_working_image_of_a_fresh_django_and_webpack_folder(machine, place):
    """With all files as `ix init` writes them: only what debian:12-slim is differs, since no docker.io can be reached here."""
    fresh = place / "fresh"
    for name, content in BAKERY.items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).write_text(content)
    bakery = machine(fresh, base=None)
    slim = place / "slim"
    slim.mkdir()
    (slim / "Dockerfile").write_text(DEBIAN_SLIM)
    (slim / "wheels.py").write_text(WHEELS)
    bakery("build", "-t", "debian:12-slim", slim).ok()

    bakery("init").ok()
    assert (bakery.checkout / "Dockerfile.base").read_text().splitlines()[1] == "FROM debian:12-slim"
    built = bakery("build_image").ok()
    assert "warning" not in built.stderr.lower()
    assert {name: (bakery.checkout / name).read_text() for name in BAKERY} == BAKERY

    said = bakery.run_in_image(
        "python3 manage.py check && (python3 manage.py runserver --noreload 127.0.0.1:8000 & python3 /check/browse.py)", **{"browse.py": BROWSE}
    )
    assert "System check identified no issues" in said
    assert "page: fresh bread" in said and "bundle: True" in said
    steps = bakery("plan", "build_image", "--json").ok().json()["images"]["steps"]
    assert next(step for step in steps if step["stage"] == "runtime")["place"] == "local"
