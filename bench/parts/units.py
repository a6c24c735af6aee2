"""Numbers as people read them."""


def seconds(value):
    if value is None:
        return ""
    if value >= 100:
        return f"{value:.0f} s"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1000:.0f} ms" if value >= 0.1 else f"{value * 1000:.1f} ms"


def tick(value):
    """Seconds on an axis."""
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms" if value else "0"


def amount(size):
    """Bytes."""
    if size is None:
        return ""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("kiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}" if size < 100 * factor else f"{size / factor:.0f} {unit}"
    return f"{size:.0f} B"


def figure(name, value):
    """A figure of a run, with its unit."""
    if value is None:
        return ""
    if name in ("seconds", "cpu_seconds"):
        return seconds(value)
    if name == "peak_mib":
        return f"{value:.0f} MiB"
    return amount(value) if name.endswith("_bytes") else f"{value:,.0f}"


def number(value, unit):
    """A figure of a row that has no peer."""
    if unit in ("s", "ms"):
        return seconds(value if unit == "s" else value / 1000)
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def ratio(value):
    return f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"


def limit(kind, value):
    return f"{'≤' if kind == 'at_most' else '≥'} {value:g}"
