"""The writers of UNIPEN of whom the base encoder that ships was taught nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from addon.dataset.corpus import Corpus, read_corpus
from addon.training.pool import FILES, UNIPEN, read_pool, split


def held_out_writers(folder: Path, seed: int = 0) -> list[str]:
    """Their names, by the split that pretraining makes with the same seed."""
    _, apart = split(read_pool(folder), seed)
    # A pool numbers writers by the order of their names, each behind the name of its file.
    names = {
        f"{_prefix(name)}/{writer or index}" for name in FILES for index, writer in _writers(folder, name)
    }
    apart_names = [sorted(names)[number] for number in np.unique(apart.writers)]
    return [name.removeprefix("unipen/") for name in apart_names if name.startswith("unipen/")]


def of_writers(corpus: Corpus, writers: list[str]) -> Corpus:
    """The inks of some writers."""
    kept = np.isin(corpus.writers, writers)
    sizes = np.diff(corpus.offsets)
    a_point = np.repeat(kept, sizes)
    return replace(
        corpus,
        points=corpus.points[a_point],
        stroke_ids=corpus.stroke_ids[a_point],
        offsets=np.concatenate(([0], np.cumsum(sizes[kept]))),
        labels=corpus.labels[kept],
        writers=corpus.writers[kept],
        split=corpus.split[kept],
    )


def _prefix(name: str) -> str:
    return "unipen" if name in UNIPEN else name


def _writers(folder: Path, name: str) -> list[tuple[int, str]]:
    return list(enumerate(read_corpus(folder / f"{name}.npz").writers.tolist()))
