"""Replay an ink in the engine that a sketch uses: teach it, or draw it point by point and record the answers.

Nothing here looks ahead: samples are given one after the other.
"""

from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import NamedTuple

from addon.arrays import Ints
from addon.dataset.corpus import Corpus, inks
from addon.dataset.taught import Example
from addon.features.points import Strokes
from addon.inference.engine import Engine
from addon.inference.pens import whole_samples
from addon.inference.predictor import Sample
from addon.prediction import Prediction

PEN = 0


class Replay(NamedTuple):
    """The answers to one ink.

    Attributes:
        answers: The answer after each point.
        lifted: The answer once the pen was lifted at the end.
    """

    answers: tuple[Prediction, ...]
    lifted: Prediction


@dataclass(slots=True)
class Stopwatch:
    """Measured times, in nanoseconds.

    Attributes:
        points: Time of every point that made one row, from the event to the answer.
        bare: Time of every bare run of the same model.
        taught: Time to teach every example.
    """

    points: list[int] = field(default_factory=list[int])
    bare: list[int] = field(default_factory=list[int])
    taught: list[int] = field(default_factory=list[int])


def teach(engine: Engine, corpus: Corpus, indices: Ints, watch: Stopwatch | None = None) -> None:
    """Teach inks one after the other."""
    labels = corpus.labels[indices].tolist()
    examples = [
        Example(number, label, strokes)
        for number, (label, strokes) in enumerate(zip(labels, inks(corpus, indices), strict=True))
    ]
    for count in range(1, len(examples) + 1):
        began = perf_counter_ns()
        engine.learn(examples[:count])
        if watch is not None:
            watch.taught.append(perf_counter_ns() - began)


def draw(engine: Engine, strokes: Strokes, watch: Stopwatch | None = None) -> Replay:
    """Draw an ink and record the answers."""
    engine.begin(PEN)
    answers: list[Prediction] = []
    rows = 0
    for stroke in strokes:
        for x, y, t, pressure in whole_samples(stroke):
            began = perf_counter_ns()
            engine.point(PEN, x, y, t, pressure)
            answer = engine.predictions[PEN]
            if watch is not None and answer.rows == rows + 1:
                watch.points.append(perf_counter_ns() - began)
            answers.append(answer)
            rows = answer.rows
        engine.lift(PEN)
        rows = engine.predictions[PEN].rows
    return Replay(tuple(answers), engine.predictions[PEN])


def finished(engine: Engine, strokes: Strokes) -> Prediction:
    """The answer to a finished ink, as for an ink that was drawn before the model was loaded."""
    engine.replay(PEN, samples(strokes))
    return engine.predictions[PEN]


def samples(strokes: Strokes) -> list[Sample]:
    """The samples of an ink in order, None for each lift."""
    made: list[Sample] = []
    for stroke in strokes:
        made += [*whole_samples(stroke), None]
    return made
