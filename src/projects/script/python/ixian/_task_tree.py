"""The tree of what a task stands on, as Python code may ask for it; `ix help TASK` draws the program's own."""

from ixian.config import CONFIG
from ixian.utils.color_codes import BOLD_WHITE, ENDC, GRAY, OK_GREEN


def tree(runner, dedupe=True, flatten=True):
    built = _node(runner, set() if dedupe else None)
    return flatten_tree(built) if flatten else built


def _node(runner, seen):
    dependencies = []
    for each in runner.depends:
        if seen is not None:
            if each.name in seen:
                continue
            seen.add(each.name)
        dependencies.append(_node(each, seen))
    return {"name": runner.name, "dependencies": dependencies}


def flatten_tree(tree, full=False):
    """
    The same order with less depth: a task with one dependency stands behind it in its parent's list; with `full`, all stand in one list. Where
    the root itself is flattened, the list has a root without a name.
    """
    nodes = _flattened(tree, full)
    return nodes[0] if len(nodes) == 1 else {"name": None, "dependencies": nodes}


def _flattened(node, full):
    below = [each for dependency in node["dependencies"] for each in _flattened(dependency, full)]
    if full or len(node["dependencies"]) == 1:
        return [*below, {**node, "dependencies": []}]
    return [{**node, "dependencies": below}]


def status(runner, dedupe=True, flatten=True):
    root = tree(runner, dedupe, flatten)
    _add_status(root)
    return root


def _add_status(node):
    from ixian.task import TASKS

    for each in node["dependencies"]:
        _add_status(each)
    if node["name"] is not None:
        passes, node["checkers"] = TASKS[node["name"]].check()
        node["passes"] = passes and all(each["passes"] for each in node["dependencies"])


def render_status(runner, buffer):
    _render_node(status(runner), 0, buffer)


def _render_node(node, indent, buffer):
    if node["name"] is not None:
        icon = f"{OK_GREEN}✔{ENDC}" if node["passes"] else f"{GRAY}○{ENDC}"
        buffer.write(f"{'  ' * indent}{icon} {node['name']}\n")
        indent += 2
    for each in node["dependencies"]:
        _render_node(each, indent, buffer)


def render_help(runner, buffer):
    def heading(text):
        buffer.write(f"{BOLD_WHITE}{text}{ENDC}\n")

    heading("NAME")
    buffer.write(f"    {runner.name} -- {runner.short_description}\n\n")
    heading("DESCRIPTION")
    buffer.write(CONFIG.format(runner.description or "").strip("\n") + "\n\n")
    if runner.config:
        heading("CONFIGURATION")
        width = max(len(each) for each in runner.config)
        for each in runner.config:
            buffer.write(f"    - {(each.strip('{}') + ':').ljust(width)}  {CONFIG.format(each)}\n")
        buffer.write("\n")
    heading("STATUS")
    render_status(runner, buffer)
