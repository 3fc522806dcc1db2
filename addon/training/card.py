"""The card of the model that ships: what it is, where it comes from, what it can do; in Markdown."""

from collections.abc import Mapping
from typing import Any

from addon.spec import ModelSpec

CARD = """\
# letters.onnx

Recognises {labels} at every point of the pen, and says how far along the letter is. Nothing has to be
taught first: it is what a sketch starts with.

An LSTM of {spec.layers} layers of {spec.hidden}, one step with its state in the open; {megabytes:.2f} MB.
It is strictly causal: an answer depends on what has been drawn, never on what will be. It reads a row of
features every {spec.recipe.step:g} logical pixels and takes letters to be about {spec.recipe.scale:g} pixels
large; it was trained for hands of half to double that size.

## Measured

On {facts[held_out_examples]} letters of {facts[held_out_writers]} writers who were held out of training.
Accuracy in percent, by the share of the letter's pen-down travel that is drawn, and with the pen lifted:

| size of the hand | 25 % | 50 % | 75 % | 100 % | lifted |
| --- | --- | --- | --- | --- | --- |
| nominal | {nominal} |
| half | {half} |
| double | {double} |

Mean error of the progress over all rows, at the nominal size: {facts[progress_error]:.3f}. The labels of the
source are noisy, so a part of what counts as wrong here is right.

## Data and licence

Trained on {facts[examples]} capitals of {facts[writers]} writers from UNIPEN train_r01_v07, published on
Zenodo under CC BY 4.0; the data is not part of this repository. SHA-256 of unipen_upper.npz, the file
that was read (its layout is described in addon/corpus.py):

    {facts[data_sha256]}

The model is offered under CC BY 4.0 with the same attribution: UNIPEN Foundation, train_r01_v07.

## Recipe

    python -m addon.training.letters --iterations {facts[iterations]}

Seed {facts[seed]}, which decides the weights, the batches and the writers held out (a fifth of all). Each
writer is brought to the nominal size by the median size of their letters. Batch {config[batch]}, Adam
at {config[lr]:g} with a short rise and half a cosine, label smoothing {config[smoothing]:g}, first rows
weighing {config[early_weight]:g} against 1 for the last, one thread, {minutes:.0f} minutes.
The last smoothed loss was {facts[loss]:.3f}. Torch {spec.versions[torch]}, opset {spec.versions[opset]}.

Augmentation: {augmentation}.
"""


def letters_card(spec: ModelSpec, size: int) -> str:
    """The card.

    Args:
        spec: The spec of the exported model, its training filled in by `addon.training.letters`.
        size: Of the file, in bytes.
    """
    facts, config = spec.training, spec.training["config"]
    return CARD.format(
        spec=spec,
        facts=facts,
        config=config,
        labels=f"{spec.labels[0]} to {spec.labels[-1]}",
        megabytes=size / 1e6,
        nominal=_cells(facts["accuracy"]),
        half=_cells(facts["accuracy_at_half_size"]),
        double=_cells(facts["accuracy_at_double_size"]),
        minutes=facts["seconds"] / 60,
        augmentation=", ".join(f"{name} {value:g}" for name, value in sorted(config["augmentation"].items())),
    )


def _cells(accuracy: Mapping[str, Any]) -> str:
    return " | ".join(f"{100 * share:.1f}" for share in accuracy.values())
