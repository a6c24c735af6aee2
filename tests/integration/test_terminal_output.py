"""What others have written reaches a terminal as text: no escape sequence, no control, no mark that turns the direction of writing."""

import json
import os
import pty
import re
import subprocess

import images
import pytest
from program import IX
from waiting import TIMEOUT

CONTROLS = ["\x1b]0;PWNED\x07", "\x1b]52;c;UFdO\x07", "\x1b[31mred", "\x07\x08\r", "\x7f", "\x9b31m", "\x9d0;PWNED\x9c", "\u202etxt.exe", "\u2066\u2069", "a\nForged  line"]
EVIL = "".join(CONTROLS)
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(layout):
    """A layout with an image that is called `1` and whose configuration is full of it, and one whose name is."""
    config = {
        "os": "linux",
        "architecture": "amd64",
        "created": EVIL,
        "author": EVIL,
        "config": {"Labels": {EVIL: EVIL}, "Cmd": [EVIL], "Entrypoint": [EVIL], "User": EVIL, "Env": ["A=" + EVIL], "WorkingDir": "/" + EVIL},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    blob = images.Blob(images.CONFIG, json.dumps(config, ensure_ascii=False).encode())
    manifest = {"schemaVersion": 2, "mediaType": images.MANIFEST, "config": blob.descriptor, "layers": [], "annotations": {EVIL: EVIL}}
    image = images.Image(images.Blob(images.MANIFEST, json.dumps(manifest, ensure_ascii=False).encode()), [blob])
    layout.add("1", image)
    layout.add(EVIL, image)
    return layout


def on_terminal(ix, *args):
    """All that ix shows on a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen([IX, *map(str, args)], cwd=ix.work, env={**ix.environment, "TERM": "xterm-256color"}, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    seen = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    process.wait(TIMEOUT)
    os.close(master)
    return seen.decode().replace("\r\n", "\n")


def without_ours(text):
    """Without what the picture of what runs is drawn with, and the colours."""
    return re.sub(r"\x1b\[(?:\?25[lh]|\d*[ABGJK]|(?:0|1|2|3[123]|90)?m)|\r", "", text)


@pytest.mark.parametrize("how", [["inspect"], ["inspect", "--json"], ["inspect", "--config"], ["inspect", "--raw"]])
def test_inspect_shows_a_configuration_as_text(ix, hostile, how):
    shown = on_terminal(ix, "image", *how, f"oci:{hostile.path}:1")
    assert "PWNED" in shown and not STEERS.search(without_ours(shown)), repr(shown)
    assert "\x1b[31m" not in shown
    if how == ["inspect"]:
        assert not re.search(r"^Forged", shown, re.M)


def test_to_a_pipe_documents_are_what_they_are(ix, hostile):
    place = f"oci:{hostile.path}:1"
    assert json.loads(ix("image", "inspect", "--config", place).ok().stdout)["author"] == EVIL
    assert ix("image", "inspect", "--json", place).ok().json()["config"]["author"] == EVIL
    shown = ix("image", "inspect", "--json", place).ok().stdout
    assert not STEERS.search(shown)
    assert not STEERS.search(ix("image", "inspect", place).ok().stdout)


@pytest.mark.parametrize("command", [["image", "ls"], ["image", "tags"]])
def test_listings_show_names_as_text(ix, hostile, command):
    shown = on_terminal(ix, *command, f"oci:{hostile.path}")
    assert "PWNED" in shown and not STEERS.search(without_ours(shown)), repr(shown)


@pytest.mark.parametrize("progress", ["plain", "tty", "json", "quiet"])
def test_what_a_command_and_an_error_say_is_text(ix, tmp_path, progress):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "Dockerfile").write_text(f"FROM scratch\nLABEL a=b\n{EVIL.replace(chr(10), '')} b\n")
    shown = on_terminal(ix, "--progress", progress, "build", tmp_path / "c")
    assert "Dockerfile" in shown and not STEERS.search(without_ours(shown)), repr(shown)
    shown = on_terminal(ix, "--progress", progress, "image", "inspect", f"oci:{tmp_path}/{EVIL.replace('/', '')}:1")
    assert not STEERS.search(without_ours(shown)), repr(shown)
