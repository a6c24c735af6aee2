"""The kinds of registries that CONFIG.DOCKER.REGISTRIES names. The program speaks to them; a class says how, and who we are."""

from ixian._late import late_names
from ixian.exceptions import ExecuteFailed
from ixian.utils.decorators import cached_property


__getattr__ = late_names(__name__)


def docker_client():
    """The client of docker-py, for what tasks do with a Docker daemon by themselves. ix needs neither."""
    from ixian._distribution import import_installed

    try:
        return import_installed("docker").from_env()
    except ImportError as error:
        raise ExecuteFailed(f"docker_client() needs Python's docker package, which is not installed ({error})\nhint: install the package python3-docker") from None


class UnknownRegistry(ExecuteFailed):
    """CONFIG.DOCKER.REGISTRIES has no entry for a registry."""

    ixian_code = 4

    def __init__(self, registry):
        self.registry = registry
        super().__init__(
            f"registry {registry} is not configured\nhint: add it in ixian.py: "
            f"CONFIG.DOCKER.REGISTRIES = {{{str(registry)!r}: {{'client': DockerClient, 'options': {{…}}}}}}"
        )


class Login:
    """What `self.client` is in a login() of one's own: it keeps what login() is called with, for the program to use."""

    def __init__(self):
        self._calls, self._built_in = [], False

    def _take(self):
        """(the calls, whether it was left to what is built in), once."""
        taken = self._calls, self._built_in
        self._calls, self._built_in = [], False
        return taken

    def login(self, username, password=None, email=None, registry=None, reauth=False, dockercfg_path=None):
        self._calls.append((username, password, registry))
        return {"Status": "Login Succeeded"}


class DockerClient:
    """
    A registry of the distribution specification: Docker Hub, GHCR, GitLab, Harbor, … Options: username, password, token.

    A subclass may find out by itself who we are. Its credentials() returns (username, password), or a mapping with `username` and
    `password`, or with `token`, and maybe `expires`; None is what the options say. A login() that calls
    self.client.login(username, password) does as well.
    """

    def __init__(self, registry, **options):
        self.registry = registry
        self.options = options

    @classmethod
    def for_registry(cls, registry):
        """The client of a registry of CONFIG.DOCKER.REGISTRIES, one for each. Raises UnknownRegistry."""
        from ixian_docker import _registries

        return _registries.client_of(registry)

    @cached_property
    def client(self):
        return Login()

    def credentials(self):
        return None

    def login(self):
        username, password = self.options.get("username"), self.options.get("password")
        if username and password:
            self.client.login(username, password, "", registry=self.registry)
        else:
            _log_in_as_built_in(self)


class ECRDockerClient(DockerClient):
    """
    Amazon's registry, with whatever authentication the AWS CLI is configured with. Options: region_name, profile_name, role_arn,
    external_id, role_session_name, endpoint_url, aws_access_key_id, aws_secret_access_key, aws_session_token.
    """

    def login(self):
        _log_in_as_built_in(self)


class OpenShiftDockerClient(DockerClient):
    """
    OpenShift's integrated registry, with the pod's service account, the kubeconfig's token or `oc`. Options: token, kubeconfig,
    context.
    """

    def login(self):
        _log_in_as_built_in(self)


class OCILayoutClient(DockerClient):
    """A folder in place of a registry, in the OCI image layout. Options: path."""

    def login(self):
        _log_in_as_built_in(self)


def _log_in_as_built_in(client):
    if isinstance(client.client, Login):
        client.client._built_in = True
