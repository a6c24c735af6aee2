"""Builds every case with each builder, once a session and ahead of the tests that look at the results."""

import concurrent.futures
import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "integration")]

import bases  # noqa: E402
import builders  # noqa: E402
import built_image  # noqa: E402
import registries  # noqa: E402
import wanted  # noqa: E402
from cases import all_cases  # noqa: E402
from kept_results import KeptResults  # noqa: E402
from waiting import SANITIZED  # noqa: E402

AT_ONCE = 3  # builds; they wait for disks and for one another's locks as much as they compute


class Session:
    def __init__(self, chosen):
        self.wanted = wanted.load()
        self.missing = {each.name: each.missing() for each in (*builders.OURS, *builders.PEERS)}
        self.folder = Path(tempfile.mkdtemp(prefix="ix-conformance-"))  # short, since it holds sockets
        self.builders, self.results, self.stops = {}, {}, [lambda: shutil.rmtree(self.folder, ignore_errors=True)]
        self.folder.chmod(0o755)
        # In memory, since the peers wait for a disk at every step. Where there may be no mounts, it is on disk.
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3g,mode=755", "ix-conformance", self.folder], capture_output=True).returncode == 0:
            self.stops.append(lambda: subprocess.run(["umount", "-l", self.folder], capture_output=True))
        try:
            self.start(chosen)
        except BaseException:
            self.stop()
            raise

    def start(self, chosen):
        registry = registries.start("plain", self.folder / "registry")
        self.stops.append(registry.stop)
        bases.put_all(registry)
        files = bases.Files(self.folder / "files")
        self.stops.append(files.stop)
        self.addresses = {"registry.test": registry.host, "files.test": files.host}
        built_image.addresses.update(self.addresses)
        for kind in (*builders.OURS, *builders.PEERS):
            if not self.missing[kind.name]:
                builder = self.builders[kind.name] = kind(self.folder / kind.name)
                self.stops.append(builder.stop)
        kept = KeptResults()
        pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.stops.append(lambda: pool.shutdown(cancel_futures=True))
        for case in chosen:
            for name in self.builders:
                if case.asks(name):
                    self.results[case.name, name] = pool.submit(kept.ask, case, name, functools.partial(self.build, case, name))

    def build(self, case, name):
        builder = self.builders[name]
        builder.start_once()
        context = case.lay_context(self.folder / "contexts" / name / case.name, name, self.addresses)
        try:
            return builder.build(case.name, context, context / case.dockerfile, case.arguments(name, context))
        finally:
            shutil.rmtree(context)

    def outcomes(self, case):
        return {name: self.results[case.name, name].result() for name in self.builders if (case.name, name) in self.results}

    def stop(self):
        for each in reversed(self.stops):
            each()


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        # What a sanitizer finds in the language, the fuzzers find sooner.
        metafunc.parametrize("case", all_cases(with_rules=not SANITIZED), ids=lambda case: case.name)


@pytest.fixture(scope="session")
def session(request):
    chosen = [item.callspec.params["case"] for item in request.session.items if "case" in item.fixturenames]
    made = Session(chosen)
    yield made
    made.stop()
