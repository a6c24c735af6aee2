import io
import tarfile


def make(folder):
    with tarfile.open(folder / "over.tar", "w") as made:
        def add(name, kind=tarfile.REGTYPE, data=b"", mode=0o644, target=""):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.linkname, entry.size, entry.mtime = kind, mode, target, len(data), 1_580_601_600
            made.addfile(entry, io.BytesIO(data))

        add("real/added", data=b"added\n")
        add("private", tarfile.DIRTYPE, mode=0o750)
        add("first", data=b"replaced\n")
        add("relative/through-link", data=b"x\n")
