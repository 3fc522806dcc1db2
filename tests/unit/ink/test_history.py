import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.history import Change, History
from sketch.ink.ink import Ink, Stroke, WetStroke
from sketch.ink.outline import distance
from sketch.ink.points import as_points


def line(*places, width=2.0):
    return Stroke(as_points(places), width=width)


ACTS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "replace", "clear", "undo", "redo"]), st.integers(0, 20)),
    max_size=40,
)


@given(ACTS)
def test_undo_and_redo_walk_the_same_states(acts):
    ink, states, at = Ink(), [[]], 0
    for act, number in acts:
        before = list(ink.strokes)
        if act == "undo":
            at -= ink.undo()
        elif act == "redo":
            at += ink.redo()
        elif act == "add":
            ink.add(line((number, 0)))
        elif act == "clear":
            ink.clear()
        elif before and act == "remove":
            ink.remove(number % len(before))
        elif before:
            ink.replace(number % len(before), line((number, 1)))
        if act not in ("undo", "redo") and ink.strokes != before:
            states, at = [*states[: at + 1], list(ink.strokes)], at + 1
        assert ink.strokes == states[at]
        assert (ink.history.can_undo, ink.history.can_redo) == (at > 0, at < len(states) - 1)


@given(ACTS)
def test_while_the_revision_stays_strokes_are_only_appended(acts):
    ink = Ink([line((0, 0)), line((1, 0))])
    for act, number in acts:
        before, revision = list(ink.strokes), ink.revision
        if act == "add":
            ink.add(line((number, 0)))
        elif act in ("undo", "redo", "clear"):
            getattr(ink, act)()
        elif before:
            ink.remove(number % len(before))
        if ink.revision == revision:
            assert ink.strokes[: len(before)] == before


def test_what_an_ink_began_with_cannot_be_undone():
    ink = Ink([line((0, 0))])
    assert not ink.undo()
    assert len(ink) == 1


def test_something_new_ends_what_could_be_redone():
    ink = Ink()
    ink.add(line((0, 0)))
    assert ink.undo()
    ink.add(line((1, 1)))
    assert not ink.redo()


def test_a_wet_stroke_stays_when_dry_ones_are_undone():
    ink = Ink(wet={1: WetStroke()})
    ink.add(line((0, 0)))
    ink.undo()
    assert list(ink.wet) == [1]


def test_clearing_can_be_undone_in_one_step():
    ink = Ink()
    for x in range(5):
        ink.add(line((x, 0)))
    before = list(ink.strokes)
    ink.clear()
    ink.clear()
    assert ink.undo()
    assert ink.strokes == before


def test_a_history_forgets_the_oldest_first():
    history = History(2)
    for index in range(3):
        history.note(Change(index, (), (index,)))
    undone = [history.undo() for _ in range(3)]
    assert [change and change.index for change in undone] == [2, 1, None]
    with pytest.raises(ValueError, match="at least 1 step"):
        History(0)


def test_the_nearest_stroke_is_the_topmost_within_reach_of_its_edge():
    ink = Ink([line((0, 0), (100, 0)), line((50, -50), (50, 50), width=10), line((0, 0), (100, 0))])
    assert ink.nearest(20, 3) == 2
    assert ink.nearest(54, 30) == 1
    assert ink.nearest(20, 30, reach=5) is None
    assert Ink().nearest(0, 0) is None
    with pytest.raises(ValueError, match="reach must be 0 or more"):
        ink.nearest(0, 0, reach=float("nan"))


def test_erasing_takes_one_stroke_and_can_be_undone():
    ink = Ink([line((0, 0), (100, 0)), line((0, 40), (100, 40))])
    strokes = list(ink.strokes)
    assert ink.erase(50, 8) is strokes[0]
    assert ink.erase(50, 8) is None
    assert ink.undo()
    assert ink.strokes == strokes


@pytest.mark.parametrize("index", [2, -3])
def test_a_stroke_that_is_not_there_is_named(index):
    ink = Ink([line((0, 0)), line((1, 1))])
    with pytest.raises(IndexError, match=f"no stroke {index}; the ink has 2"):
        ink.remove(index)


@given(st.lists(st.tuples(*[st.floats(-100, 100, width=32)] * 2), min_size=1, max_size=8))
def test_the_distance_to_a_line_is_that_to_many_points_on_it(places):
    points = as_points(places)
    share = np.linspace(0, 1, 400)[:, None]
    dense = [
        points[0, :2],
        *(a + share * (b - a) for a, b in zip(points[:, :2], points[1:, :2], strict=False)),
    ]
    expected = np.hypot(*(np.vstack(dense) - (3.0, -7.0)).T).min()
    assert distance(points[:, :2].astype(float), 3.0, -7.0) == pytest.approx(expected, abs=0.5)


def test_a_stroke_knows_its_box_and_half_its_greatest_width():
    stroke = Stroke(as_points([(3, 9), (1, 2)]), width=np.array((4, 6), np.float32))
    assert stroke.box == (1, 2, 3, 9)
    assert stroke.half_width == 3
