"""The model card of the base encoder that ships, in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from addon.model.metadata import ModelSpec

CARD = """\
# encoder.onnx

A base encoder without classes: it computes an embedding at every point of the pen, and one drawing of a sign
is enough to teach it. A class is represented by the embeddings at {levels} levels of its examples and with
the pen lifted; `addon/fewshot/prototypes.py` describes how a point is classified.

An LSTM of {spec.layers} layers of {spec.hidden} and a projection to {spec.embedding}, exported as one step
with explicit state; {megabytes:.2f} MB. It is strictly causal: it uses no bounding box or total length of the
finished ink, and no future point. It reads a row of features every {spacing} of the scale. The scale is the
typical size of the signs that the same person has taught: the median of the larger sides of their bounding
boxes. Sizes within one set therefore matter, so c and C can differ. In training the scale was found in the
same way.

## Measured

Accuracy in percent, by the share of the ink's pen-down travel that is drawn, and with the pen lifted; the
mean error of the progress over all rows; the calibration error of the probabilities; and how well unknown
signs are detected (area under the ROC; in parentheses, by the largest probability). *wd*: k examples of each
class of a writer are taught, and the writer's other inks are tested. *wi*: each example is by another writer,
and a third of the writers are tested. Mean over writers and {seeds} seeds.

Writers and alphabets that were held out of training; the labels of UNIPEN are noisy, so some of the answers
that count as wrong are right:

{held_out}

Data sets that were not used in training:

{foreign}

## Data and licences

| data | source | licence |
| --- | --- | --- |
| unipen_*.npz | UNIPEN train_r01_v07, International Unipen Foundation, on Zenodo | CC BY 4.0 |
| omniglot*.npz | Omniglot, Lake, Salakhutdinov and Tenenbaum | MIT |
| quickdraw.npz | Quick, Draw!, Google | CC BY 4.0 |

Trained on {facts[examples]} inks. Held out: {facts[held_out_writers]} of {facts[unipen_writers]} writers of
UNIPEN and the alphabets {alphabets} of Omniglot, chosen by seed {facts[seed]}. The data is not part of this
repository. SHA-256 of the files that were read (their layout is described in addon/dataset/corpus.py):

{hashes}

The model is offered under CC BY 4.0 with the same attributions.

## Recipe

    inkloop pretrain --data FOLDER --steps {settings[steps]} --seed {facts[seed]}

or the same under `torchrun -m addon.pretraining`; this model was trained by {facts[processes]} process(es) of
one thread in {minutes:.0f} minutes. {settings[episodes]} episodes a step, {settings[steps]} steps, AdamW with
a learning rate of {settings[lr]:g}, constant after a short rise and falling to zero over the last {fall:.0f}
%. The LSTM was computed in {precision}. An episode teaches 1 to 5 examples of up to 62 classes, at
{settings[levels]} levels, and tests others, some of unknown classes. Its loss: cross-entropy of the class at
random rows, at the last row and with the pen lifted; the error of the progress; and whether it is unknown.
Afterwards the sharpness of nearness, and the progress that each of the {spec.scoring.levels} levels stands
for, were fitted on the training data. Torch {spec.versions[torch]}, opset {spec.versions[opset]}.
"""

HEAD = """\
| data | classes taught | 25 % | 50 % | 75 % | 100 % | lifted | progress | calibration | unknown (softmax) |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def encoder_card(spec: ModelSpec, size: int) -> str:
    """Write the card.

    Args:
        spec: The spec of the exported encoder, its training filled in by `addon.pretraining`.
        size: Size of the file in bytes.
    """
    facts, settings, scoring = spec.training, spec.training["settings"], spec.scoring
    assert scoring is not None
    return CARD.format(
        spec=spec,
        facts=facts,
        settings=settings,
        levels=scoring.levels,
        spacing=f"1/{round(1 / settings['spacing'])}",
        seeds=facts["seeds"],
        megabytes=size / 1e6,
        held_out=_table(facts["held_out"]),
        foreign=_table(facts["foreign"]) if facts["foreign"] else "None was available.",
        alphabets=" and ".join(name.replace("_", " ") for name in facts["held_out_alphabets"]),
        hashes="\n".join(f"    {digest}  {file}" for file, digest in sorted(facts["data_sha256"].items())),
        minutes=facts["seconds"] / 60,
        fall=100 * settings["fall"],
        precision="bfloat16" if settings["mixed"] else "float32",
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    return HEAD + "\n".join(_line(row) for row in rows)


def _line(row: Mapping[str, Any]) -> str:
    accuracy = " | ".join(f"{100 * share:.1f}" for share in row["accuracy"].values())
    unknown = "–"
    if "unknown_auroc" in row:
        unknown = f"{row['unknown_auroc']:.3f} ({row['unknown_auroc_softmax']:.3f})"
    name = f"{row['data']} | {row['protocol']}, k = {row['shots']}"
    return f"| {name} | {accuracy} | {row['progress_mae']:.3f} | {row['ece']:.3f} | {unknown} |"
