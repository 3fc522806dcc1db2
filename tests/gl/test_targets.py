import gc
import math

import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke
from sketch.ink.points import as_points
from sketch.render.gradient import Gradient
from sketch.render.images.fbo import Fbo
from tests.gl.conftest import pixels_of


def scene(canvas):
    canvas.background(30, 60, 90)
    canvas.gradient(Gradient.linear(0, 0, 40, 0, ["#ff0000", "#00ff00"]))
    canvas.circle(20, 12, 9)
    canvas.color(255)
    canvas.rect(2, 2, 7, 5, 2)
    canvas.text("ink", 4, 28, 14)
    canvas.stroke([(5, 20), (35, 8), (30, 25)], width=3, color=(255, 255, 0, 120))
    canvas.ink(Ink([Stroke(as_points([(3, 15), (38, 17)]), (1, 0.5, 1, 0.7), 4.0)]))


def test_what_is_drawn_into_an_fbo_and_then_drawn_is_what_is_drawn_at_once(draw):
    fbo = Fbo(40, 30)

    def paint(canvas):
        canvas.translate(7, 3)
        canvas.color(0, 0, 255)
        with canvas.into(fbo):
            assert canvas.size == fbo.size == (40, 30)
            scene(canvas)
        canvas.image(fbo, 3, 7)
        canvas.rect(0, 0, 3, 3)

    expected = draw((60, 50), lambda c: (c.translate(10, 10), None))
    expected[10:40, 10:50] = draw((40, 30), scene)
    expected[3:6, 7:10] = (0, 0, 1, 1)
    assert np.abs(draw((60, 50), paint) - expected)[..., :3].max() <= 1.5 / 255


def test_an_fbo_keeps_its_picture_and_is_clear_at_first(canvas, framebuffer):
    fbo = Fbo(50, 50)
    for x in (0, 20):
        canvas.begin(framebuffer)
        canvas.background(0, 0, 255)
        with canvas.into(fbo):
            canvas.rect(x, 0, 10, 10)
        canvas.image(fbo, 0, 0)
        canvas.end()
    drawn = pixels_of(framebuffer)
    assert drawn[5, (5, 25), :3].min() == 1
    assert drawn[5, 15, :3].tolist() == [0, 0, 1]


def test_translucent_paint_in_an_fbo_looks_as_it_does_at_once(draw):
    fbo = Fbo(20, 20)

    def through(canvas):
        canvas.background(200, 100, 0)
        with canvas.into(fbo):
            canvas.background(0, 0)
            canvas.color(0, 255, 0, 100)
            canvas.circle(10, 10, 7)
        canvas.image(fbo, 0, 0)

    def at_once(canvas):
        canvas.background(200, 100, 0)
        canvas.color(0, 255, 0, 100)
        canvas.circle(10, 10, 7)

    assert np.abs(draw((20, 20), through) - draw((20, 20), at_once))[..., :3].max() < 2.5 / 255


def test_an_fbo_is_as_fine_as_the_screen_unless_it_is_set_otherwise(draw):
    def paint(canvas, fbo):
        with canvas.into(fbo):
            assert canvas.pixel_ratio == (2 if fbo._ratio is None else 1)
            canvas.circle(10, 10, 8)
        canvas.image(fbo, 0, 0)

    sharp = draw((20, 20), lambda c: paint(c, Fbo(20, 20)), 2.0)
    coarse = draw((20, 20), lambda c: paint(c, Fbo(20, 20, 1)), 2.0)
    direct = draw((20, 20), lambda c: c.circle(10, 10, 8), 2.0)
    assert np.abs(sharp - direct).max() <= 1.5 / 255
    assert np.abs(coarse - direct).max() > 0.1


def test_an_fbo_within_an_fbo_keeps_what_each_holds(draw):
    inner, outer = Fbo(10, 10), Fbo(30, 30, 1)

    def paint(canvas):
        with canvas.into(inner):
            canvas.background(255, 0, 0)
        with canvas.into(outer):
            canvas.background(0, 255, 0)
            with canvas.into(inner):
                canvas.rect(0, 0, 5, 10)
            canvas.image(inner, 10, 10)
        canvas.image(outer, 0, 0)

    drawn = draw((30, 30), paint, 2.0)
    assert drawn[30, 25, :3].tolist() == [1, 1, 1]
    assert drawn[30, 35, :3].tolist() == [1, 0, 0]
    assert drawn[5, 5, :3].tolist() == [0, 1, 0]


def test_style_and_coordinates_are_put_back_even_after_an_error(draw):
    fbo = Fbo(10, 10)

    def fail(canvas):
        with canvas.into(fbo):
            canvas.color(0)
            canvas.translate(99, 0)
            canvas.push_matrix()
            raise KeyError

    def paint(canvas):
        canvas.color(255, 0, 0)
        canvas.translate(10, 0)
        with pytest.raises(KeyError):
            fail(canvas)
        canvas.rect(0, 0, 10, 10)

    drawn = draw((20, 10), paint)
    assert drawn[5, 15, :3].tolist() == [1, 0, 0]
    assert drawn[5, 5, :3].max() == 0


def test_an_fbo_that_makes_no_sense_is_refused_at_the_call(canvas, framebuffer):
    assert Fbo(0, 5.6).size == (1, 6)
    with pytest.raises(ValueError, match="width must be finite; got nan"):
        Fbo(math.nan, 5)
    with pytest.raises(ValueError, match="pixel_ratio"):
        Fbo(5, 5, math.nan)
    fbo = Fbo(10, 10)
    with pytest.raises(RuntimeError, match="between begin and end"), canvas.into(fbo):
        pass
    canvas.begin(framebuffer)
    with pytest.raises(TypeError, match="needs an Fbo; got 3"), canvas.into(3):
        pass
    too_large = r"an Fbo may measure \d+ x \d+ pixels here; got 100000 x 10"
    with pytest.raises(ValueError, match=too_large), canvas.into(Fbo(100_000, 10)):
        pass
    with canvas.into(fbo):
        with pytest.raises(ValueError, match="already"), canvas.into(fbo):
            pass
        with pytest.raises(ValueError, match="into itself"):
            canvas.image(fbo, 0, 0)
    with pytest.raises(RuntimeError, match="1 push_style not popped"), canvas.into(fbo):
        canvas.push_style()
    canvas.end()


def test_the_texture_of_an_fbo_that_is_gone_is_given_back(canvas, framebuffer):
    fbo = Fbo(10, 10)
    canvas.begin(framebuffer)
    with canvas.into(fbo):
        canvas.background(0)
    canvas.end()
    assert len(canvas._fbos._kept) == 1
    del fbo
    gc.collect()
    canvas.begin(framebuffer)
    canvas.end()
    assert canvas._fbos._kept == {}


def test_a_clip_keeps_every_word_within_it(draw):
    def paint(canvas):
        canvas.translate(10, 5)
        with canvas.clip(5, 5, 20, 15):
            scene(canvas)

    expected = np.zeros((50, 60, 4))
    whole = draw((60, 50), lambda c: (c.translate(10, 5), scene(c)))
    expected[10:25, 15:35] = whole[10:25, 15:35]
    drawn = draw((60, 50), paint)
    assert np.abs(drawn - expected)[..., :3].max() <= 1.5 / 255


def test_clips_within_clips_and_into_an_fbo(draw):
    fbo = Fbo(20, 20)

    def paint(canvas):
        with canvas.clip(0, 0, 30, 30):
            with canvas.clip(20, 20, 30, 30):
                canvas.color(255, 0, 0)
                canvas.rect(0, 0, 60, 60)
                with canvas.into(fbo):
                    canvas.background(0, 255, 0)
            canvas.color(0, 0, 255)
            canvas.rect(25, 25, 60, 60)
        canvas.image(fbo, 40, 40)
        with canvas.clip(50, 0, 0, 10):
            canvas.background(255)

    drawn = draw((60, 60), paint)
    assert drawn[22, 22, :3].tolist() == [1, 0, 0]
    assert drawn[27, 27, :3].tolist() == [0, 0, 1]
    assert drawn[35, 35, :3].max() == 0
    assert drawn[41:59, 41:59, 1].min() == 1
    assert drawn[5, 50, :3].max() == 0


def test_a_clip_in_turned_coordinates_is_refused_but_not_after_a_quarter_turn(draw):
    def paint(canvas):
        with canvas.pushed():
            canvas.rotate(0.3)
            with pytest.raises(ValueError, match="turned"), canvas.clip(0, 0, 5, 5):
                pass
        canvas.translate(20, 0)
        canvas.rotate(math.pi / 2)
        with canvas.clip(0, 0, 10, 5):
            canvas.background(255)

    drawn = draw((20, 20), paint)[..., 0]
    assert drawn.sum() == 50
    assert drawn[:10, 15:].min() == 1


def test_grabbed_pixels_are_those_drawn(draw):
    found = []

    def paint(canvas):
        canvas.color(255, 0, 0)
        canvas.rect(0, 0, 5, 5)
        found.append(canvas.grab())
        with canvas.into(fbo):
            canvas.color(0, 255, 0, 51)
            canvas.rect(0, 0, 3, 3)
            found.append(canvas.grab())

    fbo = Fbo(4, 4)
    draw((10, 8), paint)
    frame, inner = found
    assert (frame.width, frame.height) == (10, 8)
    assert frame.pixels[2, 2].tolist() == [255, 0, 0, 255]
    assert frame.pixels[7, 9, :3].tolist() == [0, 0, 0]
    assert inner.pixels[1, 1].tolist() == [0, 255, 0, 51]
    assert inner.pixels[3, 3, 3] == 0
