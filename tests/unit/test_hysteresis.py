"""An answer is held until another has been clearly likelier for long enough: numbers in, numbers out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from addon.hysteresis import DECIDED, ENOUGH, LOST, UNDECIDED, Hold, held


def of(*shares: float) -> np.ndarray:
    return np.array(shares, dtype=np.float32) / np.float32(sum(shares))


def through(answers: list[np.ndarray]) -> list[int]:
    hold, seen = UNDECIDED, []
    for answer in answers:
        hold = held(hold, answer, 0.0)
        seen.append(hold.place)
    return seen


def test_the_first_answer_is_taken_as_it_is():
    assert held(UNDECIDED, of(1, 2, 1), 0.0) == Hold(1, 0.0, False)


def test_two_classes_that_take_turns_by_a_hair_do_not_flicker():
    assert through([of(5, 4), of(4, 5), of(5, 4), of(4, 5)] * 5) == [0] * 20


def test_a_class_that_is_clearly_likelier_takes_over_at_once():
    assert through([of(5, 4), of(1, 3)]) == [0, 1]


def test_a_class_that_is_a_little_likelier_takes_over_when_it_stays_so():
    assert through([of(5, 4), of(1, 2), of(1, 2)]) == [0, 0, 1]
    assert through([of(5, 4), *[of(4, 5)] * 5]) == [0, 0, 0, 0, 0, 1]


def test_it_begins_again_where_the_held_class_leads():
    assert through([of(5, 4), of(1, 2), of(5, 4), of(1, 2), of(5, 4)]) == [0] * 5


def test_an_answer_that_speaks_for_several_rows_counts_as_many():
    assert held(Hold(0), of(1, 2), 0.0, rows=2).place == 1


def test_with_the_pen_lifted_the_likeliest_is_taken():
    assert held(Hold(0), of(4, 5), 0.0, lifted=True).place == 1


def test_an_answer_is_decided_by_one_bound_and_lost_by_a_lower_one():
    hold = held(UNDECIDED, of(DECIDED + 0.01, 1 - DECIDED - 0.01), 0.0)
    assert hold.decided
    hold = held(hold, of(LOST + 0.1, 0.5 - 0.1), 0.0)
    assert hold.decided
    assert not held(hold, of(LOST + 0.1, 0.5 - 0.1), 0.3).decided
    assert not held(UNDECIDED, of(LOST + 0.1, 0.5 - 0.1), 0.0).decided


def test_what_is_likely_none_of_the_classes_is_not_decided():
    assert not held(UNDECIDED, of(1.0, 0.0), 1 - DECIDED + 0.05).decided


def test_a_class_that_takes_over_is_decided_by_its_own():
    assert held(Hold(0, 0.0, True), of(1, 3), 0.0) == Hold(1, 0.0, False)
    assert held(Hold(0, 0.0, True), of(1, 30), 0.0) == Hold(1, 0.0, True)


def test_without_classes_nothing_is_held():
    assert held(UNDECIDED, np.zeros(0, np.float32), 1.0) == UNDECIDED


@given(
    st.lists(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).filter(any), max_size=30), st.booleans()
)
def test_whatever_comes_the_state_stays_in_its_ranges(shares: list[list[float]], lifted: bool):
    hold = UNDECIDED
    for share in shares:
        hold = held(hold, of(*share) if sum(share) > 1e-6 else of(1, 1, 1), 0.2, lifted=lifted)
        assert 0 <= hold.place < 3
        assert 0 <= hold.against < ENOUGH


def test_an_ink_that_is_far_from_every_class_changes_nothing():
    nowhere = np.zeros(2, dtype=np.float32)
    assert held(Hold(1, 0.5, True), nowhere, 1.0) == Hold(1, 0.5, False)
    assert held(UNDECIDED, nowhere, 1.0) == Hold(0, 0.0, False)


def test_a_probability_of_none_is_no_trouble():
    assert held(Hold(0), of(0.0, 1.0), 0.0).place == 1
    assert held(Hold(0, 0.5), of(1.0, 0.0), 0.0).against == 0.0
