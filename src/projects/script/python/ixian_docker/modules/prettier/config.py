"""CONFIG.PRETTIER: where Prettier is, in the development container, and what it formats."""

from ixian.config import Config


class PrettierConfig(Config):
    BIN = "{NPM.NODE_MODULES_DIR}/.bin/prettier"
    SRC = "{DOCKER.APP_DIR}/src/static"
