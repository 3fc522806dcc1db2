"""Closed lines in a style, and what is said of a word that is used wrongly."""

import numpy as np
import pytest

from sketch.ink.style import StrokeStyle

SQUARE = [(20, 20), (80, 20), (80, 80), (20, 80)]


def squares(draw, style, closed=True, alpha=255):
    def paint(canvas):
        canvas.color(255, alpha)
        canvas.line_width(10)
        canvas.polyline(SQUARE, closed, style=style)

    return draw((100, 100), paint)[..., 0]


def test_the_corners_of_a_closed_line_are_as_its_style_says(draw):
    miter, bevel = (squares(draw, StrokeStyle(join=join)) for join in ("miter", "bevel"))
    for corner in ((16, 16), (16, 83), (83, 16), (83, 83)):
        assert miter[corner] == pytest.approx(1, abs=0.01)
        assert bevel[corner] == 0
    assert squares(draw, StrokeStyle(join="miter"), closed=False)[50, 20] == 0


def test_a_closed_line_has_no_seam(draw):
    drawn = squares(draw, StrokeStyle(join="miter"), alpha=128)
    assert np.abs(drawn[17:23, 17:83] - 0.5).max() < 0.01
    assert np.abs(drawn[17:83, 17:23] - 0.5).max() < 0.01


def test_a_closed_line_may_be_dashed(draw):
    drawn = squares(draw, StrokeStyle(cap="butt", dash=(10.0, 10.0)))
    assert 0.4 < drawn[20, 20:80].mean() < 0.6
    assert drawn[20:80, 20].max() == 1


@pytest.mark.parametrize("style", [StrokeStyle(smooth=True), StrokeStyle(taper_end=9)])
def test_a_closed_line_is_neither_tapered_nor_smooth(canvas, framebuffer, style):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match="a closed line has no ends"):
        canvas.polyline(SQUARE, closed=True, style=style)
    canvas.end()


def test_an_opaque_stroke_that_is_flat_is_drawn_without_a_picture_of_its_own(draw, monkeypatch):
    from sketch.render.strokes.flat import FlatPicture

    loop = [(20, 20), (80, 80), (80, 20), (20, 80)]
    style = StrokeStyle(overlap="flat")
    drawn = draw((100, 100), lambda canvas: canvas.stroke(loop, 9, 255, style=style))
    plain = draw((100, 100), lambda canvas: canvas.stroke(loop, 9, 255))
    assert np.abs(drawn - plain).max() < 0.01
    calls = []
    monkeypatch.setattr(FlatPicture, "paint", lambda *_: calls.append(1) or [])
    draw((100, 100), lambda canvas: canvas.stroke(loop, 9, (255, 255), style=style))
    assert not calls
    draw((100, 100), lambda canvas: canvas.stroke(loop, 9, (255, 128), style=style))
    assert calls


def test_a_misspelt_argument_of_the_canvas_is_reported(canvas):
    with pytest.raises(TypeError, match=r"Canvas\.text\(\) got an unexpected keyword argument 'colour'"):
        canvas.text("a", 0, 0, colour=3)


@pytest.mark.parametrize("brush", [None, "ribbon"])
def test_no_pixel_of_a_tight_turn_is_brighter_than_the_stroke(draw, brush):
    along = np.linspace(0, 1, 200)
    points = np.column_stack((20 + 110 * along, 70 + 40 * np.sin(9 * along) * np.cos(3 * along)))
    style = StrokeStyle(brush=brush, cap="butt", join="bevel")
    drawn = draw((160, 160), lambda canvas: canvas.stroke(points, 30, (200, 60, 40), style=style))
    assert drawn[..., 1].max() < 0.75
