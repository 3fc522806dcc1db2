"""The model card of the letters that ship, in Markdown."""

from collections.abc import Mapping
from typing import Any

from addon.model.metadata import ModelSpec

CARD = """\
# letters.onnx

Recognises capitals, small letters and digits at every point of the pen, with the progress of the sign and the
odds that it is none of them. Nothing has to be taught first: a sketch starts with this model. As soon as a
sign is taught, only the taught signs are recognised.

It is the base encoder `encoder.onnx` (see `encoder.md`) with a head of {classes} classes over the output of
its LSTM, with one hidden layer of {width}. The encoder is not changed, so signs can be taught to it as
before. It is exported as one step with explicit state; {megabytes:.2f} MB. It is strictly causal: an answer
depends only on what has been drawn. It reads a row of features every {spec.recipe.step:.4g} logical pixels
and expects signs of about {spec.recipe.scale:g} pixels, by their median; it was trained for half to double
that size.

## Measured

On {facts[held_out_examples]} signs of {facts[held_out_writers]} writers who were held out of the training of
both the encoder and the head. Accuracy in percent, by the share of the sign's pen-down travel that is drawn,
and with the pen lifted:

| all {classes} classes, size of the signs | 25 % | 50 % | 75 % | 100 % | lifted |
| --- | --- | --- | --- | --- | --- |
| nominal | {nominal} |
| half | {half} |
| double | {double} |

Many capitals and small letters differ only in size, and O, o and 0 not even in that. The accuracy at the
nominal size by kind of sign, among all classes and only among those of the kind:

| kind, among | 25 % | 50 % | 75 % | 100 % | lifted |
| --- | --- | --- | --- | --- | --- |
{kinds}

Mean error of the progress over the travel: {facts[progress_error]:.3f}. Calibration error of the
probabilities: {facts[ece]:.3f}. The labels of the source are noisy, so some of the answers that count as
wrong are right.
{unknown}
## Data and licence

Trained on {facts[examples]} letters and digits of {facts[writers]} writers from UNIPEN train_r01_v07,
published on Zenodo under CC BY 4.0, and on {facts[others]} other drawings (Omniglot, MIT; Quick,
Draw!, CC BY 4.0). The data is not part of this repository. SHA-256 of the files that were read (their layout
is described in addon/dataset/corpus.py), and of the encoder:

{hashes}

The model is offered under CC BY 4.0 with the same attributions: UNIPEN Foundation, train_r01_v07; Google,
Quick, Draw!

## Recipe

    inkloop pretrain letters --encoder models/encoder.onnx --passes {facts[passes]}

Seed {facts[seed]}; the held-out writers are those of the encoder's seed {facts[split_seed]}. Each writer is
scaled to the nominal size by the median size of their inks. Every ink is varied {facts[passes]} times, for
{facts[epochs]} epochs. Training took one thread {minutes:.0f} minutes{computing} on a busy machine; the last
loss was {facts[loss]:.3f}. Torch {spec.versions[torch]}, opset {spec.versions[opset]}.

Augmentation: {augmentation}.
"""

UNKNOWN = """
Finished drawings of held-out alphabets are detected as unknown with an area under the ROC of
{unknown_auroc:.3f} (by the largest probability: {unknown_auroc_softmax:.3f}); {refused_known:.1%} of the
letters and {refused_unknown:.1%} of the other drawings are rejected.
"""


def letters_card(spec: ModelSpec, size: int) -> str:
    """Write the card.

    Args:
        spec: The spec of the exported model, its training filled in by `addon.pretraining.letters`.
        size: Size of the file in bytes.
    """
    facts = spec.training
    hashes = {**facts["data_sha256"], "encoder.onnx": facts["encoder_sha256"]}
    return CARD.format(
        spec=spec,
        facts=facts,
        classes=len(spec.labels),
        width=facts["width"],
        megabytes=size / 1e6,
        nominal=_cells(facts["accuracy"]["1.0"]),
        half=_cells(facts["accuracy"]["0.5"]),
        double=_cells(facts["accuracy"]["2.0"]),
        kinds="\n".join(_kind_lines(facts)),
        unknown=UNKNOWN.format(**facts) if "unknown_auroc" in facts else "",
        hashes="\n".join(f"    {digest}  {file}" for file, digest in sorted(hashes.items())),
        minutes=facts["seconds"] / 60,
        computing=f", {facts['cpu_seconds'] / 60:.0f} of processor time" if "cpu_seconds" in facts else "",
        augmentation=", ".join(f"{name} {value:g}" for name, value in sorted(facts["augmentation"].items())),
    )


def _kind_lines(facts: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for kind in sorted(facts["kinds"]):
        lines.append(f"| {kind}, all | {_cells(facts['kinds'][kind])} |")
        lines.append(f"| {kind}, {kind} | {_cells(facts['among_kind'][kind])} |")
    return lines


def _cells(accuracy: Mapping[str, Any]) -> str:
    return " | ".join(f"{100 * share:.1f}" for share in accuracy.values())
