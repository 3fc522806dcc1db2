import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addon import taught_file
from addon.errors import PointsError
from addon.taught import Example, TaughtStore
from tests.strategies import inks


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
    put = taught_file.put

    def slow(connection, record):
        time.sleep(0.2)
        put(connection, record)

    monkeypatch.setattr(taught_file, "put", slow)
    store = TaughtStore(path)
    began = time.perf_counter()
    example = store.teach("A", LINE)
    store.poll()
    assert time.perf_counter() - began < 0.1
    assert not example.saved
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
import resource, sys, time
from pathlib import Path
import numpy as np
from addon.taught import TaughtStore

path = Path(sys.argv[1])
store = TaughtStore(path, retry_seconds=0.05)
store.teach("A", [np.zeros((4, 4))])
assert store.flush()
# No file may grow any more: what a full disk is to SQLite.
size = max(file.stat().st_size for file in path.parent.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
unsaved = [store.teach("B", [np.random.rand(5000, 4)]) for _ in range(3)]
said = []
ends = time.monotonic() + 0.5
while time.monotonic() < ends:
    said += store.poll()
    time.sleep(0.01)
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
def test_a_full_disk_is_said_once_and_saved_when_there_is_room(path):
    ran = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert labels_in(path) == ["A", "B", "B", "B"]


def test_closing_on_a_full_disk_is_bounded_and_says_what_is_lost(path, monkeypatch):
    def full(connection, record):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(taught_file, "put", full)
    store = TaughtStore(path)
    store.teach("A", LINE)
    began = time.monotonic()
    assert not store.close(timeout=1.0)
    assert time.monotonic() - began < 3
    assert any("could not be saved" in line for line in store.poll())


def overwritten(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + os.urandom(3000) + data[at + 3000 :]


def cut_off(data: bytes) -> bytes:
    return data[: len(data) * 3 // 5]


def test_a_file_that_is_no_database_is_moved_aside_and_said_so(path):
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
    assert f"{len(rescued)} examples were rescued" in line
    for example in rescued:
        assert len(set(example.strokes[0].ravel().tolist())) == 1
    assert store.close()
    assert len(labels_in(path)) == len(rescued)
    assert len([file for file in path.parent.iterdir() if file.name.endswith(".sqlite3")]) == 2


def test_a_set_damaged_while_it_is_open_is_written_anew_from_memory(path):
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


def test_a_set_of_a_newer_inkloop_is_left_alone_and_said_so(path):
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
def test_a_place_that_cannot_be_written_is_said_and_the_examples_are_kept(path, obstacle):
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


def test_the_example_that_an_ink_goes_on_from_is_found(tmp_path):
    store = TaughtStore(tmp_path / "taught.sqlite3")
    roof, bar = (np.full((5, 4), value, dtype=np.float32) for value in (1, 2))
    first, _ = store.teach("A", [roof]), store.teach("L", [bar])
    assert store.begun_by("A", [roof, bar]) is first
    assert store.begun_by("L", [roof, bar]) is None
    assert store.begun_by("A", [bar, roof]) is None
    store.forget(first)
    assert store.begun_by("A", [roof, bar]) is None
    store.close()
