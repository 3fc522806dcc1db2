"""What passes over the frame are made of, without a GPU."""

import numpy as np
import pytest

from sketch.render.post.colormaps import COLORMAPS, colormap
from sketch.render.post.painter import REACH, blur_plan, blur_weights
from sketch.render.post.passes import Bloom, Blur, ColorMap, Shade, Trails


@pytest.mark.parametrize("sigma", [0.8, 1.0, 1.4, 2.0])
def test_weights_add_up_to_one_and_spread_as_asked(sigma):
    weights = blur_weights(sigma).astype(float)
    places = np.arange(REACH + 1)
    assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1, abs=1e-6)
    assert (np.diff(weights) <= 0).all()
    variance = 2 * (weights * places**2).sum()
    assert variance == pytest.approx(sigma**2 + 1 / 12, rel=0.03)


@pytest.mark.parametrize("sigma", np.geomspace(0.2, 200, 40))
def test_a_plan_spreads_as_much_as_was_asked_for(sigma):
    plan = blur_plan(sigma)
    factor = 2**plan.halvings
    assert plan.sigma < 2
    if plan.halvings:
        variance = (factor * plan.sigma) ** 2 + (factor**2 - 1) / 12 + factor**2 / 6
        assert variance == pytest.approx(sigma**2)


def test_jet_is_blue_cyan_yellow_red():
    jet = colormap("jet")
    assert jet.shape == (256, 3)
    along = [0, 64, 96, 160, 192, 255]
    expected = [(0, 0, 128), (0, 128, 255), (0, 255, 255), (255, 255, 0), (255, 128, 0), (128, 0, 0)]
    assert np.abs(jet[along].astype(int) - expected).max() <= 4


@pytest.mark.parametrize("name", ["ember", "sea"])
def test_the_even_maps_grow_brighter_by_the_same_to_the_eye(name):
    lightness = _oklab_lightness(colormap(name) / 255)
    assert lightness[0] < 0.1
    assert lightness[-1] > 0.95
    steps = np.diff(lightness[16::16])
    assert steps == pytest.approx(steps.mean(), rel=0.1)


def test_a_map_of_ones_own_passes_its_colors():
    own = colormap((0, "#ff0000", (255, 255, 255)))
    assert own[[0, 255]].tolist() == [[0, 0, 0], [255, 255, 255]]
    assert np.abs(own[127].astype(int) - (254, 0, 0)).max() <= 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Blur(float("nan")), "sigma"),
        (lambda: Trails(0.9, shift=(0, float("inf"))), "shift's y must be finite"),
        (lambda: Trails(0.9, ground="paper"), "a color is"),
        (lambda: ColorMap("viridis"), ", ".join(COLORMAPS)),
        (lambda: ColorMap((0,)), "two colors"),
        (lambda: Shade("x.frag", {"much": (1, 2, 3, 4, 5)}), "much"),
        (lambda: Shade("x.frag", {"wrong": float("nan")}), "wrong"),
    ],
)
def test_a_wrong_number_is_refused_where_it_is_given(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_numbers_out_of_range_count_as_the_nearest_in_it():
    assert (Blur(-2), Blur(0).sigma) == (Blur(2), 0)
    assert Bloom(-1, 2, -9) == Bloom(0, 1, 9)
    assert Trails(1.2, zoom=0) == Trails(1, zoom=0.001)
    assert ColorMap("jet", -0.1).amount == 0


def _oklab_lightness(srgb):
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        ]
    )
    return np.cbrt(linear @ to_cones.T) @ (0.2104542553, 0.7936177850, -0.0040720468)
