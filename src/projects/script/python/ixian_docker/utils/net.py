"""Names of hosts."""


def is_valid_hostname(hostname):
    """Whether it is the full name of a host (RFC 1123): labels of letters, digits and hyphens, at least two, 255 characters at most."""
    if not hostname or len(hostname) > 255:
        return False
    labels = hostname.removesuffix(".").split(".")
    return len(labels) > 1 and all(map(is_label, labels))


def is_label(text):
    return 0 < len(text) <= 63 and text.isascii() and text.replace("-", "a").isalnum() and text[0] != "-" and text[-1] != "-"
