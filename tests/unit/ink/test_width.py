import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.points import as_points
from sketch.ink.width import (
    HEAVIEST,
    LIGHTEST,
    THINNEST,
    pen_speed,
    pressure_width,
    speed_width,
    stroke_width,
)

EVERY = [pressure_width, speed_width, stroke_width]


def moving(speed, seconds=0.5, pressure=0.5, rate=200):
    """Points of a pen that moves evenly along x."""
    time = np.arange(0, seconds, 1 / rate)
    return as_points(np.column_stack((speed * time, 0 * time, time, 0 * time + pressure)))


@st.composite
def pens(draw):
    count = draw(st.integers(1, 60))
    floats = st.floats(-1000, 1000, width=32)
    rows = [
        (draw(floats), draw(floats), draw(st.floats(0, 0.05)), draw(st.floats(0, 1))) for _ in range(count)
    ]
    points = np.array(rows)
    points[:, 2] = np.cumsum(points[:, 2])
    return as_points(points)


def test_a_pen_at_rest_draws_the_base():
    assert speed_width(moving(0), 6.0) == pytest.approx(6.0)
    assert pressure_width(moving(0), 6.0) == pytest.approx(6.0)


def test_faster_is_thinner_down_to_a_limit():
    ends = [float(speed_width(moving(speed), 10.0)[-1]) for speed in (0, 200, 800, 3000, 1e6)]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] == 10
    assert ends[-1] == pytest.approx(10 * THINNEST, rel=0.01)


def test_a_stroke_thins_from_its_full_width_without_a_step():
    widths = speed_width(moving(1500), 10.0)
    assert widths[0] == 10
    assert np.abs(np.diff(widths)).max() < 1.2


def test_harder_is_wider():
    assert pressure_width(moving(100, pressure=0.0), 10.0)[-1] == pytest.approx(10 * LIGHTEST)
    assert pressure_width(moving(100, pressure=1.0), 10.0)[-1] == pytest.approx(10 * HEAVIEST)


def test_a_mouse_is_distinguished_from_a_pen_by_its_pressure():
    mouse, pen = moving(900), moving(900, pressure=0.8)
    assert (stroke_width(mouse, 6.0) == speed_width(mouse, 6.0)).all()
    assert (stroke_width(pen, 6.0) == pressure_width(pen, 6.0)).all()


def test_points_without_times_have_the_base_width():
    assert (speed_width(as_points([(0, 0), (500, 0), (900, 300)]), 4.0) == 4).all()


@pytest.mark.parametrize("width", EVERY)
@given(points=pens(), base=st.floats(0.1, 100))
def test_widths_are_finite_positive_and_within_their_limits(width, points, base):
    widths = width(points, base)
    assert widths.dtype == np.float32
    assert widths.shape == (len(points),)
    assert (widths >= base * min(LIGHTEST, THINNEST) * 0.999).all()
    assert (widths <= base * HEAVIEST * 1.001).all()


@pytest.mark.parametrize("width", EVERY)
@given(points=pens())
def test_points_to_come_change_no_width_before_them(width, points):
    whole = width(points, 5.0)
    for count in range(1, len(points)):
        assert width(points[:count], 5.0).tolist() == whole[:count].tolist()


@pytest.mark.parametrize("width", EVERY)
def test_no_points_have_no_widths(width):
    assert width(as_points([]), 5.0).shape == (0,)


@pytest.mark.parametrize("width", EVERY)
@pytest.mark.parametrize("base", [np.nan, np.inf, -np.inf])
def test_a_base_that_is_no_width_is_refused(width, base):
    with pytest.raises(ValueError, match="base must be"):
        width(moving(10), base)


def test_an_author_may_give_a_curve_of_pressure_or_of_speed():
    points = as_points([(x, 0, x / 100, 0.25) for x in range(40)])
    assert pressure_width(points, 10, lambda pressure: 0.2 + 2 * pressure) == pytest.approx(np.full(40, 7.0))
    hasty = speed_width(points, 10, lambda speed: 1 + speed / 100)
    assert hasty[0] == 10
    assert hasty[-1] == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize(
    "curve", [lambda values: values * 0, lambda values: values[:3], lambda values: values + np.nan]
)
def test_a_curve_that_gives_no_widths_is_refused(curve):
    with pytest.raises(ValueError, match="width curve"):
        pressure_width(as_points([(0, 0), (1, 1), (2, 2), (3, 3)]), 5, curve)


def test_the_speed_of_a_pen_is_measured_in_pixels_a_second():
    points = as_points([(2 * x, 0, x / 100, 0.5) for x in range(30)])
    assert pen_speed(points)[-1] == pytest.approx(200, rel=0.01)
    assert pen_speed(points)[0] == 0


@pytest.mark.parametrize("width", EVERY)
@pytest.mark.parametrize("base", [0, -3])
def test_a_base_of_nothing_gives_widths_of_0(width, base):
    assert not width(moving(10), base).any()
