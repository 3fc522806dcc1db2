import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addon.dataset import taught_file
from addon.dataset.taught import Example, TaughtStore
from addon.errors import PointsError, TaughtError
from tests.strategies import inks
from tests.waiting import PATIENCE


def stroke(*xy: tuple[float, float]) -> np.ndarray:
    return np.array([[x, y, index / 60, 0.5] for index, (x, y) in enumerate(xy)], dtype=np.float32)


LINE = [stroke((0, 0), (10, 5))]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "letters" / "taught.sqlite3"


def filled(path: Path, *labels: str) -> list[Example]:
    store = TaughtStore(path)
    examples = [store.teach(label, LINE) for label in labels]
    assert store.close()
    return examples


def labels_in(path: Path) -> list[str]:
    records, unreadable = taught_file.read(path)
    assert unreadable == 0
    return [record.label for record in records if not record.removed]


def test_saved_turns_true_only_when_it_is_on_the_disk(path):
    store = TaughtStore(path)
    example = store.teach("A", LINE)
    assert not example.saved
    assert store.unsaved == 1
    assert store.flush()
    assert example.saved
    assert store.unsaved == 0
    # Read as another process would, while the store is open.
    assert labels_in(path) == ["A"]
    store.close()


def test_teaching_does_not_wait_for_the_disk(path, monkeypatch):
    put, go = taught_file.put, threading.Event()

    def slow(connection, record):
        assert go.wait(PATIENCE)
        put(connection, record)

    monkeypatch.setattr(taught_file, "put", slow)
    store = TaughtStore(path)
    example = store.teach("A", LINE)
    store.poll()
    assert not example.saved
    go.set()
    assert store.close()
    assert example.saved


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ink=inks(), label=st.text(min_size=1).filter(lambda text: text.strip()))
def test_any_ink_under_any_label_comes_back_as_it_was(tmp_path, ink, label):
    path = tmp_path / f"{time.time_ns()}.sqlite3"
    store = TaughtStore(path)
    store.teach(label, ink)
    store.close()
    (again,) = (store := TaughtStore(path)).examples
    store.close()
    assert again.label == label
    assert again.saved
    assert len(again.strokes) == len(ink)
    for ours, theirs in zip(again.strokes, ink, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("label", ["é", "ß", "字", "ا", "👩‍🎨", "a b", "A\x00B", "'; DROP TABLE examples"])
def test_labels_are_any_text(path, label):
    filled(path, label)
    assert labels_in(path) == [label]


@pytest.mark.parametrize("label", ["", " ", "\t\n", "\ud800"])
def test_a_label_that_says_nothing_is_refused(path, label):
    store = TaughtStore(path)
    with pytest.raises(ValueError, match="label"):
        store.teach(label, LINE)
    assert store.examples == ()
    store.close()


@pytest.mark.parametrize(
    "strokes",
    [[], [np.zeros((0, 4))], [np.zeros((3, 2))], [np.zeros(4)], [np.full((2, 4), np.nan)]],
)
def test_strokes_that_are_none_are_refused(path, strokes):
    store = TaughtStore(path)
    with pytest.raises(PointsError):
        store.teach("A", strokes)
    store.close()


def test_a_pen_that_tells_no_time_or_pressure_is_welcome(path):
    store = TaughtStore(path)
    store.teach("A", [np.array([[1, 2, np.nan, np.nan]])])
    assert store.close()
    assert len(TaughtStore(path).examples) == 1


def test_what_is_taught_is_a_copy(path):
    store = TaughtStore(path)
    mine = stroke((1, 2), (3, 4))
    example = store.teach("A", [mine])
    mine[:] = 9
    assert example.strokes[0][0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        example.strokes[0][0, 0] = 5
    store.close()


def test_labels_are_counted_in_the_order_of_teaching(path):
    filled(path, "B", "A", "B")
    store = TaughtStore(path)
    assert list(store.labels.items()) == [("B", 2), ("A", 1)]
    store.close()


def test_removing_and_restoring_are_as_durable_as_teaching(path):
    store = TaughtStore(path)
    first, second, third = (store.teach(label, LINE) for label in "ABC")
    assert store.remove_last() is third
    assert store.remove_last() is second
    assert not second.saved
    assert store.flush()
    assert second.saved
    assert labels_in(path) == ["A"]
    fourth = store.teach("D", LINE)
    assert store.restore() is second
    assert store.flush()
    assert labels_in(path) == ["A", "B", "D"]
    assert store.examples == (first, second, fourth)
    store.close()


def test_what_was_removed_can_be_restored_after_a_crash_but_not_after_closing(path):
    store = TaughtStore(path)
    store.teach("A", LINE)
    store.teach("B", LINE)
    store.remove_last()
    assert store.flush()
    after_a_crash = TaughtStore(path)  # the first was never closed
    restored = after_a_crash.restore()
    assert restored is not None
    assert restored.label == "B"
    after_a_crash.remove_last()
    assert after_a_crash.close()
    assert TaughtStore(path).restore() is None
    store.close()


def test_there_may_be_nothing_to_remove_or_restore(path):
    store = TaughtStore(path)
    assert store.remove_last() is None
    assert store.restore() is None
    assert store.close()


def test_two_sketches_may_teach_the_same_set(path):
    one, two = TaughtStore(path), TaughtStore(path)
    for label in "ABC":
        one.teach(label, LINE)
        two.teach(label.lower(), LINE)
    assert one.close(60)
    assert two.close(60)
    assert sorted(labels_in(path)) == ["A", "B", "C", "a", "b", "c"]


def test_many_may_open_the_same_new_file_at_once(tmp_path):
    for number in range(60):
        path = tmp_path / f"{number}.sqlite3"
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _, path=path: taught_file.connect(path).close(), range(4)))


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from addon.dataset import taught_file
from addon.dataset.taught import TaughtStore
from tests.waiting import until

path = Path(sys.argv[1])
store = TaughtStore(path, retry_seconds=0.05)
store.teach("A", [np.zeros((4, 4))])
assert store.flush()
# No file may grow any more: what a full disk is to SQLite.
size = max(file.stat().st_size for file in path.parent.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
tried, put = [], taught_file.put
taught_file.put = lambda *given: (tried.append(1), put(*given))
unsaved = [store.teach("B", [np.random.rand(5000, 4)]) for _ in range(3)]
said = []
# Every time it is tried again, the first of them fails.
until(lambda: len(tried) >= 6, lambda: said.extend(store.poll()))
assert len(said) == 1, said
assert "cannot be saved" in said[0] and "free space" in said[0] and "\\n" not in said[0], said
assert not any(example.saved for example in unsaved)
assert len(store.examples) == 4
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert store.flush(), "nothing was saved once there was room"
assert all(example.saved for example in unsaved)
assert store.poll() == ["what was taught is saved again"]
assert store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size to set")
def test_a_full_disk_is_reported_once_and_saved_when_there_is_room(path):
    program = [sys.executable, "-c", FULL_DISK, str(path)]
    ran = subprocess.run(program, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert ran.returncode == 0, ran.stderr
    assert labels_in(path) == ["A", "B", "B", "B"]


def test_closing_on_a_full_disk_is_bounded_and_says_what_is_lost(path, monkeypatch):
    def full(connection, record):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(taught_file, "put", full)
    store = TaughtStore(path)
    store.teach("A", LINE)
    assert not store.close(timeout=0.05)
    assert any("could not be saved" in line for line in store.poll())


def overwritten(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + os.urandom(3000) + data[at + 3000 :]


def cut_off(data: bytes) -> bytes:
    return data[: len(data) * 3 // 5]


def test_a_file_that_is_no_database_is_moved_aside_and_reported(path):
    path.parent.mkdir()
    path.write_bytes(b"this was never a database" * 100)
    store = TaughtStore(path)
    (line,) = store.poll()
    assert "damaged" in line
    assert "\n" not in line
    aside = [file for file in path.parent.iterdir() if "damaged" in file.name]
    assert aside[0].name in line
    assert aside[0].read_bytes().startswith(b"this was never")
    store.teach("A", LINE)
    assert store.close()
    assert labels_in(path) == ["A"]


@pytest.mark.parametrize("damage", [overwritten, cut_off])
def test_what_can_be_read_of_a_damaged_set_is_rescued(path, damage):
    store = TaughtStore(path)
    for index in range(60):
        store.teach("ABC"[index % 3], [np.full((40, 4), index, dtype=np.float32)])
    assert store.close()
    path.write_bytes(damage(path.read_bytes()))
    store = TaughtStore(path)
    (line,) = store.poll()
    rescued = store.examples
    assert 20 <= len(rescued) < 60
    assert f"{len(rescued)} examples were recovered" in line
    for example in rescued:
        assert len(set(example.strokes[0].ravel().tolist())) == 1
    assert store.close()
    assert len(labels_in(path)) == len(rescued)
    assert len([file for file in path.parent.iterdir() if file.name.endswith(".sqlite3")]) == 2


def test_a_set_damaged_while_it_is_open_is_written_again_from_memory(path):
    filled(path, *"ABC")
    store = TaughtStore(path, retry_seconds=0.05)
    assert len(store.examples) == 3
    path.write_bytes(b"overwritten by something else" * 1000)
    example = store.teach("D", LINE)
    assert store.flush()
    assert example.saved
    (line,) = store.poll()
    assert "damaged" in line
    assert store.close()
    assert labels_in(path) == ["A", "B", "C", "D"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not remove a file that is open")
def test_a_set_that_is_removed_while_it_is_open_is_written_again(path):
    store = TaughtStore(path)
    store.teach("A", LINE)
    assert store.flush()
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    store.teach("B", LINE)
    assert store.flush()
    assert labels_in(path) == ["A", "B"]
    store.close()


def test_one_row_that_cannot_be_understood_does_not_take_the_others_along(path):
    filled(path, *"ABC")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE examples SET points = x'0102' WHERE label = 'B'")
    connection.close()
    store = TaughtStore(path)
    assert [example.label for example in store.examples] == ["A", "C"]
    assert "1 taught example" in store.poll()[0]
    store.close()


def test_a_set_of_a_newer_inkloop_is_left_alone_and_reported(path):
    filled(path, "A")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    store = TaughtStore(path)
    assert "newer Inkloop" in store.poll()[0]
    store.teach("B", LINE)
    assert not store.flush(0.3)
    store.close(timeout=0.5)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "obstacle", ["a file where the folder should be", "a folder where the file should be"]
)
def test_a_place_that_cannot_be_written_is_reported_and_the_examples_are_kept(path, obstacle):
    if obstacle.startswith("a file"):
        path.parent.write_text("in the way")
    else:
        path.mkdir(parents=True)
    store = TaughtStore(path, retry_seconds=0.05)
    store.teach("A", LINE)
    assert not store.flush(0.3)
    lines = store.poll()
    assert lines
    assert all("\n" not in line for line in lines)
    assert any("cannot be saved" in line or "cannot be opened" in line for line in lines)
    assert len(store.examples) == 1
    assert not store.close(timeout=1.0)


def test_an_example_is_amended_in_one_change_and_is_there_again(tmp_path):
    store = TaughtStore(tmp_path / "taught.sqlite3")
    roof, bar = (np.full((5, 4), value, dtype=np.float32) for value in (1, 2))
    example = store.teach("A", [roof])
    assert store.flush()
    assert store.amend(example, [roof, bar]) is example
    assert store.unsaved == 1
    assert not example.saved
    assert store.flush()
    assert example.saved
    store.close()
    (kept,) = TaughtStore(tmp_path / "taught.sqlite3").examples
    assert (kept.id, kept.label, len(kept.strokes)) == (example.id, "A", 2)


def test_the_example_that_an_ink_continues_from_is_found(tmp_path):
    store = TaughtStore(tmp_path / "taught.sqlite3")
    roof, bar = (np.full((5, 4), value, dtype=np.float32) for value in (1, 2))
    first, _ = store.teach("A", [roof]), store.teach("L", [bar])
    assert store.begun_by("A", [roof, bar]) is first
    assert store.begun_by("L", [roof, bar]) is None
    assert store.begun_by("A", [bar, roof]) is None
    store.forget(first)
    assert store.begun_by("A", [roof, bar]) is None
    store.close()


def rewritten(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 'A' AS label, "


@pytest.mark.parametrize(
    ("statements", "kept", "said"),
    [
        (
            ["CREATE TRIGGER eat AFTER INSERT ON examples BEGIN DELETE FROM examples; END"],
            ["A", "B", "C"],
            "trigger 'eat'",
        ),
        (["CREATE INDEX one ON examples (label)"], ["A", "B", "C"], "index 'one'"),
        (
            [
                "DROP TABLE examples",
                f"CREATE VIEW examples AS {ENDLESS} x'01000000' AS sizes, zeroblob(16) AS points, "
                "0 AS crc, 0 AS removed FROM n",
            ],
            [],
            "view 'examples'",
        ),
        (["DROP TABLE examples"], [], "no table of examples"),
        (
            ["ALTER TABLE examples ADD COLUMN more TEXT CHECK (more IS NOT NULL OR abs(-9) > 0)"],
            ["A", "B", "C"],
            "not as Inkloop makes it",
        ),
    ],
)
def test_a_set_with_what_inkloop_did_not_make_is_read_and_put_aside(path, statements, kept, said):
    filled(path, *"ABC")
    rewritten(path, *statements)
    store = TaughtStore(path)
    (line,) = store.poll()
    assert said in line
    assert [one.label for one in store.examples] == kept
    store.teach("D", LINE)
    assert store.close()
    assert labels_in(path) == [*kept, "D"]
    assert next(path.parent.glob("*damaged*.sqlite3")).name in line


def row(identity: int, label: bytes, sizes: list[int], points: np.ndarray) -> tuple:
    counts, floats = np.array(sizes, "<i4").tobytes(), points.astype("<f4").tobytes()
    return identity, label, counts, floats, taught_file._crc(label, counts, floats)


ONES = np.ones((4, 4))


@pytest.mark.parametrize(
    "bad",
    [
        row(5, b"ragged", [3], ONES),
        row(5, b"ragged", [9, -5], ONES),
        row(5, b"ragged", [4, 0], ONES),
        row(5, b"odd", [1], np.ones(3)),
        row(5, b"none", [], np.ones(0)),
        row(5, b"nan", [4], np.full((4, 4), np.nan)),
        row(5, b"inf", [4], np.full((4, 4), np.inf)),
        row(5, b"\xff\xfe", [4], ONES),
        row(5, b"  ", [4], ONES),
        row(5, b"L" * 5000, [4], ONES),
        row(5, b"strokes", [1] * 100_001, np.ones((100_001, 4))),
    ],
    ids=lambda bad: bad[1][:8].decode("latin-1"),
)
def test_a_row_that_does_not_hold_together_is_left_out_and_reported(path, bad):
    filled(path, "A")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO examples (id, label, sizes, points, crc) VALUES (?, CAST(? AS TEXT), ?, ?, ?)", bad
        )
    connection.close()
    store = TaughtStore(path)
    assert [one.label for one in store.examples] == ["A"]
    assert store.poll() == ["1 taught examples of taught.sqlite3 cannot be read and are left out"]
    store.teach("B", LINE)
    assert store.close()


def test_a_file_that_is_too_large_is_left_alone(path, monkeypatch):
    filled(path, "A")
    monkeypatch.setattr(taught_file, "MOST_FILE", 100)
    with pytest.raises(TaughtError, match=r"taught.sqlite3 is larger than"):
        taught_file.read(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_in_the_place_of_a_set_is_left_alone(path):
    path.parent.mkdir()
    os.mkfifo(path)
    store = TaughtStore(path)
    assert store.poll() == ["taught.sqlite3 is not an ordinary file; move it away"]
    store.teach("B", LINE)
    assert not store.close(timeout=0.5)


@pytest.mark.parametrize("identity", [2**63 - 1, -(2**63)])
def test_the_last_number_that_there_is_does_not_stop_the_teaching(path, identity):
    filled(path, "A")
    rewritten(path, f"UPDATE examples SET id = {identity}")
    store = TaughtStore(path)
    first, second = store.teach("B", LINE), store.teach("C", LINE)
    assert first.id < second.id < 2**53
    assert store.flush()
    assert store.close()
    assert sorted(labels_in(path)) == ["A", "B", "C"]


def test_a_writer_outlives_what_nobody_expected_and_saves_the_rest(path, monkeypatch):
    put, broken = taught_file.put, [True]

    def fails(connection, record):
        if record.label == "odd" and broken[0]:
            raise OverflowError("Python int too large")
        put(connection, record)

    monkeypatch.setattr(taught_file, "put", fails)
    store = TaughtStore(path, retry_seconds=0.01)
    store.teach("odd", LINE)
    store.teach("A", LINE)
    assert not store.flush(0.2)
    assert "OverflowError: Python int too large" in store.poll()[0]
    assert labels_in(path) == ["A"]
    broken[0] = False
    assert store.flush()
    assert "saved again" in store.poll()[0]
    assert store.close()
    assert labels_in(path) == ["odd", "A"]


def test_a_set_that_could_not_be_read_at_the_start_is_read_when_it_can_be(path, monkeypatch):
    filled(path, "A", "B")
    read, shut = taught_file.read, [True]

    def closed(there):
        if shut[0]:
            raise sqlite3.OperationalError("disk I/O error")
        return read(there)

    monkeypatch.setattr(taught_file, "read", closed)
    changes = []
    store = TaughtStore(path, retry_seconds=0.01, changed=lambda every: changes.append(len(every)))
    assert "cannot be opened (disk I/O error)" in store.poll()[0]
    mine = store.teach("C", LINE)
    shut[0] = False
    said, ends = [], time.monotonic() + 20
    while len(store.examples) < 3:
        assert time.monotonic() < ends, said
        said += store.poll()
        time.sleep(0.001)
    assert (said + store.poll())[-1] == "the taught set can be read again: 2 examples are there"
    assert [one.label for one in store.examples] == ["A", "B", "C"]
    assert store.examples[2] is mine
    assert changes == [0, 1, 3]
    assert store.close()
    assert labels_in(path) == ["A", "B", "C"]


def test_a_set_on_a_disk_that_takes_nothing_is_read_from_a_copy(path, monkeypatch):
    filled(path, "A", "B")
    read = taught_file.read

    def read_only(there):
        if there == path:
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return read(there)

    monkeypatch.setattr(taught_file, "read", read_only)
    store = TaughtStore(path)
    assert store.poll() == []
    assert [one.label for one in store.examples] == ["A", "B"]
    store.close()


def test_what_could_not_be_read_again_is_not_taught(path):
    store = TaughtStore(path)
    with pytest.raises(ValueError, match="a label may have 1000 characters; this one has 1001"):
        store.teach("L" * 1001, LINE)
    with pytest.raises(PointsError, match="an example may have"):
        store.teach("A", [np.zeros((1, 4), np.float32)] * 100_001)
    assert store.close()


def test_a_commit_is_on_the_disk_when_it_returns(path):
    filled(path, "A")
    connection = taught_file.connect(path)
    # 2 is FULL: with less, a power cut takes what was shown as saved.
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("column", ["label", "sizes", "points"])
def test_whatever_of_a_row_is_damaged_the_row_is_left_out(path, column):
    filled(path, *"ABC")
    with sqlite3.connect(path) as connection:
        # As long as it was, and so nothing but the checksum can tell: another letter, another number.
        (found,) = connection.execute(f"SELECT {column} FROM examples WHERE label = 'B'").fetchone()
        other = "X" if column == "label" else bytes([*found[:-4], found[-4] ^ 1, *found[-3:]])
        connection.execute(f"UPDATE examples SET {column} = ? WHERE label = 'B'", (other,))
    connection.close()
    records, unreadable = taught_file.read(path)
    assert ([record.label for record in records], unreadable) == (["A", "C"], 1)


def test_the_other_files_of_sqlite_are_moved_with_a_damaged_one(path):
    path.parent.mkdir()
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).write_bytes(b"of " + ending.encode())
    aside = taught_file.move_aside(path)
    for ending in ("", "-wal", "-shm"):
        assert aside.with_name(aside.name + ending).read_bytes() == b"of " + ending.encode()
    # A log left behind would be played into the new file of that name.
    assert len(list(path.parent.iterdir())) == 3


def test_rows_on_both_sides_of_a_broken_page_are_rescued(path):
    store = TaughtStore(path)
    for index in range(200):
        store.teach("ABC"[index % 3], [np.full((40, 4), index, dtype=np.float32)])
    assert store.close()
    whole = [record.strokes[0][0, 0] for record in taught_file.read(path)[0]]
    data = bytearray(path.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    broken = len(data) // page // 2 * page
    data[broken : broken + page] = b"\xff" * page
    path.write_bytes(data)
    rescued = [record.strokes[0][0, 0] for record in taught_file.salvage(path)]
    assert len(rescued) < len(whole)
    assert {whole[0], whole[-1]} <= set(rescued)
    assert rescued == sorted(rescued)
