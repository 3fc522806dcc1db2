"""Live and baked answers agree as decision 0008 promises, whatever the order in which a processor sums.

Both are compared with the formulas in float64. Kernels differ in the order of their sums, so the embedding's
coordinates are shuffled: that changes no distance, and every partial sum.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from addon.features.batch import ink_rows
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_size, wanted_scale
from addon.fewshot.prototypes import Prototypes, answer, answers, no_prototypes, rounding, taught, track
from addon.fewshot.scoring import Scoring
from addon.inference.providers import CPU, Choice
from addon.inference.session import open_step
from addon.prediction import softmax
from addon.training.bake import _head_nodes, _head_weights
from addon.training.export_check import session_of
from addon.training.nodes import value
from tests.encoders import make_encoder, make_weighed_encoder
from tests.hands import taught as taught_hands
from tests.hands import written

PROMISE = 1e-5
SHIPPED = Path(__file__).parents[3] / "models" / "encoder.onnx"


class Case(NamedTuple):
    scoring: Scoring
    labels: list[str]
    tracks: list[np.ndarray]
    embeddings: np.ndarray


@pytest.fixture(scope="module", params=["small", "weighed", "shipped"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Taught signs, and the embeddings of inks that are asked, at each of their rows."""
    path = tmp_path_factory.mktemp("parity") / "encoder.onnx"
    {"small": make_encoder, "weighed": make_weighed_encoder, "shipped": Path}[request.param](path)
    path = SHIPPED if request.param == "shipped" else path
    step = open_step(path, Choice((CPU,)))
    scoring = step.spec.scoring
    assert scoring is not None

    inks, labels = taught_hands("LTV", each=2)
    recipe = FeatureRecipe(wanted_scale([ink_size(ink) for ink in inks]), step.spec.recipe.spacing)

    def rows_of(ink: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        table = ink_rows(recipe, [ink])
        return step.step(table.rows[None], step.start())[0].embedding[0], table.travel

    tracks = [track(scoring, *rows_of(ink)) for ink in inks]
    asked = [rows_of(written(label, seed))[0] for label, seed in (("Z", 3), ("L", 9), ("T", 8))]
    return Case(scoring, list(labels), tracks, np.concatenate(asked))


def shuffled(case: Case, seed: int) -> tuple[Prototypes, np.ndarray]:
    """The same classes and questions with the embedding's coordinates in another order; seed 0 is the own."""
    size = case.embeddings.shape[1]
    order = np.random.default_rng(seed).permutation(size) if seed else np.arange(size)
    old = case.scoring
    scoring = Scoring(
        old.levels,
        np.ascontiguousarray(old.background[:, order]),
        old.background_bias,
        old.sharpness,
        inner=old.inner,
        detected=old.detected,
    )
    tracks = [np.ascontiguousarray(one[:, order]) for one in case.tracks]
    known = taught(no_prototypes(scoring), range(len(tracks)), case.labels, tracks)
    return known, np.ascontiguousarray(case.embeddings[:, order])


def exact(known: Prototypes, embeddings: np.ndarray) -> list[np.ndarray]:
    """Probabilities, progress and the probability of being unknown, worked out in float64."""
    scoring, points = known.scoring, embeddings.astype(np.float64)

    def near(rows: np.ndarray) -> np.ndarray:
        return -scoring.sharpness / 2 * np.square(points[:, None] - rows).sum(axis=2)

    # Half the square of the point itself is in every nearness, so it decides nothing.
    logs, progress = [], []
    for cluster in known.clusters.values():
        rows = cluster.kept.reshape(-1, points.shape[1])
        share = np.add.outer(np.log(cluster.counts / cluster.counts.sum()), np.log(scoring.weights)).ravel()
        logs.append(near(rows) + share)
        progress.append(np.tile(scoring.moments[:, 1].astype(np.float64), len(cluster.counts)))
    strange = near(scoring.background.astype(np.float64)) + scoring.background_bias
    classes = np.stack([np.logaddexp.reduce(one, axis=1) for one in logs], axis=1)
    everything = np.concatenate(logs, axis=1)
    whole = np.logaddexp.reduce(everything, axis=1)
    odds = np.logaddexp.reduce(strange, axis=1) - whole
    weights = np.exp(everything - whole[:, None])
    return [np.exp(classes - whole[:, None]), weights @ np.concatenate(progress), chance(odds)]


def chance(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(odds, -60, 60)))


def live(known: Prototypes, embeddings: np.ndarray) -> list[np.ndarray]:
    said = [answer(known, one) for one in embeddings]
    unknown = chance(np.array([one.unknown for one in said]))
    return [np.stack([one.probabilities for one in said]), np.array([one.progress for one in said]), unknown]


def head(known: Prototypes):
    """The head of a baked model alone, over embeddings."""
    outputs = [("scores", len(known.labels)), ("progress", 1), ("unknown", 1)]
    given = value("embedding", "batch", "time", known.table.shape[1])
    graph = helper.make_graph(
        _head_nodes(),
        "head",
        [given],
        [value(name, "batch", "time", size) for name, size in outputs],
        _head_weights(known, 0.0),
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def read(outputs: list[np.ndarray]) -> list[np.ndarray]:
    scores, progress, unknown = (each[:, 0] for each in outputs)
    return [softmax(scores), progress[:, 0], chance(unknown[:, 0])]


def baked(known: Prototypes, embeddings: np.ndarray) -> list[np.ndarray]:
    session = session_of(head(known).SerializeToString())
    return read(session.run(None, {"embedding": embeddings[:, None]}))


def worst(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def test_each_order_of_sums_gives_the_same_answer_live_and_baked(case: Case) -> None:
    wanted = exact(*shuffled(case, 0))
    for seed in range(6):
        known, embeddings = shuffled(case, seed)
        # A half each, so that any two of them together stay within the promise.
        assert worst(live(known, embeddings), wanted) < PROMISE / 2
        assert worst(baked(known, embeddings), wanted) < PROMISE / 2


def test_sums_by_numpy_alone_give_the_same_answer_as_onnx_runtime(case: Case) -> None:
    known, embeddings = shuffled(case, 0)
    plain = ReferenceEvaluator(head(known)).run(None, {"embedding": embeddings[:, None]})
    assert worst(read(list(plain)), exact(known, embeddings)) < PROMISE / 2  # type: ignore[arg-type]


def test_where_vectors_are_long_the_promise_is_what_float32_can_keep(case: Case) -> None:
    known, embeddings = shuffled(case, 0)
    far = (known.center + 6 * (embeddings - known.center)).astype(np.float32)
    promise = max(PROMISE, rounding(known, far))
    assert promise > PROMISE
    assert worst(live(known, far), baked(known, far)) < promise
    shift = np.float32(1000)
    # What is common to all embeddings costs no accuracy: it is gone before anything is multiplied.
    moved = shuffled(case._replace(tracks=[one + shift for one in case.tracks]), 0)[0]
    assert float(np.abs(moved.bias[: -len(case.scoring.background)]).max()) < 10 * float(
        np.abs(known.bias).max()
    )


def test_an_embedding_that_is_a_few_ulps_off_stays_within_the_promise(case: Case) -> None:
    known, embeddings = shuffled(case, 0)
    chances = np.random.default_rng(1)
    for _ in range(5):
        steps = chances.integers(-2, 3, embeddings.shape)
        moved = (embeddings + steps * np.spacing(np.abs(embeddings))).astype(np.float32)
        assert worst(live(known, embeddings), baked(known, moved)) < PROMISE


def test_an_ink_far_from_all_that_is_taught_has_probabilities_that_sum_to_one(case: Case) -> None:
    known, _ = shuffled(case, 0)
    vectors = known.scoring.background
    # At a vector of the background, and beyond it.
    far = np.concatenate([vectors[:3] * factor for factor in (1, 2, 5)]).astype(np.float32)
    ours, theirs = live(known, far), baked(known, far)
    assert ours[0].sum(axis=1) == pytest.approx(np.ones(len(far)), abs=1e-5)
    many = answers(known, far)
    assert worst(ours, theirs) < 10 * PROMISE
    assert worst(ours, [many.probabilities, many.progress, chance(many.unknown)]) < 10 * PROMISE
    assert (ours[2] > 0.999).any()
