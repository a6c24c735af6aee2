"""Names that a module has and that cost something to make: they are made when somebody asks for them."""

import sys


def late_names(module, **places):
    """
    A __getattr__ for a module. `places` maps a name to the module that has it, or to a function that makes it. Each module has a `logger`, too:
    Python's logging takes longer to import than all of ours.
    """

    def __getattr__(name):
        if name == "logger":
            import logging

            value = logging.getLogger(module)
        elif name in places:
            place = places[name]
            if callable(place):
                value = place()
            else:
                __import__(place)
                value = getattr(sys.modules[place], name)
        else:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        setattr(sys.modules[module], name, value)
        return value

    return __getattr__


def pattern(text):
    """What makes a compiled regular expression."""

    def compiled():
        import re

        return re.compile(text)

    return compiled
