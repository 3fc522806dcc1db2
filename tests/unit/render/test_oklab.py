import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sketch.render.color import parse_color
from sketch.render.oklab import from_oklab, oklch, to_oklab

UNIT = st.floats(0, 1)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    # As the CSS Color Module Level 4 gives them.
    [
        ((1, 1, 1), (1, 0, 0)),
        ((1, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 1, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 1), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_known_colors_are_where_the_standard_puts_them(rgb, lab):
    assert to_oklab(np.array(rgb, dtype=float)) == pytest.approx(lab, abs=1e-4)


@given(hnp.arrays(np.float64, (5, 3), elements=UNIT))
def test_there_and_back_is_the_same_color(rgb):
    assert from_oklab(to_oklab(rgb)) == pytest.approx(rgb, abs=1e-6)


@given(UNIT, st.floats(0, 0.6), st.floats(-1e4, 1e4), UNIT)
def test_every_color_can_be_shown_and_keeps_its_lightness_and_hue(lightness, chroma, hue, alpha):
    channels = oklch(lightness, chroma, hue, alpha)
    rgba = parse_color(channels)
    assert rgba[3] == pytest.approx(alpha)
    found, a, b = to_oklab(np.array(rgba[:3]))
    assert found == pytest.approx(lightness, abs=2e-3)
    assert math.hypot(a, b) <= chroma + 2e-3
    if math.hypot(a, b) > 0.02:
        turn = math.degrees(math.atan2(b, a)) - hue
        assert abs((turn + 180) % 360 - 180) < 3


def test_a_color_that_fits_keeps_its_chroma():
    _, a, b = to_oklab(np.array(oklch(0.7, 0.1, 200)[:3]) / 255)
    assert math.hypot(a, b) == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize("wrong", [(math.inf, 0, 0), (0.5, math.nan, 0), (0.5, 0.1, math.nan)])
def test_what_is_not_finite_is_refused(wrong):
    with pytest.raises(ValueError, match=r"must be"):
        oklch(*wrong)


def test_numbers_out_of_range_count_as_the_nearest_in_it():
    assert oklch(1.1, -0.1, 725, 2) == oklch(1, 0, 5, 1)
    assert oklch(-3, 0.1, 0, -1) == oklch(0, 0.1, 0, 0)
