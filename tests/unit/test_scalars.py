from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sketch.scalars import are_plain, number, short


@pytest.mark.parametrize("value", [5, 5.0, True + 4, np.array(5), np.uint8(5), Decimal(5)])
def test_a_number_is_whatever_python_turns_into_a_float(value):
    assert number("x", value) == 5


@pytest.mark.parametrize(
    "value", ["5", b"5", np.array("5"), np.array([5.0]), [5], 5j, np.complex128(5), np.timedelta64(5), None]
)
def test_a_text_an_array_and_a_complex_number_are_none(value):
    given: Any = value
    assert not are_plain(given)
    with pytest.raises(TypeError, match="x must be a number; got"):
        number("x", given)


@pytest.mark.parametrize("value", [10**400, -(10**5000), 1e39], ids=["large", "huge", "float"])
def test_a_number_that_float32_does_not_reach_is_reported_by_its_name(value):
    with pytest.raises(ValueError, match=r"x must be within 3.4e\+38"):
        number("x", value)


def test_a_value_is_reported_in_a_line_and_by_its_type_where_its_text_fails():
    assert short(10**5000) == "a value of type int"
    assert short(np.eye(2)) == "array([[1., 0.], [0., 1.]])"
    assert short("x" * 200) == f"'{'x' * 79}…"
