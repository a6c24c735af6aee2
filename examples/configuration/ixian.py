"""Configuration: values, variables, properties. `ix show KEY` prints one."""

from ixian.config import CONFIG, Config
from ixian.task import Task
from ixian.utils.decorators import classproperty


class WebConfig(Config):
    HOST = "localhost"
    PORT = 8000
    ADDRESS = "{WEB.HOST}:{WEB.PORT}"
    URL = "http://{WEB.ADDRESS}/{PROJECT_NAME}"
    NAMES = ["www"]

    # Short names work too: they are looked up in CONFIG first, then here.
    LOG = "{PWD}/{HOST}.log"

    # Braces that hold no variable stand for themselves.
    JSON = '{"url": "{WEB.URL}"}'
    FORMAT = "docker ps --format {{.Names}}"

    # Where all braces are variables or doubled, the doubled ones mean one brace.
    TEMPLATE = "{{ {WEB.HOST} }}"

    @property
    def WORKERS(self):
        return 4 if CONFIG.ENV == "PRODUCTION" else 1

    @classproperty
    def COMMAND(cls):
        return "serve --workers {WEB.WORKERS} {WEB.ADDRESS}"


class RingConfig(Config):
    A = "{RING.B}"
    B = "{RING.A}"


class Show(Task):
    """Prints the value of a key, such as WEB.URL."""

    name = "show"
    short_description = "Print a value of the configuration."
    config = ["{WEB.URL}", "{WEB.WORKERS}"]

    def execute(self, key):
        print(repr(CONFIG.resolve(key)))


class Format(Task):
    """Prints a text with its variables rendered. {user} is a variable of this task alone."""

    name = "format"
    short_description = "Render a text."

    def execute(self, text):
        print(CONFIG.format(text, user="ann"))


def init():
    CONFIG.PROJECT_NAME = "shop"
    CONFIG.add("WEB", WebConfig)
    CONFIG.add("RING", RingConfig)
