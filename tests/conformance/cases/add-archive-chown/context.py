import io
import tarfile


def make(folder):
    with tarfile.open(folder / "packed.tar.gz", "w:gz") as made:
        entry = tarfile.TarInfo("sub/file")
        entry.size, entry.uid, entry.gid, entry.mtime = 2, 5, 6, 1_580_601_600
        made.addfile(entry, io.BytesIO(b"x\n"))
