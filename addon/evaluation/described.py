"""Ask a model by someone else about labelled inks, and find out which line of its description is wrong.

Nothing is taught. Each ink is read at once; only the answer at its end counts. The same inks are read again
with each likely mistake in the description undone.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from addon.arrays import Bools, Ints
from addon.dataset.corpus import Corpus, inks
from addon.errors import EvaluationError, ModelError
from addon.evaluation.metrics import calibration_error
from addon.evaluation.mistakes import mistakes
from addon.evaluation.model import new_engine
from addon.evaluation.replay import finished
from addon.features.ink_input import InkInput
from addon.features.points import Strokes
from addon.features.scale import ink_scale
from addon.inference.described_step import DescribedStep
from addon.inference.loaded_model import LoadedModel
from addon.text import quoted

MOST_INKS = 1000
"""Inks that are asked, drawn by the seed, unless another number is given."""

TEST = "test"
"""Value of `split` of inks that no model should be trained on."""

MOST_FOR_MISTAKES, FEWEST_FOR_MISTAKES = 200, 20
MISTAKE_SECONDS = 20.0
"""Time for all mistakes together; a slow model is asked about fewer inks."""

Document = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The inks that are asked.

    Attributes:
        indices: Their places in the corpus.
        inks: Their strokes.
        labels: Their labels, which the model has.
        left_out: Labels that the model does not have, and how many inks of each.
        split: One line on whether the model may have been trained on these inks.
    """

    indices: Ints
    inks: list[Strokes]
    labels: list[str]
    left_out: dict[str, int]
    split: str


class _Answer(NamedTuple):
    label: str
    confidence: float
    unknown: float


def choose(corpus: Corpus, labels: Sequence[str], most: int, seed: int = 0) -> Chosen:
    """Draw inks whose labels a model has, from the test set where the data names one.

    Args:
        corpus: Labelled inks.
        labels: Of the model; empty if it may answer anything.
        most: At most so many inks.
        seed: Of the draw.

    Raises:
        EvaluationError: No ink has a label of the model.
    """
    known = set(labels)
    every = corpus.labels.tolist()
    has = np.array([not known or label in known for label in every], dtype=bool)
    left_out = Counter(label for label, here in zip(every, has.tolist(), strict=True) if not here)
    has, split = _held_out(corpus, has)
    places = np.flatnonzero(has)
    if not len(places):
        raise EvaluationError(
            f"none of the {len(every)} inks has a label of the model: the inks are labelled "
            f"{', '.join(map(quoted, sorted(set(every))[:5]))}, the model has "
            f"{', '.join(map(quoted, labels[:5]))}; give it the same labels in its description"
        )
    if len(places) > most:
        places = np.sort(np.random.default_rng(seed).choice(places, most, replace=False))
    found: list[Strokes] = list(inks(corpus, places))
    return Chosen(places, found, corpus.labels[places].tolist(), dict(left_out), split)


def _held_out(corpus: Corpus, has: Bools) -> tuple[Bools, str]:
    """Those of the inks that are in a test set; all if there is none, and a line about it."""
    tests = (corpus.split == TEST) & has
    if tests.any():
        others = int(has.sum() - tests.sum())
        left = f"{others} others are left out" if others else "which is all of them"
        asked = int(tests.sum())
        return tests, f"the {asked} inks of the file's test set (split = {TEST}) are asked; {left}"
    return has, (
        f"no ink of the file is in a test set (split = {TEST}), so the model may have been trained on these, "
        "and then the accuracy is too high"
    )


def evaluate_described(
    name: str, corpus: Corpus, model: LoadedModel, most: int = MOST_INKS, seed: int = 0, say: Say = print
) -> Document:
    """Ask a described model about inks.

    Args:
        name: Name of the data.
        corpus: Labelled inks.
        model: A described model that has classes.
        most: At most so many inks.
        seed: Of the draw of inks.
        say: Called with messages about the progress and the data.

    Raises:
        EvaluationError: No ink has a label of the model.
    """
    step = model.session
    assert isinstance(step, DescribedStep)
    chosen = choose(corpus, _names(step), most, seed)
    _say_about(step, chosen, corpus, say)
    if isinstance(step.ink, InkInput) and step.ink.scale == "taught":
        step.taught = ink_scale(chosen.inks)
        say(f'scale = "taught" is the usual size of these inks here, {step.taught:.0f}')
    began = perf_counter()
    answers = _ask(model, chosen.inks)
    each = (perf_counter() - began) / len(answers)
    right = np.array([answer.label == label for answer, label in zip(answers, chosen.labels, strict=True)])
    confidence = np.array([answer.confidence for answer in answers], dtype=np.float64)
    rows, asked = _with_mistakes_undone(model, step, chosen, right, each, seed, say)
    return {
        "data": name,
        "protocol": "described",
        "shots": 0,
        "seeds": 1,
        "classes": len(set(chosen.labels)),
        "writers": len(np.unique(corpus.writers[chosen.indices])),
        "inks": len(answers),
        "of": len(corpus),
        "seed": seed,
        "accuracy": {"lifted": round(float(right.mean()), 4)},
        "unknown": round(float(np.mean([answer.unknown > 0.5 for answer in answers])), 4),
        "ece": round(calibration_error(np.clip(confidence, 0.0, 1.0), right), 4),
        "ink_ms": round(each * 1000, 3),
        "left_out": chosen.left_out,
        "confused": _confused(chosen.labels, answers),
        "mistakes_inks": asked,
        "mistakes": rows,
        "peers": {},
    }


def _names(step: DescribedStep) -> tuple[str, ...]:
    """The labels that may be answered; empty for any text."""
    assert step.output is not None
    return () if step.output.kind == "text" else step.spec.labels


def _say_about(step: DescribedStep, chosen: Chosen, corpus: Corpus, say: Say) -> None:
    say(chosen.split)
    if chosen.left_out:
        count = sum(chosen.left_out.values())
        names = ", ".join(map(quoted, sorted(chosen.left_out)[:12]))
        more = ", ..." if len(chosen.left_out) > 12 else ""
        say(f"{count} inks are left out, since the model does not have their labels: {names}{more}")
    if isinstance(step.ink, InkInput):
        used = {column.name for column in step.ink.columns}
        if used & {"t", "dt", "speed"} and not np.isfinite(corpus.points[:, 2]).any():
            say("the data has no times: t, dt and speed are 0 here, so the accuracy may be too low")
        if "pressure" in used and not np.isfinite(corpus.points[:, 3]).any():
            say("the data has no pressure: it is 0.5 here, so the accuracy may be too low")


def _ask(model: LoadedModel, given: Sequence[Strokes]) -> list[_Answer]:
    engine = new_engine(model)
    found = [finished(engine, strokes) for strokes in given]
    return [_Answer(each.label, each.confidence, each.unknown) for each in found]


def _with_mistakes_undone(
    model: LoadedModel,
    step: DescribedStep,
    chosen: Chosen,
    right: Any,
    each: float,
    seed: int,
    say: Say,
) -> tuple[list[Document], int]:
    """The accuracy with each mistake undone, the best first, and of how many inks."""
    changed: list[tuple[str, str, DescribedStep]] = []
    for mistake in mistakes(step.ink):
        try:
            changed.append(
                (mistake.name, mistake.line, step.redescribed(replace(step.adaptor, ink=mistake.ink)))
            )
        except ModelError:
            continue  # it does not fit the model's shape, so it cannot be meant
    fit = int(MISTAKE_SECONDS / max(each * len(changed), 1e-9))
    count = min(len(chosen.inks), MOST_FOR_MISTAKES, max(fit, FEWEST_FOR_MISTAKES))
    drawn = np.random.default_rng(seed).permutation(len(chosen.inks))[:count]
    places: list[int] = sorted(drawn.tolist())
    given = [chosen.inks[place] for place in places]
    labels = [chosen.labels[place] for place in places]
    say(f"asking about {count} inks with each of {len(changed)} lines changed")
    before = right[places]
    rows: list[Document] = [_row("as described", "", before, before)]
    for name, line, other in changed:
        answers = _ask(replace(model, session=other), given)
        after = np.array([answer.label == label for answer, label in zip(answers, labels, strict=True)])
        rows.append(_row(name, line, before, after))
    # The description is the first of those that are equally good.
    return sorted(rows, key=lambda row: (-row["accuracy"], row["line"] != "")), count


def _row(name: str, line: str, before: Any, after: Any) -> Document:
    """One line of the table; it is clearly better if two standard errors and two in a hundred say so."""
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    better = won - lost > 2 * np.sqrt(won + lost) and won - lost >= 0.02 * len(before)
    return {
        "name": name,
        "line": line,
        "accuracy": round(float(after.mean()), 4),
        "better": bool(better),
    }


def _confused(labels: Sequence[str], answers: Sequence[_Answer]) -> list[list[Any]]:
    """The most frequent wrong answers: label, answer, how many, of how many inks of the label."""
    asked = Counter(labels)
    wrong = Counter(
        (label, answer.label) for label, answer in zip(labels, answers, strict=True) if label != answer.label
    )
    return [[label, answer, count, asked[label]] for (label, answer), count in wrong.most_common(10)]


def lines(document: Mapping[str, Any]) -> list[str]:
    """The document as lines for people."""
    made = [
        f"{document['data']}, asked as it is described, nothing taught: {document['classes']} classes, "
        f"{document['inks']} inks of {document['of']} (drawn by seed {document['seed']})",
        f"right when the pen is lifted: {100 * document['accuracy']['lifted']:.1f} % of the inks; "
        f"calibration error {document['ece']:.3f}; taken for unknown {100 * document['unknown']:.1f} %",
        f"an ink takes {document['ink_ms']:.2f} ms",
    ]
    if document["confused"]:
        worst = [f"{a} for {b} {count} of {asked}" for b, a, count, asked in document["confused"][:5]]
        made.append(f"most often confused: {', '.join(worst)}")
    rows: list[Document] = document["mistakes"]
    made.append(f"of {document['mistakes_inks']} of these inks, with one line of the description changed:")
    width = max(len(row["name"]) for row in rows)
    made += [
        f"  {100 * row['accuracy']:5.1f} %  {row['name']:<{width}}  {row['line']}".rstrip() for row in rows
    ]
    best = next((row for row in rows if row["better"]), None)
    if best is None:
        return [*made, "no single change is clearly better"]
    return [*made, f"clearly better, so change this line and evaluate again: {best['line']}"]


def usual_lengths(corpus: Corpus, labels: Sequence[str]) -> dict[str, float]:
    """The usual length of the ink of each class, in larger sides of its box, without ways between strokes.

    Args:
        corpus: Labelled inks.
        labels: Classes of a model; others are left out. Empty for all.
    """
    each: dict[str, list[float]] = {}
    for strokes, label in zip(inks(corpus), corpus.labels.tolist(), strict=True):
        if labels and label not in labels:
            continue
        points = np.concatenate([stroke[:, :2] for stroke in strokes]).astype(np.float64)
        side = float(np.ptp(points, axis=0).max())
        drawn = sum(
            float(np.hypot(*np.diff(stroke[:, :2].astype(np.float64), axis=0).T).sum()) for stroke in strokes
        )
        if side > 0:
            each.setdefault(label, []).append(drawn / side)
    order = [label for label in labels if label in each] or sorted(each)
    return {label: round(float(np.median(each[label])), 2) for label in order}
