from ixian.config import Config


class LicenseConfig(Config):
    FILES = "src/*.txt"
    FIRST_LINE = "Licensed under {LICENSE.NAME}."
    NAME = "Apache-2.0"
