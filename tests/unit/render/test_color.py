from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sketch.render.color import parse_color, point_colors


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((255,), (1, 1, 1, 1)),
        ((51, 102), (0.2, 0.2, 0.2, 0.4)),
        ((255, 0, 51), (1, 0, 0.2, 1)),
        ((255, 0, 51, 127.5), (1, 0, 0.2, 0.5)),
        (((255, 0, 51, 127.5),), (1, 0, 0.2, 0.5)),
        ((np.uint8(255), np.float32(0), np.int64(51)), (1, 0, 0.2, 1)),
        (("#ff0033",), (1, 0, 0.2, 1)),
        (("#FF003366",), (1, 0, 0.2, 0.4)),
    ],
)
def test_every_form_of_a_color_is_understood(given, expected):
    assert parse_color(*given) == pytest.approx(expected)


def test_alpha_multiplies():
    assert parse_color(255, 102, alpha=0.5)[3] == pytest.approx(0.2)
    assert parse_color("#ffffff", alpha=float(np.float32(0.25)))[3] == 0.25


@pytest.mark.parametrize(
    "bad",
    [(), (np.nan,), (0, np.inf, 3), (1, 2, 3, 4, 5), ("#fff",), ("ff0033",), ("#gg0033",), ("",), ((),)],
)
def test_another_form_is_refused(bad):
    with pytest.raises(ValueError, match=r"color"):
        parse_color(*bad)


def test_numbers_out_of_range_count_as_the_nearest_in_it():
    assert parse_color(255.067, -3, 1e30, alpha=2) == (1, 0, 1, 1)
    huge: Any = (10**400, -(10**400), np.int16(300))
    assert parse_color(huge, alpha=-1) == (1, 0, 1, 0)
    assert point_colors([(300, -1, 51)], 1).tolist() == [[1, 0, pytest.approx(0.2), 1]]


@pytest.mark.parametrize("bad", [(True,), (None,), (1, "2", 3), ([1, 2, 3],)])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(TypeError, match="channel"):
        parse_color(*bad)


@pytest.mark.parametrize("number", [np.array(51.0), np.array(51), np.float32(51), Fraction(51), Decimal(51)])
def test_a_number_of_any_kind_is_a_channel(number):
    assert parse_color(number, number, number) == parse_color(number) == (0.2, 0.2, 0.2, 1)


@pytest.mark.parametrize("bad", [np.array(True), np.bool_(1), np.array("5"), np.ones(1), np.complex64(5)])
def test_an_array_that_is_no_number_is_no_channel(bad):
    with pytest.raises(TypeError, match="channel"):
        parse_color(bad, 0, 0)


@pytest.mark.parametrize("alpha", [-np.inf, np.inf, np.nan])
def test_an_alpha_that_is_not_finite_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        parse_color(0, alpha=alpha)


def test_colors_of_points_become_floats_with_alpha():
    assert point_colors([(255, 0, 51)], 1).tolist() == [pytest.approx([1, 0, 0.2, 1])]
    assert point_colors(np.full((2, 4), 255, np.uint8), 2).min() == 1
