"""Several inks in one batched step: the points that several pointers have drawn since the last frame.

One step of many inks costs far less than a step for each. Each ink's answers are as if it had been alone: its
state is joined into the batch and split from it, and a NaN in one ink does not reach the others.
"""

from collections import deque
from collections.abc import Callable, Mapping

import numpy as np

from addon.arrays import Floats
from addon.inference.predictor import Feed, StreamingPredictor
from addon.inference.step import JoiningSession, StepOutputs, StepSession

Pens = Mapping[int, StreamingPredictor]

Fed = Callable[[int, Feed], None]
"""A function that receives the pointer and everything that was fed, in each pointer's order."""


def feed_together(session: StepSession, pens: Pens, waiting: Mapping[int, deque[Feed]], fed: Fed) -> None:
    """Feed everything that waits: the first feed of every pointer in one step, then the second, and so on.

    Args:
        session: The model of all these inks; if it cannot join their states, they are fed one by one.
        pens: The inks, by pointer.
        waiting: The feeds of each pointer, oldest first; empty afterwards.
        fed: Called with each feed after its step.
    """
    while any(waiting.values()):
        by_length: dict[int, list[tuple[int, Feed]]] = {}
        for pointer_id, feeds in waiting.items():
            if feeds:
                feed = feeds.popleft()
                by_length.setdefault(len(feed.rows), []).append((pointer_id, feed))
        for group in by_length.values():
            inks = [(pens[pointer_id], feed) for pointer_id, feed in group]
            if len(inks) > 1 and isinstance(session, JoiningSession):
                _step(session, inks)
            else:
                for pen, feed in inks:
                    pen.feed(feed.rows, feed.lifted)
            for pointer_id, feed in group:
                fed(pointer_id, feed)


def _step(session: JoiningSession, group: list[tuple[StreamingPredictor, Feed]]) -> None:
    rows = np.array([feed.rows for _, feed in group], dtype=np.float32)
    try:
        outputs, state = session.step(rows, session.join([pen.state for pen, _ in group]))
    except Exception as error:  # whatever ONNX Runtime raises: the sketch continues with the last answers
        for pen, _ in group:
            pen.failed(error)
        return
    for place, ((pen, feed), own) in enumerate(zip(group, session.split(state), strict=True)):
        pen.take(_one(outputs, place), own, len(feed.rows), feed.lifted)


def _one(outputs: StepOutputs, place: int) -> StepOutputs:
    """The outputs of a batched step for one of its inks."""
    scores, progress, embedding, unknown, _ = outputs
    return StepOutputs(
        _slice(scores, place), _slice(progress, place), _slice(embedding, place), _slice(unknown, place)
    )


def _slice(array: Floats, place: int) -> Floats:
    return array[place : place + 1]
