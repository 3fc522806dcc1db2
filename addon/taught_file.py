"""The file in which taught inks are kept: SQLite, one row an example.

    examples   id       INTEGER PRIMARY KEY, microseconds since 1970 at which it was taught, made unique
               label    TEXT
               sizes    BLOB, int32: points of each stroke
               points   BLOB, float32 (n, 4): all strokes, one after the other
               removed  INTEGER, 1 while it is taken back but could still be restored

Numbers are little-endian. Every function takes an open connection and commits nothing: that is its caller's.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from addon.errors import TaughtError
from addon.features import Points

FORMAT = 1
BUSY_SECONDS = 2.0

_CREATE = """
    CREATE TABLE IF NOT EXISTS examples (
        id INTEGER PRIMARY KEY, label TEXT NOT NULL, sizes BLOB NOT NULL, points BLOB NOT NULL,
        removed INTEGER NOT NULL DEFAULT 0
    )
"""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One row."""

    id: int
    label: str
    strokes: tuple[Points, ...]
    removed: bool


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, made if need be, so that a commit is on the disk when it returns.

    Raises:
        sqlite3.Error: It cannot be opened, or is damaged.
        TaughtError: A newer Inkloop made it.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > FORMAT:
            raise TaughtError(
                f"{path.name} was made by a newer Inkloop (format {version}, this one reads {FORMAT}); "
                "update with: pip install -U inkloop"
            )
        if version < FORMAT:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def put(connection: sqlite3.Connection, record: Record) -> None:
    """Write one example, in the place of the one with its id if there is one."""
    sizes = np.array([len(stroke) for stroke in record.strokes], dtype="<i4").tobytes()
    points = np.concatenate(record.strokes).astype("<f4").tobytes()
    connection.execute(
        "INSERT OR REPLACE INTO examples (id, label, sizes, points, removed) VALUES (?, ?, ?, ?, ?)",
        (record.id, record.label, sizes, points, int(record.removed)),
    )


def purge(connection: sqlite3.Connection) -> None:
    """Forget the examples that were taken back."""
    connection.execute("DELETE FROM examples WHERE removed")


def read(path: Path) -> tuple[list[Record], int]:
    """All examples of a file, oldest first, and how many rows could not be understood.

    Raises:
        sqlite3.DatabaseError: The file is damaged, or no database.
        TaughtError: A newer Inkloop made it.
    """
    connection = connect(path)
    connection.text_factory = bytes  # a damaged label must not stop the reading of the others
    try:
        rows = connection.execute(
            "SELECT id, label, sizes, points, removed FROM examples ORDER BY id"
        ).fetchall()
    finally:
        connection.close()
    records = [record for row in rows if (record := _decoded(row)) is not None]
    return records, len(rows) - len(records)


def salvage(path: Path) -> list[Record]:
    """What can still be read of a damaged file; it is not changed by more than SQLite's own recovery."""
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error:
        return []
    connection.text_factory = bytes
    try:
        rows = [row for order in ("ASC", "DESC") for row in _rows_until_broken(connection, order)]
    finally:
        connection.close()
    found = {record.id: record for row in rows if (record := _decoded(row)) is not None}
    return [found[identity] for identity in sorted(found)]


def _rows_until_broken(connection: sqlite3.Connection, order: str) -> Iterator[Sequence[object]]:
    # From both ends, since a broken page stops a walk and the other end may lie beyond it.
    try:
        yield from connection.execute(
            f"SELECT id, label, sizes, points, removed FROM examples ORDER BY id {order}"
        )
    except sqlite3.Error:
        return


def _decoded(row: Sequence[object]) -> Record | None:
    identity, text, sizes, points, removed = row
    if not (isinstance(identity, int) and isinstance(text, bytes)):
        return None
    if not (isinstance(sizes, bytes) and isinstance(points, bytes)) or len(sizes) % 4 or len(points) % 16:
        return None
    label = text.decode(errors="replace")
    counts = np.frombuffer(sizes, dtype="<i4")
    array = np.frombuffer(points, dtype="<f4").astype(np.float32).reshape(-1, 4)
    if (
        not len(counts)
        or counts.min() < 1
        or counts.sum() != len(array)
        or not np.isfinite(array[:, :2]).all()
    ):
        return None
    return Record(identity, label, split_strokes(array, counts.tolist()), bool(removed))


def split_strokes(points: Points, sizes: Sequence[int]) -> tuple[Points, ...]:
    """Strokes of the given sizes from points that lie one after the other, each read-only."""
    strokes = tuple(np.split(points, np.cumsum(sizes)[:-1]))
    for stroke in strokes:
        stroke.flags.writeable = False
    return strokes


def move_aside(path: Path) -> Path:
    """Give a damaged file, and what SQLite keeps beside it, a name of its own; nothing is deleted.

    Returns:
        The new path.

    Raises:
        OSError: It cannot be renamed.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (
        f"{path.stem}.damaged-{stamp}{extra}{path.suffix}"
        for extra in ("", *(f"-{n}" for n in range(2, 100)))
    )
    aside = next(candidate for name in names if not (candidate := path.with_name(name)).exists())
    for ending in ("-wal", "-shm", ""):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + ending))
    return aside
