"""The $-family: one template an example, compared once the ink is finished.

$1 is that of Wobbrock, Wilson and Li (2007), for single strokes: strokes are joined in the order drawn. $P
is that of Vatavu, Anthony and Wobbrock (2012), for any.
"""

from collections.abc import Sequence
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np

from addon.evaluation.peers.peer import Ask, PeerAnswer, when_finished
from addon.features.points import Strokes

# As both papers recommend.
ONE_SIZE, ONE_POINTS = 250, 64


def teach_one(inks: Sequence[Strokes], labels: Sequence[str]) -> Ask:
    """$1 by dollar-one-recognizer-py; an ink that it refuses as a template is left out."""
    recognizer: Any = import_module("dollar_one_recognizer_py").dollar_one_recognizer(
        ONE_SIZE, [], [], ONE_POINTS
    )
    for number, ink in enumerate(inks):
        # It wants a name of its own for each template.
        _tried(recognizer.add_template, _joined(ink), str(number))

    def ask(strokes: Strokes) -> PeerAnswer:
        points, began = _joined(strokes), perf_counter()
        answer = _tried(recognizer.recognize, points)
        seconds = perf_counter() - began
        return when_finished("" if answer is None else labels[int(answer[1])], seconds)

    return ask


def teach_p(inks: Sequence[Strokes], labels: Sequence[str]) -> Ask:
    """$P by dollarpy; an ink that it cannot read is left out."""
    api: Any = import_module("dollarpy")
    templates = [(label, _cloud(ink)) for ink, label in zip(inks, labels, strict=True) if _drawn(ink)]

    def ask(strokes: Strokes) -> PeerAnswer:
        # It adds points to whatever it is handed, so every answer gets a recognizer of its own.
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
    # It takes what lies left of or above the origin for something else.
    corner = np.concatenate([stroke[:, :2] for stroke in ink]).min(axis=0)
    return [
        (float(x), float(y), number) for number, stroke in enumerate(ink) for x, y in stroke[:, :2] - corner
    ]


def _points(api: Any, cloud: Cloud) -> list[Any]:
    return [api.Point(*point) for point in cloud]


def _drawn(ink: Strokes) -> bool:
    return any(np.ptp(stroke[:, :2], axis=0).any() for stroke in ink)


def _tried(call: Any, *arguments: Any) -> Any:
    """What a call gives, None if the ink is one that the package cannot take, such as a dot."""
    try:
        return call(*arguments)
    except (ValueError, ZeroDivisionError, IndexError):
        return None
