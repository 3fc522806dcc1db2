from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sketch.input.events import PointerEvent
from sketch.input.pen import InkDone, InkReopened, PenTracker, StrokeDone, StrokePoint, draws_over, repeats


def event(kind: Any, x, y, t, pointer_id=0, button: Any = "left"):
    return PointerEvent(kind, x, y, t, pointer_id=pointer_id, button=button)


def drawn(tracker, start, end, began, pointer_id=0):
    changes = tracker.feed(event("down", start[0], start[1], began, pointer_id))
    changes += tracker.feed(event("move", end[0], end[1], began + 0.1, pointer_id))
    return changes + tracker.feed(event("up", end[0], end[1], began + 0.2, pointer_id))


def test_every_sample_is_kept_in_order_with_its_time():
    tracker = PenTracker()
    tracker.feed(event("down", 0, 0, 5.0))
    for index in range(1, 500):
        tracker.feed(event("move", index, 2 * index, 5.0 + index / 1000))
    (done,) = tracker.feed(event("up", 499, 998, 5.6))
    assert isinstance(done, StrokeDone)
    assert np.array_equal(done.points[:, 0], np.arange(500))
    assert np.allclose(done.points[:, 2], np.arange(500) / 1000, atol=1e-6)


def test_a_release_elsewhere_is_a_sample_too():
    tracker = PenTracker()
    tracker.feed(event("down", 0, 0, 0.0))
    changes = tracker.feed(event("up", 9, 9, 0.1))
    assert [type(change) for change in changes] == [StrokePoint, StrokeDone]
    assert isinstance(changes[1], StrokeDone)
    assert len(changes[1].points) == 2


def test_strokes_near_each_other_make_one_ink_and_keep_the_pause_between_them():
    tracker = PenTracker(pause=0.7)
    drawn(tracker, (0, 0), (100, 100), 0.0)
    changes = drawn(tracker, (100, 0), (0, 100), 0.5)
    assert not any(isinstance(change, InkDone) for change in changes)
    (ink,) = tracker.tick(1.5)
    assert isinstance(ink, InkDone)
    assert len(ink.strokes) == 2
    assert ink.strokes[1][0, 2] == pytest.approx(0.5)


def test_a_pause_closes_the_ink_only_after_it_is_over():
    tracker = PenTracker(pause=0.7)
    drawn(tracker, (0, 0), (100, 100), 0.0)
    assert tracker.tick(0.85) == []
    assert [type(change) for change in tracker.tick(0.95)] == [InkDone]
    assert tracker.tick(2.0) == []


def test_strokes_are_unfinished_until_their_ink_is_closed_and_again_once_it_is_opened():
    tracker = PenTracker(pause=0.7, reopens=1.3)
    drawn(tracker, (0, 0), (100, 100), 0.0)
    drawn(tracker, (500, 0), (600, 100), 0.0, pointer_id=1)
    drawn(tracker, (100, 0), (0, 100), 0.4)
    assert tracker.unfinished == 3
    tracker.tick(1.35)
    assert tracker.unfinished == 0
    tracker.feed(event("down", 50, 0, 1.4))
    assert tracker.unfinished == 2
    tracker.finish()
    assert tracker.unfinished == 0


def test_starting_elsewhere_closes_the_ink():
    tracker = PenTracker(reach=1.0)
    drawn(tracker, (0, 0), (100, 100), 0.0)
    first, *_ = drawn(tracker, (400, 0), (500, 100), 0.3)
    assert isinstance(first, InkDone)


def test_a_dot_next_to_a_small_mark_still_belongs_to_it():
    tracker = PenTracker()
    drawn(tracker, (50, 50), (50, 52), 0.0)
    changes = drawn(tracker, (50, 20), (50, 20), 0.4)
    assert not any(isinstance(change, InkDone) for change in changes)


def test_two_hands_make_two_inks():
    tracker = PenTracker()
    tracker.feed(event("down", 0, 0, 0.0, pointer_id=1))
    tracker.feed(event("down", 500, 0, 0.0, pointer_id=2))
    tracker.feed(event("move", 0, 100, 0.1, pointer_id=1))
    tracker.feed(event("move", 500, 100, 0.1, pointer_id=2))
    tracker.feed(event("up", 0, 100, 0.2, pointer_id=1))
    tracker.feed(event("up", 500, 100, 0.2, pointer_id=2))
    inks: Any = tracker.tick(2.0)
    assert [ink.pointer_id for ink in inks] == [1, 2]
    assert [ink.strokes[0][0, 0] for ink in inks] == [0, 500]


def test_a_lost_release_loses_no_stroke():
    tracker = PenTracker()
    tracker.feed(event("down", 0, 0, 0.0))
    tracker.feed(event("move", 50, 50, 0.1))
    first, second = tracker.feed(event("down", 60, 50, 0.2))
    assert isinstance(first, StrokeDone)
    assert len(first.points) == 2
    assert isinstance(second, StrokePoint)


def test_finishing_closes_a_stroke_that_is_still_wet():
    tracker = PenTracker()
    tracker.feed(event("down", 0, 0, 0.0))
    assert [type(change) for change in tracker.finish()] == [StrokeDone, InkDone]


def test_inks_can_be_closed_before_their_pause_is_over():
    tracker = PenTracker()
    drawn(tracker, (0, 0), (100, 100), 0.0)
    tracker.feed(event("down", 500, 0, 0.3, pointer_id=2))
    assert [change.pointer_id for change in tracker.close_lifted()] == [0]
    assert tracker.tick(9.0) == []


def test_hovering_and_other_buttons_draw_nothing():
    tracker = PenTracker()
    assert tracker.feed(event("move", 0, 0, 0.0, button="")) == []
    assert tracker.feed(event("down", 0, 0, 0.0, button="right")) == []
    assert tracker.feed(event("up", 0, 0, 0.0, button="right")) == []


@pytest.mark.parametrize("numbers", [{"pause": -1}, {"reach": -0.1}])
def test_negative_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match="must be 0 or more"):
        PenTracker(**numbers)


BAD = (float("nan"), float("inf"), -float("inf"), 3e38, "left", None)


@pytest.mark.parametrize("number", BAD)
@pytest.mark.parametrize("place", ["x", "y"])
def test_a_sample_that_cannot_be_is_left_out_and_counted(place, number):
    tracker = PenTracker()
    tracker.feed(event("down", 0, 0, 0.0))
    assert tracker.feed(replace(event("move", 5, 5, 0.1), **{place: number})) == []
    (*_, done) = tracker.feed(event("up", 9, 9, 0.2))
    assert isinstance(done, StrokeDone)
    assert np.isfinite(done.points).all()
    assert (len(done.points), tracker.dropped) == (2, 1)


def test_a_pen_that_is_lifted_where_nobody_knows_is_lifted_where_it_was():
    tracker = PenTracker()
    tracker.feed(event("down", 1, 2, 0.0))
    (done,) = tracker.feed(event("up", float("nan"), 0, 0.2))
    assert isinstance(done, StrokeDone)
    assert done.points[:, :2].tolist() == [[1, 2]]


def test_a_pen_that_touches_where_nobody_knows_touches_at_its_next_sample():
    tracker = PenTracker()
    assert tracker.feed(event("down", float("inf"), 0, 0.0)) == []
    (first,) = tracker.feed(event("move", 3, 4, 0.1))
    assert isinstance(first, StrokePoint)
    assert first.first
    assert first.point[:2].tolist() == [3, 4]


def test_times_never_run_backward_and_pressures_stay_within_their_range():
    tracker = PenTracker()
    tracker.feed(replace(event("down", 0, 0, 5.0), pressure=7.0))
    for t, pressure in ((5.2, -1.0), (5.1, float("inf")), (-3.0, 0.5), (5.3, float("nan"))):
        tracker.feed(replace(event("move", 9 * t, 0, t), pressure=pressure))
    (done,) = tracker.finish()[:1]
    assert isinstance(done, StrokeDone)
    assert done.points[:, 2].tolist() == pytest.approx([0, 0.2, 0.2, 0.2])
    assert done.points[:, 3].tolist() == [1, 0, 1, 0.5]


def test_a_time_of_another_clock_does_not_stop_the_loops():
    tracker = PenTracker()
    far = tracker.accept(event("down", 0, 0, 1e8), now=2.0)
    near = tracker.accept(event("move", 0, 0, 2.1), now=2.1)
    assert far is not None
    assert near is not None
    assert (far.t, near.t) == (2.0, 2.1)


def kinds(changes):
    return [type(change) for change in changes if not isinstance(change, StrokePoint)]


def closed_roof(tracker, pointer_id=0):
    """The two slanted strokes of an A in one, from 0 s to 0.2 s, closed by the pause."""
    drawn(tracker, (50, 0), (100, 100), 0.0, pointer_id)
    (ink,) = tracker.tick(1.0)
    assert not ink.amends


def test_a_stroke_within_reach_opens_the_last_ink_again_and_closing_it_amends():
    tracker = PenTracker()
    closed_roof(tracker)
    reopened, *_ = changes = drawn(tracker, (40, 60), (110, 60), 1.1)
    assert kinds(changes) == [InkReopened, StrokeDone]
    assert isinstance(reopened, InkReopened)
    assert len(reopened.strokes) == 1
    (ink,) = tracker.tick(3.0)
    assert isinstance(ink, InkDone)
    assert ink.amends
    assert len(ink.strokes) == 2
    assert ink.strokes[1][0, 2] == pytest.approx(1.1)


def test_an_ink_is_opened_again_as_often_as_it_takes():
    tracker = PenTracker()
    closed_roof(tracker)
    drawn(tracker, (50, 0), (0, 100), 1.1)
    tracker.tick(2.1)
    drawn(tracker, (20, 60), (80, 60), 2.2)
    (ink,) = tracker.tick(4.0)
    assert isinstance(ink, InkDone)
    assert len(ink.strokes) == 3


@pytest.mark.parametrize(
    ("start", "began", "numbers"),
    [((400, 0), 1.1, {}), ((40, 60), 2.5, {}), ((40, 60), 1.1, {"reopens": 0.0})],
    ids=["far", "late", "never"],
)
def test_a_stroke_far_away_or_late_begins_another(start, began, numbers):
    tracker = PenTracker(**numbers)
    closed_roof(tracker)
    assert kinds(drawn(tracker, start, (start[0] + 50, 60), began)) == [StrokeDone]
    (ink,) = tracker.tick(began + 1)
    assert isinstance(ink, InkDone)
    assert not ink.amends


def test_what_is_opened_again_does_not_depend_on_when_frames_come():
    tracker = PenTracker()
    drawn(tracker, (50, 0), (100, 100), 0.0)
    assert kinds(drawn(tracker, (40, 60), (110, 60), 1.1)) == [InkDone, InkReopened, StrokeDone]


def test_another_ink_that_began_keeps_the_last_one_closed():
    tracker = PenTracker()
    closed_roof(tracker)
    drawn(tracker, (400, 0), (450, 60), 1.1)
    assert kinds(drawn(tracker, (40, 60), (110, 60), 1.4)) == [InkDone, StrokeDone]


def test_a_letter_drawn_once_more_over_the_last_is_an_ink_of_its_own():
    tracker = PenTracker()
    closed_roof(tracker)
    changes = drawn(tracker, (60, 10), (105, 120), 1.1)
    assert kinds(changes) == [InkReopened, StrokeDone, InkReopened]
    split = changes[-1]
    assert isinstance(split, InkReopened)
    assert split.strokes[0][0, 2] == 0.0
    drawn(tracker, (40, 60), (110, 60), 1.5)
    (ink,) = tracker.tick(3.0)
    assert isinstance(ink, InkDone)
    assert not ink.amends
    assert len(ink.strokes) == 2
    assert ink.strokes[1][0, 2] == pytest.approx(0.4)


def test_pointers_open_their_own_inks_again():
    tracker = PenTracker()
    closed_roof(tracker, pointer_id=1)
    assert kinds(drawn(tracker, (40, 60), (110, 60), 1.1, pointer_id=2)) == [StrokeDone]
    assert kinds(drawn(tracker, (40, 60), (110, 60), 1.1, pointer_id=1)) == [InkReopened, StrokeDone]


def test_an_ink_that_was_closed_on_purpose_stays_closed():
    tracker = PenTracker()
    closed_roof(tracker)
    tracker.close_lifted()
    assert kinds(drawn(tracker, (40, 60), (110, 60), 1.1)) == [StrokeDone]


def test_how_long_an_ink_stays_open_can_be_seen():
    tracker = PenTracker(pause=1.0, reopens=1.0)
    drawn(tracker, (0, 0), (100, 100), 0.0)
    (ink,) = tracker.open_inks(0.7)
    assert (ink.box, ink.closed) == ((0, 0, 100, 100), False)
    assert ink.left == pytest.approx(0.75)
    tracker.tick(1.7)
    (ink,) = tracker.open_inks(1.7)
    assert ink.closed
    assert ink.left == pytest.approx(0.25)
    tracker.tick(2.3)
    assert tracker.open_inks(2.3) == ()


def line(*corners):
    return np.array([(x, y, 0, 0.5) for x, y in corners], dtype=np.float32)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (line((0, 0), (0, 100)), line((8, 5), (4, 110)), True),
        (line((0, 0), (0, 100)), line((0, 100), (0, 0)), False),
        (line((0, 0), (0, 100)), line((60, 0), (60, 100)), False),
        (line((0, 0), (100, 100)), line((100, 0), (0, 100)), False),
        (line((0, 0), (100, 0)), line((0, 50), (100, 50)), False),
        (line((0, 0), (0, 100)), line((0, 0), (50, 20), (0, 50), (60, 80), (0, 100)), False),
        (line((50, 50)), line((52, 51)), True),
        (line((0, 30), (0, 100)), line((0, 0)), False),
    ],
    ids=["again", "backwards", "H", "X", "=", "B", "dot", "i"],
)
def test_a_stroke_repeats_another_if_it_has_its_shape_and_place(first, second, expected):
    assert repeats(first, second) is expected


ROUND = line(*(50 + 50 * np.array((np.cos(turn), np.sin(turn))) for turn in np.linspace(0, 6.3, 30)))
ROOF = line((0, 100), (50, 0), (100, 100))


def shifted(stroke, x, y):
    return stroke + np.array((x, y, 0, 0), dtype=np.float32)


@pytest.mark.parametrize(
    ("ink", "stroke", "expected"),
    [
        ([ROOF], ROUND, True),
        ([ROUND], shifted(ROOF, 4, -6), True),
        ([line((0, 0), (100, 100)), line((100, 0), (0, 100))], ROUND, True),
        ([ROOF], shifted(ROUND, 70, 0), False),
        ([ROOF], line((25, 60), (75, 60)), False),
        ([line((0, 0), (100, 100))], line((100, 0), (0, 100)), False),
        ([line((0, 0), (0, 100))], line((0, 0), (50, 20), (0, 50), (60, 80), (0, 100)), False),
        ([line((0, 40), (100, 40))], line((0, 70), (100, 70)), False),
        ([line((50, 0), (50, 100))], line((20, 30), (80, 30)), False),
        ([line((50, 30), (50, 100))], line((50, 0)), False),
        ([ROUND], line((60, 60), (110, 110)), False),
        ([line((50, 50))], ROUND, False),
    ],
    ids=["O over A", "V over O", "O over x", "O next", "A", "x", "B", "=", "t", "i", "Q", "after a dot"],
)
def test_a_letter_over_another_covers_its_place_and_is_long(ink, stroke, expected):
    assert draws_over(ink, stroke) is expected


def traced(tracker, points, began):
    changes = []
    for at, (x, y) in enumerate(points[:, :2].tolist()):
        changes += tracker.feed(event("move" if at else "down", x, y, began + 0.01 * at))
    return changes + tracker.feed(event("up", x, y, began + 0.01 * len(points)))


def test_another_letter_over_the_last_is_an_ink_of_its_own():
    tracker = PenTracker()
    traced(tracker, ROOF, 0.0)
    tracker.tick(1.0)
    changes = traced(tracker, ROUND, 1.1)
    assert kinds(changes) == [InkReopened, StrokeDone, InkReopened]
    (ink,) = tracker.tick(3.0)
    assert isinstance(ink, InkDone)
    assert (len(ink.strokes), ink.amends) == (1, False)


def test_the_box_of_an_open_ink_grows_with_its_strokes():
    tracker = PenTracker(pause=1.0)
    drawn(tracker, (0, 0), (40, 40), 0.0)
    (before,) = tracker.open_inks(0.3)
    drawn(tracker, (50, 0), (60, 90), 0.5)
    (after,) = tracker.open_inks(0.8)
    assert (before.box, after.box) == ((0, 0, 40, 40), (0, 0, 60, 90))
