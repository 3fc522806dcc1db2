"""The file of a taught set: SQLite, one row an example.

    examples   id       INTEGER PRIMARY KEY, microseconds since 1970 at which it was taught, made unique
               label    TEXT
               sizes    BLOB, int32: points of each stroke
               points   BLOB, float32 (n, 4): all strokes, one after the other
               crc      INTEGER, CRC-32 of label, sizes and points: SQLite detects no damage within a blob
               removed  INTEGER, 1 while it is removed but can still be restored

Numbers are little-endian. Functions that write take an open connection; the caller commits.

A file may be damaged or untrusted: reads are bounded, and inconsistent rows are left out. Inkloop never
writes to a file that contains anything it did not make, such as a trigger.
"""

import contextlib
import shutil
import sqlite3
import stat
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from addon.errors import TaughtError
from addon.features.points import Points

FORMAT = 1

MOST_FILE = 2**30
"""Bytes of the largest file that is read."""

MOST_EXAMPLES = 100_000
MOST_LABEL = 1000  # characters
MOST_POINTS = 1_000_000  # of one ink
MOST_STROKES = 100_000  # of one ink

BUSY_SECONDS = 2.0
_BUSY_PAUSE = 0.01

_CREATE = """
    CREATE TABLE examples (
        id INTEGER PRIMARY KEY, label TEXT NOT NULL, sizes BLOB NOT NULL, points BLOB NOT NULL,
        crc INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0
    )
"""


class ForeignError(sqlite3.DatabaseError):
    """The file contains something that Inkloop did not make."""


_COLUMNS = "id, label, sizes, points, crc, removed"

# SQLite knows types and lengths without reading the values.
_SELECT = f"""
    SELECT {_COLUMNS} FROM examples WHERE typeof(points) = 'blob' AND length(points) <= {16 * MOST_POINTS}
    AND typeof(sizes) = 'blob' AND length(sizes) <= {4 * MOST_STROKES}
    AND typeof(label) = 'text' AND length(label) <= {MOST_LABEL}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One row."""

    id: int
    label: str
    strokes: tuple[Points, ...]
    removed: bool


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, created if needed, so that a commit is on the disk when it returns.

    Raises:
        sqlite3.Error: It cannot be opened, or is damaged.
        ForeignError: It contains something that Inkloop did not make.
        TaughtError: A newer Inkloop made it, it is not an ordinary file, or it is too large.
        OSError: The folder cannot be read.
    """
    _refuse_special(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
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
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'examples'").fetchone():
                connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
        _refuse_foreign(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_special(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # SQLite itself reports a folder
        raise TaughtError(f"{path.name} is not an ordinary file; move it away")
    if found.st_size > MOST_FILE:
        raise TaughtError(f"{path.name} is larger than {MOST_FILE >> 20} MiB; move it away")


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    """Refuse triggers, views, checks and the like, which would run, or fail, at every write."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    ).fetchmany(9)
    if not found:
        raise ForeignError("it has no table of examples")
    for kind, name, text in found:
        if (kind, name) != ("table", "examples"):
            raise ForeignError(f"it has a {kind} {str(name)[:40]!r} that Inkloop did not make")
        if "".join(str(text).split()) != "".join(_CREATE.split()):
            raise ForeignError("its table is not as Inkloop makes it")


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; here SQLite itself does not wait for another connection."""
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
    """Write one example; replaces the one with the same id."""
    sizes = np.array([len(stroke) for stroke in record.strokes], dtype="<i4").tobytes()
    points = np.concatenate(record.strokes).astype("<f4").tobytes()
    connection.execute(
        f"INSERT OR REPLACE INTO examples ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        (record.id, record.label, sizes, points, _crc(record.label.encode(), sizes, points), record.removed),
    )


def purge(connection: sqlite3.Connection) -> None:
    """Delete the examples that were removed."""
    connection.execute("DELETE FROM examples WHERE removed")


def read(path: Path) -> tuple[list[Record], int]:
    """All examples of a file, oldest first, and how many rows could not be read.

    Raises:
        sqlite3.DatabaseError: The file is damaged, or not a database.
        TaughtError: A newer Inkloop made it.
    """
    connection = connect(path)
    try:
        return _read_from(connection)
    finally:
        connection.close()


def _read_from(connection: sqlite3.Connection) -> tuple[list[Record], int]:
    connection.text_factory = bytes  # a damaged label must not stop the reading of the others
    (count,) = connection.execute("SELECT count(*) FROM examples").fetchone()
    rows = connection.execute(f"{_SELECT} ORDER BY id LIMIT {MOST_EXAMPLES}")
    records = [record for row in rows if (record := _decoded(row)) is not None]
    return records, count - len(records)


def read_only(path: Path) -> tuple[list[Record], int]:
    """Read a file, like `read`, in a folder in which SQLite cannot write its own files.

    Raises:
        OSError: It cannot be read, or there is no room for a copy.
        sqlite3.Error: As for `read`.
        TaughtError: As for `read`.
    """
    _refuse_special(path)
    with tempfile.TemporaryDirectory(prefix="inkloop-taught-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / path.name
        for ending in ("", "-wal"):
            part = path.with_name(path.name + ending)
            if not ending or part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + ending))
        return read(copy)


def salvage(path: Path) -> list[Record]:
    """The examples that can still be read from a damaged file; only SQLite's own recovery changes it."""
    found: dict[int, Record] = {}
    for opened in (_open_as_it_is, _open_filled_up):
        # Some builds of SQLite cannot open a database from memory; Python then lacks the method.
        with contextlib.suppress(sqlite3.Error, OSError, AttributeError):
            rows = _rows_of_both_ends(opened(path))
            for record in filter(None, map(_decoded, rows)):
                found.setdefault(record.id, record)
    return [found[identity] for identity in sorted(found)]


def _open_as_it_is(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


def _open_filled_up(path: Path) -> sqlite3.Connection:
    """A copy in memory, padded to the size in the header: SQLite reads nothing from a truncated file."""
    data = path.read_bytes()
    page = int.from_bytes(data[16:18], "big")
    promised = page * int.from_bytes(data[28:32], "big")
    # Two bytes of the header declare a write-ahead log, which a copy in memory cannot have.
    whole = data[:18] + b"\x01\x01" + data[20:] + bytes(max(0, min(promised, 8 * len(data)) - len(data)))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(whole)
    return connection


def _rows_of_both_ends(connection: sqlite3.Connection) -> list[Sequence[object]]:
    """Rows read from the first onward and from the last backward, each until a damaged page."""
    rows: list[Sequence[object]] = []
    with contextlib.closing(connection):
        connection.execute("PRAGMA trusted_schema = OFF")
        if not _plain_table(connection):
            return rows
        connection.text_factory = bytes
        for order in ("ASC", "DESC"):
            with contextlib.suppress(sqlite3.Error):
                for row in connection.execute(f"{_SELECT} ORDER BY id {order} LIMIT {MOST_EXAMPLES}"):
                    rows.append(row)  # one by one, to keep the rows before a damaged page
    return rows


def _plain_table(connection: sqlite3.Connection) -> bool:
    """Whether the examples are an ordinary table; a view, for example, may have no end."""
    found = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = 'examples'").fetchall()
    columns = connection.execute("PRAGMA table_xinfo(examples)").fetchall()
    ordinary = [(kind, "VIRTUAL" in str(text).upper().split()[:3]) for kind, text in found]
    # The last field of a column's description is 0 unless the column is hidden or computed.
    return ordinary == [("table", False)] and not any(column[-1] for column in columns)


def _decoded(row: Sequence[object]) -> Record | None:
    """The example of a row; None if the row is inconsistent."""
    identity, text, sizes, points, crc, removed = row
    if not (isinstance(identity, int) and isinstance(text, bytes)):
        return None
    if not (isinstance(sizes, bytes) and isinstance(points, bytes)) or crc != _crc(text, sizes, points):
        return None
    # A correct checksum shows that nothing was damaged, not that the file can be trusted.
    if len(sizes) % 4 or len(points) % 16 or not points:
        return None
    counts = np.frombuffer(sizes, dtype="<i4").astype(np.int64)
    array = np.frombuffer(points, dtype="<f4").astype(np.float32).reshape(-1, 4)
    if not (counts > 0).all() or counts.sum() != len(array) or not np.isfinite(array[:, :2]).all():
        return None
    try:
        label = text.decode()
    except UnicodeDecodeError:
        return None
    if not label.strip():
        return None
    return Record(identity, label, split_strokes(array, counts.tolist()), bool(removed))


def _crc(text: bytes, sizes: bytes, points: bytes) -> int:
    return zlib.crc32(points, zlib.crc32(sizes, zlib.crc32(text)))


def split_strokes(points: Points, sizes: Sequence[int]) -> tuple[Points, ...]:
    """Split points into strokes of the given sizes, each read-only."""
    strokes = tuple(np.split(points, np.cumsum(sizes)[:-1]))
    for stroke in strokes:
        stroke.flags.writeable = False
    return strokes


def move_aside(path: Path) -> Path:
    """Rename a damaged file and the files SQLite keeps with it; nothing is deleted.

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
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside
