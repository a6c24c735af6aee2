"""The registry as the cache

The project of the builds above as five image stages of an `ixian.py`; the other builders have it as one Dockerfile, and what they keep of a cache in a registry: Buildah
`--cache-to` and `--cache-from`, dockerd its inline cache. A fresh machine is an empty storage, each time, beside a registry that has everything. ix reads no layer
that it does not need: with nothing changed it asks for one name. To plan is to find out for each stage where its image is; the registry of that row answers 20 ms later
than it could.
"""

import json
import urllib.request

from parts import images, projects
from parts.bench import Subject, at_most
from parts.far import FarRegistry
from parts.registry import Registry
from peers import available


def fresh_machine(bench, registry, builders):
    context = projects.five_stages(bench, registry)
    projects.write_image_stages(context, registry.host, {name: (below, text.replace("{base}", registry.image("base:1"))) for name, (below, text) in projects.STAGES.items()})
    ix, others = builders[0], builders[1:]
    caches = {each.name: registry.image(f"bench/{each.name.lower()}") for each in others}
    caches["dockerd"] = registry.image("bench/dockerd:1")  # the inline cache is in the image

    def fresh():
        for each in builders:
            each.wipe()

    edit = projects.Edits(context)

    def changed():
        fresh()
        edit()

    fresh()
    bench.once(ix.run("--push", "make_final"), folder=context)
    for each in others:
        bench.once(each.build(context, registry.image(f"bench/{each.name.lower()}:1"), push=True, cache_to=caches[each.name], cache_from=caches[each.name]
                              if each.name == "Buildah" else None))
    subjects = [Subject("ix", ix.run("make_final"), "ours", registry=registry, folder=context),
                *(Subject(each.name, each.build(context, "bench:1", cache_from=caches[each.name]), daemon=each.daemon, registry=registry) for each in others)]
    bench.compare("nothing changed, a fresh machine", subjects, [at_most(0.05, "Buildah")], before=fresh)
    bench.compare("one source file changed, a fresh machine", subjects, [at_most(0.5, "Buildah")], before=changed)


def put_stages(bench, registry, names):
    """Each is a tag; what it names does not matter to a plan."""
    at = f"http://{registry.host}/v2"
    manifest = urllib.request.urlopen(urllib.request.Request(f"{at}/base/manifests/1", headers={"Accept": images.MANIFEST})).read()
    described = json.loads(manifest)
    for blob in [described["config"], *described["layers"]]:
        urllib.request.urlopen(urllib.request.Request(f"{at}/bench/app/blobs/uploads/?mount={blob['digest']}&from=base", method="POST", data=b"")).close()
    for name in names:
        urllib.request.urlopen(urllib.request.Request(f"{at}/bench/app/manifests/{name.rpartition(':')[2]}", method="PUT", data=manifest,
                                                      headers={"Content-Type": images.MANIFEST})).close()


def plan(bench, far, registry, ix, count):
    """Seconds of each run of a plan of so many stages, which are all in that registry."""
    project = bench.folder / f"stages-{count}"
    project.mkdir()
    stages = {f"s{index}": ([f"s{index // 2}"] if index else [], f"ARG S{index // 2}_IMAGE\nFROM $S{index // 2}_IMAGE\nLABEL n={index}\n" if index
                            else "FROM scratch\nLABEL n=0\n") for index in range(count)}
    projects.write_image_stages(project, far.host, stages)
    told = json.loads(bench.output(ix.run("--no-pull", "plan", "everything", "--json"), project)[0])
    put_stages(bench, registry, [step["image"] for step in told["images"]["steps"]])
    command = ix.run("plan", "everything", "--json")
    found = json.loads(bench.output(command, project)[0])["images"]["steps"]
    if {step["place"] for step in found} != {"registry"}:
        raise SystemExit("The plan does not find its stages in the registry.")
    return [bench.once(command, project).seconds for _ in range(bench.runs)]


def plans(bench, registry, ix):
    sizes = [20, 50, 100] if bench.quick else [100, 300, 1000]
    with FarRegistry(registry, 0.02) as far:
        ix.wipe()
        taken = {size: plan(bench, far, registry, ix, size) for size in sizes}
    bench.figure(f"plan of {sizes[-1]:,} stages, all in a registry 20 ms away", "s", taken[sizes[-1]], [at_most(2)])
    bench.growth("plan of stages in a registry 20 ms away", "stages", {"ix": ("ours", taken)}, [at_most(1.1)])


def run(bench):
    with Registry(bench.folder / "registry") as registry, available(bench) as builders:
        fresh_machine(bench, registry, builders)
        plans(bench, registry, builders[0])
