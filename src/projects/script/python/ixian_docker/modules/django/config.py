"""CONFIG.DJANGO: a project's settings, and where its development server listens."""

from ixian.config import Config


class DjangoConfig(Config):
    # The server of `ix runserver`.
    HOST = "0.0.0.0"
    PORT = "8000"

    # Settings: the package, its folder, the modules for running and for tests.
    SETTINGS_DIR = "{PYTHON.ROOT_MODULE}/settings"
    SETTINGS_MODULE = "{PYTHON.ROOT_MODULE}.settings"
    SETTINGS_FILE = "{DJANGO.SETTINGS_MODULE}.base"
    SETTINGS_TEST = "{DJANGO.SETTINGS_MODULE}.test"

    # For Dockerfiles that start uWSGI.
    UWSGI_INI = "uwsgi.ini"

    # The files that come with ix.

    @property
    def MODULE_DIR(self):
        return "{DOCKER.ROOT_MODULE_DIR}/modules/django"
