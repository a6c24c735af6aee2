"""One image has one tree of files: in a RUN, in COPY --from, in every output, in another store and for other readers. The layers
are made by chance, as hostile as layers can be; what they come to says a model of a few lines, written from the specification."""

import hashlib
import io
import os
import random
import shutil
import stat
import tarfile

import busybox
import clients
import images
import pytest
from test_build import context, store  # noqa: F401 (fixtures)

NIGHTLY = os.environ.get("IXIAN_NIGHTLY") == "1"
SEEDS = range(200 if NIGHTLY else 4)
NAMES = ["a", "b", "c", "run", "x.y"]
TIMES = [1_000_000_000, 1_100_000_000, 1_200_000_000]


class Layer:
    """Entries in the order of their tar: (path, TarInfo, content). Whiteouts and opaque marks as tars have them."""

    def __init__(self):
        self.entries, self.marks = [], []

    def add(self, chance, path, kind, content=b"", target=""):
        entry = tarfile.TarInfo(path)
        entry.type, entry.linkname, entry.size = kind, target, len(content)
        entry.mode = 0o777 if kind == tarfile.SYMTYPE else chance.choice([0o644, 0o755, 0o600, 0o4711])
        if kind == tarfile.DIRTYPE:
            entry.mode = chance.choice([0o755, 0o700, 0o1777, 0o2755])
        entry.uid, entry.gid, entry.mtime = chance.choice([0, 1000]), chance.choice([0, 2000]), chance.choice(TIMES)
        if kind in (tarfile.REGTYPE, tarfile.DIRTYPE) and chance.random() < 0.2:
            name = chance.choice(["user.note", "user.overlay.opaque", "user.overlay.redirect"])
            entry.pax_headers = {f"SCHILY.xattr.{name}": chance.choice(["y", "/elsewhere"])}
        self.entries.append((path, entry, content))

    def blob(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, entry, content in self.entries:
                archive.addfile(entry, io.BytesIO(content))
        blob = images.Blob("application/vnd.oci.image.layer.v1.tar", buffer.getvalue())
        blob.diff_id = blob.digest
        return blob


def below(path, folder):
    return path.startswith(folder + "/")


def parents(path):
    parts = path.split("/")
    return ["/".join(parts[:i]) for i in range(1, len(parts))]


def folders_of(tree):
    return sorted(path for path, node in tree.items() if node["type"] == "dir")


def node_of(entry, content, place):
    kinds = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "link", tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "device"}
    node = {"type": kinds.get(entry.type, "file"), "mode": entry.mode, "uid": entry.uid, "gid": entry.gid, "mtime": entry.mtime, "id": place}
    node["content"] = entry.linkname if entry.type == tarfile.SYMTYPE else hashlib.sha256(content).hexdigest()
    node["xattrs"] = {name.removeprefix("SCHILY.xattr."): value for name, value in entry.pax_headers.items() if name.startswith("SCHILY.xattr.")}
    return node


def apply(tree, layer, number):
    """layer.md, "Applying Changesets", as every engine with overlays does it: a layer is a folder laid over what is below."""
    tree = dict(tree)

    def clear(path, itself=True):
        for each in [each for each in tree if below(each, path) or (itself and each == path)]:
            del tree[each]

    for path, entry, _ in layer.entries:
        folder, _, name = path.rpartition("/")
        if name == ".wh..wh..opq":
            clear(folder, False)
        elif name.startswith(".wh."):
            clear(f"{folder}/{name[4:]}")
    made = {}
    for path, entry, content in layer.entries:
        if path.rpartition("/")[2].startswith(".wh."):
            continue
        made[path] = made[entry.linkname] if entry.type == tarfile.LNKTYPE else node_of(entry, content, (number, path))
    for path in sorted(made, key=lambda path: path.split("/")):
        for above in parents(path):
            if above not in tree or tree[above]["type"] != "dir":
                clear(above)
                tree[above] = {"type": "dir", "mode": 0o755, "uid": 0, "gid": 0, "mtime": 0, "id": (number, above), "content": "", "xattrs": {}}
        if made[path]["type"] != "dir" or path not in tree or tree[path]["type"] != "dir":
            clear(path)
        tree[path] = made[path]
    return tree


def random_layer(chance, tree, number, plain):
    """`plain`: as Docker and Buildah write layers, with every folder on the way and nothing that they read each in their way."""
    layer, mine = Layer(), {}
    if number == 0:
        layer.add(chance, "t", tarfile.DIRTYPE)
        mine["t"] = "dir"
    gone = set()

    def with_parents(path):
        for above in parents(path):
            if above not in mine:
                assert tree[above]["type"] == "dir"
                layer.add(chance, above, tarfile.DIRTYPE)
                mine[above] = "dir"

    for _ in range(chance.randint(3, 12)):
        known = {path for path in folders_of(tree) if not any(path == each or below(path, each) for each in gone)}
        known -= {path for path, kind in mine.items() if kind != "dir"}
        known = {path for path in known if not any(mine.get(above, "dir") != "dir" for above in parents(path))}
        places = sorted(known | {path for path, kind in mine.items() if kind == "dir"} | {"t"})
        folder = chance.choice(places)
        path = f"{folder}/{chance.choice(NAMES)}"
        if not plain and chance.random() < 0.3:
            path += f"/{chance.choice(NAMES)}"  # perhaps below what is no folder there, or nothing
        if path in mine or any(mine.get(above, "dir") != "dir" for above in parents(path)) or any(below(each, path) for each in mine):
            continue
        kind = chance.choice(["file", "file", "dir", "dir", "link", "hard", "fifo", "gone", "gone", "opaque", "sparse", "device"])
        if kind in ("gone", "opaque"):
            if path in gone or any(below(each, path) or below(path, each) for each in gone) or parents(path)[-1] not in known | set(mine):
                continue
            if plain and path not in tree:
                continue
            if plain:
                with_parents(path)
            if kind == "opaque":
                if path not in tree or tree[path]["type"] != "dir" or path not in known:
                    continue
                layer.add(chance, path, tarfile.DIRTYPE)
                mine[path] = "dir"
                layer.entries.append((f"{path}/.wh..wh..opq", tarfile.TarInfo(f"{path}/.wh..wh..opq"), b""))
                gone |= {each for each in tree if below(each, path) and len(each.split("/")) == len(path.split("/")) + 1}
                continue
            name = f"{parents(path)[-1]}/.wh.{path.rpartition('/')[2]}"
            layer.entries.append((name, tarfile.TarInfo(name), b""))
            gone.add(path)
            if chance.random() < 0.7 or plain:
                mine[path] = "gone"  # nothing else there
            continue
        if plain:
            with_parents(path)
        if kind == "hard":
            files = [each for each, what in mine.items() if what == "file" and each != path]
            if not files:
                continue
            layer.add(chance, path, tarfile.LNKTYPE, target=chance.choice(sorted(files)))
            link, file = layer.entries[-1][1], next(each for path, each, _ in layer.entries if path == layer.entries[-1][1].linkname)
            link.pax_headers = {}
            if plain:  # some give the file what its last entry says, others what its first does
                link.mode, link.uid, link.gid, link.mtime = file.mode, file.uid, file.gid, file.mtime
        elif kind == "dir":
            layer.add(chance, path, tarfile.DIRTYPE)
        elif kind == "link":
            layer.add(chance, path, tarfile.SYMTYPE, target=chance.choice(["a", "/t", "../b", "nowhere", "/t/run", "/etc"]))
        elif kind == "fifo":
            layer.add(chance, path, tarfile.FIFOTYPE)
        elif kind == "device":
            layer.add(chance, path, tarfile.CHRTYPE)
            layer.entries[-1][1].devmajor, layer.entries[-1][1].devminor = 1, 3
        elif kind == "sparse":
            layer.add(chance, path, tarfile.REGTYPE, b"x" + bytes(300_000) + b"y")
        else:
            layer.add(chance, path, tarfile.REGTYPE, str(chance.random()).encode())
        mine[path] = {"dir": "dir", "file": "file", "sparse": "file"}.get(kind, kind)
    return layer


def random_image(seed, plain=False):
    chance = random.Random(seed)
    tree, blobs = {}, []
    for number in range(chance.randint(2, 5)):
        layer = random_layer(chance, tree, number, plain)
        tree = apply(tree, layer, number)
        blobs.append(layer.blob())
    return tree, blobs


def summary(nodes, owners=True, xattrs=True):
    """{path: what it is}, the same for every reader. Names of one file are told by the first of them."""
    first = {}
    for path in sorted(nodes):
        if nodes[path]["type"] != "dir":
            first.setdefault(nodes[path]["id"], path)
    lines = {}
    for path, node in nodes.items():
        facts = [node["type"], node["content"] if node["type"] in ("file", "link") else "", node["mtime"]]
        facts += [oct(node["mode"])] if node["type"] != "link" else []
        facts += [node["uid"], node["gid"]] if owners else []
        facts += [sorted(node["xattrs"].items())] if xattrs else []
        facts += [first[node["id"]]] if node["type"] == "file" else []
        lines[path] = facts
    return lines


def in_tar(source):
    nodes = {}
    with tarfile.open(source) as archive:
        for entry in archive:
            path = entry.name.removeprefix("./").rstrip("/")
            if entry.islnk():
                nodes[path] = nodes[entry.linkname.removeprefix("./").lstrip("/")]
            elif path:
                nodes[path] = node_of(entry, archive.extractfile(entry).read() if entry.isreg() else b"", path)
    return nodes


def in_folder(root):
    nodes = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            full = os.path.join(folder, name)
            status = os.lstat(full)
            kind = {stat.S_IFDIR: "dir", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo", stat.S_IFCHR: "device"}.get(stat.S_IFMT(status.st_mode), "file")
            content = os.readlink(full) if kind == "link" else ""
            if kind == "file":
                with open(full, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            found = {each: os.getxattr(full, each).decode() for each in os.listxattr(full)} if kind in ("file", "dir") else {}
            nodes[os.path.relpath(full, root)] = {
                "type": kind, "mode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid, "mtime": int(status.st_mtime),
                "id": (status.st_dev, status.st_ino), "content": content,
                "xattrs": {name: value for name, value in found.items() if name.startswith("user.")},
            }  # fmt: skip
    return nodes


def only_t(nodes):
    return {path: node for path, node in nodes.items() if path == "t" or path.startswith("t/")}


@pytest.fixture
def generated(ix, store, tmp_path):
    """Puts an image of busybox and these layers into the store."""

    def make(blobs, name="generated:1"):
        base = busybox.image()
        whole = images.image([next(each for each in base.blobs if "layer" in each.media_type), *blobs])
        layout = images.Layout(tmp_path / f"layout-{name.split(':')[0]}")
        added = layout.add("1", whole)
        ix("image", "copy", added, f"store:{name}").ok()
        return added

    return make


def view_of_run(ix, context, tmp_path, name, *options):
    folder = context(f"FROM {name} AS all\nRUN --mount=type=tmpfs,target=/out tar cf /out/t -C / t && cp /out/t /view\nFROM scratch\nCOPY --from=all /view /view\n")
    out = tmp_path / "view"
    shutil.rmtree(out, ignore_errors=True)
    ix("build", "--network=none", *options, "-o", out, folder).ok()
    return in_tar(out / "view")


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and devices need root")
@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_sees_what_the_layers_say(ix, context, generated, tmp_path, seed):
    tree, blobs = random_image(seed)
    generated(blobs)
    shown = view_of_run(ix, context, tmp_path, "generated:1")
    assert summary(shown, xattrs=False) == summary(tree, xattrs=False), "in a RUN"

    folder = context("FROM generated:1\n")
    ix("build", "-o", f"type=tar,dest={tmp_path}/out.tar", folder).ok()
    assert summary(only_t(in_tar(tmp_path / "out.tar"))) == summary(tree), "type=tar"

    ix("build", "-o", tmp_path / "out", folder).ok()
    assert summary(only_t(in_folder(tmp_path / "out")), owners=False) == summary(tree, owners=False), "-o DIR"

    copied = context("FROM scratch\nCOPY --from=generated:1 /t /t\n")
    ix("build", "-o", f"type=tar,dest={tmp_path}/copied.tar", copied).ok()
    # Of a folder that is copied only the contents are asked for; it is made anew.
    inside = {path: node for path, node in tree.items() if path != "t"}
    taken = {path: node for path, node in in_tar(tmp_path / "copied.tar").items() if path != "t"}
    assert summary(taken) == summary(inside), "COPY --from"

    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    clients.run("tar", "xpf", tmp_path / "out.tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-C", unpacked)
    assert summary(only_t(in_folder(unpacked))) == summary(tree), "tar"

# A cp that meets a pipe would wait for somebody to read it.
CHANGES = [
    "rm -rf {0}", "mkdir -p {0}; echo new >{0}/new", "chmod -R u+x {0}", "mv {0} {1}", "find /t -type p -exec rm {{}} +; cp -a {0} {1}", "ln {0} {1}", "ln -s {0} {1}", "touch {0}",
    "[ -f {0} ] && echo more >>{0}", "[ -d {0} ] && rm -rf {0} && mkdir {0}", "exec 3<>{0}", "chown -R 1000 {0}", "rm -rf {0}; echo file >{0}",
    "[ -d {0} ] && cp -a {0} /saved && rm -rf {0} && mv /saved {0}", "[ -f {0} ] && truncate -s 1M {0}", "mknod {0} p",
]  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and devices need root")
@pytest.mark.parametrize("kind", ["overlay", "userns", "copy"])
@pytest.mark.parametrize("seed", SEEDS if NIGHTLY else SEEDS[:2])
def test_what_a_run_leaves_is_what_its_layer_holds(ix, context, generated, tmp_path, monkeypatch, seed, kind):
    tree, blobs = random_image(seed, plain=True)
    generated(blobs)
    ix.environment["IXIAN_ROOTFS"] = kind
    chance = random.Random(seed)
    paths = [path for path, node in tree.items() if node["type"] in ("file", "dir") and path != "t"] + ["t/other", "t/third"]
    lines = []
    for _ in range(3):
        commands = [chance.choice(CHANGES).format(*(f"/{each}" for each in chance.sample(paths, 2))) for _ in range(4)]
        lines.append("RUN " + "; ".join(f"( {each} ) 2>/dev/null" for each in commands) + "; true\n")
    body = "".join(lines)
    folder = context(f"FROM generated:1 AS all\n{body}RUN tar cf /view -C / t\nFROM scratch\nCOPY --from=all /view /view\n")
    ix("build", "--network=none", "-o", tmp_path / "here", folder).ok()
    here = in_tar(tmp_path / "here/view")
    ix("build", "--network=none", "-t", "changed:1", context(f"FROM generated:1\n{body}")).ok()
    ix("image", "copy", "store:changed:1", f"oci:{tmp_path}/changed:1").ok()
    ix("build", "-o", f"type=tar,dest={tmp_path}/changed.tar", context("FROM changed:1\n")).ok()
    assert summary(only_t(in_tar(tmp_path / "changed.tar")), xattrs=False) == summary(here, xattrs=False), "the layer"

    ix.environment["IXIAN_STORE"] = str(tmp_path / "another-store")
    ix("image", "copy", f"oci:{tmp_path}/changed:1", "store:changed:1").ok()
    elsewhere = view_of_run(ix, context, tmp_path, "changed:1")
    assert summary(elsewhere, xattrs=False) == summary(here, xattrs=False), "another store"


@pytest.mark.skipif(os.geteuid() != 0, reason="Buildah mounts as root")
@pytest.mark.parametrize("seed", SEEDS if NIGHTLY else SEEDS[:1])
def test_buildah_sees_the_same(ix, context, generated, tmp_path, seed):
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed")
    tree, blobs = random_image(seed, plain=True)
    layout = generated(blobs)
    ix("build", "-o", f"type=tar,dest={tmp_path}/out.tar", context("FROM generated:1\n")).ok()
    options = ["--root", tmp_path / "containers", "--runroot", tmp_path / "runroot", "--storage-driver", "vfs"]
    policy = tmp_path / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    name = clients.run("buildah", *options, "from", "--signature-policy", policy, layout).decode().split()[-1]
    mounted = clients.run("buildah", *options, "mount", name).decode().strip()
    theirs = summary(only_t(in_folder(mounted)), xattrs=False)
    assert theirs == summary(only_t(in_tar(tmp_path / "out.tar")), xattrs=False) == summary(tree, xattrs=False)
    clients.run("buildah", *options, "rm", "--all")


def made_by_hand(*names):
    layer = Layer()
    for name in names:
        kind = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
        layer.add(random.Random(1), name.rstrip("/"), kind)
        layer.entries[-1][1].mode, layer.entries[-1][1].uid, layer.entries[-1][1].gid = 0o711, 0, 0
        layer.entries[-1][1].pax_headers = {}
    return layer.blob()


def test_a_run_sees_no_whiteouts_and_what_folders_are_like_below(ix, context, generated, tmp_path):
    """Of a folder that one layer alone has, overlayfs lists the whiteouts as names of nothing; of one that a layer has no entry
    for, it shows what it was made with."""
    generated([made_by_hand("t/", "t/a/"), made_by_hand("t/new/", "t/new/.wh.x", "t/new/f", "t/a/b")])
    folder = context("FROM generated:1 AS a\nRUN ls /t/new >/seen && stat -c %a /t/a >>/seen\nFROM scratch\nCOPY --from=a /seen /seen\n")
    ix("build", "--network=none", "-o", tmp_path / "out", folder).ok()
    assert (tmp_path / "out/seen").read_text().split() == ["f", "711"]
