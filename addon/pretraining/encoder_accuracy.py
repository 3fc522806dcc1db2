"""The accuracy in a base encoder's card: on held-out writers, and on data sets not used in training."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from addon.arrays import Floats, Ints
from addon.dataset.corpus import Corpus, read_corpus
from addon.features.batch import RowTable
from addon.fewshot.prototypes import Prototypes, answers, no_prototypes, taught, track
from addon.fewshot.scoring import Scoring
from addon.pretraining.fewshot_accuracy import Encoder, Scored, measure
from addon.training.encoder import EncoderNet
from addon.training.pool import UNIPEN, Pool, as_corpus

SEEDS = 3
AT_ONCE = 256
ROWS_AT_ONCE = 4096

# Kinds, protocol, shots, whether unknown signs are tested too.
HELD_OUT = (
    (("unipen_upper",), "wd", 1, False),
    (("unipen_lower",), "wd", 1, False),
    (("unipen_digits",), "wd", 1, False),
    (UNIPEN, "wd", 1, True),
    (("unipen_digits",), "wd", 5, True),
    (UNIPEN, "wi", 5, False),
)
FOREIGN = (
    ("pendigits", "wd", 1, False),
    ("pendigits", "wd", 5, True),
    ("pendigits", "wi", 5, False),
    ("uji1", "wd", 1, False),
    ("uji1", "wi", 5, False),
    ("dollar1", "wd", 1, False),
    ("dollar1", "wi", 5, False),
)


def on_held_out(net: EncoderNet, scoring: Scoring, spacing: float, apart: Pool) -> list[dict[str, Any]]:
    """The accuracy on the writers and alphabets that were held out."""
    encoder = encoder_of(net, scoring, spacing)
    rows = [
        _row(encoder, as_corpus(apart, kinds), " + ".join(kinds), protocol, shots, unknown)
        for kinds, protocol, shots, unknown in HELD_OUT
    ]
    for name in apart.present:
        if name not in UNIPEN:
            rows.append(_row(encoder, as_corpus(apart, (name,)), f"omniglot {name}", "wi", 1, False))
    # With few writers, nothing may be left to test under a protocol.
    return [row for row in rows if "accuracy" in row]


def on_foreign(net: EncoderNet, scoring: Scoring, spacing: float, folder: Path) -> list[dict[str, Any]]:
    """The accuracy on the evaluation files that are in the folder."""
    encoder = encoder_of(net, scoring, spacing)
    return [
        _row(encoder, read_corpus(folder / f"{name}.npz"), name, protocol, shots, unknown)
        for name, protocol, shots, unknown in FOREIGN
        if (folder / f"{name}.npz").is_file()
    ]


def _row(
    encoder: Encoder, corpus: Corpus, name: str, protocol: str, shots: int, unknown: bool
) -> dict[str, Any]:
    found = measure(encoder, corpus, protocol, shots, SEEDS, unknown=unknown)
    return {"data": name, "protocol": protocol, "shots": shots, **found}


def encoder_of(net: EncoderNet, scoring: Scoring, spacing: float) -> Encoder:
    """An encoder to measure."""
    net.eval()
    return Encoder(spacing, partial(_encoded, net), partial(_teach, scoring))


def _encoded(net: EncoderNet, rows: Floats, offsets: Ints) -> Floats:
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")
    out = np.empty((len(rows), net.size), dtype=np.float32)
    for at in range(0, len(order), AT_ONCE):
        chosen = order[at : at + AT_ONCE]
        time = np.arange(int(lengths[chosen].max()))
        index = np.minimum(offsets[chosen][:, None] + time, (offsets[chosen + 1] - 1)[:, None])
        there = time < lengths[chosen][:, None]
        with torch.no_grad():
            out[index[there]] = net(torch.as_tensor(rows[index])).numpy()[there]
    return out


def prototypes_of(scoring: Scoring, embeddings: Floats, table: RowTable, classes: Ints) -> Prototypes:
    """Teach inks, given their embeddings at every row of a table."""
    starts, stops = table.offsets[:-1].tolist(), table.offsets[1:].tolist()
    tracks = [track(scoring, embeddings[a:b], table.travel[a:b]) for a, b in zip(starts, stops, strict=True)]
    order: list[int] = np.argsort(classes, kind="stable").tolist()
    names = [str(number) for number in classes[order].tolist()]
    return taught(no_prototypes(scoring), order, names, [tracks[place] for place in order])


def _teach(
    scoring: Scoring, embeddings: Floats, table: RowTable, classes: Ints
) -> Callable[[Floats], Scored]:
    return partial(_score, prototypes_of(scoring, embeddings, table, classes))


def _score(prototypes: Prototypes, asked: Floats) -> Scored:
    parts = [answers(prototypes, asked[at : at + ROWS_AT_ONCE]) for at in range(0, len(asked), ROWS_AT_ONCE)]
    likely, progress, unknown = map(np.concatenate, zip(*parts, strict=True))
    return Scored(np.log(np.maximum(likely, 1e-30)), progress, unknown)
