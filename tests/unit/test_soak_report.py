"""What a soak reports, from notes that are known."""

from typing import Any

import numpy as np
import pytest

from tests.soak.report import figures, goals, memory_growth


def notes(seconds: int, grows: float = 0.0, slow: float = 0.0):
    at = np.arange(1, seconds * 10 + 1) / 10
    took = np.full(len(at), 0.016)
    took[len(at) // 2] += slow
    return np.stack([at, took, took / 2, 300 + grows * at / seconds], axis=1)


def test_memory_is_compared_after_it_has_settled():
    at = np.arange(0, 600, 0.5)
    assert memory_growth(at, np.where(at < 170, 100.0, 300.0)) == 0.0
    assert memory_growth(at, 300 + np.maximum(0, at - 200) / 10) == pytest.approx(12.0, abs=1)
    assert memory_growth(at[at < 250], at[at < 250]) is None


@pytest.mark.parametrize(
    ("waited", "reached"), [([], False), ([(150.0, 0.02)], False), ([(150.0, 0.15)], True)]
)
def test_a_slow_frame_is_ours_unless_an_idle_process_waited_too(waited, reached):
    found: dict[str, Any] = figures(notes(300, slow=0.2), [], waited, []) | {"edits": 3, "reloads": 3}
    assert [frame["took_ms"] for frame in found["over_100_ms"]] == [216]
    by_name = {goal.name: goal for goal in goals(found)}
    own = by_name["frames_over_100_ms_that_an_idle_process_did_not_have"]
    assert (own.found == 0) is reached
    assert str(own).endswith(": reached" if reached else "NOT REACHED")


def test_an_edit_that_is_not_swapped_in_is_counted():
    found = figures(notes(10), [], [], []) | {"edits": 3, "reloads": 2}
    assert [str(goal) for goal in goals(found)][-2:] == [
        "memory_growth_percent: not measured in so short a show",
        "edits_not_swapped_in: 1, at most 0: NOT REACHED",
    ]
