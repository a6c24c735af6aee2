"""CONFIG.ESLINT: where ESLint is, in the development container."""

from ixian.config import Config


class ESLintConfig(Config):
    BIN = "{DOCKER.APP_DIR}/node_modules/.bin/eslint"
