"""The data for pretraining: public data sets, read from the data folder, scaled to one unit, split by a seed.

Every ink is in its writer's unit, the median size of that writer's inks. A fifth of UNIPEN's writers and two
of Omniglot's alphabets are held out.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from addon.arrays import Doubles, Ints
from addon.dataset.corpus import Corpus, read_corpus
from addon.features.resampling import arc_lengths, lay_out
from addon.training.flat import FlatInks, gather, ranges
from addon.training.ink_set import ink_set, thinned

UNIPEN = ("unipen_digits", "unipen_upper", "unipen_lower")
OMNIGLOT = ("omniglot1", "omniglot2")
QUICKDRAW = ("quickdraw",)
FILES = (*UNIPEN, *OMNIGLOT, *QUICKDRAW)

HELD_OUT = 0.2
HELD_OUT_ALPHABETS = 2

# Longer drawings, in units, are left out, as they cost too much time.
LONGEST = 9.0
# Pixels of a unit, where pixels are needed.
UNIT = 100.0
# Samples closer than this, in units, are dropped, as no row depends on them.
THINNED = 1 / 32


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Inks in units of their writers.

    Attributes:
        inks: The inks.
        classes: Shape (inks,): indices into `labels`.
        writers: Shape (inks,): number of the writer.
        groups: Shape (classes,): number of the alphabet of each class.
        labels: Names of the classes.
        kinds: Names of the groups.
    """

    inks: FlatInks
    classes: Ints
    writers: Ints
    groups: Ints
    labels: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def present(self) -> tuple[str, ...]:
        """The groups that have inks."""
        numbers: list[int] = np.unique(self.groups[self.classes]).tolist()
        return tuple(self.kinds[number] for number in numbers)


def sha256_of(folder: Path, names: Iterable[str] = FILES) -> dict[str, str]:
    """SHA-256, in hex, of each file of the data folder."""
    files = [f"{name}.npz" for name in names]
    return {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files}


def read_pool(folder: Path, names: Sequence[str] = FILES) -> Pool:
    """Read the data folder.

    Raises:
        TaughtError: A file is missing or broken.
    """
    corpora = {name: read_corpus(folder / f"{name}.npz") for name in names}
    labels: list[str] = []
    kinds: list[str] = []
    for name, corpus in corpora.items():
        labels += _labels(name, corpus)
        kinds += _kinds(name, corpus)
    every, group = np.unique(labels, return_index=True)
    kind_names, kind_of = np.unique(kinds, return_inverse=True)
    classes = np.searchsorted(every, labels)
    writers = np.unique([w for n, c in corpora.items() for w in _writers(n, c)], return_inverse=True)[1]
    flat = _joined([ink_set(c, sorted(set(c.labels.tolist()))).inks for c in corpora.values()])
    flat = scaled(flat, 1.0 / unit_sizes(flat, writers))
    flat = thinned(flat, THINNED)
    pool = Pool(flat, classes, writers, kind_of[group], tuple(every.tolist()), tuple(kind_names.tolist()))
    return subset(pool, np.flatnonzero(travels(flat) <= LONGEST))


def subset(pool: Pool, indices: Ints) -> Pool:
    """The inks at `indices`; classes and writers keep their numbers."""
    inks = gather(pool.inks, indices)
    return Pool(inks, pool.classes[indices], pool.writers[indices], pool.groups, pool.labels, pool.kinds)


def split(pool: Pool, seed: int) -> tuple[Pool, Pool]:
    """Hold out writers of UNIPEN and alphabets of Omniglot; returns the training set and the rest."""
    chance = np.random.default_rng(seed)
    group = pool.groups[pool.classes]
    unipen = np.isin(group, [i for i, kind in enumerate(pool.kinds) if kind in UNIPEN])
    writers = chance.permutation(np.unique(pool.writers[unipen]))
    alphabets = [i for i, kind in enumerate(pool.kinds) if kind not in UNIPEN + QUICKDRAW]
    apart = unipen & np.isin(pool.writers, writers[: round(HELD_OUT * len(writers))])
    if alphabets:
        apart |= np.isin(group, chance.permutation(alphabets)[:HELD_OUT_ALPHABETS])
    return subset(pool, np.flatnonzero(~apart)), subset(pool, np.flatnonzero(apart))


def sizes(inks: FlatInks) -> Doubles:
    """The larger side of each ink's bounding box."""
    first = lay_out(inks.stroke_sizes, inks.ink_sizes).first_points
    return (np.maximum.reduceat(inks.points, first) - np.minimum.reduceat(inks.points, first)).max(axis=1)


def travels(inks: FlatInks) -> Doubles:
    """Pen-down travel of each ink."""
    layout = lay_out(inks.stroke_sizes, inks.ink_sizes)
    return np.add.reduceat(arc_lengths(inks.points, layout), layout.first_points)


def unit_sizes(inks: FlatInks, writers: Ints) -> Doubles:
    """The median size of its writer's inks for each ink, never 0."""
    size = sizes(inks)
    order = np.lexsort((size, writers))
    counts = np.bincount(writers)
    starts = np.cumsum(counts) - counts
    middle = starts + counts // 2
    typical = size[order][np.minimum(middle, len(order) - 1)][writers]
    return np.where(typical > 0, typical, 1.0)


def _labels(name: str, corpus: Corpus) -> list[str]:
    return [label if name in UNIPEN else f"{name}/{label}" for label in corpus.labels.tolist()]


def _kinds(name: str, corpus: Corpus) -> list[str]:
    if name in OMNIGLOT:
        return [label.split("/")[0] for label in corpus.labels.tolist()]
    return [name] * len(corpus)


def _writers(name: str, corpus: Corpus) -> list[str]:
    prefix = "unipen" if name in UNIPEN else name
    return [f"{prefix}/{writer or index}" for index, writer in enumerate(corpus.writers.tolist())]


def _joined(parts: Sequence[FlatInks]) -> FlatInks:
    return FlatInks(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def scaled(inks: FlatInks, factors: Doubles) -> FlatInks:
    """Scale every ink by its factor."""
    a_point = np.repeat(np.repeat(factors, inks.ink_sizes), inks.stroke_sizes)
    return inks._replace(points=inks.points * a_point[:, None])


def as_corpus(pool: Pool, kinds: Sequence[str]) -> Corpus:
    """Convert the inks of some alphabets to a corpus, with `UNIT` pixels a unit."""
    chosen = np.flatnonzero(np.isin(pool.groups[pool.classes], [pool.kinds.index(kind) for kind in kinds]))
    part = subset(pool, chosen)
    flat = scaled(part.inks, np.full(len(part), UNIT))
    points = np.full((len(flat.points), 4), np.nan, dtype=np.float32)
    points[:, :2] = flat.points
    places = ranges(np.zeros_like(flat.ink_sizes), flat.ink_sizes)
    sizes_of: Ints = np.add.reduceat(flat.stroke_sizes, np.cumsum(flat.ink_sizes) - flat.ink_sizes)
    return Corpus(
        points,
        np.repeat(places, flat.stroke_sizes),
        np.append(0, np.cumsum(sizes_of)).astype(np.int64),
        np.array(pool.labels)[part.classes],
        part.writers.astype(str),
        np.full(len(part), ""),
    )
