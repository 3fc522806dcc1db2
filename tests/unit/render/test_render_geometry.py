import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.curves import TOLERANCE, bezier_points, closed_from_middle, ellipse_points
from sketch.render.images.arrays import premultiplied
from sketch.render.images.image import as_pixels
from sketch.render.matrix import (
    IDENTITY,
    apply,
    apply_to_points,
    keeps_circles,
    mean_scale,
    multiply,
    rotation,
    scaling,
    translation,
)
from sketch.render.shapes.polygons import check_convex, convex_mesh
from sketch.render.text.lines import texture_size

NUMBERS = st.floats(-50, 50)
MATRICES = st.lists(
    st.one_of(
        st.builds(translation, NUMBERS, NUMBERS),
        st.builds(rotation, NUMBERS),
        st.builds(scaling, st.floats(0.1, 3), st.floats(-3, -0.1)),
    ),
    max_size=4,
)


@given(MATRICES, NUMBERS, NUMBERS)
def test_a_product_applies_its_parts_from_the_right(parts, x, y):
    whole, point = IDENTITY, (x, y)
    for part in parts:
        whole = multiply(whole, part)
    for part in reversed(parts):
        point = apply(part, *point)
    assert apply(whole, x, y) == pytest.approx(point, abs=1e-6)
    many = apply_to_points(whole, np.array([(x, y, 9, 9)], dtype=np.float32))
    assert many[0] == pytest.approx(point, rel=1e-4, abs=1e-2)


def test_a_positive_angle_turns_x_towards_y():
    assert apply(rotation(math.pi / 2), 1, 0) == pytest.approx((0, 1))


def test_scales_are_reported():
    assert mean_scale(multiply(rotation(1), scaling(4, 9))) == pytest.approx(6)
    assert keeps_circles(multiply(rotation(1), scaling(3, -3)))
    assert not keeps_circles(multiply(rotation(1), scaling(3, 2)))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=4), st.floats(0.5, 4))
def test_a_sampled_curve_misses_the_true_one_by_less_than_the_tolerance(control, pixels):
    sampled = bezier_points(np.array(control, dtype=np.float32), pixels)
    t = np.linspace(0, 1, 400)[:, None]
    weights = np.hstack(((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3))
    true = weights @ np.array(control)
    inner = np.interp(t[:, 0], np.linspace(0, 1, len(sampled)), np.arange(len(sampled)))
    low = np.minimum(inner.astype(int), len(sampled) - 2)
    near = sampled[low] + (inner - low)[:, None] * (sampled[low + 1] - sampled[low])
    assert np.hypot(*(near - true).T).max() * pixels < TOLERANCE * 1.5 + 1e-3
    assert sampled[0].tolist() == pytest.approx(control[0], abs=1e-4)
    assert sampled[-1].tolist() == pytest.approx(control[3], abs=1e-4)


@pytest.mark.parametrize("radius", [0.5, 5, 300])
def test_a_sampled_circle_misses_the_true_one_by_less_than_the_tolerance(radius):
    points = ellipse_points(0, 0, (radius, radius), 1.0)
    chords = (points + np.roll(points, -1, axis=0)) / 2
    assert radius - np.hypot(*chords.T).min() < TOLERANCE * 1.01


def test_a_ring_is_closed_in_the_middle_of_its_longest_side():
    ring = closed_from_middle(np.array([(0, 0), (4, 0), (4, 2)], dtype=np.float32))
    assert ring.tolist() == [[2, 1], [0, 0], [4, 0], [4, 2], [2, 1]]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_mesh_covers_its_polygon_with_a_soft_rim(turn):
    square = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], dtype=np.float32)[::turn]
    triangles = convex_mesh(square, (1, 1, 1, 1)).reshape(-1, 3, 7)
    a, b, c = triangles[:, 0, :2], triangles[:, 1, :2], triangles[:, 2, :2]
    areas = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert areas.sum() == pytest.approx(11**2)
    assert (areas * triangles[:, :, 2].mean(axis=1)).sum() == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("points", [[(0, 0), (5, 5), (9, 9)], [(1, 1)] * 4])
def test_a_polygon_without_area_draws_next_to_nothing(points):
    mesh = convex_mesh(np.array(points, dtype=np.float32), (1, 1, 1, 1))
    assert np.isfinite(mesh).all()
    assert mesh[:, 2].sum() < 0.01


def test_a_star_is_refused():
    angles = np.arange(5) * 4 * math.pi / 5
    with pytest.raises(ValueError, match="more than once"):
        check_convex(np.column_stack((np.cos(angles), np.sin(angles))).astype(np.float32))


def test_a_zoom_fills_the_cache_with_few_sizes():
    assert texture_size(16, 2, 2) == 32
    assert len({texture_size(16, 1, zoom) for zoom in np.linspace(1.01, 4, 100)}) == 2
    assert texture_size(16, 1, 1000) == 1024
    assert texture_size(1500, 1, 2) == 1500
    assert texture_size(3000, 1, 1) == 2048
    assert texture_size(0.01, 1, 1) == 1
    assert texture_size(16, 1, 0) == 16


def test_premultiplying_rounds_to_the_nearest():
    pixels = np.array([[(255, 100, 3, 128), (9, 9, 9, 0)]], dtype=np.uint8)
    assert premultiplied(pixels).tolist() == [[[128, 50, 2, 128], [0, 0, 0, 0]]]
    assert as_pixels(pixels[..., :3]).shape == (1, 2, 3)
