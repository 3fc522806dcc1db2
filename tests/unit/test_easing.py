import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.easing import CURVES, ENDS, ease


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("end", ENDS)
def test_every_way_starts_at_0_ends_at_1_and_has_no_jump(curve, end):
    values = [ease(step / 2000, curve, end) for step in range(2001)]
    assert (values[0], values[-1]) == (0, 1)
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.04
    assert -0.5 < min(values) <= 0
    assert 1 <= max(values) < 1.5


@given(st.floats(0, 1), st.sampled_from(CURVES))
def test_soft_at_the_end_is_soft_at_the_start_backwards(share, curve):
    assert ease(share, curve, "out") == pytest.approx(1 - ease(1 - share, curve, "in"), abs=2e-3)


def test_before_and_after_nothing_moves():
    assert ease(-3) == ease(-math.inf) == 0
    assert ease(7) == ease(math.inf) == 1
    assert ease(0.5) == pytest.approx(0.5)
    assert ease(0.25, "quad", "in") == pytest.approx(0.0625)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0.5, "soft"), "linear, quad.*got 'soft'"),
        ((0.5, "quad", "both"), "got 'both'"),
        ((math.nan,), "nan"),
    ],
)
def test_an_unknown_way_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        ease(*arguments)
