"""A formatter for projects that set up Python's logging themselves."""

import logging
import os

DEFAULT_COLORS = {
    "DEBUG": "white",
    "INFO": "white",
    "WARNING": "yellow",
    "ERROR": "red",
    "CRITICAL": "red",
}
DEFAULT_COLOR = "silver"

CODES = {
    "black": 30,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
    "silver": 37,
    "grey": 90,
    "gray": 90,
    "white": 97,
}


class ColoredFormatter(logging.Formatter):
    """Colours a whole record by its level. NO_COLOR turns it off."""

    def __init__(self, fmt=None, datefmt=None, style="%", log_colors=None):
        self.log_colors = log_colors or DEFAULT_COLORS
        super().__init__(fmt=fmt, datefmt=datefmt, style=style)

    def format(self, record):
        message = super().format(record)
        if os.environ.get("NO_COLOR"):
            return message
        look = self.log_colors.get(record.levelname, DEFAULT_COLOR)
        if isinstance(look, str):
            look = {"color": look}
        elif not isinstance(look, dict):
            raise ValueError("color setting must be a string or dict")
        codes = [str(CODES.get(look.get("color") or DEFAULT_COLOR, 37))]
        if look.get("background"):
            codes.append(str(CODES.get(look["background"], 30) + 10))
        if look.get("underline"):
            codes.append("4")
        if look.get("bold"):
            codes.append("1")
        return f"\033[{';'.join(codes)}m{message}\033[0m"
