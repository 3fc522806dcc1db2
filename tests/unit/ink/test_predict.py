import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.points import as_points
from sketch.ink.predict import FASTEST, SAMPLES, predicted_tip
from sketch.sketch import Sketch
from sketch.synthetic_hand.hand import write

AHEAD = Sketch.prediction_ms / 1000


@st.composite
def lines(draw):
    count = draw(st.integers(1, 40))
    xy = draw(st.lists(st.tuples(*[st.integers(-2000, 2000)] * 2), min_size=count, max_size=count))
    steps = draw(st.lists(st.sampled_from([0.0, 0.001, 0.008, 0.5]), min_size=count, max_size=count))
    return as_points(np.column_stack((xy, np.cumsum(steps), np.full(count, 0.7))))


@given(lines(), st.floats(0, 0.1))
def test_a_tip_is_one_finite_point_or_none_and_changes_nothing(line, seconds):
    before = line.copy()
    tip = predicted_tip(line, seconds)
    assert tip.dtype == np.float32
    assert tip.shape in ((0, 4), (1, 4))
    assert np.isfinite(tip).all()
    assert (line == before).all()


@given(lines(), st.floats(0, 6.28), st.tuples(*[st.integers(-500, 500)] * 2))
def test_a_line_moved_and_turned_has_its_tip_moved_and_turned(line, angle, by):
    turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    moved = line.copy()
    moved[:, :2] = line[:, :2] @ turn + by
    tip, moved_tip = predicted_tip(line, AHEAD), predicted_tip(moved, AHEAD)
    if len(tip) == len(moved_tip):  # one that is as long as what is just worth drawing may go either way
        assert np.allclose(
            tip[:, :2] @ turn + by, moved_tip[:, :2], atol=0.05 + 1e-4 * np.abs(tip[:, :2]).max(initial=0)
        )


@pytest.mark.parametrize("rate", [60, 120, 1000])
@pytest.mark.parametrize("speed", [100, FASTEST])
def test_an_even_pace_is_foreseen(rate, speed):
    t = np.arange(SAMPLES) / rate
    tip = predicted_tip(as_points(np.column_stack((speed * t, -speed * t, t))), AHEAD)
    expected = speed * (t[-1] + AHEAD)
    assert tip[0, :2] == pytest.approx((expected, -expected), rel=0.01)
    assert tip[0, 2] == pytest.approx(t[-1] + AHEAD)


def test_a_pen_at_rest_has_no_tip():
    line = as_points([(5, 5, t / 120) for t in range(30)])
    assert len(predicted_tip(line, AHEAD)) == 0
    assert len(predicted_tip(line[:2], AHEAD)) == 0


@pytest.mark.parametrize("seconds", [-0.001, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(seconds):
    with pytest.raises(ValueError, match="seconds must be finite"):
        predicted_tip(as_points([(0, 0)]), seconds)


@pytest.mark.parametrize("whole", [False, True], ids=["pen", "mouse"])
def test_a_hand_is_foreseen_much_better_than_by_waiting(whole):
    guessed: list[float] = []
    waited: list[float] = []
    for stroke in write("ABCRSGQ", seed=3, height=160):
        seen = stroke.copy()
        seen[:, :2] = np.round(seen[:, :2]) if whole else seen[:, :2]
        at = stroke[:, 2] + AHEAD
        truth = np.column_stack([np.interp(at, stroke[:, 2], stroke[:, axis]) for axis in (0, 1)])
        for index, place in enumerate(truth):
            tip = predicted_tip(seen[: index + 1], AHEAD)
            here = tip[0] if len(tip) else seen[index]
            guessed.append(float(np.hypot(*(here[:2] - place))))
            waited.append(float(np.hypot(*(seen[index, :2] - place))))
    assert np.mean(guessed) < (0.3 if whole else 0.2) * np.mean(waited)
    assert np.percentile(guessed, 95) < 4.0
    assert np.max(guessed) < np.max(waited)
