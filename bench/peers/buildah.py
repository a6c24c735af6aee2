"""Buildah with overlay storage and runc, as root. `podman build` is the same code."""

import subprocess

from peers import PATH, lacking, put_away


class Builder:
    name = "Buildah"

    @staticmethod
    def missing():
        return lacking("buildah", "runc")

    @staticmethod
    def version(bench):
        return bench.output(["buildah", "--version"])[0]

    def __init__(self, _, folder):
        self.folder = folder / "buildah"
        self.folder.mkdir(parents=True)
        (self.folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        (self.folder / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')

    def wipe(self):
        self.stop()
        for name in ("root", "run"):
            put_away(self.folder / name)

    def run(self, *args):
        return ["env", f"PATH={PATH}", f"TMPDIR={self.folder}", f"CONTAINERS_STORAGE_CONF={self.folder}/storage.conf", "buildah", f"--root={self.folder}/root",
                f"--runroot={self.folder}/run", "--storage-driver=overlay", *args]

    def build(self, context, image, push=False, cache_from=None, cache_to=None, fresh=False):
        trust = ["--tls-verify=false", f"--signature-policy={self.folder}/policy.json"]
        options = [*([f"--cache-from={cache_from}"] if cache_from else []), *([f"--cache-to={cache_to}"] if cache_to else []), *(["--no-cache"] if fresh else [])]
        building = self.run("build", "--layers", "--isolation=oci", "--runtime=runc", "--network=none", *trust, "-t", image, *options, str(context))
        if not push:
            return building
        return ["sh", "-ec", f"{' '.join(building)}\n{' '.join(self.run('push', *trust, image))}"]

    def daemon(self):
        return None

    def stop(self):
        for name in ("root/overlay", "root", "run"):
            subprocess.run(["umount", "-l", self.folder / name], capture_output=True)
