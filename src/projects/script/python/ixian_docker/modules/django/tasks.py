"""Django's manage.py in the development container."""

from ixian_docker.modules.docker.tasks import run
from ixian_docker.tools import ToolTask

MANAGE_CMD = "{PYTHON.BIN} manage.py"


def manage(*args):
    """Run manage.py in the development container."""
    return run(MANAGE_CMD, *args)


class Manage(ToolTask):
    """
    Runs manage.py in the development container: `ix manage check --deploy`.

    `ix manage --help` is the help of manage.py.
    """

    name = "manage"
    category = "django"
    short_description = "Django manage.py script."
    command = ["{PYTHON.BIN}", "manage.py"]
    config = ["{PYTHON.BIN}", "{DJANGO.SETTINGS_FILE}"]


class ManageTask(ToolTask):
    """What runs the command of manage.py that it is named for."""

    __task_base__ = True

    category = "django"

    @property
    def command(self):
        return [*Manage.command, self.name]


class Shell(ManageTask):
    """Opens a Python shell with the project's settings, in the development container."""

    name = "shell"
    short_description = "open django python shell"


class ShellPlus(ManageTask):
    """Opens the shell of django-extensions, which imports the project's models, in the development container."""

    name = "shell_plus"
    short_description = "open django shell_plus"


class DBShell(ManageTask):
    """Opens a shell of the project's database, in the development container."""

    name = "dbshell"
    short_description = "open a database shell"


class Migrate(ManageTask):
    """Brings the database up to date, in the development container."""

    name = "migrate"
    short_description = "run database migrations"


class MakeMigrations(ManageTask):
    """Writes the migrations that are missing, in the development container."""

    name = "makemigrations"
    short_description = "generate missing database migrations"


class Runserver(ManageTask):
    """
    Starts the development server, which listens on {DJANGO.HOST}:{DJANGO.PORT} unless the arguments say otherwise. The ports of the service
    in the compose file are published.
    """

    name = "runserver"
    short_description = "start django test server"
    default_arguments = ["{DJANGO.HOST}:{DJANGO.PORT}"]
    compose_flags = ["--service-ports"]
    config = ["{DJANGO.HOST}", "{DJANGO.PORT}"]


class DjangoTest(ToolTask):
    """
    Runs Django's tests with the settings {DJANGO.SETTINGS_TEST}, in the development container: those of {PYTHON.ROOT_MODULE}, or what the
    arguments name.
    """

    name = "django_test"
    category = "testing"
    short_description = "django test runner"
    parent = ["test", "test_py"]
    command = [*Manage.command, "test", "--settings={DJANGO.SETTINGS_TEST}"]
    default_arguments = ["{PYTHON.ROOT_MODULE}"]
    config = ["{DJANGO.SETTINGS_TEST}", "{PYTHON.ROOT_MODULE}"]
