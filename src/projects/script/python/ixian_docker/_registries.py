"""CONFIG.DOCKER.REGISTRIES as the program asks for it. Imported for projects that use registries, when they do."""

import sys
import time

import _ixian

from ixian._errors import OURS, ProjectError
from ixian.config import CONFIG, Config, MissingConfiguration
from ixian.exceptions import ExecuteFailed
from ixian_docker.modules.docker.utils import client as clients
from ixian_docker.modules.docker.utils.client import DockerClient, Login, UnknownRegistry

KINDS = {
    clients.DockerClient: "docker",
    clients.ECRDockerClient: "ecr",
    clients.OpenShiftDockerClient: "openshift",
    clients.OCILayoutClient: "directory",
}

# What is a time since 1970, and not a number of seconds from now.
EPOCHS_START = 1_000_000_000

_instances = {}  # registry → (its entry, its client)


# The configuration ----------------------------------------------------------------------------------------------------------------


def settings():
    """(registry, kind, the client's name, options, where its own credentials() or login() is written or None) of each registry."""
    rows = []
    for registry, entry in entries().items():
        check_entry(registry, entry)
        cls = client_class(registry, entry)
        kind = kind_of(cls)
        own = None if kind == "directory" else own_method(cls)
        place = own and (own.__code__.co_filename, own.__code__.co_firstlineno) if hasattr(own, "__code__") else None
        rows.append((registry, kind, cls.__name__, options_of(registry, entry), own is not None, place))
    return rows


def entries():
    """Registry → entry. Names may hold variables."""
    docker = vars(CONFIG).get("DOCKER")
    registries = getattr(docker, "REGISTRIES", None) if docker is not None else None
    if registries is None:
        return {}
    if not hasattr(registries, "items"):
        raise ProjectError(f"CONFIG.DOCKER.REGISTRIES is {a(registries)} (expected: a mapping such as {{'host': {{…}}}})")
    found = {}
    for registry, entry in registries.items():
        if not isinstance(registry, str):
            raise ProjectError(f"CONFIG.DOCKER.REGISTRIES has {a(registry)} for a name (expected: a host such as 'registry.example.com')")
        found[render(registry, "the name of a registry")] = entry
    return found


def is_configured(registry):
    return host_of(registry) in map(host_of, entries())


def check_entry(registry, entry):
    if not hasattr(entry, "items"):
        raise wrong(registry, f"is {a(entry)}, not a mapping\nhint: write {{'client': …, 'options': {{…}}}}")
    for key in entry:
        if key in ("client", "options"):
            continue
        meant = did_you_mean(key) or f"\nhint: if it is an option of the client, write 'options': {{{str(key)!r}: …}}"
        raise wrong(registry, f"has the unknown key {str(key)!r}; the keys are client and options{meant}")
    options = entry.get("options")
    if options is not None and not hasattr(options, "items"):
        raise wrong(registry, f"has options that are {a(options)}, not a mapping\nhint: write 'options': {{'username': …}}")
    for key in options or {}:
        if not isinstance(key, str):
            raise wrong(registry, f"has an option that is named by {a(key)} (expected: a name such as 'username')")


def client_class(registry, entry):
    cls = entry.get("client")
    if cls is None:
        return DockerClient
    if isinstance(cls, str):
        cls = class_named(registry, render(cls, f"the client of the registry {registry}"))
    if not isinstance(cls, type):
        raise wrong(registry, f"has a client that is {a(cls)}, not a class\nhint: write 'client': DockerClient, without calling it")
    if not issubclass(cls, DockerClient):
        raise wrong(registry, f"has the client {cls.__name__}, which is not derived from DockerClient\nhint: write class {cls.__name__}(DockerClient)")
    return cls


def class_named(registry, name):
    package, _, last = name.rpartition(".")
    built_in = {each.__name__: each for each in KINDS}
    if not package:
        if name not in built_in:
            known = ", ".join(built_in)
            raise wrong(registry, f"has the unknown client {name!r} (expected: {known})\nhint: write a class of your own as 'package.module.{name or 'Class'}'")
        return built_in[name]
    try:
        __import__(package)
        return getattr(sys.modules[package], last)
    except (ImportError, AttributeError) as error:
        raise wrong(registry, f"has the client {name!r}, which cannot be imported: {error}") from None


def options_of(registry, entry):
    return {key: rendered(value, f"the option {key} of the registry {registry}") for key, value in (entry.get("options") or {}).items()}


def rendered(value, key):
    """A value of the configuration with its variables replaced, also in lists and mappings."""
    if type(value) is str:
        return render(value, key)
    if hasattr(value, "items"):
        return {name: rendered(each, key) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [rendered(each, key) for each in value]
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if value is None or isinstance(value, (str, bytes, bool, int, float)):
        return value
    raise ProjectError(f"{key} is {a(value)} (expected: a string, a number, True or False, or a list or mapping of them)")


def render(text, key):
    try:
        return CONFIG.format(text, key)
    except MissingConfiguration as error:
        raise ProjectError(f"{error}.") from None


def kind_of(cls):
    return next(KINDS[each] for each in cls.__mro__ if each in KINDS)


def own_method(cls):
    """The credentials() or login() that a subclass has of its own, None where it is a built-in one's."""
    ours = next(each for each in cls.__mro__ if each in KINDS)
    for name in ("credentials", "login"):
        method = getattr(cls, name)
        if method is not getattr(ours, name):
            return method
    return None


def client_of(registry):
    entry = entries().get(registry)
    if entry is None:
        raise UnknownRegistry(registry)
    known = _instances.get(registry)
    if known is None or known[0] is not entry:
        check_entry(registry, entry)
        known = _instances[registry] = (entry, client_class(registry, entry)(registry, **options_of(registry, entry)))
    return known[1]


def example_repositories():
    """The repositories that the project's configuration names."""
    found = []
    for each in vars(CONFIG).values():
        if isinstance(each, Config) and hasattr(type(each), "REPOSITORY"):
            try:
                found.append(str(each.REPOSITORY))
            except Exception:
                continue  # what it is made of is not there (yet)
    return found


# Credentials ----------------------------------------------------------------------------------------------------------------------


def ask(registry):
    """(username, password, token, expires) of a client with credentials() or login() of its own; None: what is built in."""
    client = None
    try:
        client = client_of(registry)
        answer = client.credentials()
        if answer is None and type(client).login is not built_in_login(client):
            answer = logged_in(client)
        return None if answer is None else normalised(answer)
    except (Exception, SystemExit) as error:
        raise failure(registry, client, error) from None


def built_in_login(client):
    return next(each for each in type(client).__mro__ if each in KINDS).login


def logged_in(client):
    """What a login() of one's own has given to self.client.login()."""
    recorder = client.client
    if not isinstance(recorder, Login):
        raise TypeError(f"its `client` is {a(recorder)}; leave it as DockerClient has it, so that ix learns what login() calls it with")
    recorder._take()
    client.login()
    calls, built_in = recorder._take()
    for username, password, registry in reversed(calls):
        if not registry or host_of(registry) == host_of(client.registry):
            return username, password
    if calls:
        others = ", ".join(sorted({host_of(registry) for _, _, registry in calls}))
        raise ValueError(f"login() has logged in to {others}, and not to {client.registry}")
    if not built_in:
        raise ValueError("login() has not called self.client.login(username, password)")
    return None


def host_of(registry):
    """https://host/v1/ and host are one."""
    host = str(registry).partition("://")[2] or str(registry)
    host = host.partition("/")[0].lower()
    return "docker.io" if host in ("index.docker.io", "registry-1.docker.io") else host


def normalised(answer):
    expires = None
    if hasattr(answer, "keys"):
        answer = dict(answer)
        expires = moment(answer.pop("expires", None))
        if set(answer) == {"token"}:
            return "", "", text(answer["token"], "token"), expires
        if set(answer) != {"username", "password"}:
            names = ", ".join(sorted(map(str, answer))) or "nothing"
            raise ValueError(f"a mapping has username and password, or token, and maybe expires; this one has {names}")
        answer = answer["username"], answer["password"]
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise TypeError(f"credentials are None, (username, password) or a mapping, and not {a(answer)}")
    return text(answer[0], "username"), text(answer[1], "password"), "", expires


def text(value, name):
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str) or not value:
        raise ValueError(f"the {name} is {'empty' if value == '' else a(value)}, and should be a string")
    return value


def moment(expires):
    """A datetime, seconds since 1970 or seconds from now, as seconds since 1970."""
    if expires is None:
        return None
    if hasattr(expires, "timestamp"):
        expires = expires.timestamp()
    elif isinstance(expires, bool) or not isinstance(expires, (int, float)):
        raise TypeError(f"expires is a datetime or a number of seconds, and not {a(expires)}")
    elif 0 < expires < EPOCHS_START:
        expires += time.time()
    if not time.time() < expires < 100 * EPOCHS_START:
        raise ValueError("expires is in the past: these credentials have already expired" if expires < EPOCHS_START * 100 else "expires is too far away")
    return float(expires)


# Errors ---------------------------------------------------------------------------------------------------------------------------


def wrong(registry, what):
    return ProjectError(f"registry {registry} in CONFIG.DOCKER.REGISTRIES {what}")


def failure(registry, client, error):
    """What a client's own code raised, without the lines of its source: they may hold a password."""
    if isinstance(error, (ProjectError, UnknownRegistry)):
        return error
    name = type(client).__name__ if client is not None else "its client"
    message = str(error) if type(error) in (TypeError, ValueError) and raised_here(error) else f"{type(error).__name__}: {error}"
    told = ExecuteFailed(f"{name} returned no credentials for {registry}: {without_secrets(message, client)}")
    told.ixian_code = 4
    told.ixian_context = "\n".join(own_frames(error))
    return told


def raised_here(error):
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename.startswith(OURS)


def own_frames(error):
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith((OURS, "<frozen")):
            yield f"{_ixian.shown(code.co_filename)} line {trace.tb_lineno}, in {code.co_name}"
        trace = trace.tb_next


def without_secrets(message, client):
    for key, value in getattr(client, "options", {}).items():
        if isinstance(value, str) and len(value) > 3 and any(word in key.lower() for word in ("pass", "token", "secret", "key")):
            message = message.replace(value, "***")
    return message


def a(value):
    """What kind of thing it is; never the thing itself, which may be a secret."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    if isinstance(value, (tuple, list)):
        return f"a {name} of {len(value)}"
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def did_you_mean(key):
    close = {"clients": "client", "class": "client", "option": "options", "opts": "options", "kwargs": "options"}
    meant = close.get(str(key).lower())
    return f" (did you mean {meant}?)" if meant else ""
