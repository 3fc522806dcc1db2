"""Maps and weights as pictures, and hot regions, checked against ones that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.errors import ModelError
from addon.model.image_arrays import grid_crops
from addon.vision.mosaic import filters, maps_of, mosaic
from addon.vision.regions import regions

CHANCE = np.random.default_rng(2)


def heat_with(*boxes, size=(60, 80)):
    heat = np.zeros(size, np.float32)
    for top, left, bottom, right, value in boxes:
        heat[top:bottom, left:right] = value
    return heat


def box_of(region):
    low, high = region.corners.min(axis=0), region.corners.max(axis=0)
    return [round(float(each)) for each in (*low, *high)]


def test_each_map_is_a_tile_in_its_place():
    maps = np.stack([np.full((4, 4), value, np.float32) for value in range(6)])
    picture = mosaic(maps, width=60, proportion=1.5)
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 3
    middles = [picture[rows * r + rows // 2, columns * c + columns // 2] for r in range(2) for c in range(3)]
    assert middles == sorted(middles)
    assert (middles[0], middles[-1]) == (0, 255)


def test_pixels_of_a_map_stay_sharp():
    board = np.eye(2)[None].astype(np.float32)
    picture = mosaic(board, width=40)
    assert set(np.unique(picture)) == {0, 255}


def test_one_wild_value_does_not_hide_the_others():
    maps = CHANCE.uniform(0, 1, (1, 40, 40)).astype(np.float32)
    maps[0, 0, 0] = 1e9
    assert np.ptp(mosaic(maps)[8:, 8:]) > 200


@pytest.mark.parametrize(
    "shape", [(7,), (1, 7), (3, 5), (2, 3, 4), (1, 2, 3, 4), (5, 2, 3, 4), (1, 900, 1, 1)]
)
def test_any_tensor_of_up_to_four_axes_can_be_drawn(shape):
    picture = mosaic(maps_of(CHANCE.standard_normal(shape)))
    assert picture.dtype == np.uint8
    assert picture.ndim == 2


@pytest.mark.parametrize("shape", [(0, 3), (1, 1, 1, 1, 4)])
def test_a_tensor_that_is_no_maps_is_refused(shape):
    with pytest.raises(ModelError, match="cannot be drawn"):
        maps_of(np.zeros(shape))


def test_values_that_are_no_numbers_are_drawn_as_nothing():
    assert mosaic(maps_of(np.array([[np.nan, 1.0], [0.0, np.inf]]))).size


def test_filters_that_look_at_colors_are_in_color():
    assert filters(CHANCE.standard_normal((8, 3, 5, 5)).astype(np.float32)).ndim == 3
    assert filters(CHANCE.standard_normal((8, 4, 5, 5)).astype(np.float32)).ndim == 2


def test_a_tall_matrix_lies_down():
    height, width = filters(CHANCE.standard_normal((200, 10)).astype(np.float32)).shape
    assert width > height


def test_regions_are_found_with_their_boxes_the_hottest_first():
    found = regions(heat_with((5, 10, 15, 40, 0.8), (30, 50, 50, 70, 0.9)))
    assert [box_of(each) for each in found] == [[50, 30, 70, 50], [10, 5, 40, 15]]
    assert [round(each.score, 2) for each in found] == [0.9, 0.8]


def test_what_touches_at_a_corner_is_one_region():
    assert len(regions(heat_with((5, 5, 10, 10, 1), (10, 10, 15, 15, 1)))) == 1
    assert len(regions(heat_with((5, 5, 10, 10, 1), (11, 11, 15, 15, 1)))) == 2


def test_a_ring_is_one_region_and_so_is_what_is_within():
    heat = heat_with((5, 5, 45, 45, 1.0))
    heat[10:40, 10:40] = 0
    heat[20:30, 20:30] = 1
    assert len(regions(heat)) == 2


def test_a_turned_bar_has_a_turned_box():
    y, x = np.mgrid[:80, :80]
    along, across = (x - 40 + y - 40) / 2**0.5, (x - y) / 2**0.5
    bar = ((np.abs(along) < 30) & (np.abs(across) < 5)).astype(np.float32)
    corners = regions(bar)[0].corners
    sides = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    assert sorted(sides.round().tolist())[0] < 14
    assert abs(np.degrees(np.arctan2(*(corners[1] - corners[0])[::-1])) % 90 - 45) < 4


def test_a_box_grows_by_its_area_over_its_circumference():
    heat = heat_with((20, 20, 30, 60, 1.0))
    assert box_of(regions(heat, grow=1.0)[0]) == [16, 16, 64, 34]


def test_specks_and_cold_maps_have_no_regions():
    assert regions(heat_with((5, 5, 6, 7, 1.0))) == []
    assert regions(np.zeros((5, 5), np.float32)) == []


@given(st.integers(0, 2**32 - 1))
def test_regions_are_those_that_a_flood_finds(seed):
    hot = np.random.default_rng(seed).random((12, 15)) < 0.4
    assert len(regions(hot.astype(np.float32), smallest=1)) == min(flooded(hot), 200)


def flooded(hot):
    left = {(int(y), int(x)) for y, x in np.argwhere(hot)}
    count = 0
    while left:
        count += 1
        edge = [left.pop()]
        while edge:
            y, x = edge.pop()
            near = {(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= near
            edge += near
    return count


def test_a_grid_reaches_from_edge_to_edge():
    places = grid_crops((300, 400), 3, 4)
    assert len(places) == 12
    assert (places[0].left, places[0].top) == (0, 0)
    assert places[-1].left + places[-1].width == pytest.approx(400)
    assert places[-1].top + places[-1].height == pytest.approx(300)
    assert all(each.width == each.height for each in places)


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1 row and 1 column; got 0 and 3"):
        grid_crops((10, 10), 0, 3)
