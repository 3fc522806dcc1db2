"""A pen that Wayland reports as a mouse gives one message, and only then."""

import sys
from pathlib import Path

import pytest

from sketch.host.wayland import NO_PRESSURE, has_pen, pressure_remark

WAYLAND = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
# As Linux has it: a mouse, and a Wacom pen (BTN_TOOL_PEN is bit 0x140).
MOUSE = "ff0000 0 0 0 0"
PEN = "1c01 0 0 0 0 0"


@pytest.fixture
def devices(tmp_path: Path):
    def make(*keys: str) -> Path:
        for number, each in enumerate(keys):
            place = tmp_path / f"event{number}" / "device" / "capabilities"
            place.mkdir(parents=True)
            (place / "key").write_text(f"{each}\n")
        return tmp_path

    return make


@pytest.mark.skipif(sys.platform != "linux", reason="Wayland is of Linux")
def test_a_pen_without_pressure_under_wayland_is_one_line(devices):
    pen = devices(MOUSE, PEN)
    assert pressure_remark(0, WAYLAND, pen) == NO_PRESSURE
    assert pressure_remark(0, {"XDG_SESSION_TYPE": "wayland"}, pen).startswith("no pressure: Wayland")
    assert pressure_remark(1, WAYLAND, pen) == ""
    assert pressure_remark(0, {"XDG_SESSION_TYPE": "x11", "DISPLAY": ":0"}, pen) == ""


def test_who_has_a_mouse_alone_gets_no_message(devices):
    assert pressure_remark(0, WAYLAND, devices(MOUSE)) == ""


def test_devices_that_cannot_be_read_are_no_pens(devices, tmp_path):
    assert not has_pen(devices("not hexadecimal", ""))
    assert not has_pen(tmp_path / "none")
