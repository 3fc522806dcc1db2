"""What is taught, baked into the encoder's own graph: one ONNX file that knows its classes. Needs no torch.

    embedding ─┬─ MatMul, Add ─ ReduceMax, Sub, Exp ─ MatMul, Split ─┬─ Log ─ scores
               │  (prototypes)                                       └─ Div ─ progress
               └─ MatMul, Add ─ ReduceLogSumExp, Sub ─ unknown
                  (background)

These are the formulas of `addon.prototypes.answers`. The trunk, its state and its embedding stay as they are,
and the description keeps the reading: a baked model can be taught anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from addon.corpus import corpus_hash, inks, read_corpus
from addon.errors import ModelError, TaughtError
from addon.features import FeatureRecipe, ink_rows
from addon.jobs import Baking, Exported
from addon.prediction import softmax
from addon.prototypes import Prototypes, answers, no_prototypes, taught, threshold
from addon.spec import ENCODER_OUTPUTS, METADATA_KEY, ModelSpec, spec_from_json, spec_to_json
from addon.thumbnails import thumbnails
from addon.training.checked import Arrays, onnx_answer, session_of, versions, write_checked
from addon.training.nodes import Floats, tensors, value

# A class that is nowhere near counts as this near, so that its logarithm is a number.
TINY = 1e-30


def bake(job: Baking) -> Exported:
    """Bake what is taught into the encoder it was taught to, and write the model.

    Raises:
        ModelError: The encoder cannot be read, or ONNX Runtime's answers are not the live ones.
        TaughtError: The examples or their tracks cannot be read, or do not fit the encoder.
        OSError: The file cannot be written; the old one is as it was.
    """
    base, spec = read_base(job.model)
    corpus = read_corpus(job.data)
    prototypes = _prototypes(job.tracks, spec, corpus.labels.tolist())
    recipe = FeatureRecipe(job.scale, spec.recipe.spacing)
    made = replace(
        spec,
        labels=prototypes.labels,
        recipe=recipe,
        unknown=True,
        thumbnails=thumbnails(corpus),
        taught_hash=corpus_hash(corpus),
        versions={**versions(), "torch": spec.versions.get("torch", "")},
    ).with_training(name=job.name, examples=len(corpus), encoder=spec.training.get("name", ""))
    limit = threshold(prototypes)
    before = session_of(base.SerializeToString())

    def live(inputs: Arrays) -> Arrays:
        given = onnx_answer(before, ENCODER_OUTPUTS, inputs)
        said = answers(prototypes, given[0][0])
        return [*given, said.probabilities[None], said.progress[None, :, None], _chance(said.unknown - limit)]

    rows = ink_rows(recipe, inks(corpus, range(1)))
    write_checked(baked(base, made, prototypes, limit), made, live, job.out, [rows.rows[None]], _as_answered)
    return Exported(job.out, None, 0.0)
