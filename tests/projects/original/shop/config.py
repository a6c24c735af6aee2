import os

from ixian.config import CONFIG, Config
from ixian.utils.decorators import classproperty


class ShopConfig(Config):
    SOURCES = "{PWD}/src"
    BUNDLES = "{BUILDER}/bundles"
    REGISTRY = "localhost:5000"
    IMAGE = "{SHOP.REGISTRY}/{PROJECT_NAME}:{SHOP.TAG}"
    LINTERS = ["spaces", "length"]
    LONGEST_LINE = 40

    @classproperty
    def BUNDLE_HASH(cls):
        return "{TASKS.BUNDLE.HASH}"

    @property
    def TAG(self):
        return self.BUNDLE_HASH[:12]

    @property
    def BUNDLE(self):
        return os.path.join(self.BUNDLES, f"{CONFIG.format('{SHOP.TAG}')}.txt")
