"""From the outputs of a step to an answer: by a model's own classes, or by the taught ones."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Protocol

import numpy as np

from addon.dataset.taught import Example
from addon.features.points import Strokes
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_size, moved, wanted_scale
from addon.fewshot.novelty import NOBODY
from addon.fewshot.prototypes import (
    Prototypes,
    answer,
    forgotten,
    no_prototypes,
    questioned,
    relabelled,
    taught,
    threshold,
)
from addon.fewshot.scoring import Scoring
from addon.inference.described_answers import DescribedReader
from addon.inference.described_step import DescribedStep
from addon.inference.encode import tracks_of
from addon.inference.row_answer import RowAnswer, chance, probabilities_of
from addon.inference.step import StepOutputs, StepSession
from addon.model.metadata import ModelSpec
from addon.text import one_line

_LISTED = 8
"""Classes that a message names."""


class AnswerReader(Protocol):
    """How the steps of one model are read. One thread at a time may use it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes."""
        ...

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows."""
        ...

    @property
    def taught(self) -> Prototypes | None:
        """What is taught; None if the model learns nothing by being taught."""
        ...

    def learn(self, examples: Sequence[Example]) -> bool:
        """Learn exactly these examples; whether that changes any answer."""
        ...

    def read(self, outputs: StepOutputs) -> RowAnswer | None:
        """The answer to the last row; None if it is not a number."""
        ...


def answer_reader(session: StepSession) -> AnswerReader:
    """How the steps of a session are read."""
    scoring = session.spec.scoring
    own = _own_classes(session)
    if scoring is None:
        assert own is not None
        return own
    taught_ones = PrototypeReader(session, scoring)
    return taught_ones if own is None else FallbackReader(own, taught_ones)


def _own_classes(session: StepSession) -> "HeadReader | DescribedReader | None":
    """How a model's own classes are read; None if it has none."""
    if isinstance(session, DescribedStep):
        output = session.output
        return None if output is None else DescribedReader(session, output, session.spec.labels)
    return HeadReader(session) if session.spec.labels else None


def unanswered(spec: ModelSpec, taught_labels: Sequence[str]) -> str:
    """Which classes a model does not answer with because of what is taught; empty if it answers with all.

    Args:
        spec: Its description.
        taught_labels: The labels of all examples.
    """
    if not taught_labels:
        return ""
    if spec.scoring is None:
        missing = [label for label in dict.fromkeys(taught_labels) if label not in spec.labels]
        known = "it has fixed classes and learns by training alone, so what is taught is not answered yet"
        return f"{known}: {_listed(missing)}; train to have it answered" if missing else ""
    missing = [label for label in spec.labels if label not in set(taught_labels)]
    known = "it answers with taught classes alone now, and not with its own"
    return f"{known}: {_listed(missing)}; forget all examples to get them back" if missing else ""


def _listed(labels: Sequence[str]) -> str:
    shown = one_line(", ".join(labels[:_LISTED]))
    more = len(labels) - _LISTED
    return f"{shown} and {more} more" if more > 0 else shown


class HeadReader:
    """The classes that are baked into a model.

    Args:
        session: A model with scores and progress.
    """

    def __init__(self, session: StepSession) -> None:
        self.labels = session.spec.labels
        self.recipe = session.spec.recipe
        self.taught = None
        self._tells_unknown = session.spec.unknown

    def learn(self, examples: Sequence[Example]) -> bool:
        """Such a model learns by training alone."""
        return False

    def read(self, outputs: StepOutputs) -> RowAnswer | None:
        """The answer to the last row."""
        probabilities = probabilities_of(outputs.scores[0, -1])
        progress = float(outputs.progress[0, -1, 0])
        novelty = float(outputs.unknown[0, -1, 0]) if self._tells_unknown else 0.0
        if probabilities is None or not isfinite(progress + novelty):
            return None
        return RowAnswer(probabilities, progress, chance(novelty) if self._tells_unknown else 0.0)


class FallbackReader:
    """A model's own classes for as long as nothing is taught, then the taught ones alone.

    Not both at once: the own classes are read at the scale of the model's training, the taught ones at that
    of the taught inks, and a step has one scale.

    Args:
        own: How the model's own classes are read.
        taught_ones: How the taught ones are.
    """

    def __init__(self, own: "HeadReader | DescribedReader", taught_ones: "PrototypeReader") -> None:
        self._own = own
        self._taught = taught_ones

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes."""
        return self._now.labels

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows."""
        return self._now.recipe

    @property
    def taught(self) -> Prototypes:
        """What is taught."""
        return self._taught.prototypes

    def learn(self, examples: Sequence[Example]) -> bool:
        """Learn exactly these examples; whether that changes any answer."""
        return self._taught.learn(examples)

    def read(self, outputs: StepOutputs) -> RowAnswer | None:
        """The answer to the last row."""
        return self._now.read(outputs)

    @property
    def _now(self) -> "HeadReader | DescribedReader | PrototypeReader":
        return self._taught if self._taught.labels else self._own


class PrototypeReader:
    """The classes that were taught, over the embedding of a base encoder.

    The scale is the typical size of the taught inks, in whatever unit they are; the model's own if only dots
    are taught. It stays as it is until that has `moved`; then every example is read again.

    Args:
        session: A base encoder.
        scoring: How its embeddings are read.
    """

    def __init__(self, session: StepSession, scoring: Scoring) -> None:
        self._session = session
        self.recipe = session.spec.recipe
        self.prototypes = no_prototypes(scoring)
        self._threshold = 0.0
        self._asked = NOBODY
        self._sizes: dict[int, float] = {}
        self._strokes: dict[int, Strokes] = {}
        self._own_scale = session.spec.recipe.scale

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order in which they were first taught."""
        return self.prototypes.labels

    @property
    def taught(self) -> Prototypes:
        """What is taught."""
        return self.prototypes

    def learn(self, examples: Sequence[Example]) -> bool:
        """Learn exactly these examples; whether that changes any answer."""
        before = self.prototypes
        strokes: dict[int, Strokes] = {example.id: example.strokes for example in examples}
        # An amended example keeps its number and has other strokes.
        stale = {key for key, drawn in self._strokes.items() if strokes.get(key) is not drawn}
        self._strokes = strokes
        self._sizes = {key: size for key, size in self._sizes.items() if key not in stale}
        if stale & strokes.keys():
            self._asked = NOBODY
        prototypes = self._rescaled(examples) if examples else before
        for key in set(prototypes.keys) & stale:
            prototypes = forgotten(prototypes, key)
        prototypes = self._with_new(prototypes, examples)
        self.prototypes = _named(prototypes, examples)
        if self.prototypes is not before:
            self._asked = questioned(self.prototypes, self._asked)
            self._threshold = threshold(self.prototypes, self._asked)
        return self.prototypes is not before

    def read(self, outputs: StepOutputs) -> RowAnswer | None:
        """The answer to the last row; before anything is taught, that it is unknown."""
        if not self.prototypes.labels:
            return RowAnswer(np.zeros(0, dtype=np.float32), 0.0, 1.0)
        found = answer(self.prototypes, outputs.embedding[0, -1])
        if not isfinite(found.progress):
            return None
        return RowAnswer(found.probabilities, found.progress, chance(found.unknown - self._threshold))

    def _rescaled(self, examples: Sequence[Example]) -> Prototypes:
        known = self._sizes
        self._sizes = {one.id: known.get(one.id) or ink_size(self._strokes[one.id]) for one in examples}
        scale = wanted_scale(list(self._sizes.values()), self.recipe.dot, self._own_scale)
        if self.prototypes.keys and not moved(self.recipe.scale, scale, self.recipe.rescaled):
            return self.prototypes
        self.recipe = replace(self.recipe, scale=scale)
        if isinstance(self._session, DescribedStep):
            self._session.taught = scale
        self._asked = NOBODY
        return no_prototypes(self.prototypes.scoring)

    def _with_new(self, prototypes: Prototypes, examples: Sequence[Example]) -> Prototypes:
        known = set(prototypes.keys)
        new = [example for example in examples if example.id not in known]
        inks = [self._strokes[example.id] for example in new]
        tracks = tracks_of(self._session, self.recipe, prototypes.scoring, inks) if inks else []
        return taught(prototypes, [example.id for example in new], [example.label for example in new], tracks)


def _named(prototypes: Prototypes, examples: Sequence[Example]) -> Prototypes:
    labels = {example.id: example.label for example in examples}
    for key, index in zip(prototypes.keys, prototypes.classes.tolist(), strict=True):
        if labels[key] != prototypes.labels[index]:
            prototypes = relabelled(prototypes, key, labels[key])
    return prototypes
