import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke, WetStroke
from sketch.ink.points import as_points


def test_left_out_columns_take_their_defaults():
    points = as_points([(1, 2), (3, 4)])
    assert points.dtype == np.float32
    assert points.tolist() == [[1, 2, 0, 0.5], [3, 4, 0, 0.5]]


@pytest.mark.parametrize("values", [[1, 2, 3], np.zeros((2, 5)), np.zeros((2, 1))])
def test_another_shape_is_refused(values):
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        as_points(values)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite_are_refused_by_row(bad):
    with pytest.raises(ValueError, match="row 1"):
        as_points([(0, 0), (bad, 0)])


def test_a_wet_stroke_keeps_every_point_and_does_not_hand_out_its_buffer():
    wet = WetStroke()
    for index in range(200):
        wet.add(np.array((index, 0, 0, 0.5), dtype=np.float32))
    assert wet.points[:, 0].tolist() == list(range(200))
    with pytest.raises(ValueError, match="read-only"):
        wet.points[0, 0] = 5


def test_appending_keeps_the_revision_and_everything_else_raises_it():
    ink = Ink()
    ink.add(Stroke(as_points([(0, 0)])))
    ink.add(Stroke(as_points([(1, 1)])))
    assert ink.revision == 0
    ink.replace(0, Stroke(as_points([(5, 5)])))
    ink.remove()
    ink.clear()
    assert ink.revision == 3


def test_an_empty_stroke_is_refused():
    with pytest.raises(ValueError, match="at least one point"):
        Ink().add(Stroke(as_points([])))


def test_finishing_dries_the_wet_stroke():
    ink = Ink(wet={3: WetStroke(width=4.0)})
    ink.wet[3].add(np.array((1, 2, 0, 0.5), dtype=np.float32))
    stroke = ink.finish(3)
    assert ink.strokes == [stroke]
    assert not ink.wet
    assert stroke.width == 4.0


@pytest.mark.parametrize("given", [None, 5, [(1, 2), (3, 4)], as_points([(1, 2)])])
def test_what_is_no_stroke_is_refused_where_it_is_added(given):
    with pytest.raises(TypeError, match="an ink takes a Stroke"):
        Ink().add(given)
