"""ix itself, with its own engine."""

from peers import put_away


class Builder:
    name = "ix"

    @staticmethod
    def missing():
        return None

    @staticmethod
    def version(bench):
        return bench.output([bench.ix, "--version"])[0]

    def __init__(self, bench, folder):
        self.ix, self.store = bench.ix, folder / "ix"

    def wipe(self):
        put_away(self.store)
        self.store.mkdir(parents=True)

    def run(self, *args):
        """ix with this store."""
        return ["env", f"IXIAN_STORE={self.store}", self.ix, *args]

    def build(self, context, image, push=False, cache_from=None, cache_to=None, fresh=False):
        options = [*(["--push"] if push else []), *(["--cache-from", cache_from] if cache_from else []), *(["--cache-to", cache_to] if cache_to else []),
                   *(["--no-cache"] if fresh else [])]
        return self.run("build", "--network=none", "-t", image, *options, str(context))

    def daemon(self):
        return None

    def stop(self):
        pass
