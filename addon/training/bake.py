"""What is taught, baked into the encoder's own graph: one ONNX file that knows its classes. Needs no torch.

    embedding ─ Sub ─┬─ MatMul, Add ─ ReduceMax, Sub, Exp ─ MatMul, Split ─┬─ Log ─ scores
                     │  (prototypes)                                       └─ Div ─ progress
                     └─ MatMul, Add ─ Sub ─ ReduceLogSumExp, Sub ─ unknown
                        (background)

These are the formulas of `fewshot.prototypes.answers`. The trunk, its state and its embedding stay as they
are, and the metadata keep the scoring: a baked model can be taught again.
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
from addon.training.model_file import read_model
from addon.training.nodes import described, tensors, value
from addon.training.protocol import Baked, Baking
from addon.training.thumbnails import thumbnails

# A class that is nowhere near counts as this near, so that its logarithm is a number.
TINY = 1e-30


def bake(job: Baking) -> Baked:
    """Bake what is taught into the encoder it was taught to, and write the model.

    Raises:
        ModelError: The encoder cannot be read, or ONNX Runtime's answers are not the live ones.
        TaughtError: The examples or their tracks cannot be read, or do not fit the encoder.
        OSError: The file cannot be written; the old one is as it was.
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
        # The network is torch's of then, the rest is of now.
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
    # Where embeddings lie far apart, rounding alone may move an answer by more than the usual tolerance, on
    # one processor more than on another: that is no reason to refuse an export.
    tolerance = max(TOLERANCE, rounding(prototypes, embeddings))
    write_checked(model, written, live, job.out, calls, _read, tolerance)
    return Baked(job.out, prototypes.labels, len(corpus), monotonic() - began)


def read_base(path: Path) -> tuple[onnx.ModelProto, ModelSpec, Scoring]:
    """A base encoder's graph without classes of its own, and what its file says.

    Raises:
        ModelError: It cannot be read, or is no base encoder.
    """
    model, spec = read_model(path)
    if spec.scoring is None:
        raise ModelError(f"{path.name} has classes of its own and learns no others; use a base encoder")
    return Extractor(model).extract_model(list(INPUTS), list(ENCODER_OUTPUTS)), spec, spec.scoring


def baked(base: onnx.ModelProto, spec: ModelSpec, prototypes: Prototypes, limit: float) -> onnx.ModelProto:
    """The encoder's graph with the taught classes as its head.

    Args:
        base: From `read_base`; left as it is.
        spec: What the file is to say about itself.
        prototypes: What is taught, to this encoder.
        limit: From which log odds on a point is unknown.
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
        # From the nearest prototype, too: a difference of small numbers loses less than one of large ones.
        node("Sub", ["background_near", "nearest"], ["background_less"]),
        node("ReduceLogSumExp", ["background_less"], ["strange"], axes=[2]),
        node("Sub", ["strange", "total_log"], ["odds"]),
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
    """Which class each level of each prototype counts for; in the last column the progress it stands for."""
    levels = prototypes.scoring.levels + 1
    counts = np.diff(np.append(prototypes.starts, end // levels)) * levels
    classes = np.repeat(np.eye(len(counts)), counts, axis=0)
    progress = np.tile(prototypes.scoring.moments[:, 1], end // levels)
    return np.column_stack([classes, progress]).astype(np.float32)


def _prototypes(path: Path, scoring: Scoring, labels: list[str]) -> Prototypes:
    try:
        tracks = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise TaughtError(f"{path.name} cannot be read; export once more") from error
    if len(tracks) != len(labels) or not labels:
        raise TaughtError(f"there are {len(tracks)} tracks for {len(labels)} examples; export once more")
    try:
        return taught(no_prototypes(scoring), range(len(labels)), labels, list(tracks))
    except ValueError as error:
        raise TaughtError(f"the examples were taught to another encoder ({error})") from error


def _checked_track(session: Any, spec: ModelSpec, prototypes: Prototypes, first: RowTable) -> Floats:
    """The first example's embeddings, if its track is what this encoder makes of it at this scale."""
    state = np.zeros((spec.layers, 1, spec.hidden), dtype=np.float32)
    (embeddings,) = onnx_answer(session, ENCODER_OUTPUTS[:1], [first.rows[np.newaxis], state, state])
    again = track(prototypes.scoring, embeddings[0], first.travel)
    if not np.allclose(again, prototypes.tracks[0], rtol=1e-3, atol=1e-3):
        raise TaughtError("the examples were read by another encoder or at another scale; export once more")
    return embeddings[0]


def _live(session: Any, prototypes: Prototypes, limit: float) -> Answer:
    def live(inputs: Arrays) -> Arrays:
        given = onnx_answer(session, ENCODER_OUTPUTS, inputs)
        said = answers(prototypes, given[0][0])
        heads = said.probabilities, said.progress[:, np.newaxis], _chance(said.unknown - limit)[:, np.newaxis]
        return [*given, *(head[np.newaxis] for head in heads)]

    return live


def _read(outputs: Arrays) -> Arrays:
    """Outputs as they are answered: probabilities for scores, and for odds."""
    *trunk, scores, progress, unknown = outputs
    return [*trunk, softmax(scores), progress, _chance(unknown)]


def _chance(odds: Floats) -> Floats:
    return (1 / (1 + np.exp(-np.clip(odds, -60, 60)))).astype(np.float32)
