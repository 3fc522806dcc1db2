"""The evaluation on signs of a machine-written hand, through an encoder of random weights."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from addon import Recognizer
from addon.dataset.corpus import Corpus, corpus_of, inks, read_corpus, write_corpus
from addon.dataset.splits import tasks
from addon.errors import EvaluationError, ModelError, TaughtError
from addon.evaluation.checkpoints import CURVE, marked, travelled
from addon.evaluation.command import evaluate
from addon.evaluation.confusions import confusions, worst_pairs
from addon.evaluation.measure import Plan, asked, measure, same_ink_twice
from addon.evaluation.model import new_engine, open_model
from addon.evaluation.outcomes import outcome
from addon.evaluation.pictures import draw_all
from addon.evaluation.replay import draw, teach
from addon.evaluation.report import document, lines, spread
from addon.inference.loaded_model import LoadedModel
from tests.encoders import inline_steps, make_encoder
from tests.hands import written
from tests.models import make_model

ACCURACIES = ["0.25", "0.5", "0.75", "1.0", "lifted"]
KEYS = {
    "data": str,
    "protocol": str,
    "shots": int,
    "seeds": int,
    "classes": int,
    "writers": int,
    "accuracy": dict,
    "progress_mae": float,
    "unknown_auroc": float,
    "unknown_auroc_softmax": float,
    "ece": float,
    "point_us": dict,
    "peers": dict,
}
TIMES = ("point_us", "taught_per_s")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("model") / "small.onnx")


@pytest.fixture(scope="module")
def model(encoder) -> LoadedModel:
    return open_model(encoder)


def signs(writers: str = "abcd", each: int = 3) -> Corpus:
    rows = [(label, writer, copy) for writer in writers for label in "LTVZ" for copy in range(each)]
    drawn = [written(label, 100 * ord(writer) + copy) for label, writer, copy in rows]
    return corpus_of(drawn, [row[0] for row in rows], [row[1] for row in rows])


@pytest.fixture
def data(tmp_path) -> Path:
    return saved(tmp_path / "signs.npz", signs())


def saved(path: Path, corpus: Corpus) -> Path:
    write_corpus(path, inks(corpus), corpus.labels.tolist(), corpus.writers.tolist())
    return path


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize(("protocol", "shots"), [("wd", 1), ("wd", 2), ("wi", 2)])
def test_the_document_has_every_figure(data, encoder, protocol, shots):
    found = evaluate(data, Plan(protocol, shots, seeds=2), encoder, say=quiet)
    assert json.loads(json.dumps(found)) == found
    for name, kind in KEYS.items():
        assert isinstance(found[name], kind), name
    assert (found["data"], found["classes"], found["writers"]) == ("signs", 4, 4)
    assert list(found["accuracy"]) == ACCURACIES
    assert list(found["spread"]) == ["writers", "seeds"]
    for over in found["spread"].values():
        assert list(over) == ACCURACIES
        assert all(0 <= share <= 1 for share in over.values())
    assert all(0 <= share <= 1 for share in found["accuracy"].values())
    assert found["point_us"]["p99"] >= found["point_us"]["p50"] > 0
    assert found["point_us"]["bare_p50"] > 0
    assert found["peers"] == {}
    assert len(lines(found)) == 7


def test_the_same_seeds_give_the_same_figures(data, encoder):
    first, again = (evaluate(data, Plan("wd", 1, seeds=2), encoder, say=quiet) for _ in range(2))
    assert {k: v for k, v in first.items() if k not in TIMES} == {
        k: v for k, v in again.items() if k not in TIMES
    }


def test_without_the_unknown_all_else_is_the_same(model):
    corpus, plan = signs(), Plan("wd", 1, seeds=1)
    whole, less = (
        document("signs", corpus, plan, measure(model, corpus, plan, quiet, unknown))
        for unknown in (True, False)
    )
    assert whole["unknown_auroc"] is not None
    assert less["unknown_auroc"] is None
    assert lines(less)
    for name in ("accuracy", "area", "progress_mae", "ece", "inks"):
        assert whole[name] == less[name]


def test_the_spread_is_over_writers_and_over_seeds():
    # Accuracies of two writers in two seeds; the second writer is asked twice as often.
    given = {(0, "a"): [1.0], (0, "b"): [0.0, 1.0], (1, "a"): [1.0], (1, "b"): [0.0, 0.0]}
    outcomes = [
        SimpleNamespace(seed=seed, writer=writer, right=np.full(5, right))
        for (seed, writer), shares in given.items()
        for right in shares
    ]
    found = spread(outcomes)  # type: ignore[arg-type]
    assert found["writers"] == dict.fromkeys(ACCURACIES, round(float(np.std([1, 0.25], ddof=1)), 4))
    assert found["seeds"] == dict.fromkeys(ACCURACIES, round(float(np.std([0.75, 0.5], ddof=1)), 4))
    alone = spread(outcomes[:1])  # type: ignore[arg-type]
    assert alone == {"writers": None, "seeds": None}


def test_one_class_and_a_file_of_words_are_refused_in_a_line(tmp_path, encoder):
    one = corpus_of([written("L", seed) for seed in range(6)], ["L"] * 6, ["a"] * 6)
    with pytest.raises(EvaluationError, match="all 6 inks are 'L', so there is nothing to tell apart"):
        evaluate(saved(tmp_path / "one.npz", one), Plan(), encoder, say=quiet)
    words = ["ink", "loop", "pen", "paper", "letter", "letter", "letter", "pen"]
    drawn = [written("LTVZ"[index % 4], index) for index in range(len(words))]
    data = saved(tmp_path / "words.npz", corpus_of(drawn, words, ["a"] * len(words)))
    for plan in (Plan(), Plan("wi")):
        with pytest.raises(EvaluationError, match="3 of its 5 labels are there only once, as in"):
            evaluate(data, plan, encoder, say=quiet)


def test_a_blank_label_is_refused_in_a_line(tmp_path, encoder):
    """An empty label would count as right wherever there is no answer."""
    labels = ["L", "", "L", " ", "T", "T"]
    corpus = corpus_of([written("L", seed) for seed in range(6)], labels, ["a"] * 6)
    with pytest.raises(EvaluationError, match="2 of its 6 inks have a blank label"):
        evaluate(saved(tmp_path / "blank.npz", corpus), Plan(), encoder, say=quiet)


def test_writers_with_too_little_to_ask_do_not_count(tmp_path, encoder):
    both = signs("abc")
    kept = np.flatnonzero((both.writers != "c") | (both.labels == "L"))
    few = corpus_of(inks(both, kept), both.labels[kept].tolist(), both.writers[kept].tolist())
    assert evaluate(saved(tmp_path / "few.npz", few), Plan(seeds=1), encoder, say=quiet)["writers"] == 2


def test_few_writers_are_fewer(data, encoder):
    assert evaluate(data, Plan("wd", 1, 1, most_writers=2), encoder, say=quiet)["writers"] == 2


def test_what_is_noted_is_what_a_sketch_gets(model, encoder, tmp_path):
    corpus = signs("a")
    (task,) = tasks(corpus, "wd", 1, seed=0)
    engine = new_engine(model)
    teach(engine, corpus, task.taught)
    recognizer = Recognizer(encoder, provider="cpu")
    recognizer.setup(tmp_path)
    with inline_steps():
        assert recognizer.wait_ready()
    for label, strokes in zip(corpus.labels[task.taught].tolist(), inks(corpus, task.taught), strict=True):
        recognizer.teach(label, strokes)
    for strokes in inks(corpus, task.asked):
        seen = draw(engine, strokes)
        told = []
        for stroke in strokes:
            for point in stroke:
                recognizer.on_stroke_point(point, 0)
                told.append(recognizer.prediction)
            recognizer.on_stroke(stroke, 0)
        assert [answer.label for answer in told] == [answer.label for answer in seen.answers]
        assert [answer.progress for answer in told] == [answer.progress for answer in seen.answers]
        assert (recognizer.prediction.probabilities == seen.lifted.probabilities).all()
        recognizer.on_ink(strokes, 0)
    recognizer.exit()


@given(st.sampled_from("LTVZ"), st.integers(0, 100), st.integers(1, 9))
def test_answers_are_read_at_their_share_of_the_travel(label, seed, sparse):
    strokes = [stroke[::sparse] for stroke in written(label, seed)]
    ready = marked(strokes)
    travel = travelled(ready.strokes)
    total = travelled(strokes)[-1]
    assert travel[ready.places] == pytest.approx(np.array(CURVE) * total, abs=1e-3)
    assert ready.places[-1] == len(travel) - 1
    kept = [len(ready.strokes), sum(map(len, ready.strokes)) - sum(map(len, strokes))]
    assert kept[0] == len(strokes)
    assert 0 <= kept[1] <= len(CURVE) - 2
    for stroke, more in zip(strokes, ready.strokes, strict=True):
        assert {tuple(point) for point in stroke[:, :2].tolist()} <= {tuple(p) for p in more[:, :2].tolist()}


def test_marks_change_no_answer(model):
    corpus = signs("a")
    engine = new_engine(model)
    teach(engine, corpus, np.arange(len(corpus)))
    for strokes in inks(corpus):
        plain, more = draw(engine, strokes).lifted, draw(engine, marked(strokes).strokes).lifted
        assert more.rows == plain.rows
        assert more.probabilities == pytest.approx(plain.probabilities, abs=1e-4)


def test_what_comes_after_a_fraction_changes_nothing_before_it(model):
    """The whole way of an evaluation: whatever follows, the judgement of what was read before is the same."""
    corpus = signs("a")
    (task,) = tasks(corpus, "wd", 1, seed=0)
    engine = new_engine(model)
    teach(engine, corpus, task.taught)
    for strokes in inks(corpus, task.asked):
        seen = draw(engine, strokes)
        cut = len(seen.answers) // 2
        again = draw(engine, corrupted(strokes, cut))
        for before, after in zip(seen.answers[:cut], again.answers[:cut], strict=True):
            assert before.probabilities.tobytes() == after.probabilities.tobytes()
            assert (before.progress, before.unknown) == (after.progress, after.unknown)


def corrupted(strokes, cut):
    sizes = [len(stroke) for stroke in strokes]
    points = np.concatenate(strokes).copy()
    points[cut:, :2] = np.random.default_rng(cut).normal(0, 1e4, points[cut:, :2].shape)
    return np.split(points, np.cumsum(sizes)[:-1])


def test_a_dot_is_done_at_once(model):
    corpus = signs("a")
    engine = new_engine(model)
    teach(engine, corpus, np.arange(len(corpus)))
    dot = [np.full((3, 4), 7, dtype=np.float32)]
    judged = outcome(marked(dot), draw(engine, dot), 0, 0, "a", "L")
    assert np.isfinite(judged.progress_error)
    assert 0 <= judged.progress_error <= 1


def awkward() -> Corpus:
    """Dots, an ink of one point, one of 10 000, one of no height, one far away; in several scripts."""
    point = np.zeros((1, 4), dtype=np.float32)
    line = np.zeros((40, 4), dtype=np.float32)
    line[:, 0] = np.linspace(0, 100, 40)
    turns = np.linspace(0, 200, 10_000)
    spiral = np.stack([turns * np.cos(turns), turns * np.sin(turns), turns, turns], axis=1)
    shapes = {
        "点": [point],
        ":": [point, point + 1],
        "—": [line],
        "ة": [spiral.astype(np.float32)],
        "🜁": [line[:, [1, 0, 2, 3]], point + 1e6],
        "𝔄 b": [line * 1e-6],
    }
    rows = [
        (label, [stroke + index for stroke in strokes])
        for label, strokes in shapes.items()
        for index in (0, 1)
    ]
    return corpus_of([strokes for _, strokes in rows], [label for label, _ in rows], ["w"] * len(rows))


def test_awkward_inks_have_an_outcome_and_a_picture(model, tmp_path):
    corpus = awkward()
    (task,) = tasks(corpus, "wd", 1, seed=0)
    made = asked(model, corpus, task, 0)
    assert len(made) == 6
    for one in made:
        assert np.isfinite(one.confidence).all()
        assert np.isfinite(one.progress_error)
    found = confusions(made)
    for path in draw_all(tmp_path, corpus, made, found, worst_pairs(found)):
        with Image.open(path) as picture:
            assert min(picture.size) > 60
            assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 2


def test_the_same_ink_under_two_labels_is_reported(tmp_path, encoder):
    corpus = signs()
    labels = corpus.labels.tolist()
    drawn = [*inks(corpus), inks(corpus)[0], inks(corpus)[0]]
    twice = corpus_of(drawn, [*labels, "Z", "L"], [*corpus.writers.tolist(), "a", "a"])
    assert same_ink_twice(twice) == [("L", "Z")]
    assert same_ink_twice(corpus) == []
    said: list[str] = []
    evaluate(saved(tmp_path / "twice.npz", twice), Plan(seeds=1), encoder, say=said.append)
    assert "twice.npz: the same ink is labelled 'L' and 'Z'" in said


def changed(path: Path, **arrays) -> Path:
    kept = dict(np.load(path))
    np.savez(path, **{name: array for name, array in {**kept, **arrays}.items() if array is not None})
    return path


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"stroke_ids": None}, "no array named stroke_ids"),
        ({"offsets": np.array([0, 5, 3])}, "offsets must grow"),
        ({"offsets": np.array([0, 5])}, "offsets must grow"),
        ({"labels": np.array(["a"])}, "labels must be one an ink"),
        ({"writers": np.array([1])}, r"writers has the type int64; save it as text, as in writers\.astype"),
        ({"points": np.zeros((3, 4), int)}, "points has the type int64; save it as float32"),
        ({"labels": np.array(["a", 1], object)}, "labels has the type object; save it as text"),
    ],
)
def test_a_file_that_does_not_fit_is_named(data, encoder, arrays, told):
    with pytest.raises(TaughtError, match=rf"signs\.npz.*{told}"):
        evaluate(changed(data, **arrays), Plan(), encoder, say=quiet)


def test_a_point_that_is_no_number_is_named(data, encoder):
    points = read_corpus(data).points.copy()
    points[7, 1] = np.nan
    with pytest.raises(TaughtError, match="must be finite"):
        evaluate(changed(data, points=points), Plan(), encoder, say=quiet)


def test_too_little_data_is_reported(data, encoder):
    with pytest.raises(EvaluationError, match="too little data for wd with 3 inks a class"):
        evaluate(data, Plan("wd", 3), encoder, say=quiet)
    with pytest.raises(EvaluationError, match="two thirds of its 1 writers"):
        evaluate(data, Plan("wi", 1, most_writers=1), encoder, say=quiet)


def test_a_model_that_learns_nothing_is_refused(data, tmp_path):
    make_model(tmp_path / "own.onnx")
    with pytest.raises(EvaluationError, match=r"own\.onnx knows 4 classes of its own"):
        evaluate(data, Plan(), tmp_path / "own.onnx", say=quiet)
    with pytest.raises(ModelError, match="no such file"):
        evaluate(data, Plan(), tmp_path / "none.onnx", say=quiet)


def test_seeds_are_at_least_one():
    with pytest.raises(ValueError, match="at least 1"):
        Plan(seeds=0)


def test_confusions_count_both_ways(model):
    corpus = signs("a")
    (task,) = tasks(corpus, "wd", 1, seed=0)
    (one, *_) = asked(model, corpus, task, 0)
    said = [("L", "T"), ("T", "L"), ("T", "L"), ("V", "V"), ("L", "Z"), ("L", "L")]
    made = [one._replace(label=label, answers=(*one.answers[:-1], answer)) for label, answer in said]
    found = confusions(made)
    assert found.labels == ("L", "T", "V", "Z")
    assert found.counts.tolist() == [[1, 1, 0, 1], [2, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    pairs = worst_pairs(found)
    assert [(pair.first, pair.second, pair.mistaken, pair.asked) for pair in pairs] == [
        ("T", "L", 3, 5),
        ("L", "Z", 1, 3),
    ]
