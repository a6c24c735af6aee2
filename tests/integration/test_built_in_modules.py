"""The stages of npm, webpack and Bower with programs that stand in for them: what goes into an image, and what builds it anew."""

import busybox
import images
import pytest

# npm, which "installs" programs that note what they were called with.
NPM = r"""#!/bin/sh
case $* in "config "*) exit ;; esac
mkdir -p node_modules/.bin
echo "npm $* in $PWD with $(ls -A | tr '\n' ' ')" > node_modules/installed
echo download >> /root/.npm/downloads
cat > node_modules/.bin/webpack <<'END'
#!/bin/sh
for output; do :; done
mkdir -p "$output" && cat src/*/*.js > "$output/app.js" && echo "$*" > "$output/arguments"
END
cat > node_modules/.bin/bower <<'END'
#!/bin/sh
mkdir -p bower_components && cp bower.json bower_components && echo "$*" > bower_components/arguments
END
chmod +x node_modules/.bin/*
"""

PROJECT = """\
from ixian.config import CONFIG
from ixian.module import load_module


def init():
    CONFIG.PROJECT_NAME = "shop"
    for module in ["docker", "npm", "webpack", "bower"]:
        load_module("ixian_docker.modules." + module)
"""

FILES = {
    "ixian.py": PROJECT,
    "npm": NPM,
    "Dockerfile.base": "FROM busybox:1\nCOPY --chmod=755 npm /bin/npm\n",
    "Dockerfile": """\
ARG NPM_IMAGE
ARG WEBPACK_IMAGE
ARG BOWER_IMAGE
FROM $NPM_IMAGE AS npm
FROM $WEBPACK_IMAGE AS webpack
FROM $BOWER_IMAGE AS bower
FROM busybox:1
COPY --from=npm /srv/shop/node_modules/installed /installed
COPY --from=webpack /srv/shop/compiled_static /static
COPY --from=bower /srv/shop/bower_components /components
""",
    "root/srv/shop/etc/npm/package.json": "{}",
    "root/srv/shop/etc/npm/.npmrc": "fund=false",
    "root/srv/shop/etc/webpack/webpack.config.js": "",
    "src/static/app.js": "one\n",
    "bower.json": "{}",
}


class Checkout:
    def __init__(self, ix, folder):
        self.ix, self.folder = ix, folder

    def write(self, files):
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return self

    def run(self, *args):
        return self.ix("--no-pull", *args, cwd=self.folder).ok()

    def places(self):
        steps = self.run("plan", "build_image", "--json").json()["images"]["steps"]
        return {each["stage"]: each["place"] for each in steps}

    def built(self):
        """Builds, and reads the image of build_image."""
        self.run("build_image")
        steps = self.run("plan", "build_image", "--json").json()["images"]["steps"]
        name = next(each["image"] for each in steps if each["stage"] == "runtime")
        layout = self.folder.parent / f"layout-{len(list(self.folder.parent.iterdir()))}"
        self.ix("image", "copy", f"store:{name}", f"oci:{layout}:1").ok()
        return busybox.Built(layout, "1")


@pytest.fixture
def shop(ix, tmp_path):
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    ix("image", "copy", images.Layout(tmp_path / "base").add("1", busybox.image()), "store:busybox:1").ok()
    return Checkout(ix, tmp_path / "shop").write(FILES)


def test_packages_are_installed_bundles_compiled_and_components_copied(shop):
    built = shop.built()
    assert built.text("installed") == "npm install --cache=/root/.npm --no-audit --no-fund --no-update-notifier in /srv/shop with .npmrc etc node_modules package.json \n"
    assert built.text("static/app.js") == "one\n"
    assert built.text("static/arguments") == "--color --config /srv/shop/etc/webpack/webpack.config.js --output-path /srv/shop/compiled_static\n"
    assert built.text("components/bower.json") == "{}"


def test_a_lock_file_decides_what_is_installed(shop):
    shop.write({"root/srv/shop/etc/npm/package-lock.json": "{}"})
    assert shop.built().text("installed").startswith("npm ci ")


def test_a_stage_is_built_anew_for_what_it_reads_alone(shop):
    shop.run("build_image")
    shop.write({"src/static/app.js": "two\n"})
    assert shop.places() == {"base": "unneeded", "npm": "local", "webpack": "build", "bower": "local", "runtime": "build"}
    shop.write({**FILES, "bower.json": '{"name": "shop"}'})
    assert shop.places() == {"base": "unneeded", "npm": "local", "webpack": "local", "bower": "build", "runtime": "build"}
    shop.write({**FILES, "root/srv/shop/etc/npm/package.json": '{"name": "shop"}'})
    assert shop.places() == {"base": "local", "npm": "build", "webpack": "build", "bower": "build", "runtime": "build"}
    shop.write({**FILES, "README": "nobody reads it"})
    assert shop.places()["runtime"] == "local"


def test_files_beside_the_project_file_will_do(shop):
    settings = """\
    CONFIG.NPM.HOST_ETC = "."
    CONFIG.NPM.PACKAGE_FILES = "package*.json"
    CONFIG.NPM.IMAGE_FILES = []
    CONFIG.WEBPACK.HOST_ETC = "webpack.config.js babel.config.js"
    CONFIG.WEBPACK.IMAGE_FILES = []
    CONFIG.WEBPACK.SOURCE_DIRS = ["src/static", "src/admin/"]
"""
    shop.write({"ixian.py": PROJECT + settings, "package.json": "{}", "package-lock.json": "{}", "webpack.config.js": "", "babel.config.js": "", "src/admin/b.js": "admin\n"})
    built = shop.built()
    assert built.text("installed").endswith("in /srv/shop with etc node_modules package-lock.json package.json \n")
    assert built.text("static/app.js") == "admin\none\n"
    shop.write({"README": "nobody reads it"})
    assert shop.places()["runtime"] == "local"


def test_what_npm_downloads_is_kept_and_in_no_image(shop):
    shop.write({"Dockerfile": "ARG NPM_IMAGE\nFROM $NPM_IMAGE\nRUN --mount=type=cache,target=/root/.npm cp /root/.npm/downloads /downloads\n"})
    shop.run("build_image")
    shop.write({"root/srv/shop/etc/npm/package.json": '{"name": "shop"}'})
    built = shop.built()
    assert built.text("downloads") == "download\ndownload\n"
    assert not any(name.startswith("root/.npm/") for name in built.files)
