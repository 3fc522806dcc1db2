"""Classes taught in an instant: arrays in, arrays out."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from addon.fewshot import prototypes
from addon.fewshot.novelty import NOBODY, Asked
from addon.fewshot.prototypes import (
    MOST,
    Prototypes,
    answer,
    answers,
    at_levels,
    forgotten,
    level_rows,
    no_prototypes,
    questioned,
    relabelled,
    taught,
    threshold,
    track,
)
from addon.fewshot.scoring import Scoring, as_document, scoring_of

LEVELS, SIZE = 4, 6


def scoring(sharpness: float = 1.0) -> Scoring:
    chance = np.random.default_rng(9)
    vectors = 5 * chance.standard_normal((3, SIZE)).astype(np.float32)
    return Scoring(LEVELS, vectors, np.zeros(3, dtype=np.float32), sharpness)


def a_track(seed: int) -> NDArray[np.float32]:
    return 3 * np.random.default_rng(seed).standard_normal((LEVELS + 1, SIZE)).astype(np.float32)


def three(sharpness: float = 1.0) -> Prototypes:
    labels = ["a", "b", "a"]
    return taught(no_prototypes(scoring(sharpness)), [1, 2, 3], labels, [a_track(seed) for seed in range(3)])


def test_an_ink_seen_again_is_its_class_at_its_level() -> None:
    known = three()
    for seed, label in enumerate(["a", "b", "a"]):
        for level, embedding in enumerate(a_track(seed)):
            said = answer(known, embedding)
            assert known.labels[int(said.probabilities.argmax())] == label
            assert said.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
            assert said.progress == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0][level], abs=0.05)
            assert said.unknown < 0


def test_the_score_is_what_the_formula_says() -> None:
    known, asked = three(sharpness=0.7), a_track(5)[0]
    near = {label: 0.0 for label in known.labels}
    for seed, label, share in ((0, "a", 0.5), (1, "b", 1.0), (2, "a", 0.5)):
        distance = np.square(a_track(seed) - asked).sum(axis=1)
        near[label] += share * np.exp(-0.35 * distance).sum()
    wanted = np.array(list(near.values())) / sum(near.values())
    assert answer(known, asked).probabilities == pytest.approx(wanted, rel=1e-3, abs=1e-6)


DETECTED = np.array([0.05, 0.4, 0.7, 0.95, 1.0], dtype=np.float32)


def weighed() -> Prototypes:
    """As `three`, but the levels before the whole sign count less and stand for other progress."""
    chosen = replace(scoring(0.7), inner=0.25, detected=DETECTED)
    return taught(no_prototypes(chosen), [1, 2, 3], ["a", "b", "a"], [a_track(seed) for seed in range(3)])


def test_levels_before_the_whole_sign_may_count_less_and_stand_for_other_progress() -> None:
    known, asked = weighed(), 0.2 * a_track(5)[0]
    weights = np.array([0.25, 0.25, 0.25, 1.0, 1.0])
    near = {label: np.zeros(LEVELS + 1) for label in known.labels}
    for seed, label, share in ((0, "a", 0.5), (1, "b", 1.0), (2, "a", 0.5)):
        distance = np.square(a_track(seed) - asked).sum(axis=1)
        near[label] += share * weights * np.exp(-0.35 * distance)
    total = sum(each.sum() for each in near.values())
    said = answer(known, asked)
    assert said.probabilities == pytest.approx([each.sum() / total for each in near.values()], rel=1e-3)
    joint = sum(near.values()) / total
    assert said.progress == pytest.approx(float(joint @ DETECTED), rel=1e-3)
    assert at_levels(known, asked[None])[0] == pytest.approx(joint, rel=1e-3, abs=1e-6)


def test_levels_are_read_as_shares_that_sum_to_one() -> None:
    asked = np.concatenate([a_track(seed) for seed in range(8)])
    likely = at_levels(weighed(), asked)
    assert likely.shape == (len(asked), LEVELS + 1)
    assert likely.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert likely @ DETECTED == pytest.approx(answers(weighed(), asked).progress, abs=1e-5)


@pytest.mark.parametrize("known", [three(), weighed()], ids=["plain", "weighed"])
def test_one_by_one_and_many_at_once_agree(known: Prototypes) -> None:
    asked = np.concatenate([a_track(seed) for seed in range(8)])
    many = answers(known, asked)
    for place, embedding in enumerate(asked):
        one = answer(known, embedding)
        assert one.probabilities == pytest.approx(many.probabilities[place], abs=1e-5)
        assert one.progress == pytest.approx(float(many.progress[place]), abs=1e-5)
        assert one.unknown == pytest.approx(float(many.unknown[place]), rel=1e-4, abs=1e-3)


def test_a_table_of_many_rows_is_asked_in_parts_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = np.concatenate([a_track(seed) for seed in range(8)])
    whole = [answer(weighed(), embedding) for embedding in asked]
    for rows in (1, 4, len(weighed().table) - 1):
        monkeypatch.setattr(prototypes, "_ROWS", rows)
        for ours, embedding in zip(whole, asked, strict=True):
            parts = answer(weighed(), embedding)
            assert parts.probabilities == pytest.approx(ours.probabilities, abs=1e-6)
            assert (parts.progress, parts.unknown) == pytest.approx((ours.progress, ours.unknown), abs=1e-5)


def test_what_is_far_from_everything_taught_is_unknown() -> None:
    known = three()
    assert answer(known, known.scoring.background[0]).unknown > 0
    assert np.isfinite(answer(known, np.full(SIZE, 1e3, dtype=np.float32)).unknown)


def test_teaching_leaves_the_old_prototypes_as_they_were() -> None:
    before = three()
    table = before.table.copy()
    after = taught(before, [4], ["c"], [a_track(7)])
    assert before.labels == ("a", "b")
    assert (before.table == table).all()
    assert after.labels == ("a", "b", "c")


def test_forgetting_undoes_teaching() -> None:
    before = three()
    after = forgotten(taught(before, [4], ["c"], [a_track(7)]), 4)
    assert after.labels == before.labels
    assert (after.table == before.table).all()
    assert (after.bias == before.bias).all()


def test_a_class_without_examples_goes() -> None:
    assert forgotten(three(), 2).labels == ("a",)


def test_relabelling_is_as_if_it_had_been_taught_so() -> None:
    other = taught(no_prototypes(scoring()), [1, 2, 3], ["a", "b", "b"], [a_track(seed) for seed in range(3)])
    moved = relabelled(three(), 3, "b")
    assert moved.labels == other.labels
    assert (moved.table == other.table).all()


def test_a_class_has_few_prototypes_however_many_its_examples() -> None:
    known = taught(no_prototypes(scoring()), range(40), ["a"] * 40, [a_track(seed % 9) for seed in range(40)])
    assert len(known.table) == MOST * (LEVELS + 1) + len(known.scoring.background)
    assert np.exp(known.bias + np.square(known.table).sum(axis=1) / 2)[:: LEVELS + 1][:MOST].sum() == (
        pytest.approx(1.0, rel=1e-3)
    )


def test_levels_lie_at_or_before_their_share_of_the_travel() -> None:
    travel = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 4.0])
    assert level_rows(travel, 4).tolist() == [1, 2, 3, 4, 5]
    assert level_rows(np.array([0.0, 0.0]), 4).tolist() == [0, 0, 0, 0, 1]


def test_a_track_takes_the_rows_of_the_levels() -> None:
    embeddings = np.arange(12, dtype=np.float32).reshape(6, 2)
    travel = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 4.0])
    assert (track(scoring(), embeddings, travel) == embeddings[[1, 2, 3, 4, 5]]).all()


def test_without_classes_of_several_examples_the_encoder_decides() -> None:
    assert threshold(taught(no_prototypes(scoring()), [1, 2], ["a", "b"], [a_track(0), a_track(1)])) == 0.0


def test_the_threshold_moves_with_how_strange_the_taught_inks_are_to_each_other() -> None:
    chance = np.random.default_rng(0)

    def near(spread: float) -> float:
        noise = spread * chance.standard_normal((30, LEVELS + 1, SIZE)).astype(np.float32)
        tracks = list(a_track(0) + noise)
        labels = ["a"] * 30
        return threshold(taught(no_prototypes(scoring()), range(30), labels, tracks))

    assert near(0.1) < near(2.0)


def one_after_the_other(labels: str, tracks: list[NDArray[np.float32]]) -> tuple[Prototypes, Asked]:
    known, said = no_prototypes(scoring()), NOBODY
    for key, (label, one) in enumerate(zip(labels, tracks, strict=True)):
        known = taught(known, [key], [label], [one])
        said = questioned(known, said)
    return known, said


LABELS = "abacabadabacabaeabacabadabacabafaaaabbbb" * 2


def test_learning_one_by_one_comes_to_the_same_as_learning_at_once() -> None:
    tracks = [a_track(seed) for seed in range(len(LABELS))]
    known, said = one_after_the_other(LABELS, tracks)
    at_once = taught(no_prototypes(scoring()), range(len(LABELS)), LABELS, tracks)
    assert known.table == pytest.approx(at_once.table, abs=1e-5)
    assert known.bias == pytest.approx(at_once.bias, abs=1e-4)
    assert said.rows == questioned(at_once).rows
    assert threshold(known, said) == pytest.approx(threshold(at_once), abs=1e-4)


def test_a_further_example_joins_the_prototype_that_it_is_nearest_to() -> None:
    tracks = [np.full((LEVELS + 1, SIZE), 10.0 * place, dtype=np.float32) for place in range(MOST)]
    for place in range(MOST):
        close = tracks[place] + np.float32(2)
        known = taught(no_prototypes(scoring()), range(MOST + 1), ["A"] * (MOST + 1), [*tracks, close])
        cluster = known.clusters["A"]
        wanted = [2.0 if other == place else 1.0 for other in range(MOST)]
        assert cluster.counts.tolist() == wanted
        assert cluster.kept[place] == pytest.approx(tracks[place] + 1)


def test_what_the_inks_say_of_each_other_survives_forgetting_and_relabelling() -> None:
    known, said = one_after_the_other(LABELS, [a_track(seed) for seed in range(len(LABELS))])
    for change in ("forgotten", "relabelled"):
        known = forgotten(known, 70) if change == "forgotten" else relabelled(known, 3, "b")
        said = questioned(known, said)
        assert threshold(known, said) == pytest.approx(threshold(known), abs=1e-4)
        again = taught(no_prototypes(scoring()), known.keys, [*_labels(known)], list(known.tracks))
        assert known.table == pytest.approx(again.table, abs=1e-5)


def test_the_newest_of_those_that_have_company_are_asked_and_not_more_than_keep_teaching_short() -> None:
    labels = "x" + "a" * 60 + "y"
    known = taught(no_prototypes(scoring()), range(62), labels, [a_track(seed) for seed in range(62)])
    assert questioned(known).rows == tuple(range(13, 61))


def _labels(known: Prototypes) -> list[str]:
    return [known.labels[index] for index in known.classes.tolist()]


def test_an_example_is_as_strange_as_the_answer_without_it_says() -> None:
    # Sharpened, since the background's own bias is not to be sharpened with it.
    vectors = scoring().background
    biased = Scoring(LEVELS, vectors, np.array([0.5, -2.0, 3.0], dtype=np.float32), 0.6, inner=0.25)
    tracks = [0.2 * a_track(seed) for seed in range(4)]
    known = taught(no_prototypes(biased), range(4), "aabb", tracks)
    without = [answer(forgotten(known, key), tracks[key][-1]).unknown for key in range(4)]
    assert threshold(known) == pytest.approx(np.quantile(without, 0.95) * 4 / 24, abs=1e-4)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
def test_a_reading_travels_as_a_document(sharpness: float) -> None:
    back = scoring_of(as_document(scoring(sharpness)))
    assert (back.background == scoring().background).all()
    assert back.levels == LEVELS
    assert back.sharpness == sharpness
    assert (back.inner, back.detected) == (1.0, None)


def test_how_levels_are_read_travels_too_and_an_older_document_is_read_plainly() -> None:
    document = as_document(weighed().scoring)
    back = scoring_of(json.loads(json.dumps(document)))
    assert back.weights.tolist() == [0.25, 0.25, 0.25, 1.0, 1.0]
    assert (back.moments[:, 1] == DETECTED).all()
    older = scoring_of({name: document[name] for name in document if name not in ("inner", "detected")})
    assert older.weights.tolist() == [1.0] * 5
    assert (older.moments[:, 1] == older.shares).all()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="taught already"):
        taught(three(), [1], ["a"], [a_track(0)])
    with pytest.raises(ValueError, match="shape"):
        taught(three(), [9], ["a"], [a_track(0)[:, :2]])
    with pytest.raises(KeyError, match="no example 9"):
        forgotten(three(), 9)
    with pytest.raises(ValueError, match="levels"):
        Scoring(0, np.zeros((1, 2), np.float32), np.zeros(1, np.float32))
    for inner in (0.0, float("nan")):
        with pytest.raises(ValueError, match="inner above 0"):
            replace(scoring(), inner=inner)
    for detected in (DETECTED[:4], DETECTED + 0.1, DETECTED * np.nan):
        with pytest.raises(ValueError, match="one progress a level"):
            replace(scoring(), detected=detected)
    with pytest.raises(ValueError, match="background"):
        Scoring(1, np.zeros((1, 2), np.float32), np.zeros(2, np.float32))
