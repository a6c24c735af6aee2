import bz2
import gzip
import io
import lzma
import tarfile


def archive():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as made:
        def add(name, kind=tarfile.REGTYPE, data=b"", mode=0o644, owner=(0, 0), target=""):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.linkname, entry.size, entry.mtime = kind, mode, target, len(data), 1_580_601_600
            entry.uid, entry.gid = owner
            made.addfile(entry, io.BytesIO(data))

        add("top", data=b"top\n", mode=0o600, owner=(1000, 50))
        add("folder", tarfile.DIRTYPE, mode=0o711, owner=(1000, 1000))
        add("folder/setuid", data=b"s\n", mode=0o4755)
        add("folder/link", tarfile.SYMTYPE, target="../top")
        add("folder/hard", tarfile.LNKTYPE, target="top", mode=0o600, owner=(1000, 50))
        add("implied/parent/file", data=b"x\n")
        add("./dotted", data=b"dotted\n")
    return buffer.getvalue()


def make(folder):
    tar = archive()
    (folder / "plain.tar").write_bytes(tar)
    (folder / "odd-name").write_bytes(tar)
    (folder / "packed.tar.gz").write_bytes(gzip.compress(tar, mtime=0))
    (folder / "packed.tar.xz").write_bytes(lzma.compress(tar))
    (folder / "packed.tar.bz2").write_bytes(bz2.compress(tar))
    (folder / "not-a-tar.gz").write_bytes(gzip.compress(b"only text\n", mtime=0))
    (folder / "broken.tar").write_bytes(b"this is no tar\n")
