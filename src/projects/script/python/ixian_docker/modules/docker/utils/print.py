"""What a Docker daemon tells of a push or pull, as docker-py yields it, written to the terminal."""

from ixian_docker.utils.print import ProgressPrinter

UNITS = ("B", "kB", "MB", "GB", "TB")
STATES_OF_A_LAYER = ("Pulling fs layer", "Pull complete", "Downloading", "Extracting", "Download complete")


def print_docker_transfer_events(events):
    """A line for each layer, then what follows them."""
    printer = ProgressPrinter()
    for event in events:
        if "id" in event:
            printer.add_line(event["id"])
            printer.print(event["id"], f"{event['id']}: {event['status']} {event.get('progress', '')}")
            continue
        if not printer.is_complete:
            printer.complete()
        if "status" in event or "error" in event:
            print(event.get("status") or event["error"])


def format_pull_status_minimal(status, seen_layers=None):
    """
    One event as a line of a log, None where it has none. `seen_layers` maps "Downloading" and "Extracting" to the sets of layers that have
    been told already, and grows.
    """
    text, layer = status.get("status", ""), status.get("id")
    if layer is None:
        return text
    if text.startswith("Pulling from"):
        return f"{text}:{layer}"
    if text not in STATES_OF_A_LAYER:
        return None
    if text in ("Downloading", "Extracting"):
        seen = (seen_layers if seen_layers is not None else {}).setdefault(text, set())
        if layer in seen:
            return None
        seen.add(layer)
        text = f"{text} {format_bytes(status.get('progressDetail', {}).get('total', 0))}"
    return f"{layer}: {text}"


def format_bytes(size):
    """12B, 3.40MB: steps of 1024."""
    unit = 0
    while size > 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.2f}{UNITS[unit]}" if unit else f"{size}{UNITS[0]}"
