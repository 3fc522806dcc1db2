"""What a performer may change about the answers of a recogniser."""

import math

import numpy as np
import pytest

from addon import Recognizer
from addon.hysteresis import UNDECIDED, Tuning, held


def test_more_hold_keeps_a_class_longer():
    first, second = np.array([0.9, 0.1], np.float32), np.array([0.25, 0.75], np.float32)
    for enough, rows in ((0.0, 1), (1.0, 1), (3.0, 3), (6.0, 6)):
        hold = held(UNDECIDED, first, 0.0)
        count = 0
        while hold.place == 0:
            hold = held(hold, second, 0.0, enough=enough)
            count += 1
        assert count == rows


def test_unknown_moves_by_its_log_odds_and_0_changes_nothing():
    assert Tuning().tuned(0.37) == 0.37
    assert Tuning(unknown=2.0).tuned(0.5) == pytest.approx(0.8808, abs=1e-4)
    assert Tuning(unknown=-2.0).tuned(0.5) == pytest.approx(0.1192, abs=1e-4)
    for unknown in (0.0, 1.0, 1e-300):
        assert 0.0 <= Tuning(unknown=1e9).tuned(unknown) <= 1.0


def test_a_recogniser_offers_both_to_a_panel_and_checks_them():
    letters = Recognizer("letters")
    assert {name: getattr(letters, name) for name in letters.parameters} == {"hold": 1.0, "unknown": 0.0}
    letters.hold, letters.unknown = -3, 1
    assert (letters.hold, letters.unknown) == (0.0, 1.0)
    with pytest.raises(ValueError, match="hold must be a finite number; got nan"):
        letters.hold = math.nan


def test_an_answer_follows_the_tuning_while_the_pen_writes(make):
    letters = make("letters")
    letters.wait_ready()
    point = np.array([10, 10, 0, 0.5], np.float32)
    for at in range(40):
        letters.on_stroke_point(point + np.array([3 * at, at, 0.01 * at, 0], np.float32), 0)
    letters.unknown = 200.0
    letters.on_stroke_point(point + np.array([200, 90, 0.5, 0], np.float32), 0)
    assert letters.prediction.unknown > 0.99
    letters.unknown = -200.0
    letters.on_stroke_point(point + np.array([260, 120, 0.6, 0], np.float32), 0)
    assert letters.prediction.unknown < 0.01
