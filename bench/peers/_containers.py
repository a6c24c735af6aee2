"""Buildah and Podman with overlay storage of their own, as root."""

import subprocess

from peers import PATH, put_away

STORAGE = """[storage]
driver = "overlay"
runroot = "{0}/run"
graphroot = "{0}/root"
"""


class ContainersProgram:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder / program
        self.folder.mkdir(parents=True)
        (self.folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        (self.folder / "storage.conf").write_text(STORAGE.format(self.folder))
        self.trust = ["--tls-verify=false", f"--signature-policy={self.folder}/policy.json"]

    def run(self, *args):
        return ["env", f"PATH={PATH}", f"TMPDIR={self.folder}", f"CONTAINERS_STORAGE_CONF={self.folder}/storage.conf", self.program, f"--root={self.folder}/root",
                f"--runroot={self.folder}/run", "--storage-driver=overlay", *args]

    def wipe(self):
        self.stop()
        for name in ("root", "run"):
            put_away(self.folder / name)

    def daemon(self):
        return None

    def stop(self):
        for name in ("root/overlay", "root", "run"):
            subprocess.run(["umount", "-l", self.folder / name], capture_output=True)
