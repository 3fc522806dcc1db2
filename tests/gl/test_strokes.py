from functools import partial

import numpy as np
import pytest

from sketch.render.canvas import Canvas
from tests.awkward import AWKWARD, SIDE
from tests.gl.coverage import stroke_coverage

CROSSES_ITSELF = {"figure of eight", "closed by hand", "tiny letter"}


@pytest.mark.parametrize("stroke", [s for s in AWKWARD if s.name not in CROSSES_ITSELF], ids=str)
def test_an_awkward_stroke_covers_each_pixel_once_and_as_much_as_it_should(draw, stroke):
    coverage = stroke_coverage(stroke.points, stroke.width, (SIDE, SIDE))
    for alpha in (255, 128):
        paint = partial(Canvas.stroke, points=stroke.points, width=stroke.width, color=(255, alpha))
        drawn = draw((SIDE, SIDE), paint)[..., 0] * 255 / alpha
        error = np.abs(drawn - coverage)
        assert error[coverage > 0].mean() < 0.012
        # Where an inner corner falls into one pixel, distance alone does not know how both sides share it.
        assert error.max() < 0.25
        assert drawn.sum() == pytest.approx(coverage.sum(), rel=0.02, abs=0.5)


@pytest.mark.parametrize("alpha", [64, 128, 200])
def test_a_translucent_stroke_has_one_alpha_along_its_joints(draw, alpha):
    rng = np.random.default_rng(5)
    t = np.linspace(0, 1, 90)
    points = np.column_stack((20 + 160 * t, 60 + 30 * np.sin(9 * t))) + rng.normal(0, 0.4, (90, 2))
    drawn = draw((200, 120), lambda c: c.stroke(points, width=16, color=(255, alpha)))
    inside = stroke_coverage(points, 13, (200, 120)) == 1
    assert np.abs(drawn[inside][:, 0] - alpha / 255).max() <= 2.01 / 255


@pytest.mark.parametrize("width", [0.3, 0.7, 1, 1.5, 2, 3.3, 6, 12])
@pytest.mark.parametrize("angle", [0, 10, 26, 45, 80, 90])
@pytest.mark.parametrize("ratio", [1, 2])
def test_a_straight_line_is_as_wide_as_asked(draw, width, angle, ratio):
    direction = np.array((np.cos(np.radians(angle)), np.sin(np.radians(angle))))
    # The line runs out of the picture at both ends and lies anyhow between the pixels.
    points = np.linspace(-100, 100, 23)[:, None] * direction + (40.3, 39.8)
    drawn = draw((80, 80), lambda c: c.stroke(points, width=width), ratio)
    along_x = abs(direction[0]) > abs(direction[1])
    columns = drawn[..., 0].sum(axis=0 if along_x else 1)[20 * ratio : 60 * ratio]
    across = columns * max(abs(direction)) / ratio
    assert across.mean() == pytest.approx(width, rel=0.02)


def test_a_thousand_points_on_a_straight_line_are_no_thicker_than_two(draw):
    many = np.column_stack((np.linspace(10, 90, 1000), np.linspace(20, 40, 1000)))
    few = draw((100, 60), lambda c: c.stroke(many[[0, -1]], width=7, color=(255, 150)))
    assert (
        np.abs(draw((100, 60), lambda c: c.stroke(many, width=7, color=(255, 150))) - few).max() <= 1.01 / 255
    )


def test_color_and_alpha_change_from_point_to_point(draw):
    colors = [(255, 0, 0, 255), (0, 0, 255, 51)]
    drawn = draw((100, 20), lambda c: c.stroke([(10, 10), (90, 10)], width=10, color=colors))
    assert drawn[10, 12, :3] == pytest.approx((0.97, 0, 0.01), abs=0.03)
    assert drawn[10, 50, :3] == pytest.approx((0.3, 0, 0.3), abs=0.02)
    assert drawn[10, 88, :3] == pytest.approx((0, 0, 0.2), abs=0.03)


def test_strokes_cover_each_other_in_the_order_they_are_drawn(draw):
    def paint(canvas):
        canvas.stroke([(0, 10), (20, 10)], width=8, color=(255, 0, 0))
        canvas.stroke([(10, 0), (10, 20)], width=8, color=(0, 255, 0))

    assert draw((20, 20), paint)[10, 10, :3].tolist() == [0, 1, 0]


def test_a_ring_has_no_seam(draw):
    drawn = draw((60, 60), lambda c: (c.color(255, 128), c.line_width(9), c.polyline(SQUARE, closed=True)))
    inside = stroke_coverage([*SQUARE, SQUARE[0]], 6, (60, 60)) == 1
    assert np.abs(drawn[inside][:, 0] - 128 / 255).max() <= 1.01 / 255


SQUARE = [(12.0, 15.0), (49.0, 11.0), (45.0, 47.0), (14.0, 44.0)]


def test_a_stroke_of_many_thousand_points_grows_the_buffers_and_is_drawn(draw):
    t = np.linspace(0, 40 * np.pi, 30_000)
    points = np.column_stack((100 + t * np.cos(t) * 0.7, 100 + t * np.sin(t) * 0.7))
    drawn = draw((200, 200), lambda c: c.stroke(points, width=1.5))
    assert drawn[..., 0].sum() == pytest.approx(1.5 * np.hypot(*np.diff(points, axis=0).T).sum(), rel=0.1)


@pytest.mark.parametrize("mirror", [(-1, 1), (1, -1)])
def test_mirrored_coordinates_draw_the_mirrored_stroke(draw, mirror):
    points = np.array([(10, 10), (40, 20), (25, 30)])
    straight = draw((60, 40), lambda c: c.stroke(points, width=7))

    def paint(canvas):
        canvas.translate(60 if mirror[0] < 0 else 0, 40 if mirror[1] < 0 else 0)
        canvas.scale(*mirror)
        canvas.stroke(points, width=7)

    mirrored = draw((60, 40), paint)[:: mirror[1], :: mirror[0]]
    assert np.abs(mirrored - straight).max() <= 2.01 / 255
