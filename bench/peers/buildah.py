"""Buildah with overlay storage and runc. `podman build` is the same code."""

from peers import lacking
from peers._containers import ContainersProgram


class Builder(ContainersProgram):
    name = "Buildah"

    @staticmethod
    def missing():
        return lacking("buildah", "runc")

    @staticmethod
    def version(bench):
        return bench.output(["buildah", "--version"])[0]

    def __init__(self, _, folder):
        super().__init__("buildah", folder)

    def build(self, context, image, push=False, cache_from=None, cache_to=None, fresh=False):
        options = [*([f"--cache-from={cache_from}"] if cache_from else []), *([f"--cache-to={cache_to}"] if cache_to else []), *(["--no-cache"] if fresh else [])]
        building = self.run("build", "--layers", "--isolation=oci", "--runtime=runc", "--network=none", *self.trust, "-t", image, *options, str(context))
        return ["sh", "-ec", f"{' '.join(building)}\n{' '.join(self.run('push', *self.trust, image))}"] if push else building
