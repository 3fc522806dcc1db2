import sys
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.noise import FARTHEST, KINDS, Noise

PLACES = st.floats(-1000, 1000, width=32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("octaves", [1, 4])
def test_noise_stays_in_its_range_and_uses_it(kind, octaves):
    x, y = np.meshgrid(np.linspace(0, 20, 200), np.linspace(0, 20, 200))
    values = Noise(5, kind, octaves=octaves)(x, y, 0.5)
    assert values.shape == (200, 200)
    assert values.dtype == np.float32
    assert np.abs(values).max() <= 1.0 + 1e-6
    assert np.ptp(values) > 0.6
    assert np.abs(np.diff(values, axis=1)).mean() < 0.25


@given(PLACES, PLACES, PLACES)
def test_one_place_is_one_number_the_same_as_in_an_array(x, y, z):
    noise = Noise(3, frequency=0.3)
    value = noise(x, y, z)
    assert isinstance(value, float)
    assert value == noise(np.array([x, x]), y, z)[1]
    assert value == Noise(3, frequency=0.3)(x, y, z)


def test_seeds_differ_and_frequency_stretches():
    x = np.linspace(0.1, 9, 50)
    assert np.abs(Noise(1)(x) - Noise(2)(x)).max() > 0.1
    assert Noise(1, frequency=2)(x) == pytest.approx(Noise(1)(2 * x), abs=1e-4)
    assert Noise(1)(np.empty(0)).shape == (0,)


@pytest.mark.parametrize("kind", KINDS)
def test_it_changes_as_smoothly_far_out_as_near(kind):
    noise = Noise(1, kind)
    for middle in (1.76e9, -FARTHEST, 3 * FARTHEST, 1e12):
        seen = noise(middle + np.linspace(-2, 2, 2001), 0.3)
        near = noise(np.linspace(-2, 2, 2001), 0.3)
        assert np.ptp(seen) > 0.2
        assert np.abs(np.diff(seen)).max() < 3 * np.abs(np.diff(near)).max() + 0.01


def test_what_was_near_enough_is_as_before():
    assert Noise(1, frequency=0.5)(2 * FARTHEST) == Noise(1, frequency=0.5)(np.float32(2 * FARTHEST))
    assert Noise(7)(np.uint8(200), -3) == Noise(7)(200.0, -3.0)


def test_any_whole_number_is_a_seed():
    assert Noise(2**40)(0.3) != Noise(2**40 + 1)(0.3) != Noise(-(2**70))(0.3)
    assert Noise(cast(int, np.int64(2**40)))(0.3) == Noise(cast(int, float(2**40)))(0.3) == Noise(2**40)(0.3)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        Noise(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="y must be numbers"):
        Noise(1)(1, "2")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Noise(kind="white"), "simplex, perlin, value, cellular; got 'white'"),  # type: ignore[arg-type]
        (lambda: Noise(frequency=0), "frequency"),
        (lambda: Noise(octaves=0), r"1\.\.16"),
        (lambda: Noise()(np.nan), "finite"),
        (lambda: Noise()([1, 2], [1, 2, 3]), "shape"),
    ],
)
def test_what_makes_no_noise_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfastnoiselite.pyfastnoiselite", None)
    with pytest.raises(ImportError, match="pyfastnoiselite, which is not installed"):
        Noise()
