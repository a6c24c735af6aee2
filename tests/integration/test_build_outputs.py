"""Where and in which form `ix build` leaves an image: packing, media types, annotations, one layer, the Docker daemon, nowhere."""

import http.server
import json
import shutil
import socketserver
import subprocess
import tarfile
import threading

import busybox
import images
import pytest

FILES = 'FROM busybox:1\nCOPY a /a\nCOPY b /b\nCMD ["x"]\n'


@pytest.fixture
def context(ix, tmp_path):
    ix.environment["IXIAN_STORE"] = str(tmp_path / "store")
    ix("image", "copy", images.Layout(tmp_path / "base").add("1", busybox.image()), "store:busybox:1").ok()
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(FILES)
    (folder / "a").write_text("a" * 5000)
    (folder / "b").write_text("b" * 5000)
    return folder


def read(folder):
    """Index entry, manifest and configuration of the only image of a layout."""

    def blob(descriptor):
        return json.loads((folder / "blobs" / descriptor["digest"].replace(":", "/")).read_text())

    (entry,) = json.loads((folder / "index.json").read_text())["manifests"]
    manifest = blob(entry)
    return entry, manifest, blob(manifest["config"])


def kinds(manifest):
    return [layer["mediaType"].partition("layer.v1.")[2] for layer in manifest["layers"]]


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
@pytest.mark.parametrize("form, own", [("zstd,compression-level=19", "tar+zstd"), ("gzip,compression-level=9", "tar+gzip"), ("uncompressed", "tar")])
def test_layers_are_packed_as_asked_and_skopeo_unpacks_them(ix, context, form, own):
    ix("build", "-o", f"type=oci,tar=false,dest=own,compression={form}", "-o", f"type=oci,dest=all.tar,compression={form},force-compression=true", context).ok()
    ix("build", "-o", "type=oci,tar=false,dest=plain", context).ok()
    _, plain, _ = read(ix.work / "plain")
    _, manifest, _ = read(ix.work / "own")
    assert kinds(manifest) == [*kinds(plain)[:1], own, own] and manifest["config"] == plain["config"]
    done = subprocess.run(["skopeo", "--insecure-policy", "copy", "oci-archive:all.tar", "dir:out"], cwd=ix.work, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert kinds(json.loads((ix.work / "out/manifest.json").read_text())) == [own] * 3


def test_dockers_media_types(ix, context):
    ix("build", "-o", "type=oci,tar=false,dest=d,oci-mediatypes=false,compression=gzip,force-compression=true", context).ok()
    _, manifest, _ = read(ix.work / "d")
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert {layer["mediaType"] for layer in manifest["layers"]} == {"application/vnd.docker.image.rootfs.diff.tar.gzip"}


def test_annotations_are_on_the_manifest_and_its_descriptor(ix, context):
    done = ix("build", "--annotation", "a=1", "--annotation", "manifest[linux/s390x]:no=1", "--annotation", "manifest,manifest-descriptor:b=2",
              "-o", "type=oci,tar=false,dest=d,annotation.c=3", "--metadata-file", "meta", "-t", "x:1", context).ok()  # fmt: skip
    entry, manifest, _ = read(ix.work / "d")
    assert manifest["annotations"] == {"a": "1", "b": "2", "c": "3"} and entry["annotations"]["b"] == "2" and "a" not in entry["annotations"]
    meta = json.loads((ix.work / "meta").read_text())
    assert meta["containerimage.digest"] == entry["digest"] == done.stdout.strip()
    assert meta["containerimage.descriptor"]["annotations"] == {"b": "2"} and meta["buildx.build.ref"].count("/") == 2
    ix("build", "--annotation", "index:a=b", context).failed(2, "index annotations not supported for single platform export")


def test_squash_leaves_one_layer_with_all_files(ix, context):
    done = ix("build", "--squash", "-t", "one:1", "-o", "type=image", "-o", "type=oci,tar=false,dest=d", context).ok()
    entry, manifest, config = read(ix.work / "d")
    assert len(manifest["layers"]) == len(config["rootfs"]["diff_ids"]) == 1 and config["config"]["Cmd"] == ["x"]
    assert sum(not each.get("empty_layer", False) for each in config["history"]) == 1
    assert ix("image", "inspect", "--json", "store:one:1").ok().json()["digest"] == entry["digest"] == done.stdout.strip()
    layer = ix.work / "d/blobs" / manifest["layers"][0]["digest"].replace(":", "/")
    assert {"a", "b", "bin/busybox"} <= {name.removeprefix("./") for name in tarfile.open(layer).getnames()}


def test_cacheonly_keeps_nothing_but_the_cache(ix, context):
    ix("build", "-o", "type=cacheonly", "-t", "kept:1", context).ok()
    ix("image", "inspect", "store:kept:1").failed(4)
    assert "cached" in ix("build", "-t", "kept:1", context).ok().stderr


def test_the_file_of_the_id_is_gone_where_a_build_fails(ix, context):
    ix("build", "--iidfile", "id", context).ok()
    assert (ix.work / "id").read_text().startswith("sha256:")
    (context / "Dockerfile").write_text("FROM busybox:1\nCOPY missing /\n")
    assert ix("build", "--iidfile", "id", context).code != 0 and not (ix.work / "id").exists()


class Daemon(socketserver.ThreadingUnixStreamServer):
    """Takes what is loaded."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body):
            self.send_response(200)
            self.send_header("Api-Version", "1.41")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.answer(b"OK")

        def do_POST(self):
            self.server.loaded.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b'{"stream":"Loaded image"}\n')

        def address_string(self):
            return "unix"

        def log_message(self, *args):
            pass

    def __init__(self, path):
        super().__init__(str(path), self.Handler)
        self.loaded = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.mark.parametrize("way", [["--load"], ["-o", "type=docker"], ["-o", "type=docker", "--load"]])
def test_load_gives_the_image_to_the_docker_daemon(ix, context, tmp_path, way):
    daemon = Daemon(tmp_path / "docker.sock")
    ix("build", *way, "-t", "a:1", "-t", "b:2", context, env={"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}).ok()
    ((path, archive),) = daemon.loaded
    assert "/images/load" in path
    (tmp_path / "loaded.tar").write_bytes(archive)
    (image,) = json.loads(tarfile.open(tmp_path / "loaded.tar").extractfile("manifest.json").read())
    assert image["RepoTags"] == ["a:1", "b:2"] and len(image["Layers"]) == 3
    daemon.shutdown()


def test_load_without_a_daemon_is_refused_before_anything_is_built(ix, context, tmp_path):
    (context / "Dockerfile").write_text("FROM busybox:1\nRUN false\n")
    done = ix("build", "--load", context, env={"DOCKER_HOST": f"unix://{tmp_path}/nobody"})
    done.failed(1, "no Docker daemon at", "DOCKER_HOST", "-o type=docker,dest=FILE")


def test_the_last_lines_say_what_was_built_and_where_it_went(ix, context):
    done = ix("build", "-t", "app:1", "-o", "type=image", "-o", "type=oci,dest=a.tar", context).ok()
    last = done.stderr.splitlines()[-4:]
    assert last[0].startswith(f"image {done.stdout.strip()} (3 layers, ") and last[0].endswith("2 steps run")
    assert last[1:3] == ["stored as docker.io/library/app:1", "wrote a.tar"] and last[3].startswith("build: done in ")
    assert "2 steps cached" in ix("build", "-t", "app:1", context).ok().stderr


def test_json_says_it_to_programs(ix, context):
    document = ix("build", "--json", "-t", "app:1", "--iidfile", "id", context).ok().json()
    (image,) = document["images"]
    assert document["schema"] == 1 and document["exit_code"] == 0 and image["status"] == "built" and image["steps_run"] == 2
    assert image["names"] == ["docker.io/library/app:1"] and image["config_digest"] == (ix.work / "id").read_text()
    assert ix("--json", "build", "-t", "app:1", context).ok().json()["images"][0]["status"] == "cached"
    (context / "Dockerfile").write_text("FROM busybox:1\nCOPY missing /\n")
    failed = ix("build", "--json", context)
    assert failed.code != 0 and failed.json()["exit_code"] == failed.code and "missing" in failed.json()["error"]


def test_progress_for_programs_ends_with_the_result_and_the_exit_code(ix, context):
    events = [json.loads(line) for line in ix("--progress", "json", "build", context).ok().stderr.splitlines()]
    assert [event["event"] for event in events[-2:]] == ["result", "exit"]
    assert events[-2]["result"]["images"][0]["digest"].startswith("sha256:") and events[-1]["code"] == 0
    assert not any("build: done in" in event.get("text", "") for event in events)


def test_github_gets_sections_a_place_and_a_summary(ix, context):
    (context / "Dockerfile").write_text("FROM busybox:1 AS web\nCOPY a /\nCOPY missing /\n")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(context.parent), "GITHUB_STEP_SUMMARY": str(ix.work / "summary.md")}
    done = ix("build", context, env=github)
    assert done.code != 0 and f"::error file={context.name}/Dockerfile,line=3,col=1::" in done.stderr
    (context / "Dockerfile").write_text("FROM busybox:1 AS web\nCOPY a /\n")
    done = ix("build", "-t", "app:1", context, env=github).ok()
    assert done.stderr.startswith("::group::web\nweb 1/1: ") and "\n::endgroup::\nimage sha256:" in done.stderr
    summary = (ix.work / "summary.md").read_text()
    assert "### ix build: exit code" in summary and "| docker.io/library/app:1 | `sha256:" in summary


def test_metadata_has_the_warnings_that_are_asked_for(ix, context):
    (context / "Dockerfile").write_text("FROM busybox:1\nMAINTAINER me\n")
    ix("build", "--metadata-file", "meta", context, env={"BUILDX_METADATA_WARNINGS": "1"}).ok()
    warnings = json.loads((ix.work / "meta").read_text())["buildx.build.warnings"]
    assert warnings[0]["range"][0]["start"]["line"] == 2
