"""ix build_image with the registry as the cache, against buildah --layers --cache-from: a fresh machine each time.

The project is that of the scenario build, as five image stages; Buildah has it as one Dockerfile.
"""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import threading
import urllib.request

PROJECT = '''
from ixian.config import CONFIG
from ixian.module import load_module
from ixian.task import VirtualTarget
from ixian_docker.modules.docker.stage import ImageTask
from ixian_docker.modules.docker.utils.client import DockerClient

{tasks}

def init():
    CONFIG.PROJECT_NAME = "app"
    load_module("ixian_docker.modules.docker")
    CONFIG.DOCKER.REGISTRY = "{host}"
    CONFIG.DOCKER.REGISTRY_PATH = "bench"
    CONFIG.DOCKER.REGISTRIES = {{"{host}": {{"client": DockerClient, "options": {{"insecure": True}}}}}}
'''
TASK = '''
class {name}(ImageTask):
    name = "make_{name}"
    stage = "{name}"
    dockerfile = "Dockerfile.{name}"
    depends = {depends}
'''
STAGES = {
    "base": ([], "FROM {base}\nRUN echo app:x:1000:1000::/srv:/bin/sh >> /etc/passwd && mkdir -p /srv/app\n"),
    "unpacked": (["base"], "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n"
                           "RUN --network=none --mount=type=bind,source=archive,target=/mnt tar -xf /mnt/tree.tar -C /srv\n"),
    "copied": (["unpacked"], "ARG UNPACKED_IMAGE\nFROM $UNPACKED_IMAGE\nRUN --network=none cp -a /srv/tree /srv/copy\n"),
    "code": (["base"], "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY src /srv/app\n"
                       "RUN --network=none cat /srv/app/* > /srv/app/all && sha256sum /srv/app/all > /srv/app/sum\n"),
    "final": (["base", "copied", "code"], "ARG BASE_IMAGE\nARG COPIED_IMAGE\nARG CODE_IMAGE\nFROM $COPIED_IMAGE AS copied\nFROM $CODE_IMAGE AS code\n"
                                          "FROM $BASE_IMAGE\nCOPY --from=copied /srv/copy /srv/tree\nCOPY --from=code /srv/app /srv/app\n"
                                          "ENV MODE=bench\nCMD [\"/bin/cat\", \"/srv/app/sum\"]\n"),
}


def sibling(name):
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_project(folder, host, stages):
    """`stages`: name → (the stages that it depends on, its Dockerfile)."""
    tasks = "".join(TASK.format(name=name, depends=[f"make_{each}" for each in depends]) for name, (depends, _) in stages.items())
    tasks += '\nclass Everything(VirtualTarget):\n    name = "everything"\n    depends = ' + str([f"make_{name}" for name in stages]) + "\n"
    (folder / "ixian.py").write_text(PROJECT.format(tasks=tasks, host=host))
    for name, (_, dockerfile) in stages.items():
        (folder / f"Dockerfile.{name}").write_text(dockerfile)


class Ix:
    def __init__(self, bench, folder, project):
        self.bench, self.store, self.project = bench, folder / "ix", project

    def wipe(self):
        shutil.rmtree(self.store, ignore_errors=True)
        self.store.mkdir(parents=True)

    def command(self, *args):
        return ["env", "-C", str(self.project), f"IXIAN_STORE={self.store}", self.bench.ix, *args]


def fresh_machine(bench, folder, registry, build):
    files, size = (500, 10_000_000) if bench.quick else (20_000, 450_000_000)
    build.put_base(folder, registry, build.busybox_root() if bench.quick else build.debian_root())
    context = build.make_project(folder / "project", registry, files, size)
    write_project(context, f"127.0.0.1:{registry.port}", {name: (below, text.replace("{base}", registry.image("base:1")))
                                                          for name, (below, text) in STAGES.items()})
    ix, buildah = Ix(bench, folder, context), build.Buildah(folder)
    cache = registry.image("bench/cache")
    change = iter(range(10**6))

    def fresh():
        ix.wipe()
        buildah.wipe()

    def changed():
        fresh()
        (context / "src/07").write_text(f"changed for the {next(change)}. time\n")

    try:
        fresh()
        bench.seconds(ix.command("--push", "make_final"))
        bench.seconds(buildah.command(context, f"--cache-to={cache}", f"--cache-from={cache}"))
        again = buildah.command(context, f"--cache-from={cache}")
        bench.compare("a fresh machine, nothing changed", ix.command("make_final"), again, "Buildah", 0.05, before=fresh)
        bench.compare("a fresh machine, one source file changed", ix.command("make_final"), again, "Buildah", 0.5, before=changed)
    finally:
        buildah.stop()


def thousand_stages(bench, folder, registry):
    """Each stage is a tag; what it names does not matter to a plan."""
    count = 100 if bench.quick else 1000
    parts = sibling("registry")
    parts.Slow.delay, parts.Slow.target = 0.02, f"http://127.0.0.1:{registry.port}"
    server = parts.FarNetwork(("127.0.0.1", 0), parts.Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    project = folder / "thousand"
    project.mkdir()
    stages = {f"s{index}": ([f"s{index // 2}"] if index else [], f"ARG S{index // 2}_IMAGE\nFROM $S{index // 2}_IMAGE\nLABEL n={index}\n" if index
                            else "FROM scratch\nLABEL n=0\n") for index in range(count)}
    write_project(project, f"127.0.0.1:{server.server_port}", stages)
    ix = Ix(bench, folder, project)
    ix.wipe()
    told = subprocess.run(ix.command("--no-pull", "plan", "everything", "--json"), capture_output=True, check=True, env=bench.environment).stdout
    manifest = urllib.request.urlopen(urllib.request.Request(
        f"{parts.Slow.target}/v2/base/manifests/1", headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})).read()
    mounted = json.loads(manifest)
    for blob in [mounted["config"], *mounted["layers"]]:
        urllib.request.urlopen(urllib.request.Request(
            f"{parts.Slow.target}/v2/bench/app/blobs/uploads/?mount={blob['digest']}&from=base", method="POST", data=b"")).close()
    for step in json.loads(told)["images"]["steps"]:
        urllib.request.urlopen(urllib.request.Request(
            f"{parts.Slow.target}/v2/bench/app/manifests/{step['image'].rpartition(':')[2]}", method="PUT", data=manifest,
            headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"})).close()
    plan = ix.command("plan", "everything", "--json")
    places = json.loads(subprocess.run(plan, capture_output=True, check=True, env=bench.environment).stdout)["images"]
    if {step["place"] for step in places["steps"]} != {"registry"}:
        raise SystemExit("the plan does not find its stages in the registry")
    taken = sorted(bench.seconds(plan) for _ in range(bench.runs))[bench.runs // 2]
    bench.state(f"plan of {count} stages, all in a registry 20 ms away", taken, "s", "≤ 2 s", taken <= 2)
    server.shutdown()


def run(bench):
    build = sibling("build")
    build.need("buildah", "runc", "docker-registry", "skopeo", *([] if bench.quick else ["mmdebstrap"]))
    if os.geteuid() != 0:
        raise SystemExit("The scenario image_cache runs Buildah's overlay storage, which takes root.")
    bench.runs = min(bench.runs, 3)
    folder = pathlib.Path(bench.folder)
    registry = sibling("registry").Registry(folder / "registry")
    try:
        fresh_machine(bench, folder, registry, build)
        thousand_stages(bench, folder, registry)
    finally:
        registry.process.kill()
        registry.process.wait()
