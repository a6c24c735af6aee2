"""Podman, as what pulls images."""

from peers import lacking
from peers._containers import ContainersProgram


class Podman(ContainersProgram):
    name = "podman"

    @staticmethod
    def missing():
        return lacking("podman")

    def __init__(self, folder):
        super().__init__("podman", folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def pull(self, image):
        return self.run("pull", "-q", *self.trust, image)
