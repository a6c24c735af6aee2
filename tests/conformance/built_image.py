"""Reads a built image, an OCI layout or a docker archive, and applies its layers: what a container would see, as data."""

import gzip
import hashlib
import io
import json
import posixpath
import subprocess
import tarfile
from dataclasses import dataclass, field, replace
from pathlib import Path

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.GNUTYPE_SPARSE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symlink",
    tarfile.FIFOTYPE: "fifo",
    tarfile.CHRTYPE: "char device",
    tarfile.BLKTYPE: "block device",
}
YOUNG = 1_640_995_200  # 2022: what is older comes from a context or a base, what is younger was made by the build


@dataclass
class Node:
    kind: str
    mode: int = 0o755
    owner: str = "0:0"
    size: int = 0
    target: str = ""
    device: str = ""
    content: str = ""
    xattrs: dict = field(default_factory=dict)
    mtime: object = "built"
    inode: object = None  # what all names of one file have in common
    links: tuple = ()  # the other names of it


@dataclass
class BuiltImage:
    config: dict
    tree: dict  # path, from "/", → Node
    faults: list  # what is wrong with the image, whatever it holds


@dataclass
class Layer:
    entries: list  # (path, Node), in order; a hard link's Node is None and its target stands third
    faults: list
    diff_id: str


def clean(name):
    return posixpath.normpath("/" + name).replace("//", "/")


def decompress(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def read_node(archive, entry):
    xattrs = {
        key.removeprefix("SCHILY.xattr."): value.encode("utf-8", "surrogateescape").hex()
        for key, value in entry.pax_headers.items()
        if key.startswith("SCHILY.xattr.")
    }
    node = Node(KINDS[entry.type], entry.mode & 0o7777, f"{entry.uid}:{entry.gid}", xattrs=xattrs)
    if entry.mtime < YOUNG:
        node.mtime = int(entry.mtime)
    if node.kind == "file":
        data = archive.extractfile(entry).read()
        node.size = len(data)
        for name, address in addresses.items():
            data = data.replace(address.encode(), name.encode())
        node.content = hashlib.sha256(data).hexdigest()
    elif node.kind == "symlink":
        node.target, node.mode = entry.linkname, 0o777
    elif "device" in node.kind:
        node.device = f"{entry.devmajor}:{entry.devminor}"
    node.inode = object()
    return node


layers_read = {}
addresses = {}  # of the servers of this session: what stands in a file in place of the name that the case has for them


def read_layer(data):
    key = hashlib.sha256(data).hexdigest()
    if key not in layers_read:
        layers_read[key] = parse_layer(decompress(data))
    return layers_read[key]


def parse_layer(tar):
    layer = Layer([], [], "sha256:" + hashlib.sha256(tar).hexdigest())
    seen = {"/"}
    if not tar.strip(b"\0"):
        return layer
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:", errorlevel=2) as archive:
        for entry in archive:
            path = clean(entry.name)
            if path in seen and path != "/":
                layer.faults.append(f"{path} is twice in one layer")
            if posixpath.dirname(path) not in seen:
                layer.faults.append(f"{posixpath.dirname(path)} is not in the layer, or behind what is in it")
            seen.add(path)
            if entry.islnk():
                target = clean(entry.linkname)
                if target not in seen:
                    layer.faults.append(f"{path} is a hard link to {target}, which is not before it in the layer")
                layer.entries.append((path, None, target))
            else:
                layer.entries.append((path, read_node(archive, entry), None))
    return layer


def remove_below(tree, path):
    for each in [each for each in tree if each.startswith(path.rstrip("/") + "/") and each != "/"]:
        del tree[each]


def apply(tree, layer, faults):
    """What a layer removes is of the layers below it, wherever in the layer it says so."""
    for path, _, _ in layer.entries:
        folder, name = posixpath.split(path)
        if name == OPAQUE:
            remove_below(tree, folder)
        elif name.startswith(WHITEOUT):
            gone = posixpath.join(folder, name[len(WHITEOUT) :])
            tree.pop(gone, None)
            remove_below(tree, gone)
    for path, node, target in layer.entries:
        folder, name = posixpath.split(path)
        if name.startswith(WHITEOUT):
            continue
        parent = tree.get(folder)
        if parent is None or parent.kind != "folder":
            faults.append(f"{path} is below something that is no folder: {parent and parent.kind}")
        if node is None:
            node = tree.get(target)
            if node is None:
                faults.append(f"{path} is a hard link to {target}, which does not exist")
                continue
        if node.kind != "folder":
            remove_below(tree, path)
        tree[path] = node


def with_links(tree):
    """The same tree, where each file knows its other names."""
    names = {}
    for path, node in tree.items():
        names.setdefault(id(node.inode), []).append(path)
    return {path: replace(node, links=tuple(sorted(names[id(node.inode)])) if node.kind != "folder" and len(names[id(node.inode)]) > 1 else ())
            for path, node in tree.items()}  # fmt: skip


def assemble(config, layers):
    faults, tree = [], {"/": Node("folder", inode=object())}
    diff_ids = config.get("rootfs", {}).get("diff_ids") or []
    if [each.diff_id for each in layers] != diff_ids:
        faults.append("the layers are not those of rootfs.diff_ids")
    filled = [each for each in (config.get("history") or []) if not each.get("empty_layer")]
    if len(filled) != len(layers):
        faults.append(f"the history has {len(filled)} entries with a layer, the image {len(layers)} layers")
    for number, layer in enumerate(layers):
        faults += [f"layer {number}: {each}" for each in layer.faults]
        apply(tree, layer, faults)
    return BuiltImage(config, with_links(tree), faults)


def read_layout(folder):
    """The only image of an OCI layout."""
    return read_oci_image(lambda name: (Path(folder) / name).read_bytes())


def read_layout_archive(file):
    """The same as a tar archive."""
    with tarfile.open(file) as archive:
        return read_oci_image(lambda name: archive.extractfile(name).read())


def read_oci_image(read):
    faults = []

    def blob(descriptor):
        data = read("blobs/" + descriptor["digest"].replace(":", "/"))
        if "sha256:" + hashlib.sha256(data).hexdigest() != descriptor["digest"] or len(data) != descriptor["size"]:
            faults.append(f"{descriptor['digest']} holds other bytes")
        return data

    entries = json.loads(read("index.json"))["manifests"]
    assert len(entries) == 1, f"there are {len(entries)} images"
    manifest = json.loads(blob(entries[0]))
    image = assemble(json.loads(blob(manifest["config"])), [read_layer(blob(each)) for each in manifest["layers"] or []])
    image.faults += faults
    return image


def read_docker_archive(file):
    """The only image of what docker save writes."""
    with tarfile.open(file) as archive:
        def read(name):
            entry = archive.getmember(name)
            while entry.issym():
                entry = archive.getmember(posixpath.normpath(posixpath.join(posixpath.dirname(entry.name), entry.linkname)))
            return archive.extractfile(entry).read()

        manifest, = json.loads(read("manifest.json"))
        return assemble(json.loads(read(manifest["Config"])), [read_layer(read(each)) for each in manifest["Layers"]])
