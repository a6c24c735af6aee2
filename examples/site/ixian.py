"""
A small site: pages made from a list of products, a feed, a style sheet, and an archive of it all.

             ┌─▶ pages ─┐
    catalogue┤          ├─▶ bundle
             └─▶ feed ──┤
    styles ─────────────┤
    lint_products ─▶ lint
"""

from ixian.check import FileHash
from ixian.config import CONFIG, Config
from ixian.task import Task
from ixian.utils.process import execute, raise_for_status


class SiteConfig(Config):
    TITLE = "The Little Tea Shop"
    OUT = "build"
    FOLDER = "{SITE.OUT}/site"
    ARCHIVE = "{SITE.OUT}/shop.tar.gz"


def run(command, **env):
    raise_for_status(execute(command, env=env))


class LintProducts(Task):
    """Each product needs an id, a name and a price; no id may appear twice."""

    name = "lint_products"
    parent = "lint"
    category = "testing"
    short_description = "Check the list of products."
    check = FileHash("products.csv", "tools/lint-products")

    def execute(self):
        run("tools/lint-products products.csv")


class Catalogue(Task):
    """One text file a product, which all later steps read."""

    name = "catalogue"
    category = "build"
    short_description = "Split the list of products."
    check = FileHash("products.csv", "tools/catalogue", "{SITE.OUT}/catalogue")

    def execute(self):
        run("tools/catalogue products.csv {SITE.OUT}/catalogue")

    def clean(self):
        run("rm -rf {SITE.OUT}/catalogue")


class Pages(Task):
    """An HTML page a product, and one that lists them all."""

    name = "pages"
    category = "build"
    short_description = "Make the pages."
    depends = ["catalogue"]
    check = FileHash("templates/", "tools/pages", "{SITE.FOLDER}/*.html")
    config = ["{SITE.TITLE}", "{SITE.FOLDER}"]

    def execute(self):
        run("tools/pages {SITE.OUT}/catalogue templates {SITE.FOLDER}", TITLE=CONFIG.SITE.TITLE)

    def clean(self):
        run(["sh", "-c", "rm -f {SITE.FOLDER}/*.html"])


class Feed(Task):
    """The products for programs: one line of JSON each."""

    name = "feed"
    category = "build"
    short_description = "Make the feed."
    depends = ["catalogue"]
    check = FileHash("tools/feed", "{SITE.FOLDER}/products.jsonl")

    def execute(self):
        run("tools/feed {SITE.OUT}/catalogue {SITE.FOLDER}/products.jsonl")

    def clean(self):
        run("rm -f {SITE.FOLDER}/products.jsonl")


class Styles(Task):
    """All style sheets as one, without comments."""

    name = "styles"
    category = "build"
    short_description = "Make the style sheet."
    check = FileHash("styles/", "tools/styles", "{SITE.FOLDER}/shop.css")

    def execute(self):
        run("tools/styles styles {SITE.FOLDER}/shop.css")

    def clean(self):
        run("rm -f {SITE.FOLDER}/shop.css")


class Bundle(Task):
    """The site as an archive. Equal sites give equal archives, byte for byte."""

    name = "bundle"
    category = "build"
    short_description = "Pack the site."
    depends = ["lint", "pages", "feed", "styles"]
    check = FileHash("tools/bundle", "{SITE.ARCHIVE}")
    config = ["{SITE.ARCHIVE}"]

    def execute(self):
        run("tools/bundle {SITE.FOLDER} {SITE.ARCHIVE}")

    def clean(self):
        run("rm -f {SITE.ARCHIVE}")


def init():
    CONFIG.PROJECT_NAME = "site"
    CONFIG.add("SITE", SiteConfig)
