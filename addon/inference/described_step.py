"""A model by someone else, which a description says how to feed with an ink: a `StepSession` like our own.

A row is one sample of the pen, and the state is the ink so far. A model that reads the whole ink is asked
again as it grows; a recurrent model is fed only the rows that are new.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from addon.arrays import Array, Floats
from addon.features.ink_columns import arranged, ink_columns, padded
from addon.features.ink_image import ink_image
from addon.features.ink_input import UNTAUGHT_SIZE, Asking, InkImage, InkInput
from addon.features.points import Strokes
from addon.inference.described_ports import Ports, filled, ports_of, takes_one_row
from addon.inference.graph import GraphSession, TensorInfo
from addon.inference.step import NOTHING, StepOutputs
from addon.model.adaptor import Adaptor, Output
from addon.model.ink_table import asking_of
from addon.model.metadata import ModelSpec

_TINY = 1e-12


class InkSoFar(NamedTuple):
    """The samples of an ink and what the model has made of them; never changed.

    Attributes:
        samples: A list that may be longer than `length`: a later state of the same ink shares it.
        length: How many of them belong to this state.
        asked: How many there were when the model was asked last.
        asked_at: Time of the last of those, in seconds.
        fed: Rows that a recurrent model has read.
        recurrent: Its state, by input name; empty before the first row.
        outputs: Its answers.
    """

    samples: list[tuple[float, ...]]
    length: int = 0
    asked: int = 0
    asked_at: float = 0.0
    fed: int = 0
    recurrent: Mapping[str, Array] = {}
    outputs: StepOutputs = StepOutputs()


class DescribedStep:
    """Runs a described model; see the module.

    Args:
        graph: The open model.
        adaptor: Its description; `ink` is set.
        ports: From `ports_of`.
        spec: What it is.
        asking: When it is asked.

    Attributes:
        taught: Size in logical pixels that the scale "taught" stands for.
        ink: How an ink is prepared.
        output: The output that has the classes; None if it has none.
        adaptor: Its description.
    """

    def __init__(
        self, graph: GraphSession, adaptor: Adaptor, ports: Ports, spec: ModelSpec, asking: Asking
    ) -> None:
        assert adaptor.ink is not None
        self.spec = spec
        self.provider = graph.provider
        self.taught = UNTAUGHT_SIZE
        self.asking = asking
        self.adaptor = adaptor
        self.ink = adaptor.ink
        self.output = ports.scores
        self._graph = graph
        self._ports = ports
        self._lengths = np.array([dict(adaptor.lengths).get(label, 0.0) for label in spec.labels])
        inputs = {info.name: info for info in graph.inputs}
        self._zeros = {name: filled(inputs[name], 0.0) for name, _ in ports.state}
        self._steps = bool(ports.state) and isinstance(self.ink, InkInput) and not self.ink.replay
        self._one_row = takes_one_row(self.ink, ports.ink)
        self._names = [info.name for info in graph.outputs]

    def redescribed(self, adaptor: Adaptor) -> "DescribedStep":
        """The same open model by another description of its input, with the same classes.

        Raises:
            ModelError: The description does not fit the model.
        """
        made = DescribedStep(
            self._graph,
            adaptor,
            ports_of(self._graph, adaptor),
            replace(self.spec, ink=adaptor.ink),
            self.asking,
        )
        made.taught = self.taught
        return made

    def start(self, batch: int = 1) -> InkSoFar:
        """The state before the first sample."""
        return InkSoFar([])

    def step(self, rows: Floats, state: InkSoFar) -> tuple[StepOutputs, InkSoFar]:
        """Take samples of shape (1, time, 5) and ask the model where it is time to.

        Returns:
            The answers to the last time it was asked, the same object as before if it was not asked now; and
            the next state.
        """
        due = False
        for sample in rows[0].tolist():
            state = _added(state, tuple(sample))
            due = due or self._due(state)
        # Of several samples only the last answer is read, so the model is asked once.
        state = self._asked(state) if due else state
        return state.outputs, state

    def _due(self, state: InkSoFar) -> bool:
        _, _, t, _, up = state.samples[state.length - 1]
        if up or not state.asked:
            return True
        if state.length - state.asked < self.asking.points:
            return False
        return not self.asking.seconds or not t - state.asked_at < self.asking.seconds

    def _asked(self, state: InkSoFar) -> InkSoFar:
        samples = np.array(state.samples[: state.length])
        lifted, at = bool(samples[-1, 4]), float(samples[-1, 2])
        # The lift comes as a sample of its own, at the place of the one before.
        drawn = _without_lifts(samples)
        if isinstance(self.ink, InkImage):
            outputs = self._run({self._ports.ink.name: ink_image(self.ink, drawn)}, 1, 1)[0]
            return self._answered(state, at, outputs, drawn)
        rows = ink_columns(self.ink, drawn, lifted, self.taught)
        if self._steps:
            state = self._fed(self.ink, state, rows, lifted)
            return self._answered(state, at, state.outputs, drawn)
        return self._answered(state, at, self._read_whole(self.ink, rows), drawn)

    def _answered(self, state: InkSoFar, at: float, outputs: StepOutputs, drawn: Array) -> InkSoFar:
        is_missing = not outputs.progress.size and outputs.scores.shape[-1] == len(self._lengths)
        if self._lengths.any() and is_missing:
            usual = float(self._lengths[outputs.scores[0, -1].argmax()])
            outputs = outputs._replace(progress=_progress(drawn, usual))
        return state._replace(asked=state.length, asked_at=at, outputs=outputs)

    def _read_whole(self, ink: InkInput, rows: Floats) -> StepOutputs:
        if self._one_row:
            return self._along(rows, dict(self._zeros))[0]
        table, mask = padded(ink, rows)
        feeds: dict[str, Array] = {self._ports.ink.name: arranged(ink, table), **self._zeros}
        count = int(mask.sum())
        if ink.lengths:
            feeds[ink.lengths] = filled(self._input(ink.lengths), count)
        if ink.mask:
            feeds[ink.mask] = mask.reshape(_sizes(self._input(ink.mask), len(mask)))
        last = len(mask) - 1 if ink.pad_start else count - 1
        return self._run(feeds, len(mask), last + 1)[0]

    def _fed(self, ink: InkInput, state: InkSoFar, rows: Floats, lifted: bool) -> InkSoFar:
        """Feed the rows that are new, and answer with the last one as it is now.

        The last row is read on the side where it may still change: its stroke may continue, or another one
        may follow, so that the ink did not end there.
        """
        ends = any(column.name == "end of ink" for column in ink.columns)
        # Where the first row is left out, a single row may be that one.
        open_row = (ends if lifted else ink.looks_ahead) or (ink.drop_first and len(rows) == 1)
        kept = max(len(rows) - open_row, state.fed)
        recurrent, outputs = state.recurrent or self._zeros, state.outputs
        if kept > state.fed:
            outputs, recurrent = self._along(rows[state.fed : kept], recurrent)
        if len(rows) > kept:
            outputs, _ = self._along(rows[kept:], recurrent)
        return state._replace(fed=kept, recurrent=recurrent, outputs=outputs)

    def _along(self, rows: Floats, recurrent: Mapping[str, Array]) -> tuple[StepOutputs, Mapping[str, Array]]:
        """Feed rows to a recurrent model from a state, one by one where it takes no more."""
        assert isinstance(self.ink, InkInput)
        outputs = StepOutputs()
        name = self._ports.ink.name
        for part in np.split(rows, len(rows)) if self._one_row else [rows]:
            outputs, recurrent = self._run(
                {name: arranged(self.ink, part), **recurrent}, len(part), len(part)
            )
        return outputs, recurrent

    def _run(
        self, feeds: Mapping[str, Array], rows: int, upto: int
    ) -> tuple[StepOutputs, Mapping[str, Array]]:
        """Run the model; the answer is at row `upto` of `rows`."""
        typed = {name: self._typed(name, array) for name, array in feeds.items()}
        found = self._graph.run({**self._ports.constants, **typed}, self._names)
        ports = self._ports
        outputs = StepOutputs(
            scores=_scores(found, ports.scores, rows, upto),
            progress=_row(found, ports.progress, rows, upto)[..., -1:],
            unknown=_row(found, ports.unknown, rows, upto)[..., -1:],
            embedding=_row(found, ports.embedding, rows, upto),
            others={name: found[name] for name in ports.others},
        )
        if ports.embedding is not None:
            outputs = outputs._replace(embedding=_unit(outputs.embedding))
        return outputs, {given: found[made] for given, made in ports.state}

    def _typed(self, name: str, array: Array) -> Array:
        dtype = self._input(name).dtype
        return array if array.dtype == dtype else array.astype(dtype)

    def _input(self, name: str) -> TensorInfo:
        return next(info for info in self._graph.inputs if info.name == name)


def _progress(drawn: Array, usual: float) -> Floats:
    """How much of a class's usual length is drawn, shape (1, 1, 1); nothing if that is not known."""
    if usual <= 0:
        return NOTHING
    points = drawn[:, :2]
    moves = np.hypot(*np.diff(points, axis=0).T)
    moves[drawn[:-1, 4] > 0] = 0.0
    side = float(np.ptp(points, axis=0).max())
    share = min(float(moves.sum()) / max(side * usual, _TINY), 1.0)
    return np.full((1, 1, 1), share, dtype=np.float32)


def _without_lifts(samples: Array) -> Array:
    """Samples with a lift marked on the one before it instead of as one of its own."""
    lifts = samples[:, 4] > 0
    drawn = samples[~lifts].copy()
    before = np.cumsum(~lifts)[lifts] - 1
    drawn[before[before >= 0], 4] = 1.0
    return drawn


def samples_of(ink: Strokes) -> Floats:
    """The samples of a finished ink as a step takes them, shape (samples, 5)."""
    parts: list[Array] = []
    for stroke in ink:
        points = np.asarray(stroke, dtype=np.float32)
        table = np.column_stack([points[:, :4], np.zeros(len(points), dtype=np.float32)])
        lift = table[-1:].copy()
        lift[0, 4] = 1.0
        parts += [table, lift]
    return np.concatenate(parts).astype(np.float32)


def _added(state: InkSoFar, sample: tuple[float, ...]) -> InkSoFar:
    samples = state.samples
    if len(samples) > state.length:
        # A later state of this ink has more samples already, and must not be changed.
        samples = samples[: state.length]
    samples.append(sample)
    return state._replace(samples=samples, length=state.length + 1)


def _sizes(info: TensorInfo, count: int) -> list[int]:
    """The shape of a mask of `count` rows."""
    return [
        size if isinstance(size, int) else count if place == len(info.shape) - 1 else 1
        for place, size in enumerate(info.shape)
    ]


def _unit(embedding: Floats) -> Floats:
    """An embedding of length 1, so that one sharpness suits all."""
    return embedding / max(float(np.linalg.norm(embedding)), _TINY)


def _row(found: Mapping[str, Array], output: Output | None, rows: int, upto: int) -> Floats:
    """The answer of an output at one row, as float32 of shape (1, 1, n)."""
    if output is None:
        return NOTHING
    return _at_row(np.asarray(found[output.name]), rows, upto)


def _at_row(array: Array, rows: int, upto: int) -> Floats:
    """The last axis at the row that counts, shape (1, 1, n): there may be one answer for each row."""
    flat = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    if array.ndim == 1:
        flat = array.reshape(1, -1)
    place = upto - 1 if len(flat) == rows and rows > 1 else len(flat) - 1
    return flat[place].astype(np.float32)[None, None]


def _scores(found: Mapping[str, Array], output: Output | None, rows: int, upto: int) -> Any:
    """Scores before the softmax, shape (1, time, classes); for a label its number or text, as it is."""
    if output is None:
        return NOTHING
    array = np.asarray(found[output.name])
    if output.kind == "label":
        return array.reshape(-1)[-1:]
    if output.kind == "text":
        # (time, 1, classes) and (1, time, classes) alike.
        return _logs(array.astype(np.float32).reshape(1, -1, array.shape[-1]), output)
    return _logs(_at_row(array, rows, upto), output)


def _logs(scores: Floats, output: Output) -> Floats:
    if output.scores == "logits":
        return scores
    return np.log(np.maximum(scores, np.float32(_TINY)))


def described_step(graph: GraphSession, adaptor: Adaptor, spec: ModelSpec, ports: Ports) -> DescribedStep:
    """Open a described model as a step session, tried and asked as often as its time allows."""
    ink = adaptor.ink
    assert ink is not None
    whole = isinstance(ink, InkInput) and (not ports.state or ink.replay)
    asking = asking_of(ink, whole) if isinstance(ink, InkInput) else ink.asking
    return DescribedStep(graph, adaptor, ports, spec, asking)
