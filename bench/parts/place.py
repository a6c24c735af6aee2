"""Where a scenario works: a file system of its own, empty and with a journal, as a user's has one.

On a file system without a journal, as virtual machines often have, ext4 does not use an inode again for minutes after its file was removed, and looks at all such
before it makes a new one: what one scenario removes would be paid for by the next.
"""

import contextlib
import os
import pathlib
import subprocess
import tempfile

SIZE = "80G"  # sparse: only what is written takes room


@contextlib.contextmanager
def fresh(name, folder=None):
    """A folder for a scenario, removed at the end; below `folder` or the system's temporary one."""
    with tempfile.TemporaryDirectory(prefix=f"ix-bench-{name}-", dir=folder) as outer:
        place = pathlib.Path(outer) / "place"
        place.mkdir()
        mounted = os.geteuid() == 0 and _mount(pathlib.Path(outer) / "image", place)
        try:
            yield place
        finally:
            if mounted:
                subprocess.run(["umount", "-l", place], check=False)
            else:
                subprocess.run(["rm", "-rf", "--one-file-system", place], check=False)


def _mount(image, place):
    """Whether it could be done: some machines have no loop devices."""
    subprocess.run(["truncate", "-s", SIZE, image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-N", "4000000", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
    if subprocess.run(["mount", "-o", "loop,noatime", image, place], capture_output=True).returncode != 0:
        image.unlink()
        return False
    device = subprocess.run(["findmnt", "-n", "-o", "SOURCE", place], capture_output=True, text=True).stdout.strip()
    subprocess.run(["losetup", "--direct-io=on", device], capture_output=True)
    return True
