import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.render.gradient import Gradient, color_ramp, placed, subdivided
from sketch.render.matrix import IDENTITY, multiply, rotation, scaling, translation

PLACES = st.floats(-100, 100)


def test_a_ramp_starts_and_ends_at_its_colors():
    ramp = color_ramp(["#ff0000", (0, 0, 255)])
    assert ramp.shape == (256, 4)
    assert ramp[0] == pytest.approx((1, 0, 0, 1), abs=1e-6)
    assert ramp[-1] == pytest.approx((0, 0, 1, 1), abs=1e-6)


def test_stops_put_colors_where_they_say():
    ramp = color_ramp([0, 255, 0], [0.0, 0.2, 0.2])
    assert ramp[50, 0] > 0.95
    assert ramp[52:, :3].max() < 0.01


def test_clear_paint_has_no_say_in_the_color():
    ramp = color_ramp([(255, 0, 0, 255), (0, 255, 0, 0)])
    middle = ramp[128]
    assert middle[3] == pytest.approx(0.5, abs=0.01)
    assert middle[:3] / middle[3] == pytest.approx((1, 0, 0), abs=0.01)


@given(PLACES, PLACES, st.floats(-3, 3), st.floats(0.2, 4), st.floats(0, 1))
def test_a_gradient_moves_and_turns_with_the_coordinates(x, y, turn, scale, share):
    gradient = Gradient.linear(0, 0, 40, 0, [0, 255])
    matrix = multiply(translation(x, y), multiply(rotation(turn), scaling(scale, scale)))
    point = np.array([[40 * share * scale * np.cos(turn) + x, 40 * share * scale * np.sin(turn) + y]])
    here = placed(gradient, matrix).at(point.astype(np.float32))
    there = placed(gradient, IDENTITY).at(np.array([[40 * share, 7]], dtype=np.float32))
    assert here == pytest.approx(there, abs=2e-3)


def test_a_radial_gradient_is_the_same_all_round():
    gradient = placed(Gradient.radial(10, 20, 5, ["#000000", "#ffffff"]), IDENTITY)
    angle = np.linspace(0, 6, 9)
    ring = np.column_stack((10 + 3 * np.cos(angle), 20 + 3 * np.sin(angle))).astype(np.float32)
    colors = gradient.at(ring)
    assert np.ptp(colors, axis=0).max() < 1e-4
    assert gradient.at(np.array([[10, 20], [90, 20]], dtype=np.float32))[:, 0] == pytest.approx((0, 1))


def test_points_are_put_between_those_that_are_far_apart():
    rows = np.array([(0, 0, 1), (10, 0, 3), (10, 1, 3)], dtype=np.float32)
    fine = subdivided(rows, 2.5)
    assert fine[:, 0].tolist() == [0, 2.5, 5, 7.5, 10, 10]
    assert fine[:, 2].tolist() == [1, 1.5, 2, 2.5, 3, 3]


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Gradient.linear(1, float("nan"), 1, 2, [0, 1]), ValueError, "y1 must be finite"),
        (lambda: Gradient.radial(1, 2, 3, ["#000000"]), ValueError, "at least 2 colors"),
        (lambda: Gradient.radial(1, 2, 3, "#000000"), ValueError, "at least 2 colors"),
        (lambda: Gradient.radial(1, 2, 3, [0, 1], [0.5]), ValueError, r"stops=.*2 colors"),
        (lambda: Gradient.radial(1, 2, 3, [0, 1], [0.5, float("inf")]), ValueError, "must be finite"),
        (lambda: placed("red", IDENTITY), TypeError, "needs a Gradient; got 'red'"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_a_gradient_that_is_none_is_refused(make, error, says):
    with pytest.raises(error, match=says):
        make()
