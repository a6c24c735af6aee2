"""Images to, from and between registries, against skopeo."""

import gzip
import hashlib
import http.server
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tarfile
import threading
import time
import urllib.request

CONFIG = "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage:\n  filesystem: {{rootdirectory: {root}}}\n" \
         "  delete: {{enabled: true}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Registry:
    """Debian's docker-registry in a folder of its own."""

    def __init__(self, folder):
        self.root = folder / "data"
        self.root.mkdir(parents=True)
        self.port = free_port()
        (folder / "config.yml").write_text(CONFIG.format(root=self.root, port=self.port))
        self.process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/").close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("docker-registry did not start")

    def wipe(self):
        for each in self.root.iterdir():
            shutil.rmtree(each)

    def image(self, name):
        return f"127.0.0.1:{self.port}/{name}"


def blob(layout, data):
    digest = hashlib.sha256(data).hexdigest()
    path = layout / "blobs/sha256" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


def layer(index, size):
    """One file of random bytes, which gzip can only store."""
    content = os.urandom(size)
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w") as tar:
        info = tarfile.TarInfo(f"file-{index}")
        info.size = size
        tar.addfile(info, io.BytesIO(content))
    return text.getvalue()


def make_layout(layout, layers, size):
    described, diff_ids = [], []
    for index in range(layers):
        tar = layer(index, size)
        diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
        one = blob(layout, gzip.compress(tar, 1, mtime=0))
        described.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **one})
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(layout, config)},
        "layers": described}).encode()
    named = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **blob(layout, manifest),
             "annotations": {"org.opencontainers.image.ref.name": "1"}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def skopeo(source, target):
    return ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", source, target]


def compare_three(bench, folder, registries, what, layers, size):
    layout = folder / "layout"
    make_layout(layout, layers, size)
    origin, ours, peers = registries
    source = f"oci:{layout}:1"

    def wipe():
        ours.wipe()
        peers.wipe()
        for name in ("pulled-by-ix", "pulled-by-skopeo"):
            shutil.rmtree(folder / name, ignore_errors=True)

    origin.wipe()
    bench.compare(f"push {what}", [bench.ix, "image", "copy", source, ours.image("app:1")],
                  skopeo(source, "docker://" + peers.image("app:1")), "skopeo", 0.8, before=wipe)
    bench.seconds([bench.ix, "image", "copy", source, origin.image("app:1")])
    bench.compare(f"pull {what}", [bench.ix, "image", "copy", origin.image("app:1"), f"oci:{folder}/pulled-by-ix:1"],
                  skopeo("docker://" + origin.image("app:1"), f"oci:{folder}/pulled-by-skopeo:1"), "skopeo", 0.8, before=wipe)
    bench.compare(f"copy {what} between registries",
                  [bench.ix, "image", "copy", origin.image("app:1"), ours.image("app:1")],
                  skopeo("docker://" + origin.image("app:1"), "docker://" + peers.image("app:1")), "skopeo", 0.8, before=wipe)
    shutil.rmtree(layout)


class Slow(http.server.BaseHTTPRequestHandler):
    """Passes requests on to a registry, a fixed time later."""

    protocol_version = "HTTP/1.1"
    delay = 0.2
    target = ""

    def pass_on(self):
        time.sleep(self.delay)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
        request = urllib.request.Request(self.target + self.path, data=self.rfile.read(length) if length else None,
                                         method=self.command, headers=headers)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            if key.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class FarNetwork(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # what does not fit comes back a second later


def round_trips(bench, folder, registry):
    """Each request takes as long as a far network would; what is left of the time is how many waited for one another."""
    layout = folder / "layout"
    make_layout(layout, 20, 1000)
    registry.wipe()
    source = f"oci:{layout}:1"
    bench.seconds([bench.ix, "image", "copy", source, registry.image("app:1")])
    Slow.target = f"http://127.0.0.1:{registry.port}"
    server = FarNetwork(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    far = f"127.0.0.1:{server.server_port}"

    def count(target):
        near = bench.seconds([bench.ix, "image", "copy", source, registry.image(target)])
        return (bench.seconds([bench.ix, "image", "copy", source, f"{far}/{target}-far"]) - near) / Slow.delay

    trips = sorted(count(f"app:again-{run}") for run in range(bench.runs))[bench.runs // 2]
    # The first question of all finds out whether this loopback host speaks TLS; other hosts are not asked.
    bench.state("copy of an image of 20 layers whose blobs are there, a new tag", trips - 1, "round trips", "≤ 3", trips - 1 <= 3.4)
    server.shutdown()


def run(bench):
    folder = pathlib.Path(bench.folder)
    if shutil.which("docker-registry") is None or shutil.which("skopeo") is None:
        raise SystemExit("docker-registry and skopeo are needed: scripts/deps installs them.")
    bench.runs = min(bench.runs, 5)
    registries = []
    try:
        for name in ("origin", "ours", "peers"):
            registries.append(Registry(folder / name))
        large, many = ((8 << 20), 20) if bench.quick else ((120 << 20), 200)
        compare_three(bench, folder, registries, f"one layer of {large >> 20} MiB", 1, large)
        compare_three(bench, folder, registries, f"{many} layers of 100 kB", many, 100_000)
        round_trips(bench, folder, registries[0])
    finally:
        for registry in registries:
            registry.process.kill()
            registry.process.wait()
