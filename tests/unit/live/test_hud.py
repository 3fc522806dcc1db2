"""The HUD: which part of a frame takes how long, why frames are missed, and what the picture says."""

import gc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sketch.live.hud import GROUND, HudPicture, HudText, message_lines, model_lines
from sketch.live.hud_meter import KEPT, PARTS, FrameMeter
from sketch.render.gl.uploads import UPLOADS

STEP = 0.02


class Clock:
    now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def meter(clock):
    made = FrameMeter(STEP, clock)
    made.open()
    gc.collect()  # so that none comes by chance
    yield made
    made.close()


def frame(meter, clock, update=0.004, draw=0.006, screen=0.01, inference=0.0):
    meter.begin()
    clock.wait(update)
    if inference:
        clock.wait(inference)
        meter.add("inference", inference)
    meter.lap("update")
    clock.wait(draw)
    meter.lap("draw")
    clock.wait(screen)
    meter.lap("screen")


def test_parts_add_up_to_the_frame_and_what_lies_within_another_part_is_counted_once(meter, clock):
    for _ in range(50):
        frame(meter, clock, inference=0.002, screen=0.008)
    meter.begin()
    times = meter.percentiles()
    assert times["update"][0] == pytest.approx(4, abs=0.01)
    assert times["inference"][0] == pytest.approx(2, abs=0.01)
    assert times["draw"][0] == pytest.approx(6, abs=0.01)
    assert times["frame"][0] == pytest.approx(20, abs=0.01)
    assert sum(times[part][0] for part in PARTS) == pytest.approx(20, abs=0.05)
    assert meter.missed == 0


@pytest.mark.parametrize(
    ("slow", "cause"),
    [
        ({"draw": 0.05}, "draw"),
        ({"update": 0.05}, "update"),
        ({"inference": 0.05}, "inference"),
        ({"screen": 0.05}, "waiting for the screen"),
    ],
)
def test_a_missed_frame_names_the_part_that_took_longer_than_it_does(meter, clock, slow, cause):
    for _ in range(40):
        frame(meter, clock)
    frame(meter, clock, **slow)
    meter.begin()
    assert meter.last_cause == cause
    assert meter.missed == meter.causes[cause] >= 1


def test_what_the_driver_waits_for_is_the_gpu_not_the_screen(meter, clock):
    for _ in range(40):
        frame(meter, clock)
    frame(meter, clock, screen=0.06)
    meter.gpu(0.05)
    meter.begin()
    assert meter.last_cause == "the GPU"


def test_time_that_no_part_had_is_the_systems(meter, clock):
    for _ in range(40):
        frame(meter, clock)
    frame(meter, clock)
    clock.wait(0.1)
    meter.begin()
    assert meter.last_cause.startswith("the system")
    assert meter.missed == 5


def test_a_closed_meter_watches_neither_the_collector_nor_the_uploads(clock):
    before = len(gc.callbacks)
    meter = FrameMeter(STEP, clock)
    meter.open()
    assert UPLOADS.watched
    assert len(gc.callbacks) == before + 1
    meter.close()
    meter.close()
    assert not UPLOADS.watched
    assert len(gc.callbacks) == before


def stage(*messages, addons=()) -> Any:
    return SimpleNamespace(
        sketch=SimpleNamespace(width=900, height=640, addons=list(addons)),
        pens=SimpleNamespace(dropped=3),
        notices=SimpleNamespace(lines=[(0.0, text) for text in messages]),
    )


def test_the_lines_have_the_percentiles_the_dropped_points_and_the_messages(meter, clock):
    for _ in range(50):
        frame(meter, clock)
    meter.begin()
    text = HudText(stage("no such library"), meter)
    lines = [text.line(number) for number in range(text.COUNT)]
    assert ("draw", "6.00", "6.00") in lines
    assert any(line and line[0] == "dropped points 3" for line in lines)
    assert ("no such library",) in lines
    assert lines[0] == ("50.0 frames a second", "900x640", "F3 closes")


def test_a_long_message_wraps_and_the_last_ones_stay():
    lines = message_lines(["first", "word " * 60, "last"])
    assert len(lines) == 5
    assert lines[-1] == "last"
    assert all(len(line) <= 58 for line in lines)
    assert "first" not in lines


def test_an_addon_with_a_model_is_named_with_its_provider_and_its_times():
    timings = SimpleNamespace(p50=140.2, p99=210.0)
    addons = [SimpleNamespace(provider="cuda", timings=timings), SimpleNamespace(provider=""), object()]
    lines = model_lines(addons)
    assert lines[0].endswith("on CUDA: p50 140 µs, p99 210 µs")
    assert len(lines) == 2


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_frame_changes_the_graph_and_at_most_one_line(meter, clock, ratio):
    text = HudText(stage("a"), meter)
    picture = HudPicture(text, meter, ratio)
    for _ in range(2 * text.COUNT):
        frame(meter, clock)
        meter.begin()
        before = picture.pixels.copy()
        changed = picture.advance()
        assert len(changed) <= 2
        places = np.zeros(before.shape[:2], bool)
        for left, top, right, bottom in changed:
            places[top:bottom, left:right] = True
        assert (before[~places] == picture.pixels[~places]).all()
    assert (picture.pixels != np.array(GROUND, np.uint8)).any(axis=2).sum() > 500 * ratio


def test_the_graph_keeps_as_many_frames_as_it_is_wide(meter, clock):
    picture = HudPicture(HudText(stage(), meter), meter)
    assert picture.pixels.shape[1] >= KEPT
