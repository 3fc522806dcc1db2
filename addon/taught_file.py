"""The file in which taught inks are kept: SQLite, one row an example.

    examples   id       INTEGER PRIMARY KEY, microseconds since 1970 at which it was taught, made unique
               label    TEXT
               sizes    BLOB, int32: points of each stroke
               points   BLOB, float32 (n, 4): all strokes, one after the other
               crc      INTEGER, CRC-32 of label, sizes and points: SQLite sees no damage within a blob
               removed  INTEGER, 1 while it is taken back but could still be restored

Numbers are little-endian. Every function takes an open connection and commits nothing: that is its caller's.
"""

import contextlib
import sqlite3
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from addon.errors import TaughtError
from addon.features import Points

FORMAT = 1
BUSY_SECONDS = 2.0
_BUSY_PAUSE = 0.01

_CREATE = """
    CREATE TABLE IF NOT EXISTS examples (
        id INTEGER PRIMARY KEY, label TEXT NOT NULL, sizes BLOB NOT NULL, points BLOB NOT NULL,
        crc INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0
    )
"""


_COLUMNS = "id, label, sizes, points, crc, removed"


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
        _begin_wal(connection)
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


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Keep a write-ahead log; SQLite does not wait for another connection here, as it does elsewhere."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(_BUSY_PAUSE)


def put(connection: sqlite3.Connection, record: Record) -> None:
    """Write one example, in the place of the one with its id if there is one."""
    sizes = np.array([len(stroke) for stroke in record.strokes], dtype="<i4").tobytes()
    points = np.concatenate(record.strokes).astype("<f4").tobytes()
    connection.execute(
        f"INSERT OR REPLACE INTO examples ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        (record.id, record.label, sizes, points, _crc(record.label.encode(), sizes, points), record.removed),
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
        rows = connection.execute(f"SELECT {_COLUMNS} FROM examples ORDER BY id").fetchall()
    finally:
        connection.close()
    records = [record for row in rows if (record := _decoded(row)) is not None]
    return records, len(rows) - len(records)


def salvage(path: Path) -> list[Record]:
    """What can still be read of a damaged file; it is not changed by more than SQLite's own recovery."""
    found: dict[int, Record] = {}
    for opened in (_open_as_it_is, _open_filled_up):
        # Some builds of SQLite cannot take a database from memory, and Python then lacks the method.
        with contextlib.suppress(sqlite3.Error, OSError, AttributeError):
            rows = _rows_of_both_ends(opened(path))
            for record in filter(None, map(_decoded, rows)):
                found.setdefault(record.id, record)
    return [found[identity] for identity in sorted(found)]


def _open_as_it_is(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


def _open_filled_up(path: Path) -> sqlite3.Connection:
    """A copy in memory, of the size that the header promises: SQLite reads nothing of a file cut off."""
    data = path.read_bytes()
    page = int.from_bytes(data[16:18], "big")
    promised = page * int.from_bytes(data[28:32], "big")
    # Two bytes of the header say that there is a write-ahead log, which a copy in memory cannot have.
    whole = data[:18] + b"\x01\x01" + data[20:] + bytes(max(0, min(promised, 8 * len(data)) - len(data)))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(whole)
    return connection


def _rows_of_both_ends(connection: sqlite3.Connection) -> list[Sequence[object]]:
    """Rows from the first on and from the last back: a broken page stops either walk."""
    rows: list[Sequence[object]] = []
    with contextlib.closing(connection):
        connection.text_factory = bytes
        for order in ("ASC", "DESC"):
            with contextlib.suppress(sqlite3.Error):
                for row in connection.execute(f"SELECT {_COLUMNS} FROM examples ORDER BY id {order}"):
                    rows.append(row)  # one by one: what came before it breaks is kept
    return rows


def _decoded(row: Sequence[object]) -> Record | None:
    identity, text, sizes, points, crc, removed = row
    if not (isinstance(identity, int) and isinstance(text, bytes)):
        return None
    if not (isinstance(sizes, bytes) and isinstance(points, bytes)) or crc != _crc(text, sizes, points):
        return None
    counts = np.frombuffer(sizes, dtype="<i4").tolist()
    array = np.frombuffer(points, dtype="<f4").astype(np.float32).reshape(-1, 4)
    return Record(identity, text.decode(), split_strokes(array, counts), bool(removed))


def _crc(text: bytes, sizes: bytes, points: bytes) -> int:
    return zlib.crc32(points, zlib.crc32(sizes, zlib.crc32(text)))


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
