"""What hypothesis draws for the tests of pens and rows."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from addon.features.recipe import FeatureRecipe

Stroke = NDArray[np.float32]

PLACES = st.one_of(
    st.floats(-2000, 2000, width=32),
    st.floats(-(2**-10), 2**-10, width=32),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from([0.0, 1.0, 12.5, 200.0]),  # drawn again and again: repeated points and whole steps
)


@st.composite
def strokes(draw: st.DrawFn, longest: int = 12) -> Stroke:
    """Points of shape (n, 4), n at least 1; t and pressure are plain, for rows know only x and y."""
    size = draw(st.integers(1, longest))
    points = np.zeros((size, 4), dtype=np.float32)
    points[:, :2] = draw(hnp.arrays(np.float32, (size, 2), elements=PLACES))
    points[:, 2], points[:, 3] = np.arange(size) / 100, 0.5
    return points


def inks() -> st.SearchStrategy[list[Stroke]]:
    """Up to four strokes."""
    return st.lists(strokes(), min_size=1, max_size=4)


def recipes() -> st.SearchStrategy[FeatureRecipe]:
    """Every scale and spacing that a recipe takes."""
    return st.builds(
        FeatureRecipe,
        scale=st.one_of(st.sampled_from([100.0, 200.0]), st.floats(1e-3, 1e6)),
        spacing=st.one_of(st.sampled_from([1 / 16, 1 / 32]), st.floats(0.005, 1)),
    )
