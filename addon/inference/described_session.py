"""Open a model that is not Inkloop's by the description next to it."""

import json
from ast import literal_eval
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import numpy as np

from addon.errors import ModelError
from addon.features.ink_input import UNTAUGHT_SIZE
from addon.features.recipe import FeatureRecipe
from addon.fewshot.scoring import Scoring
from addon.inference.described_ports import ports_of
from addon.inference.described_step import DescribedStep, described_step
from addon.inference.described_trial import asking_for, check_scores, trial_ink, try_inks
from addon.inference.graph import GraphSession, open_file
from addon.inference.opening import ModelFile
from addon.inference.providers import Choice
from addon.inference.undescribed import who_takes
from addon.model.adaptor import Adaptor, Output, adaptor_of, check_names
from addon.model.metadata import LONGEST_LABEL, MOST_LABELS, ModelSpec
from addon.text import quoted

LEVELS = 8
"""At so many shares of an ink its embedding is kept, see `addon.fewshot.scoring`."""

SHARPNESS = 20.0
"""Of embeddings of length 1: two that are at a right angle differ by a factor of exp(20)."""

LABEL_KEYS = ("labels", "classes", "class_names", "names", "id2label")
"""Where other programs keep the names of the classes in `metadata_props`."""

LONGEST_METADATA = 1_000_000  # characters
MOST_CHECKED = 10_000


def open_described(file: ModelFile, choice: Choice) -> tuple[DescribedStep, str]:
    """Open a file by its description, and try it.

    Returns:
        The session, and a notice for the user; empty if there is none.

    Raises:
        ModelError: It has no description of an ink, or the description does not fit; one line says which
            line, and what is allowed.
        ProviderError: It does not run on the required provider.
    """
    name = file.path.name
    adaptor = adaptor_of(file.path)
    graph = open_file(file, choice, threads=1)
    # The model manager moves a failed device's model to the CPU, and reports that.
    graph.elsewhere = None
    if adaptor is None or adaptor.ink is None:
        raise ModelError(f"{name}: {who_takes(file.path, graph, adaptor)}")
    try:
        return opened(graph, adaptor, dict(file.contents.metadata))
    except ModelError as error:
        line = str(error)
        raise ModelError(line if line.startswith(f"{name}: ") else f"{name}: {line}") from error


def opened(graph: GraphSession, adaptor: Adaptor, metadata: Mapping[str, str]) -> tuple[DescribedStep, str]:
    """Take an open model by a description of an ink, and try it.

    Args:
        graph: The model.
        adaptor: The description; `ink` is set.
        metadata: The file's `metadata_props`, where the labels may be.

    Returns:
        The session, and a notice for the user; empty if there is none.

    Raises:
        ModelError: The description does not fit the model.
    """
    named_inputs = {info.name: info for info in graph.inputs}
    check_names(adaptor, named_inputs, {info.name: info for info in graph.outputs})
    ports = ports_of(graph, adaptor)
    # Without their logarithm the scores of a trial show whether they are probabilities.
    as_given = replace(ports, scores=ports.scores and replace(ports.scores, scores="logits"))
    trial = described_step(graph, adaptor, _spec(adaptor, ("-",)), as_given)
    tried = try_inks(trial)
    doubt = check_scores(ports.scores, tried) if ports.scores else ""
    outputs, _ = trial.step(trial_ink(), trial.start())
    labels = () if ports.scores is None else labels_of(ports.scores, outputs.scores, metadata)
    spec = _spec(adaptor, labels)
    if ports.embedding is not None:
        spec = replace(spec, scoring=_scoring(outputs.embedding.shape[-1]))
    unnamed = sorted({label for label, _ in adaptor.lengths} - set(labels))
    if unnamed and labels:
        raise ModelError(f"[lengths] names {quoted(unnamed[0])}, which is none of its classes")
    step = described_step(graph, adaptor, spec, ports)
    step.asking, slow = asking_for(step)
    notices = [f"{graph.path.name}: {line}" for line in (doubt, slow) if line]
    return step, ". ".join(filter(None, (graph.notice, *notices)))


def _spec(adaptor: Adaptor, labels: tuple[str, ...]) -> ModelSpec:
    return ModelSpec(labels, FeatureRecipe(scale=UNTAUGHT_SIZE), 1, 1, 1, ink=adaptor.ink)


def _scoring(size: int) -> Scoring:
    # Nothing is nearer to this background than to what is taught: such a model knows no unknown.
    nowhere = np.full(1, -1e6, dtype=np.float32)
    background = np.zeros((1, size), dtype=np.float32)
    return Scoring(LEVELS, background, nowhere, sharpness=SHARPNESS, inner=2.0 / LEVELS)


def labels_of(output: Output, scores: Any, metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The classes of an output: those of its description, else those in the file, else their numbers.

    Args:
        output: The output.
        scores: An answer of it.
        metadata: The file's `metadata_props`.

    Raises:
        ModelError: There are too few or too many of them, two are alike, or `unknown` is none of them.
    """
    labels = output.labels or labels_in(metadata)
    classes = scores.shape[-1]
    if output.kind == "text":
        if not labels:
            raise ModelError("a text output needs labels: the characters in the order of its classes")
        if len(labels) not in (classes, classes - 1):
            raise ModelError(
                f"its output {output.name!r} has {classes} classes; {len(labels)} labels are given (the "
                "blank may be left out)"
            )
        return labels
    if output.kind == "classes" and labels and len(labels) != classes:
        raise ModelError(
            f"its output {output.name!r} has {classes} classes; {len(labels)} labels are given; give one for "
            "each class, in the order of its scores"
        )
    if output.kind == "classes" and not labels:
        labels = tuple(map(str, range(classes)))
    twice = [label for label in labels if labels.count(label) > 1] if len(labels) < MOST_CHECKED else []
    if twice:
        raise ModelError(f"two of its labels are {quoted(twice[0])}")
    if output.unknown and output.unknown not in labels:
        raise ModelError(f"unknown = {quoted(output.unknown)} is none of its labels")
    return labels


def labels_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Labels in a file's metadata: a list or an object by number in JSON or Python, or lines, or commas."""
    text = next((metadata[key] for key in LABEL_KEYS if metadata.get(key, "").strip()), "")
    if not text:
        return ()
    given: Any = None
    for read in (json.loads, literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            given = read(text[:LONGEST_METADATA])
            break
    if isinstance(given, dict):
        numbered = cast(dict[Any, Any], given)
        with suppress(ValueError, TypeError):
            given = [numbered[key] for key in sorted(numbered, key=int)]
    if not isinstance(given, list):
        given = [part.strip() for part in (text.splitlines() if "\n" in text.strip() else text.split(","))]
    return tuple(str(label)[:LONGEST_LABEL] for label in cast(list[Any], given)[:MOST_LABELS])
