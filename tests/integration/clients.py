"""skopeo and buildah, to read what ix has written and to write what ix reads."""

import json
import os
import shutil
import subprocess

import pytest
from waiting import TIMEOUT


def run(*argv, env={}, timeout=TIMEOUT):
    done = subprocess.run(
        list(map(str, argv)), capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, env={**os.environ, **env}
    )
    assert done.returncode == 0, f"{argv}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    return done.stdout


class Client:
    """Options that let another client talk to a registry."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def options(self, registry, side=""):
        if registry is None:
            return []
        made = []
        if registry.user:
            made.append(f"--{side}creds={registry.user}:{registry.password}")
        if registry.authority is None:
            made.append(f"--{side}tls-verify=false")
        else:
            made.append(f"--{side}cert-dir={self.only(registry)}")
        return made

    def only(self, registry):
        """A folder with nothing but the CA's certificate."""
        only = self.folder / registry.host.replace(":", "-")
        only.mkdir(exist_ok=True)
        shutil.copy(registry.authority.certificate, only / "ca.crt")
        return only


class Skopeo(Client):
    def __init__(self, folder):
        super().__init__(folder)
        if shutil.which("skopeo") is None:
            pytest.skip("skopeo is not installed")

    def copy(self, source, destination, source_registry=None, destination_registry=None, all=True):
        run("skopeo", "--insecure-policy", "--override-os=linux", "--override-arch=amd64", "copy", *(["--all"] if all else []),
            *self.options(source_registry, "src-"), *self.options(destination_registry, "dest-"), source, destination)  # fmt: skip

    def manifest(self, registry, repository, tag="1"):
        return run("skopeo", "inspect", "--raw", *self.options(registry), f"docker://{registry.name(repository, tag)}")

    def inspect(self, name):
        return json.loads(run("skopeo", "--override-os=linux", "--override-arch=amd64", "inspect", name))


class Buildah(Client):
    def __init__(self, folder):
        super().__init__(folder)
        if shutil.which("buildah") is None:
            pytest.skip("buildah is not installed")
        self.policy = folder / "policy.json"
        self.policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        self.storage = ["--storage-driver=vfs", f"--root={folder}/root", f"--runroot={folder}/run"]

    def __call__(self, command, *args):
        return run("buildah", *self.storage, command, *args).decode().strip()

    def pull(self, registry, name):
        return self("pull", f"--signature-policy={self.policy}", *self.options(registry), f"docker://{name}")

    def push(self, image, registry, name):
        self("push", f"--signature-policy={self.policy}", "--format=oci", *self.options(registry), image, f"docker://{name}")
