"""Rows from an ink as other people prepare them: each column, sampling, scale, origin, padding and layout."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.features.ink_columns import arranged, ink_columns, padded
from addon.features.ink_input import COLUMN_NAMES, Column, InkInput

# A hook of 80 down and 60 to the right, then a stroke of 30 to the right, half a second later.
STROKES = (
    [(10.0, 20.0, 5.0, 0.2), (10.0, 100.0, 5.8, 0.4), (70.0, 100.0, 6.2, 0.6)],
    [(80.0, 20.0, 6.7, 0.8), (110.0, 20.0, 7.0, 1.0)],
)


def samples(*strokes):
    rows = []
    for stroke in strokes:
        rows += [(*point, 0.0) for point in stroke[:-1]] + [(*stroke[-1], 1.0)]
    return np.array(rows)


INK = samples(*STROKES)


def rows(*names, ink=INK, lifted: bool = True, **options: Any):
    columns = tuple(Column(name) for name in names)
    return ink_columns(InkInput(columns=columns, **options), ink, lifted)


def test_the_samples_as_they_come_in_units_of_the_larger_side():
    made = rows("x", "y", "dx", "dy")
    # The box is 100 wide and 80 high.
    assert made[:, 0] == pytest.approx([0.0, 0.0, 0.6, 0.7, 1.0])
    assert made[:, 1] == pytest.approx([0.0, 0.8, 0.8, 0.0, 0.0])
    assert made[:, 2] == pytest.approx([0.0, 0.0, 0.6, 0.1, 0.3])
    assert made[:, 3] == pytest.approx([0.0, 0.8, 0.0, -0.8, 0.0])


@pytest.mark.parametrize(
    ("scale", "unit"),
    [("height", 80.0), ("width", 100.0), ("diagonal", np.hypot(80, 100)), (50.0, 50.0), ("taught", 200.0)],
)
def test_each_scale(scale, unit):
    assert rows("x", scale=scale)[-1, 0] == pytest.approx(100.0 / unit)


def test_two_numbers_scale_x_and_y_by_the_window():
    made = rows("x", "y", scale=(200.0, 400.0), origin="window")
    assert made[1] == pytest.approx([0.05, 0.25])
    made = rows("x", "y", scale=(200.0, 400.0), origin="window", y_up=True)
    assert made[1] == pytest.approx([0.05, 0.75])


@pytest.mark.parametrize(
    ("origin", "first"),
    [("first", (0.0, 0.0)), ("center", (-0.5, -0.4)), ("corner", (0.0, 0.0)), ("mean", (-0.46, -0.32))],
)
def test_each_origin(origin, first):
    assert rows("x", "y", origin=origin)[0] == pytest.approx(first)


def test_y_up_turns_positions_and_moves():
    assert rows("y", "dy", y_up=True)[1] == pytest.approx([-0.8, -0.8])
    # The lower left corner of the box is 0 where y grows upward.
    assert rows("y", y_up=True, origin="corner")[:, 0] == pytest.approx([0.8, 0.0, 0.0, 0.8, 0.8])


def test_times_and_pressure():
    made = rows("t", "dt", "pressure", "speed")
    assert made[:, 0] == pytest.approx([0.0, 0.8, 1.2, 1.7, 2.0])
    assert made[:, 1] == pytest.approx([0.0, 0.8, 0.4, 0.5, 0.3])
    assert made[:, 2] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert made[1:3, 3] == pytest.approx([1.0, 1.5])


def test_directions_and_curvature():
    made = rows("cos", "sin", "curvature")
    assert made[:3, 0] == pytest.approx([0.0, 0.0, 1.0])
    assert made[:3, 1] == pytest.approx([0.0, 1.0, 0.0])
    # From down to right is a turn of -90 degrees where y grows downward, over a mean length of 0.7.
    assert made[2, 2] == pytest.approx(-np.pi / 2 / 0.7)


def test_the_flags_of_the_pen():
    made = rows("pen up", "pen down", "stroke start", "end of ink")
    assert made[:, 0].tolist() == [0, 0, 1, 0, 1]
    assert made[:, 1].tolist() == [1, 1, 0, 1, 0]
    assert made[:, 2].tolist() == [1, 0, 0, 1, 0]
    assert made[:, 3].tolist() == [0, 0, 0, 0, 1]


def test_a_pen_that_is_down_has_not_ended_its_stroke():
    made = rows("pen up", "pen down", "end of ink", lifted=False)
    assert made[-1].tolist() == [0, 1, 0]


def test_points_along_the_whole_ink_with_the_way_between_strokes():
    made = rows("x", "y", "pen up", points=6)
    assert made.shape == (6, 3)
    # 80 + 60 + 80.6 + 30: the third row is on the bar, the fourth on the way to the second stroke.
    assert made[2, 1] == pytest.approx(0.8)
    assert 0.6 < made[3, 0] < 0.7
    assert made[:, 2].tolist() == [0, 0, 0, 1, 0, 1]


def test_points_apart_leave_the_way_between_strokes_out():
    made = rows("y", points=171, lifts="apart", scale=100.0)
    # 170 pixels are drawn: a row a pixel, and none between the strokes.
    assert made[:81, 0] == pytest.approx(np.arange(81) / 100, abs=1e-6)
    assert made[81:140, 0] == pytest.approx(0.8)
    assert made[141:, 0] == pytest.approx(0.0)


def test_a_spacing_begins_at_each_stroke_and_ends_with_it():
    made = rows("x", "y", "stroke start", "pen up", spacing=0.4, scale=100.0)
    assert made[:, 2].tolist() == [1, 0, 0, 0, 0, 1, 0]
    assert made[:, 3].tolist() == [0, 0, 0, 0, 1, 0, 1]
    assert made[1, :2] == pytest.approx([0.0, 0.4])


def test_a_time_step_samples_the_clock():
    made = rows("t", seconds=0.4)
    assert made[:3, 0] == pytest.approx([0.0, 0.4, 0.8])


def test_factor_and_offset():
    ink = InkInput(columns=(Column("pen up", -1.0, 1.0), Column("dx", 20.0)))
    made = ink_columns(ink, INK, True)
    assert made[:, 0].tolist() == [1, 1, 0, 1, 0]
    assert made[2, 1] == pytest.approx(12.0)


def test_the_first_row_can_be_left_out():
    assert len(rows("dx", drop_first=True)) == 4


def test_padding_and_cutting():
    def made(**options):
        ink = InkInput(columns=(Column("stroke start"), Column("pen up")), **options)
        return padded(ink, ink_columns(ink, INK, True))

    table, mask = made(length=7, pad=(0.0, 9.0))
    assert table[5:].tolist() == [[0, 9], [0, 9]]
    assert mask.tolist() == [1, 1, 1, 1, 1, 0, 0]
    table, mask = made(length=6, pad_start=True)
    assert mask.tolist() == [0, 1, 1, 1, 1, 1]
    assert table[1, 0] == 1
    assert made(length=2)[0][:, 0].tolist() == [1, 0]
    assert made(length=2, keep_end=True)[0][:, 1].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("NTC", (1, 5, 2)),
        ("NCT", (1, 2, 5)),
        ("TNC", (5, 1, 2)),
        ("TC", (5, 2)),
        ("CT", (2, 5)),
        ("N(TC)", (1, 10)),
        ("N(CT)", (1, 10)),
        ("(TC)", (10,)),
        ("(CT)", (10,)),
    ],
)
def test_each_layout(layout, shape):
    table = np.arange(10, dtype=np.float32).reshape(5, 2)
    made = arranged(InkInput(layout=layout), table)
    assert made.shape == shape
    flat = made.reshape(-1)
    first = 2.0 if "CT" in layout else 1.0
    assert flat[1] == first


number = st.floats(-1e6, 1e6, allow_nan=False, width=32)


@given(st.lists(st.tuples(number, number, number, number, st.booleans()), min_size=1, max_size=12))
def test_whatever_is_drawn_gives_finite_rows(drawn):
    apart = {"points": 8, "lifts": "apart"}
    every: list[dict[str, Any]] = [{}, {"points": 8}, {"spacing": 0.1}, {"seconds": 0.5}, apart]
    for options in every:
        made = rows(*COLUMN_NAMES, ink=np.array(drawn, dtype=np.float64), **options)
        assert np.isfinite(made).all()
        assert len(made) >= 1


@pytest.mark.parametrize("options", [{"spacing": 0.3, "scale": 50.0}, {"seconds": 0.25, "scale": 50.0}])
def test_rows_stay_as_the_ink_grows_where_the_description_says_so(options):
    assert not InkInput(columns=(Column("dx"),), **options).whole_ink
    whole = rows("dx", "dy", **options)
    for count in range(1, len(INK) + 1):
        part = rows("dx", "dy", ink=INK[:count], lifted=bool(INK[count - 1, 4]), **options)
        assert part == pytest.approx(whole[: len(part)], abs=1e-5)


def test_the_box_is_that_of_the_rows_or_of_the_ink():
    # Four rows leave the corner out, so their box is smaller than the ink's.
    by_rows, by_ink = rows("x", "y", points=4), rows("x", "y", points=4, box="ink")
    assert np.ptp(by_rows, axis=0).max() == pytest.approx(1.0)
    assert np.ptp(by_ink, axis=0).max() <= 1.0
    plain = rows("x", points=4, scale=1.0)
    assert by_ink[:, 0] == pytest.approx(plain[:, 0] / 100.0)
    assert rows("x", origin="center", spacing=0.7, scale=1.0, box="rows")[:, 0].min() < 0


def test_a_level_line_has_a_height():
    dash = samples([(0.0, 50.0, 0.0, 0.5), (100.0, 50.0, 0.2, 0.5)])
    made = rows("x", "y", ink=dash, scale="height", spacing=0.05)
    assert np.abs(made).max() == pytest.approx(50.0)
    assert len(made) == 1001
