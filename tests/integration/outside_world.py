"""What a build reads from outside, on one server of the loopback: images, files by URL, a git repository."""

import http.server
import threading

import images
from repositories import Repository


class World:
    """Images are served under every repository name that ends in theirs: `mirror/base` is `base`."""

    def __init__(self, folder):
        self.files = {}  # name → (content, ETag)
        self.images = {}  # name → Image
        self.blobs = {}
        self.tags = 0
        self.repository = Repository(folder / "repository")
        self.repository.commit(**{"file": "1\n"})
        self.repository.git("branch", "other")
        self.repository.git("update-server-info")
        world = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, content, headers = world.answer(self.path.split("?")[0], self.headers)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD" and status != 304:
                    self.wfile.write(content)

            do_HEAD = do_GET

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"localhost:{self.server.server_port}"
        self.url = f"http://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def answer(self, path, headers):
        kind, _, rest = path.lstrip("/").partition("/")
        if kind == "files" and rest in self.files:
            content, tag = self.files[rest]
            unchanged = headers.get("If-None-Match") == tag
            return 304 if unchanged else 200, b"" if unchanged else content, {"ETag": tag}
        if kind == "git":
            file = self.repository.folder / rest
            return (200, file.read_bytes(), {}) if file.is_file() else (404, b"", {})
        if path in ("/v2", "/v2/"):
            return 200, b"{}", {}
        parts = rest.split("/")
        if kind == "v2" and parts[-2:-1] == ["blobs"] and parts[-1] in self.blobs:
            return 200, self.blobs[parts[-1]].data, {}
        if kind == "v2" and parts[-2:-1] == ["manifests"]:
            top = self.blobs.get(parts[-1]) or (self.images[parts[-3]].top if parts[-3] in self.images else None)
            if top:
                return 200, top.data, {"Content-Type": top.media_type, "Docker-Content-Digest": top.digest}
        return 404, b'{"errors": []}', {}

    def publish(self, name, env, triggers, label=""):
        """The digest of the image, which has no layers."""
        image = images.image([])
        config = images.json.loads(image.blobs[0].data)
        config["config"] = {"Env": env, "OnBuild": triggers, "Labels": {"l": label}}
        blob = images.Blob(images.CONFIG, images.as_json(config))
        manifest = {"schemaVersion": 2, "mediaType": images.MANIFEST, "config": blob.descriptor, "layers": []}
        top = images.Blob(images.MANIFEST, images.as_json(manifest))
        self.blobs |= {blob.digest: blob, top.digest: top}
        self.images[name] = images.Image(top, [blob])
        return top.digest

    def write(self, name, content):
        self.tags += 1
        self.files[name] = (content.encode(), f'"{self.tags}"')

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
