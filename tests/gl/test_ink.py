import gc

import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke, WetStroke
from sketch.ink.points import as_points
from sketch.render.canvas import Canvas
from tests.awkward import AWKWARD
from tests.gl.conftest import new_framebuffer, pixels_of, release


def some_strokes(alpha=0.5):
    colors = [(1, 0.5, 0.2, alpha), (0.2, 0.6, 1, alpha), (0.4, 1, 0.4, alpha)]
    return [
        Stroke(as_points(s.points + np.array((index * 4, index % 3 * 5))), colors[index % 3], s.width)
        for index, s in enumerate(AWKWARD[::3])
    ]


def wet_copy(stroke):
    wet = WetStroke(stroke.color, stroke.width)
    for point in stroke.points:
        wet.add(point)
    return wet


def frame(canvas, framebuffer, paint):
    canvas.begin(framebuffer)
    canvas.background(30, 60, 90)
    paint(canvas)
    canvas.end()
    return pixels_of(framebuffer)


@pytest.mark.parametrize("mode", ["alpha", "add", "multiply", "screen"])
def test_dry_ink_looks_as_if_it_were_drawn_directly(canvas, framebuffer, mode):
    strokes = some_strokes()
    ink = Ink(strokes)
    wet = Ink(wet=dict(enumerate(map(wet_copy, strokes))))
    baked = frame(canvas, framebuffer, lambda c: (c.blend_mode(mode), c.ink(ink)))
    direct = frame(canvas, framebuffer, lambda c: (c.blend_mode(mode), c.ink(wet)))
    assert np.abs(baked - direct).max() <= 2.01 / 255
    assert np.abs(baked - frame(canvas, framebuffer, lambda c: None)).max() > 0.1


@pytest.mark.parametrize("opacity", [1.0, 0.4])
def test_nothing_changes_when_a_wet_stroke_dries(canvas, framebuffer, opacity):
    first, second = some_strokes(0.7)[2:4]
    ink = Ink([first], {1: wet_copy(second)})
    wet = frame(canvas, framebuffer, lambda c: c.ink(ink, opacity))
    ink.finish(1)
    assert np.abs(frame(canvas, framebuffer, lambda c: c.ink(ink, opacity)) - wet).max() <= 2.01 / 255


def test_a_finished_stroke_is_painted_once(canvas, framebuffer, monkeypatch):
    painted = []
    now = canvas._batch.strokes_now
    monkeypatch.setattr(canvas._batch, "strokes_now", lambda s, b: (painted.append(len(s)), now(s, b))[1])
    ink = Ink(some_strokes())
    count = len(ink)
    for _ in range(3):
        frame(canvas, framebuffer, lambda c: c.ink(ink))
    ink.add(some_strokes()[0])
    frame(canvas, framebuffer, lambda c: c.ink(ink))
    assert painted == [count, 1]
    ink.remove(0)
    frame(canvas, framebuffer, lambda c: c.ink(ink))
    assert painted == [count, 1, count]


@pytest.mark.parametrize(
    "change",
    [
        lambda ink: ink.remove(0),
        lambda ink: ink.clear(),
        lambda ink: ink.replace(0, Stroke(as_points([(50, 40)]), (1, 0, 0, 1), 30.0)),
    ],
)
def test_a_changed_ink_looks_like_a_new_one(canvas, framebuffer, change):
    ink = Ink(some_strokes())
    frame(canvas, framebuffer, lambda c: c.ink(ink))
    change(ink)
    changed = frame(canvas, framebuffer, lambda c: c.ink(ink))
    assert (changed == frame(canvas, framebuffer, lambda c: c.ink(Ink(list(ink.strokes))))).all()


def test_ink_may_be_drawn_twice_in_different_places(canvas, framebuffer):
    ink = Ink([Stroke(as_points([(10, 10), (20, 10)]), (1, 1, 1, 1), 6.0)])

    def paint(c):
        c.ink(ink)
        c.translate(40, 30)
        c.ink(ink)

    drawn = frame(canvas, framebuffer, paint)
    assert drawn[10, 15, 0] == drawn[40, 55, 0] == 1


def test_ink_is_as_sharp_after_a_resize_as_if_drawn_so_at_once(ctx):
    ink = Ink(some_strokes())
    canvas, fresh = Canvas(ctx, (80, 60)), Canvas(ctx, (120, 90), 2.0)
    small = new_framebuffer(ctx, canvas)
    frame(canvas, small, lambda c: c.ink(ink))
    canvas.resize((120, 90), 2.0)
    large = new_framebuffer(ctx, canvas)
    resized = frame(canvas, large, lambda c: c.ink(ink))
    assert resized.shape == (180, 240, 4)
    assert (resized == frame(fresh, large, lambda c: c.ink(ink))).all()
    for thing in (small, large):
        release(thing)
    canvas.release()
    fresh.release()


def test_the_layer_of_an_ink_that_is_gone_is_released(canvas, framebuffer):
    frame(canvas, framebuffer, lambda c: c.ink(Ink(some_strokes())))
    assert len(canvas._layers._layers) == 1
    gc.collect()
    frame(canvas, framebuffer, lambda c: None)
    assert not canvas._layers._layers


def test_at_rest_nothing_is_allocated_on_the_gpu(ctx, canvas, framebuffer, monkeypatch):
    ink = Ink(some_strokes(), {0: wet_copy(some_strokes()[1])})

    def paint(c):
        c.ink(ink)
        c.circle(20, 20, 5)
        c.polygon([(0, 0), (9, 0), (5, 8), (2, 7)])
        c.text("rest", 10, 30)
        c.image(np.zeros((4, 4, 3), np.uint8), 1, 1)

    frame(canvas, framebuffer, paint)

    def refuse(*_, **__):
        raise AssertionError("allocated")

    for name in ("buffer", "texture", "framebuffer", "vertex_array", "program"):
        monkeypatch.setattr(type(ctx), name, refuse)
    frame(canvas, framebuffer, paint)


def test_a_color_that_does_not_fit_the_points_is_refused(canvas, framebuffer):
    ink = Ink([Stroke(as_points([(0, 0), (9, 9)]), np.ones((3, 4), np.float32))])
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match=r"shape \(2, 4\)"):
        canvas.ink(ink)
    canvas.end()
