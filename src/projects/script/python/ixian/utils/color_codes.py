"""Colours for what a task prints. They are empty where NO_COLOR is set."""

import posix

_ON = not posix.environ.get(b"NO_COLOR")

BOLD_WHITE = "\033[1m" if _ON else ""
RED = "\033[91m" if _ON else ""
OK_GREEN = "\033[92m" if _ON else ""
ENDC = "\033[0m" if _ON else ""
YELLOW = "\033[93m" if _ON else ""
GRAY = "\033[90m" if _ON else ""

COLOR_REFERENCE = {
    "BOLD_WHITE": BOLD_WHITE,
    "RED": RED,
    "OK_GREEN": OK_GREEN,
    "YELLOW": YELLOW,
    "GRAY": GRAY,
}


def format(txt, color):
    return f"{color}{txt}{ENDC}"


def red(txt):
    return format(txt, RED)


def green(txt):
    return format(txt, OK_GREEN)


def yellow(txt):
    return format(txt, YELLOW)


def gray(txt):
    return format(txt, GRAY)


def bold_white(txt):
    return format(txt, BOLD_WHITE)
