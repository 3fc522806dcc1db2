"""Taught examples that are asked as if they had not been taught."""

from addon.fewshot.coach_thread import Coach
from addon.fewshot.leave_one_out import Oddity, all_known, oddities
from addon.fewshot.prototypes import no_prototypes
from tests.unit.fewshot.test_coach import FAR, LATE, known, scoring, track


def test_nothing_is_odd_where_little_is_taught():
    assert oddities(no_prototypes(scoring())) == ()
    assert oddities(known(A=[track(1, FAR)])) == ()


def test_examples_that_are_alike_are_not_odd():
    assert (
        oddities(known(A=[track(1, FAR, n) for n in range(3)], S=[track(2, FAR, n) for n in range(3)])) == ()
    )


def test_an_example_near_to_another_label_is_named_with_it():
    taught = known(S=[track(2, FAR, 3)], A=[track(1, FAR), track(2, FAR, 1), track(1, FAR, 2)])
    (odd,) = oddities(taught)
    assert odd == Oddity(taught.keys[2], "A", "S", 2, 3)
    assert odd.text == "A 2 of 3 looks like S"


def test_the_first_example_of_a_label_may_look_like_another():
    (odd,) = oddities(known(A=[track(1, FAR)], S=[track(2, FAR)], B=[track(2, FAR, 1)]))
    assert (odd.label, odd.looks_like, odd.count) == ("B", "S", 1)


def test_an_example_far_from_the_others_and_near_to_the_background_is_unlike_them():
    # The background lies in the common way's direction.
    taught = known(A=[track(1, FAR), track(1, FAR, 1), track(3, [60.0] * 5)], S=[track(2, FAR)])
    far = [odd for odd in oddities(taught) if odd.place == 3]
    assert all(odd.looks_like == "" for odd in far)


def test_all_are_known_if_each_is_recognised_without_itself_half_drawn_and_finished():
    alike = {"A": [track(1, FAR, n) for n in range(2)], "S": [track(2, FAR, n) for n in range(2)]}
    assert all_known(known(**alike))
    assert not all_known(known(A=alike["A"]))
    assert not all_known(known(A=alike["A"][:1], S=alike["S"][:1]))
    assert not all_known(
        known(A=[track(1, LATE, n) for n in range(2)], S=[track(2, LATE, n) for n in range(2)])
    )


def test_the_coach_answers_at_its_first_call_and_never_waits_if_asked():
    taught = known(A=[track(1, FAR)], B=[track(2, LATE)], D=[track(3, LATE)])
    assert [said.first for said in Coach().says(taught).pairs] == ["B"]
    coach = Coach()
    coach.says(taught, timeout=0.0)
    coach.says(taught, timeout=5.0)
    assert coach.says(taught, timeout=0.0).pairs
