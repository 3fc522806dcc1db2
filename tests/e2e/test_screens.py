"""A window on the second of two screens, which goes away and comes back; Xorg's dummy driver has both."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.person import ROOT

pytestmark = pytest.mark.window

DRIVER = Path("/usr/lib/xorg/modules/drivers/dummy_drv.so")
CONFIG = """
Section "Device"
  Identifier "device"
  Driver "dummy"
  VideoRam 64000
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "screen"
  Device "device"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1024x768" "800x600"
    Virtual 2048 1600
  EndSubSection
EndSection
"""
SHOW = """
import subprocess, sys
import sketch
from sketch.host import screens
from sketch.input.events import KeyEvent
screens.LOOK = 0.1
windows = []
begin = screens.Screens.__init__
screens.Screens.__init__ = lambda self, window, *more: (windows.append(window), begin(self, window, *more))[1]
def place():
    window = windows[0]
    return *window.get_location(), *window.get_size()
class Show(sketch.Sketch):
    window = sketch.Window(size=(400, 300), screen=sys.argv[1], fullscreen=True, hides_cursor=True)
    def draw(self, canvas): canvas.background(200, 40, 90)
    def key_pressed(self, key): raise AssertionError(key)
    def message(self, text): print(text, flush=True)
def xrandr(text): subprocess.run(["xrandr", "--output", "DUMMY1", *text.split()], check=True)
def key(queue, now):
    for kind in ("down", "up"): queue.put(KeyEvent(kind, "f11", frozenset(), now, "F11"))
def steps():
    # Each is awaited: where the window is, then what happens next.
    yield (1024, 0, 800, 600), lambda queue, now: key(queue, now)
    yield (1224, 150, 400, 300), lambda queue, now: key(queue, now)
    yield (1024, 0, 800, 600), lambda queue, now: xrandr("--off")
    yield (0, 0, 1024, 768), lambda queue, now: xrandr("--mode 800x600 --right-of DUMMY0")
    yield (1024, 0, 800, 600), lambda queue, now: print("all", flush=True)
left = list(steps())
def play(now, queue):
    assert now < 60, (place(), len(left))
    if place() == left[0][0]: left.pop(0)[1](queue, now)
    return bool(left)
sketch.run(Show, player=play)
"""


@pytest.fixture
def two_screens(tmp_path):
    """Name of an X display with the screens DUMMY0 and DUMMY1, next to each other."""
    if not (shutil.which("Xorg") and shutil.which("xrandr") and DRIVER.exists()):
        pytest.skip(
            "two screens need Xorg with its dummy driver: apt-get install xserver-xorg-video-dummy xrandr"
        )
    config = tmp_path / "dummy.conf"
    config.write_text(CONFIG)
    read, write = os.pipe()
    log = tmp_path / "xorg.log"
    command = ["Xorg", "-displayfd", str(write), "-config", str(config), "-noreset", "-nolisten", "tcp"]
    command += ["-logfile", str(log)]
    server = subprocess.Popen(
        command,
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            pytest.skip("Xorg does not start here, as where the user may not")
        environment = {**os.environ, "DISPLAY": f":{number}"}
        for words in ("--addmode DUMMY1 800x600", "--output DUMMY1 --mode 800x600 --right-of DUMMY0"):
            subprocess.run(["xrandr", *words.split()], env=environment, check=True, timeout=30)
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def test_a_window_covers_its_screen_leaves_it_when_it_goes_away_and_returns(two_screens, tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", SHOW, "dummy1"],
        env={"DISPLAY": two_screens, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "the screen DUMMY1 800x600 went away: the window is now on DUMMY0 1024x768",
        "its screen is back: the window is now on DUMMY1 800x600",
        "all",
    ] or answer.stdout.splitlines() == [
        "the screen DUMMY1 800x600 went away: the window is now on DUMMY0 1024x768",
        "all",
        "its screen is back: the window is now on DUMMY1 800x600",
    ]
