"""The files of an image in a folder: `ix build -o DIR`."""

import os
import stat

from test_build import base, context, store  # noqa: F401 (fixtures)

DOCKERFILE = """FROM busybox:1
COPY many /many
RUN rm /many/3 && ln -s 4 /many/link && ln /many/5 /many/hard && chmod 4750 /many/6 && rm -r /tmp && mkdir /tmp && echo new > /tmp/new
"""


def described(folder):
    """Path → what it is, with content and modification time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        content = os.readlink(path) if kind == stat.S_IFLNK else path.read_bytes() if kind == stat.S_IFREG else None
        mode = None if kind == stat.S_IFLNK else stat.S_IMODE(status.st_mode)
        found[str(path.relative_to(folder))] = (kind, mode, status.st_uid, content, None if kind == stat.S_IFDIR else int(status.st_mtime))
    return found


def make(context, ix):
    folder = context(DOCKERFILE)
    (folder / "many").mkdir()
    for index in range(300):
        (folder / f"many/{index}").write_text(f"{index}\n")
    return folder


def test_a_folder_that_is_there_gets_the_same_files_as_a_new_one(ix, base, context):
    folder = make(context, ix)
    ix("build", "--network=none", "-o", "new", folder).ok()
    (ix.work / "used/many").mkdir(parents=True)
    (ix.work / "used/mine").write_text("mine")
    (ix.work / "used/many/3").write_text("not the image's")
    (ix.work / "used/many/4").write_text("in the way")
    ix("build", "--network=none", "-o", "used", folder).ok()
    new, used = described(ix.work / "new"), described(ix.work / "used")
    assert "many/3" not in new and new["many/link"][3] == "4" and new["many/6"][1] == 0o4750
    # What is no file of the image stays, and nothing that the image removed is removed here.
    assert used.pop("mine")[3] == b"mine"
    assert used.pop("many/3")[3] == b"not the image's"
    assert used == new


def test_many_small_files_are_copied_out_of_an_image_that_was_never_extracted(ix, base, context):
    """Each was once found by reading its layer from the start."""
    folder = make(context, ix)
    ix("build", "--network=none", "-o", "type=oci,tar=false,dest=layout", folder).ok()
    ix.environment["IXIAN_STORE"] = str(ix.work / "second")
    ix("image", "copy", "oci:layout", "store:app:1").ok()
    other = context("FROM scratch\nCOPY --from=app:1 /many /all\n")
    ix("build", "--network=none", "-o", "copied", other).ok()
    assert len(list((ix.work / "copied/all").iterdir())) == 301
    assert (ix.work / "copied/all/299").read_text() == "299\n"
