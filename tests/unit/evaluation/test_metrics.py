import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.evaluation.metrics import area, auroc, calibration_error, mean_over_groups, rejection

scores = st.lists(st.integers(0, 5), min_size=1, max_size=12)


@given(scores, scores)
def test_area_under_roc_is_how_often_an_unknown_one_is_more_novel(strange, others):
    values = np.array(strange + others, dtype=float)
    found = auroc(values, np.arange(len(values)) < len(strange))
    wins = [(a > b) + 0.5 * (a == b) for a in strange for b in others]
    assert found == pytest.approx(np.mean(wins))


@given(scores, scores)
def test_a_threshold_accepts_at_least_as_many_as_it_must(strange, others):
    values = np.array(strange + others, dtype=float)
    rejected = rejection(values, np.arange(len(values)) < len(strange), accepted=0.8)
    limits = [limit for limit in range(6) if np.mean(np.array(others) <= limit) >= 0.8]
    assert rejected == pytest.approx(np.mean(np.array(strange) > min(limits)))


def test_what_is_as_often_right_as_it_says_is_calibrated():
    assert calibration_error(np.full(10, 0.7), np.arange(10) < 7) == pytest.approx(0.0)
    assert calibration_error(np.full(10, 0.9), np.arange(10) < 5) == pytest.approx(0.4)
    both = calibration_error(np.array([1.0, 1.0, 0.0, 0.0]), np.array([True, False, False, False]))
    assert both == pytest.approx(0.25)


def test_every_group_counts_as_much_as_another():
    values = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert mean_over_groups(values, ["a", "a", "a", "b"]).tolist() == [0.5, 0.5]


def test_area_of_a_curve():
    assert area(np.array([0.0, 0.5, 1.0])) == pytest.approx(0.5)
    assert area(np.ones(5)) == pytest.approx(1.0)
