"""CONFIG.JEST: where Jest and its configuration are, in the development container."""

from ixian.config import Config


class JestConfig(Config):
    BIN = "{NPM.NODE_MODULES_DIR}/.bin/jest"
    CONFIG_FILE = "jest.config.json"
    CONFIG_FILE_PATH = "{DOCKER.APP_ETC}/runtime/{JEST.CONFIG_FILE}"
