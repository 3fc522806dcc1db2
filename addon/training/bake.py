"""Export the taught classes as a head in the encoder's graph: one ONNX file. Needs no torch.

    embedding ─ Sub ─┬─ MatMul, Add ─ ReduceMax, Sub, Exp ─ MatMul, Split ─┬─ Log ─ scores
                     │  (prototypes)                                       └─ Div ─ progress
                     └─ MatMul, Add ─ Sub ─ ReduceLogSumExp, Sub ─ unknown
                        (background)

These are the formulas of `fewshot.prototypes.answers`. The trunk, its state and its embedding are not
changed, and the metadata keep the scoring: an exported model can be taught again.
"""

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.utils import Extractor

from addon.arrays import Floats
from addon.dataset.corpus import corpus_hash, inks, read_corpus
from addon.errors import ModelError, TaughtError
from addon.features.batch import RowTable, ink_rows
from addon.fewshot.prototypes import Prototypes, answers, no_prototypes, rounding, taught, threshold, track
from addon.fewshot.scoring import Scoring
from addon.model.metadata import ENCODER_OUTPUTS, INPUTS, UNKNOWN_OUTPUT, ModelSpec
from addon.prediction import softmax
from addon.training.export_check import (
    TOLERANCE,
    Answer,
    Arrays,
    onnx_answer,
    session_of,
    versions,
    write_checked,
)
from addon.training.nodes import described, read_model, tensors, value
from addon.training.protocol import Baked, Baking
from addon.training.thumbnails import thumbnails

# The smallest nearness of a class, so that its logarithm is finite.
TINY = 1e-30


def bake(job: Baking) -> Baked:
    """Add the taught classes to the encoder, and write the model.

    Raises:
        ModelError: The encoder cannot be read, or ONNX Runtime's answers differ from the live ones.
        TaughtError: The examples or their tracks cannot be read, or do not fit the encoder.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    began = monotonic()
    base, spec, scoring = read_base(job.model)
    corpus = read_corpus(job.data)
    prototypes = _prototypes(job.tracks, scoring, corpus.labels.tolist())
    written = replace(
        spec,
        labels=prototypes.labels,
        recipe=replace(spec.recipe, scale=job.scale),
        unknown=True,
        thumbnails=thumbnails(corpus),
        taught_hash=corpus_hash(corpus),
        # The network was trained with the encoder's version of torch.
        versions=versions() | {"torch": spec.versions.get("torch", "")},
        training={"name": job.name, "examples": len(corpus), "encoder": dict(spec.training)},
    )
    limit = threshold(prototypes)
    table = ink_rows(written.recipe, inks(corpus, range(1)))
    session = session_of(base.SerializeToString())
    embeddings = _checked_track(session, written, prototypes, table)
    live = _live(session, prototypes, limit)
    job.out.parent.mkdir(parents=True, exist_ok=True)
    model, calls = baked(base, written, prototypes, limit), [table.rows[np.newaxis]]
    # If embeddings are far apart, rounding alone may change an answer by more than the usual tolerance,
    # depending on the processor.
    tolerance = max(TOLERANCE, rounding(prototypes, embeddings))
    write_checked(model, written, live, job.out, calls, _read, tolerance)
    return Baked(job.out, prototypes.labels, len(corpus), monotonic() - began)


def read_base(path: Path) -> tuple[onnx.ModelProto, ModelSpec, Scoring]:
    """Read a base encoder: its graph without its own classes, and its description.

    Raises:
        ModelError: It cannot be read, or is not a base encoder.
    """
    model, spec = read_model(path)
    if spec.scoring is None:
        raise ModelError(f"{path.name} has fixed classes and cannot learn others; use a base encoder")
    return Extractor(model).extract_model(list(INPUTS), list(ENCODER_OUTPUTS)), spec, spec.scoring


def baked(base: onnx.ModelProto, spec: ModelSpec, prototypes: Prototypes, limit: float) -> onnx.ModelProto:
    """Add the taught classes as a head to the encoder's graph.

    Args:
        base: From `read_base`; not changed.
        spec: The description for the file.
        prototypes: The taught classes.
        limit: Log odds from which a point is unknown.
    """
    graph = onnx.GraphProto()
    graph.CopyFrom(base.graph)
    graph.node.extend(_head_nodes())
    graph.initializer.extend(_head_weights(prototypes, limit))
    for name, size in (("scores", len(prototypes.labels)), ("progress", 1), (UNKNOWN_OUTPUT, 1)):
        graph.output.append(value(name, "batch", "time", size))
    return described(graph, spec)


def _head_nodes() -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("Sub", ["embedding", "center"], ["centered"]),
        node("MatMul", ["centered", "prototypes.W"], ["prototypes_product"]),
        node("Add", ["prototypes_product", "prototypes.B"], ["near"]),
        node("ReduceMax", ["near"], ["nearest"], axes=[2]),
        node("Sub", ["near", "nearest"], ["less"]),
        node("Exp", ["less"], ["likely"]),
        node("MatMul", ["likely", "groups"], ["sums"]),
        node("Split", ["sums", "groups.sizes"], ["classes", "shared"], axis=2),
        node("Max", ["classes", "tiny"], ["classes_some"]),
        node("Log", ["classes_some"], ["scores"]),
        node("ReduceSum", ["classes", "last_axis"], ["total"]),
        node("Div", ["shared", "total"], ["progress"]),
        node("Log", ["total"], ["total_log"]),
        node("MatMul", ["centered", "background.W"], ["background_product"]),
        node("Add", ["background_product", "background.B"], ["background_near"]),
        # Relative to the nearest prototype, too: a difference of small numbers loses fewer digits.
        node("Sub", ["background_near", "nearest"], ["background_less"]),
        node("ReduceLogSumExp", ["background_less"], ["novelty"], axes=[2]),
        node("Sub", ["novelty", "total_log"], ["odds"]),
        node("Sub", ["odds", "threshold"], [UNKNOWN_OUTPUT]),
    ]


def _head_weights(prototypes: Prototypes, limit: float) -> list[onnx.TensorProto]:
    end = len(prototypes.table) - len(prototypes.scoring.background)
    arrays = {
        "center": prototypes.center,
        "prototypes.W": prototypes.table[:end].T,
        "prototypes.B": prototypes.bias[:end],
        "background.W": prototypes.table[end:].T,
        "background.B": prototypes.bias[end:],
        "groups": _groups(prototypes, end),
        "tiny": np.array(TINY),
        "threshold": np.array(limit),
    }
    sizes = {"groups.sizes": [len(prototypes.labels), 1], "last_axis": [2]}
    return [
        *tensors({name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}),
        *(numpy_helper.from_array(np.array(each, dtype=np.int64), name) for name, each in sizes.items()),
    ]


def _groups(prototypes: Prototypes, end: int) -> Floats:
    """The class of each level of each prototype, one-hot; the last column is the progress."""
    levels = prototypes.scoring.levels + 1
    counts = np.diff(np.append(prototypes.starts, end // levels)) * levels
    classes = np.repeat(np.eye(len(counts)), counts, axis=0)
    progress = np.tile(prototypes.scoring.moments[:, 1], end // levels)
    return np.column_stack([classes, progress]).astype(np.float32)


def _prototypes(path: Path, scoring: Scoring, labels: list[str]) -> Prototypes:
    try:
        tracks = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise TaughtError(f"{path.name} cannot be read; export again") from error
    if len(tracks) != len(labels) or not labels:
        raise TaughtError(f"there are {len(tracks)} tracks for {len(labels)} examples; export again")
    try:
        return taught(no_prototypes(scoring), range(len(labels)), labels, list(tracks))
    except ValueError as error:
        raise TaughtError(f"the examples were taught to another encoder ({error})") from error


def _checked_track(session: Any, spec: ModelSpec, prototypes: Prototypes, first: RowTable) -> Floats:
    """The first example's embeddings; raises if its track does not fit this encoder and scale."""
    state = np.zeros((spec.layers, 1, spec.hidden), dtype=np.float32)
    (embeddings,) = onnx_answer(session, ENCODER_OUTPUTS[:1], [first.rows[np.newaxis], state, state])
    again = track(prototypes.scoring, embeddings[0], first.travel)
    if not np.allclose(again, prototypes.tracks[0], rtol=1e-3, atol=1e-3):
        raise TaughtError("the examples were read by another encoder or at another scale; export again")
    return embeddings[0]


def _live(session: Any, prototypes: Prototypes, limit: float) -> Answer:
    def live(inputs: Arrays) -> Arrays:
        given = onnx_answer(session, ENCODER_OUTPUTS, inputs)
        live = answers(prototypes, given[0][0])
        heads = live.probabilities, live.progress[:, np.newaxis], _chance(live.unknown - limit)[:, np.newaxis]
        return [*given, *(head[np.newaxis] for head in heads)]

    return live


def _read(outputs: Arrays) -> Arrays:
    """Convert outputs to what a sketch sees: probabilities instead of scores and of odds."""
    *trunk, scores, progress, unknown = outputs
    return [*trunk, softmax(scores), progress, _chance(unknown)]


def _chance(odds: Floats) -> Floats:
    return (1 / (1 + np.exp(-np.clip(odds, -60, 60)))).astype(np.float32)
