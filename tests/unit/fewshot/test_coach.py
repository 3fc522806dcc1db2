from typing import Any

import numpy as np
import pytest

from addon.dataset.taught import Example
from addon.fewshot.coach import GOOD, Advice, advice, pair_odds, parting, taught_as
from addon.fewshot.prototypes import Prototypes, forgotten, no_prototypes, taught
from addon.fewshot.scoring import GAIN, USUAL, Scoring
from tests.hands import written

LEVELS, SIZE = 4, 6
SHARES = np.array([0.25, 0.5, 0.75, 1.0, 1.0], dtype=np.float32)


def scoring() -> Scoring:
    return Scoring(LEVELS, np.zeros((2, SIZE), np.float32), np.zeros(2, np.float32))


def track(towards: int, distances: list[float], seed: int = 0) -> np.ndarray:
    """A track that lies so far from the common way at each level, in a direction of its own."""
    common = 20.0 * np.arange(LEVELS + 1)[:, None] * np.eye(SIZE)[0]
    own = np.array(distances)[:, None] * np.eye(SIZE)[towards]
    wobble = np.random.default_rng(seed).normal(0, 0.05, common.shape)
    return (common + own + wobble).astype(np.float32)


def known(**tracks: Any) -> Prototypes:
    rows = [(label, one) for label, some in tracks.items() for one in some]
    return taught(
        no_prototypes(scoring()), range(len(rows)), [row[0] for row in rows], [row[1] for row in rows]
    )


FAR, LATE, NEVER = [9.0] * 5, [0.0, 0.0, 9.0, 9.0, 9.0], [0.0] * 5


def test_nothing_is_reported_with_less_than_two_classes():
    assert advice(no_prototypes(scoring())) == ()
    assert advice(known(A=[track(1, FAR)])) == ()


def test_classes_that_part_early_are_not_named():
    assert advice(known(A=[track(1, FAR)], B=[track(2, FAR)])) == ()


def test_classes_that_part_late_are_named_with_where():
    (said,) = advice(known(A=[track(1, FAR)], B=[track(2, LATE)], D=[track(3, LATE)]))
    assert (said.first, said.second, said.same) == ("B", "D", False)
    assert said.parts is not None
    assert 0.5 < said.parts < 0.75
    assert said.text.startswith("B and D part at ")


def test_classes_that_never_part_come_first_and_are_to_be_drawn_less_alike():
    close = known(A=[track(1, LATE)], B=[track(2, LATE)], I=[track(3, NEVER)], l=[track(3, NEVER, seed=1)])
    said = advice(close)
    assert said[0].text == "I and l are not told apart; draw them less alike"
    assert len(advice(close, most=1)) == 1


def test_a_few_more_examples_are_asked_for_where_they_would_do():
    # Odds at a distance are half its square for either, less what is usual: here a little less than good.
    near = float(np.sqrt(GOOD - GAIN / 4 + USUAL))
    (said,) = advice(known(B=[track(2, [near] * 5)], D=[track(3, [near] * 5)]))
    assert said.parts is None
    assert 1 <= said.more <= 3
    assert said.draw in ("B", "D")
    assert said.text.endswith(f"more {said.draw}")


def test_more_is_asked_of_the_class_that_has_less():
    near = [float(np.sqrt(GOOD - GAIN / 4 + USUAL))] * 5
    some = [track(2, near, seed) for seed in range(3)]
    said = advice(known(B=some, D=[track(3, near)]))
    assert all(one.draw in ("D", "") for one in said)


def test_examples_of_a_class_speak_for_each_other():
    # Two ways to write one letter: each is far from its only sister, and one is near to another class.
    apart = known(A=[track(1, FAR), track(2, FAR)], B=[track(2, FAR, seed=1)])
    assert pair_odds(apart)[0, 1, -1] < 0
    alike = known(A=[track(1, FAR), track(1, FAR, seed=2)], B=[track(2, FAR)])
    assert pair_odds(alike)[0, 1].min() > GOOD


def test_the_same_drawing_under_two_labels_is_reported_first():
    one = track(2, FAR)
    twice = known(A=[track(1, LATE)], B=[one], C=[track(3, LATE)], D=[one])
    said = advice(twice)[0]
    assert said.same
    assert said.text == "the same drawing is taught as B and D; remove one of them"
    assert not any(each.same for each in advice(forgotten(twice, 3)))


def test_an_ink_is_known_under_its_other_labels():
    examples = [
        Example(number, label, tuple(written("T", 0))) for number, label in enumerate(["T", "7", "7"])
    ]
    assert taught_as(examples, "T", written("T", 0)) == ["7"]
    assert taught_as(examples, "点", written("T", 0)) == ["T", "7"]
    assert taught_as(examples, "T", written("T", 1)) == []
    assert taught_as(examples, "L", written("L", 0)) == []


@pytest.mark.parametrize(
    ("odds", "expected"),
    [
        ([9, 9, 9, 9, 9], 0.25),
        ([0, 0, 2 * GOOD, 9, 9], 0.625),
        ([9, 0, 9, 0, 2 * GOOD], 1.0),
        ([9, 9, 9, 9, 0], None),
    ],
)
def test_classes_part_where_odds_stay_good(odds, expected):
    assert parting(np.array(odds, dtype=float), SHARES) == (expected and pytest.approx(expected))


def test_numbers_are_reported_in_words():
    assert Advice("B", "D", 0.55, "D", 1).text == "B and D part at 55 %; draw one more D"
    assert Advice("B", "D", None, "B", 3).text == "B and D are not told apart; draw three more B"
    assert Advice("B", "D", 0.7).text == "B and D part at 70 %"


def test_inputs_are_left_as_they_were():
    given = known(A=[track(1, LATE)], B=[track(2, LATE)])
    before = given.tracks.copy()
    advice(given)
    assert (given.tracks == before).all()
