"""Bad networks, Ctrl-C and worse, in the middle of things."""

import signal

import images
import pytest
from waiting import wait_for


def at(relay, repository="team/app", tag="1"):
    return f"{relay.host}/{repository}:{tag}"


def test_ctrl_c_in_the_middle_of_a_push_leaves_no_tag(ix, plain, layout, relay):
    network = relay(plain)
    image = images.small_image(size=3_000_000)
    network.hold_after(2_000_000)
    running = ix.start("image", "copy", layout.add("one", image), at(network))
    network.wait_until_held()
    running.interrupt()
    result = running.end()
    assert result.code == 130, result
    assert plain.digest("team/app") is None
    network.release()
    ix("image", "copy", f"oci:{layout.path}:one", at(network)).ok()
    plain.check("team/app", "1", image)


def test_ctrl_c_in_the_middle_of_a_pull_leaves_no_image(ix, plain, layout, relay):
    network = relay(plain)
    image = images.small_image(size=3_000_000)
    plain.put("team/app", "1", image)
    network.hold_after(2_000_000, "down")
    running = ix.start("image", "copy", at(network), f"oci:{layout.path}:x")
    network.wait_until_held()
    running.interrupt()
    assert running.end().code == 130
    assert layout.entries() == []
    network.release()
    ix("image", "copy", at(network), f"oci:{layout.path}:x").ok()
    layout.check("x", image)


def test_ctrl_c_while_nothing_answers(ix, plain, layout, relay):
    network = relay(plain)
    network.hold_after(0)
    running = ix.start("image", "tags", f"{network.host}/team/app")
    network.wait_until_held()
    running.interrupt()
    assert running.end().code == 130


@pytest.mark.parametrize("direction", ["up", "down"])
def test_kill_9_leaves_nothing_that_hinders(ix, plain, layout, relay, direction):
    network = relay(plain)
    image = images.small_image(size=3_000_000)
    source = layout.add("one", image)
    if direction == "down":
        plain.put("team/app", "1", image)
    copy = images.Layout(layout.path.parent / "copy")
    command = [source, at(network)] if direction == "up" else [at(network), f"oci:{copy.path}:x"]
    network.hold_after(2_000_000, direction)
    running = ix.start("image", "copy", *command)
    network.wait_until_held()
    running.process.send_signal(signal.SIGKILL)
    running.end()
    assert copy.entries() == []
    if direction == "up":
        assert plain.digest("team/app") is None
    network.release()
    ix("image", "copy", *command).ok()
    plain.check("team/app", "1", image)
    if direction == "down":
        copy.check("x", image)


def test_a_pull_goes_on_where_it_broke_off(ix, plain, layout, relay):
    network = relay(plain)
    image = images.small_image(layers=1, size=20_000_000)
    plain.put("team/app", "1", image)
    plain.forget()
    network.cut_after(10_000_000, "down")
    ix("image", "copy", at(network), f"oci:{layout.path}:x").ok()
    layout.check("x", image)
    assert network.cuts == 1
    assert network.passed["down"] < 32_000_000, "it started anew"
    assert 206 in {each.status for each in plain.accesses("GET")}


def test_a_push_goes_on_after_a_break(ix, plain, layout, relay):
    network = relay(plain)
    image = images.small_image(layers=2, size=10_000_000)
    network.cut_after(7_000_000, "up")
    ix("image", "copy", layout.add("one", image), at(network)).ok()
    plain.check("team/app", "1", image)
    assert network.cuts == 1


def test_a_push_to_a_registry_that_restarts_leaves_the_whole_image(ix, plain, layout, relay):
    network = relay(plain)
    image = images.small_image(layers=3, size=3_000_000)
    network.hold_after(4_000_000)
    running = ix.start("image", "copy", layout.add("one", image), at(network))
    network.wait_until_held()
    network.cut_after(0, "up")
    network.cut_after(0, "down")
    network.release()
    result = running.end()
    if result.code == 0:
        plain.check("team/app", "1", image)
    else:
        result.failed(4, network.host, "team/app")
        assert plain.digest("team/app") is None


def test_the_registry_dies_in_the_middle_of_a_push(ix, plain, layout, relay):
    network = relay(plain)
    network.hold_after(2_000_000)
    running = ix.start("image", "copy", layout.add("one", images.small_image(size=3_000_000)), at(network))
    network.wait_until_held()
    plain.process.kill()
    wait_for(lambda: plain.process.poll() is not None, "the registry to die")
    network.release()
    running.end().failed(4, network.host, "team/app")
