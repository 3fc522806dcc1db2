"""Labelled inks in one `.npz` file: public data sets, and the taught inks as the trainer reads them.

points      float32 (n, 4)    x, y (y growing downward), t in seconds or NaN, pressure or NaN
stroke_ids  int (n,)          which stroke of its ink a point belongs to; the pen is up between two
offsets     int64 (inks + 1,) ink i has the points offsets[i]:offsets[i + 1]
labels, writers, split        str (inks,)
"""

import hashlib
import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from addon.arrays import Array, Ints, Texts
from addon.errors import TaughtError
from addon.features.points import Points, Strokes
from addon.files import write_atomically

_KINDS = {
    "points": ("f", "float32"),
    "stroke_ids": ("iu", "int64"),
    "offsets": ("iu", "int64"),
    "labels": ("U", "text, as in labels.astype(str)"),
    "writers": ("U", "text, as in writers.astype(str)"),
    "split": ("U", "text, as in split.astype(str)"),
}
"""The numpy kinds that each array may have, and the type to save it as."""

_ARRAYS = tuple(_KINDS)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Labelled inks in flat arrays, as in the module's table.

    Raises:
        TaughtError: The arrays do not fit each other, or a coordinate is not finite.
    """

    points: Points
    stroke_ids: NDArray[np.integer[Any]]
    offsets: Ints
    labels: Texts
    writers: Texts
    split: Texts

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or self.points.shape[1] != 4:
            raise TaughtError(f"points must have the shape (n, 4); these have {self.points.shape}")
        if self.stroke_ids.shape != (len(self.points),):
            raise TaughtError(f"stroke_ids must be one a point; got {self.stroke_ids.shape}")
        if not _offsets_fit(self.offsets, len(self.points)):
            raise TaughtError("offsets must grow from 0 to the number of points, with a point in every ink")
        for name in ("labels", "writers", "split"):
            if getattr(self, name).shape != (len(self),):
                raise TaughtError(f"{name} must be one an ink, {len(self)}; got {getattr(self, name).shape}")
        if not np.isfinite(self.points[:, :2]).all():
            raise TaughtError("x and y must be finite; a point here is not")

    def __len__(self) -> int:
        return len(self.offsets) - 1


def _offsets_fit(offsets: Ints, points: int) -> bool:
    return (
        offsets.ndim == 1
        and len(offsets) >= 1
        and int(offsets[0]) == 0
        and int(offsets[-1]) == points
        and bool((np.diff(offsets) > 0).all())
    )


def read_corpus(path: Path) -> Corpus:
    """Read a file of the layout above.

    Raises:
        TaughtError: It is missing, of another format, or its arrays do not fit each other.
    """
    try:
        return _corpus_in(path.read_bytes())
    except TaughtError as error:
        raise TaughtError(f"{path.name}: {error}") from error
    except OSError as error:
        raise TaughtError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, BadZipFile, zlib.error, NotImplementedError) as error:
        raise TaughtError(f"{path.name} cannot be read: it is not an .npz file, or it is damaged") from error


def _corpus_in(data: bytes) -> Corpus:
    loaded = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(loaded, NpzFile):
        raise ValueError("one array, not an archive of them")
    archive = cast(Mapping[str, Array], loaded)
    missing = [name for name in _ARRAYS if name not in archive]
    if missing:
        raise TaughtError(f"it has no array named {missing[0]}; it needs {', '.join(_ARRAYS)}")
    arrays = {name: _array_of(archive, name) for name in _ARRAYS}
    arrays["points"] = arrays["points"].astype(np.float32)
    arrays["offsets"] = arrays["offsets"].astype(np.int64)
    return Corpus(**arrays)


def _array_of(archive: Mapping[str, Array], name: str) -> Array:
    kinds, wanted = _KINDS[name]
    try:
        array = archive[name]
    except ValueError as error:
        # numpy's message for arrays of Python objects, which may run code when they are read.
        if "allow_pickle" not in str(error):
            raise
        raise TaughtError(f"{name} has the type object; save it as {wanted}") from error
    if array.dtype.kind not in kinds:
        raise TaughtError(f"{name} has the type {array.dtype}; save it as {wanted}")
    return array


def corpus_of(inks: Sequence[Strokes], labels: Sequence[str], writers: Sequence[str] | None = None) -> Corpus:
    """Put inks and their labels into one corpus; without writers, all are by one unnamed writer.

    Raises:
        TaughtError: Labels or writers are not one an ink, an ink is empty, or a point is not finite.
    """
    strokes = [np.asarray(stroke, dtype=np.float32) for ink in inks for stroke in ink]
    ids = [np.full(len(stroke), index) for ink in inks for index, stroke in enumerate(ink)]
    sizes = [sum(len(stroke) for stroke in ink) for ink in inks]
    return Corpus(
        np.concatenate(strokes) if strokes else np.zeros((0, 4), dtype=np.float32),
        np.concatenate(ids).astype(np.int16) if ids else np.zeros(0, dtype=np.int16),
        np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64),
        np.array(labels, dtype=np.str_),
        np.array([""] * len(inks) if writers is None else writers, dtype=np.str_),
        np.array([""] * len(inks), dtype=np.str_),
    )


def write_corpus(
    path: Path, inks: Sequence[Strokes], labels: Sequence[str], writers: Sequence[str] | None = None
) -> None:
    """Write inks and their labels to a file, whole or not at all.

    Raises:
        TaughtError: As for `corpus_of`.
        OSError: The file cannot be written; an existing one is unchanged.
    """
    corpus = corpus_of(inks, labels, writers)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name: getattr(corpus, name) for name in _ARRAYS})
    write_atomically(path, buffer.getvalue())


def inks(corpus: Corpus, indices: Iterable[int] | None = None) -> list[tuple[Points, ...]]:
    """The inks of a corpus, all or those at `indices`, each as strokes of shape (n, 4)."""
    wanted = range(len(corpus)) if indices is None else indices
    return [_strokes(corpus, int(index)) for index in wanted]


def _strokes(corpus: Corpus, index: int) -> tuple[Points, ...]:
    start, stop = corpus.offsets[index : index + 2]
    breaks = np.flatnonzero(np.diff(corpus.stroke_ids[start:stop])) + 1 + start
    return tuple(corpus.points[a:b] for a, b in pairwise([start, *breaks, stop]))


def corpus_hash(corpus: Corpus) -> str:
    """SHA-256, in hex, of the inks and their labels; the same on every machine."""
    digest = hashlib.sha256()
    for array in (corpus.points, corpus.stroke_ids.astype(np.int64), corpus.offsets):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update("\0".join(corpus.labels.tolist()).encode())
    return digest.hexdigest()
