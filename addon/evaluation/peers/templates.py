"""The $-family: one template an example, compared when the ink is finished.

$1, by Wobbrock, Wilson and Li (2007), is for single strokes: strokes are joined in the order drawn. $P, by
Vatavu, Anthony and Wobbrock (2012), is for any number of strokes.
"""

from collections.abc import Sequence
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np

from addon.evaluation.peers.peer import Ask, PeerAnswer, when_finished
from addon.features.points import Strokes

# As the paper recommends.
ONE_SIZE, ONE_POINTS = 250, 64


def teach_one(inks: Sequence[Strokes], labels: Sequence[str]) -> Ask:
    """$1 by dollar-one-recognizer-py; inks that it refuses as templates are left out."""
    recognizer: Any = import_module("dollar_one_recognizer_py").dollar_one_recognizer(
        ONE_SIZE, [], [], ONE_POINTS
    )
    for number, ink in enumerate(inks):
        # Each template needs a unique name.
        _tried(recognizer.add_template, _joined(ink), str(number))

    def ask(strokes: Strokes) -> PeerAnswer:
        points, began = _joined(strokes), perf_counter()
        answer = _tried(recognizer.recognize, points)
        seconds = perf_counter() - began
        return when_finished("" if answer is None else labels[int(answer[1])], seconds)

    return ask


def teach_p(inks: Sequence[Strokes], labels: Sequence[str]) -> Ask:
    """$P by dollarpy; inks that it cannot read are left out."""
    api: Any = import_module("dollarpy")
    templates = [(label, _cloud(ink)) for ink, label in zip(inks, labels, strict=True) if _drawn(ink)]

    def ask(strokes: Strokes) -> PeerAnswer:
        # It changes the templates it is given, so every answer gets a new recognizer.
        fresh = api.Recognizer([api.Template(label, _points(api, cloud)) for label, cloud in templates])
        points = _points(api, _cloud(strokes))
        began = perf_counter()
        answer = _tried(fresh.recognize, points)
        return when_finished((answer or ("",))[0] or "", perf_counter() - began)

    return ask


Cloud = list[tuple[float, float, int]]


def _joined(ink: Strokes) -> list[list[float]]:
    return np.concatenate([stroke[:, :2] for stroke in ink]).astype(float).tolist()


def _cloud(ink: Strokes) -> Cloud:
    # It misreads points left of or above the origin.
    corner = np.concatenate([stroke[:, :2] for stroke in ink]).min(axis=0)
    return [
        (float(x), float(y), number) for number, stroke in enumerate(ink) for x, y in stroke[:, :2] - corner
    ]


def _points(api: Any, cloud: Cloud) -> list[Any]:
    return [api.Point(*point) for point in cloud]


def _drawn(ink: Strokes) -> bool:
    return any(np.ptp(stroke[:, :2], axis=0).any() for stroke in ink)


def _tried(call: Any, *arguments: Any) -> Any:
    """The result of a call; None if the package cannot process the ink, such as a dot."""
    try:
        return call(*arguments)
    except (ValueError, ZeroDivisionError, IndexError):
        return None
