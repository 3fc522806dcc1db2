import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketch.ink.path import Path, PathPen
from sketch.ink.shape import Polyline
from sketch.render.gradient import Gradient
from tests.gl.conftest import pixels_of

TRIANGLE = [(5.2, 8.1), (50.7, 20.4), (22.3, 52.9)]


def star(points=5, x=30.0, y=30.0, radius=27.0, step=2):
    angle = np.arange(points) * step * 2 * math.pi / points
    return Polyline(np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle))), closed=True)


def sampled(path, size, samples=16):
    """Coverage of shape (h, w), counted at many places in each pixel."""
    columns, rows = size
    x, y = ((np.arange(count * samples) + 0.5) / samples for count in size)
    grid = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
    inside = path.all_inside(grid).reshape(rows, samples, columns, samples)
    return inside.mean(axis=(1, 3))


def ring(x, y, outer, inner):
    pen = PathPen().arc(x, y, outer, 0, 2 * math.pi).close()
    return pen.arc(x, y, inner, 0, 2 * math.pi).path()


SHAPES = {
    "triangle": Path([TRIANGLE]),
    "ring": ring(30.3, 29.1, 25, 11.5),
    "star": Path([star()]),
    "full star": Path([star()], "nonzero"),
    "comb": Path([[(4, 50), *((4 + 2.2 * i, 10 + 35 * (i % 2)) for i in range(24)), (56, 50)]]),
    "hair": Path([[(3, 10), (57, 30), (57, 30.3), (3, 10.2)]]),
    "beyond the frame": Path([star(7, 50, 10, 60, 3)], "nonzero"),
    "two apart": Path([TRIANGLE, [(40, 40), (58, 42), (50, 58)]]),
    "sharp concave": Path([[(5, 5), (55, 30), (5, 55), (40, 30)]]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_pixel_has_the_share_of_it_that_lies_inside(draw, name):
    drawn = draw((60, 60), lambda c: c.path(SHAPES[name]))[..., 0]
    expected = sampled(SHAPES[name], (60, 60))
    # Exact but where outlines cross within a pixel, of which the mean number of turns does not know.
    worst = np.sort(np.abs(drawn - expected).ravel())[::-1]
    assert worst[12] < 0.04
    assert abs(drawn.sum() - expected.sum()) < 0.01 * expected.sum() + 0.5


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(-20, 80), st.floats(-20, 80)), min_size=3, max_size=9))
def test_the_area_of_any_outline_is_that_of_its_winding(draw, corners):
    path = Path([corners])
    drawn = draw((60, 60), lambda c: c.path(path))[..., 0]
    outline = np.concatenate((path.contours[0].points, path.contours[0].points[:1]))
    crossings = 3 * len(outline) ** 2
    assert abs(drawn.sum() - sampled(path, (60, 60), 8).sum()) < 0.01 * 3600 + 0.3 * crossings


def test_a_path_moves_with_the_coordinates_and_scales_with_the_screen(draw):
    def paint(canvas):
        canvas.translate(30, -10)
        canvas.rotate(0.5)
        canvas.path(SHAPES["ring"])

    fine = draw((60, 60), paint, 2.0)[..., 0].reshape(60, 2, 60, 2).mean(axis=(1, 3))
    assert np.abs(fine - draw((60, 60), paint)[..., 0]).max() < 0.02


def test_an_outlined_path_draws_each_of_its_outlines(draw):
    def paint(canvas):
        canvas.no_fill()
        canvas.line_width(2)
        canvas.path(ring(30, 30, 20, 10))

    assert draw((60, 60), paint)[..., 0].sum() == pytest.approx(2 * 2 * math.pi * 30, rel=0.01)


def test_a_path_is_painted_in_its_order_color_blend_mode_and_gradient(draw):
    box = Path([[(0, 0), (20, 0), (20, 20), (0, 20)]])

    def paint(canvas):
        canvas.color(255, 0, 0)
        canvas.rect(0, 0, 10, 20)
        canvas.color(0, 0, 255, 127.5)
        canvas.path(box)
        canvas.blend_mode("add")
        canvas.color(0, 255, 0)
        canvas.rect(0, 0, 10, 10)
        canvas.translate(20, 0)
        canvas.gradient(Gradient.linear(0, 0, 20, 0, [0, 255]))
        canvas.path(box)

    drawn = draw((40, 20), paint)
    assert drawn[5, 5, :3] == pytest.approx((0.5, 1, 0.5), abs=1 / 255)
    assert drawn[15, 5, :3] == pytest.approx((0.5, 0, 0.5), abs=1 / 255)
    assert drawn[15, 15, :3] == pytest.approx((0, 0, 0.5), abs=1 / 255)
    assert drawn[5, 21, 0] < 0.1
    assert drawn[5, 39, 0] > 0.9


def test_a_path_that_lies_elsewhere_or_is_flat_draws_nothing(draw):
    def paint(canvas):
        canvas.path(SHAPES["star"].translate(100, 0))
        canvas.path(SHAPES["star"].translate(-100, 300))
        canvas.path(Path([[(3, 3), (9, 3), (6, 3)]]))
        canvas.scale(0)
        canvas.path(SHAPES["star"])

    assert draw((60, 60), paint)[..., :3].max() == 0


def test_what_is_no_path_is_refused(canvas, framebuffer):
    with pytest.raises(RuntimeError, match="between begin and end"):
        canvas.path(SHAPES["star"])
    canvas.begin(framebuffer)
    with pytest.raises(TypeError, match="needs a Path"):
        canvas.path(TRIANGLE)
    canvas.end()
    assert pixels_of(framebuffer)[..., :3].max() == 0


def test_a_polyline_is_closed_if_it_says_so(draw):
    square = Polyline([(10, 10), (50, 10), (50, 50), (10, 50)], closed=True)
    closed = draw((60, 60), lambda c: c.polyline(square))
    assert (closed == draw((60, 60), lambda c: c.polyline(square.points, closed=True))).all()
    assert (closed != draw((60, 60), lambda c: c.polyline(square, closed=False))).any()
