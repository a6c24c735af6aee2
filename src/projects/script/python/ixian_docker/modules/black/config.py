"""CONFIG.BLACK: how Black is called, in the development container."""

from ixian.config import Config


class BlackConfig(Config):
    SRC = "{PYTHON.ROOT_MODULE_PATH}"
    CONFIG = "{DOCKER.APP_DIR}/etc/runtime/pyproject.toml"
    ARGS = ["--config {BLACK.CONFIG}", "{BLACK.SRC}"]
