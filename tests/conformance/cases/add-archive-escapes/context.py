import io
import tarfile


def make(folder):
    with tarfile.open(folder / "evil.tar", "w") as made:
        entry = tarfile.TarInfo("../../../../../../escaped")
        entry.size = 2
        made.addfile(entry, io.BytesIO(b"x\n"))
