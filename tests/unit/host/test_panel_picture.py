"""Which part of the panel is drawn again."""

import numpy as np

from sketch.host.panel_picture import VERTEX, Vertices, changed_rect, pixel_box


def vertices(*places: tuple[float, float], color: int = 255) -> Vertices:
    rows = np.zeros((len(places), 5), np.float32)
    rows[:, :2] = places
    found = np.frombuffer(rows.tobytes(), np.uint8).reshape(-1, VERTEX).copy()
    found[:, 16] = color
    return found


def test_the_same_picture_is_not_drawn_again():
    one = vertices((0, 0), (10, 10), (20, 5))
    assert changed_rect([one], [one.copy()]) is None
    assert changed_rect([], []) is None


def test_what_differs_in_place_is_where_it_was_and_where_it_is():
    before = vertices((0, 0), (10, 10), (20, 5), (30, 30))
    after = vertices((0, 0), (12, 40), (20, 5), (30, 30))
    assert changed_rect([before], [after]) == (8, 8, 14, 42)
    recolored = before.copy()
    recolored[3, 16] = 0
    assert changed_rect([before], [recolored]) == (28, 28, 32, 32)


def test_a_longer_text_moves_all_that_follows_and_only_itself_is_drawn():
    before = vertices((0, 0), (10, 10), (90, 90), (95, 95))
    after = vertices((0, 0), (10, 10), (12, 10), (14, 10), (90, 90), (95, 95))
    assert changed_rect([before], [after]) == (10, 8, 16, 12)
    assert changed_rect([after], [before]) == (10, 8, 16, 12)
    # Where equal vertices stand next to each other, either may be the new one.
    assert changed_rect([vertices((1, 1))], [vertices((1, 1), (1, 1))]) == (-1, -1, 3, 3)


def test_another_list_such_as_a_menu_draws_everything():
    one = vertices((0, 0))
    left, top, right, bottom = changed_rect([one], [one, one]) or (0, 0, 0, 0)
    assert pixel_box((left, top, right, bottom), (640, 480), 2.0) == (0, 0, 640, 480)


def test_a_place_in_pixels_counts_from_the_bottom_and_stays_in_the_window():
    assert pixel_box((10, 20, 30, 40), (100, 100), 1.0) == (10, 60, 30, 80)
    assert pixel_box((10, 20, 30, 60), (100, 100), 2.0) == (20, 0, 60, 60)
    assert pixel_box((200, 20, 300, 40), (100, 100), 1.0) is None
