"""CONFIG.PYTEST: how pytest is called, in the development container."""

from ixian.config import Config


class PytestConfig(Config):
    SRC = "{PYTHON.ROOT_MODULE_PATH}"
    INI_FILE = "{DOCKER.APP_ETC}/runtime/pytest.ini"
    CACHE_DIR = "{DOCKER.APP_DIR}/.pytest_cache"
    ARGS = ["-c {PYTEST.INI_FILE}", "-o cache_dir={PYTEST.CACHE_DIR}"]
