"""Checkers of what Docker users name: images and volumes."""

import _ixian

from ixian.check.checker import MultiValueChecker


class _AllExist(MultiValueChecker):
    """Passes while all that its keys name is there. That it is there says nothing about what is in it, so no hash depends on it."""

    contribute_to_task_state = False

    def check(self):
        return all(self.state().values())


class DockerImageExists(_AllExist):
    """Passes while images are here: "{DOCKER.IMAGE}"."""

    def state(self):
        return {key: _ixian.image_exists_here(key) for key in self.keys}


class DockerVolumeExists(_AllExist):
    """Passes while Docker has volumes of these names. Without Docker there are none."""

    def state(self):
        return {key: _ixian.volume_exists(key) for key in self.keys}
