"""Keys come up under the name they went down by, with the modifiers held after the event."""

from sketch.host.held import HeldKeys

NONE = frozenset[str]()
SHIFT = frozenset({"shift"})


def told(events):
    return [(event.kind, event.key, sorted(event.modifiers)) for event in events]


def test_modifiers_are_those_after_the_event():
    held = HeldKeys()
    assert told(held.down(37, "ctrl", "ControlLeft", NONE, 0.0)) == [("down", "ctrl", ["ctrl"])]
    assert told(held.up(37, frozenset({"ctrl"}), 0.1)) == [("up", "ctrl", [])]


def test_one_of_two_shifts_that_comes_up_leaves_the_other_held():
    held = HeldKeys()
    held.down(50, "shift", "ShiftLeft", NONE, 0.0)
    held.down(62, "shift", "ShiftRight", SHIFT, 0.0)
    assert told(held.up(50, SHIFT, 0.1)) == [("up", "shift", ["shift"])]
    assert told(held.up(62, SHIFT, 0.2)) == [("up", "shift", [])]


def test_a_key_has_one_name_whatever_happens_to_shift():
    held = HeldKeys()
    held.down(50, "shift", "ShiftLeft", NONE, 0.0)
    (down,) = held.down(10, "!", "Digit1", SHIFT, 0.0)
    held.up(50, SHIFT, 0.1)
    (up,) = held.up(10, NONE, 0.2)
    assert (down.key, up.key, up.code) == ("!", "!", "Digit1")


def test_a_key_that_repeats_goes_down_once_and_one_from_elsewhere_does_not_come_up():
    held = HeldKeys()
    assert len(held.down(38, "a", "KeyA", NONE, 0.0)) == 1
    assert held.down(38, "a", "KeyA", NONE, 0.5) == []
    assert held.up(40, NONE, 0.6) == []


def test_everything_comes_up_when_the_keyboard_is_lost():
    held = HeldKeys()
    held.down(50, "shift", "ShiftLeft", NONE, 0.0)
    held.down(56, "b", "KeyB", SHIFT, 0.1)
    assert told(held.release(0.2)) == [("up", "b", ["shift"]), ("up", "shift", [])]
    assert held.release(0.3) == []
    assert len(held.down(56, "b", "KeyB", NONE, 0.4)) == 1
