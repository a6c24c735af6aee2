"""Taking command lines apart and putting them together again, for tasks that wrap other tools."""


def merge_parser_args(parser, *arg_groups):
    """Parse several lists of arguments with one parser; later ones override earlier ones."""
    merged = {}
    for args in arg_groups:
        options, _ = parser.parse_known_args(args)
        merged.update({key: value for key, value in vars(options).items() if value is not None})
    return merged


def argunparse(options, parser):
    """
    The arguments that a parser would have made `options` from. `parser.arguments` lists them: dicts with `args` (the flags) and,
    where they are given, `dest` and `nargs`.
    """
    result = []
    for argument in parser.arguments:
        flags = argument["args"]
        long_flag = next((flag for flag in flags if flag.startswith("--")), None)
        flag = long_flag or next((each for each in flags if each.startswith("-")), None)
        value = _value_of(argument, options)
        if not value:
            continue
        if isinstance(value, bool):
            result.append(flag)
            continue
        joint = "=" if long_flag and not argument.get("nargs") else " "
        for each in value if isinstance(value, list) else [value]:
            result.append(f"{flag}{joint}{each}")
    return result


def _value_of(argument, options):
    if "dest" in argument:
        return options.get(argument["dest"])
    names = [flag.lstrip("-").replace("-", "_") for flag in argument["args"]]
    return next((options[name] for name in names if name in options), None)
