"""Packages of package.json that lie in the project itself."""

from ixian._late import late_names, pattern
from ixian.config import CONFIG

__getattr__ = late_names(__name__, LOCAL_PACKAGE=pattern(r"^file:(?P<var>.*)"))

SCHEME = "file:"


def get_package_json():
    """package.json as a dict."""
    import json

    path = CONFIG.format("{PWD}/{NPM.HOST_ETC}/{NPM.PACKAGE_JSON}")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def npm_local_packages():
    """(name → path of the dependencies, name → path of those for development), of packages named as file:PATH."""
    package = get_package_json()
    return tuple(
        {name: version.removeprefix(SCHEME) for name, version in package.get(key, {}).items() if version.startswith(SCHEME)}
        for key in ("dependencies", "devDependencies")
    )


def npm_local_package_mount_flags():
    """A volume for each of them, at the same path: npm installs them as links."""
    return [f"{path}:{path}" for packages in npm_local_packages() for path in packages.values()]
