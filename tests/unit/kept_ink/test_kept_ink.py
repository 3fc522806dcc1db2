"""The ink of a sketch that asks for it is there again."""

import json
import os
import struct
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from sketch.ink.brush import Brush
from sketch.ink.history import Change
from sketch.ink.ink import Ink, Stroke
from sketch.ink.style import StrokeStyle
from sketch.kept_ink import writer
from sketch.kept_ink.format import HEADER, KeptFile, applied, encoded, read
from sketch.kept_ink.keeper import KeptInk
from sketch.kept_ink.lock import FileLock

ROOT = Path(__file__).parents[3]


def stroke(value: float, **more) -> Stroke:
    return Stroke(np.full((3, 4), value, dtype=np.float32), **more)


def values(ink: Ink) -> list[float]:
    return [float(one.points[0, 0]) for one in ink]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "home" / "mine.ink"


def kept(path: Path, *drawn: float) -> None:
    ink = Ink()
    keeper = KeptInk(path, ink)
    for value in drawn:
        ink.add(stroke(value))
    assert keeper.close() == []


def opened(path: Path) -> tuple[list[float], list[str]]:
    ink = Ink()
    keeper = KeptInk(path, ink)
    said = keeper.poll(ink)
    return values(ink), said + keeper.close()


def test_what_was_done_to_an_ink_is_there_again(path):
    ink = Ink()
    keeper = KeptInk(path, ink)
    for value in range(6):
        ink.add(stroke(value))
    ink.remove(1)
    ink.undo()
    ink.replace(2, stroke(20))
    ink.remove(0)
    assert keeper.flush()
    assert keeper.unsaved == 0
    assert keeper.close() == []
    assert opened(path) == ([1, 20, 3, 4, 5], [])
    assert opened(path) == ([1, 20, 3, 4, 5], [])


def killed(path: Path, keeper: KeptInk) -> None:
    """Leave the file as a kill -9 at this moment would."""
    assert keeper.flush()
    data = path.read_bytes()
    keeper.close()
    path.write_bytes(data)


@pytest.mark.parametrize("count", [1, 2])
def test_strokes_of_an_ink_that_was_not_closed_are_reported_once(path, count):
    ink = Ink()
    open_strokes: list[int] = []
    keeper = KeptInk(path, ink, unfinished=lambda: len(open_strokes))
    ink.add(stroke(1))
    for value in range(count):
        open_strokes.append(value)
        ink.add(stroke(2 + value))
    killed(path, keeper)
    _, lines = opened(path)
    what = "1 unfinished stroke was kept" if count == 1 else "2 unfinished strokes were kept"
    assert lines == [f"{what}: the last run was killed before that ink was closed"]
    assert opened(path)[1] == []


def test_a_closed_ink_is_finished_and_a_reopened_one_is_not(path):
    ink = Ink()
    count = 1
    keeper = KeptInk(path, ink, unfinished=lambda: count)
    ink.add(stroke(1))
    for count in (0, 1, 0):  # closed, opened again, closed
        assert keeper.poll(ink) == []
        assert keeper.poll(ink) == []
        assert keeper.flush()
        assert read(path.read_bytes()).unfinished == count
    keeper.close()
    assert opened(path) == ([1], [])


def test_strokes_that_were_removed_from_an_open_ink_are_not_reported(path):
    ink = Ink()
    keeper = KeptInk(path, ink, unfinished=lambda: 2)
    ink.add(stroke(1))
    ink.clear()
    killed(path, keeper)
    assert opened(path) == ([], [])


def test_a_rewritten_file_knows_how_many_strokes_are_unfinished(path):
    ink = Ink()
    keeper = KeptInk(path, ink, unfinished=lambda: 1)
    ink.add(stroke(1))
    ink.strokes.append(stroke(2))
    keeper.poll(ink)
    assert keeper.flush()
    assert read(path.read_bytes()).unfinished == 1
    keeper.close()


def test_a_file_of_an_older_version_has_no_unfinished_strokes():
    document = json.loads(encoded(Change(0), 3)[4:])
    assert document.pop("unfinished") == 3
    text = json.dumps(document).encode()
    assert applied([stroke(1)], struct.pack("<I", len(text)) + text) == 0


def test_a_cleared_ink_stays_clear(path):
    kept(path, 1, 2)
    ink = Ink()
    keeper = KeptInk(path, ink)
    ink.clear()
    ink.add(stroke(9))
    keeper.close()
    assert opened(path) == ([9], [])


def test_a_stroke_looks_as_it_did():
    brush = Brush.load(ROOT / "shaders" / "brushes" / "chalk")
    given = Stroke(
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4),
        np.array([1, 2, 3], dtype=np.float32),
        StrokeStyle("butt", dash=(3.0, 2.0), overlap="flat", brush=brush),
        {"progress": [0.0, 0.5, 1.0], "of": np.float32(4), "label": "A"},
    )
    strokes: list[Stroke] = []
    applied(strokes, encoded(Change(0, (), (given, stroke(1, color=(0.1, 0.2, 0.3, 1.0), width=4.0)))))
    back, plain = strokes
    for name in ("points", "color", "width"):
        np.testing.assert_array_equal(getattr(back, name), getattr(given, name))
    assert back.style == given.style
    assert back.data is not None
    assert sorted(back.data) == ["of", "progress"]
    np.testing.assert_array_equal(back.data["progress"], [0, 0.5, 1])
    assert (plain.color, plain.width, plain.style, plain.data) == (
        (0.1, 0.2, 0.3, 1.0),
        4.0,
        StrokeStyle(),
        None,
    )


def test_a_brush_that_is_gone_leaves_the_stroke(tmp_path):
    for ending in (".frag", ".toml"):
        source = ROOT / "shaders" / "brushes" / f"chalk{ending}"
        (tmp_path / f"mine{ending}").write_bytes(source.read_bytes())
    data = encoded(Change(0, (), (stroke(1, style=StrokeStyle(brush=Brush.load(tmp_path / "mine"))),)))
    (tmp_path / "mine.frag").unlink()
    strokes: list[Stroke] = []
    applied(strokes, data)
    assert strokes[0].style.brush is None


def test_a_file_cut_off_anywhere_holds_what_was_whole(path):
    kept(path, 1, 2, 3)
    whole = path.read_bytes()
    seen = []
    for end in range(len(whole)):
        found = read(whole[:end])
        assert not found.damaged
        seen.append(len(found.strokes))
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2} or set(seen) == {0}
    path.write_bytes(whole[:-1])
    ink = Ink()
    keeper = KeptInk(path, ink)
    left = values(ink)
    ink.add(stroke(7))
    keeper.close()
    assert opened(path) == ([*left, 7], [])


def test_any_other_damage_is_seen_and_the_file_is_set_aside(path):
    ink = Ink()
    keeper = KeptInk(path, ink)
    for value in (1, 2, 3):
        ink.add(stroke(value))
        assert keeper.flush()
    keeper.close()
    whole = path.read_bytes()
    for at in range(len(whole) - 1):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x41
        found = read(bytes(spoilt))
        assert found.damaged or found.newer, at
    spoilt = bytearray(whole)
    spoilt[-10] ^= 1
    path.write_bytes(spoilt)
    left, said = opened(path)
    assert left == [1, 2]
    assert said[0].startswith(
        "the kept ink was damaged: 2 strokes were rescued; the old file is now mine.damaged-"
    )
    (aside,) = path.parent.glob("mine.damaged-*")
    assert aside.read_bytes() == spoilt
    assert opened(path) == ([1, 2], [])


def test_a_newer_file_stays_as_it_is(path):
    path.parent.mkdir()
    path.write_bytes(b"inkloop ink 7\nwhatever")
    ink = Ink()
    keeper = KeptInk(path, ink)
    ink.add(stroke(1))
    (said,) = keeper.close()
    assert "newer Inkloop" in said
    assert path.read_bytes() == b"inkloop ink 7\nwhatever"


def test_a_second_run_is_reported_and_writes_nothing(path):
    first, second = Ink(), Ink()
    keeper = KeptInk(path, first)
    first.add(stroke(1))
    assert keeper.flush()
    other = KeptInk(path, second)
    assert values(second) == [1]
    (said,) = other.poll(second)
    assert said.startswith("another run of this sketch keeps its ink")
    second.add(stroke(2))
    other.close()
    first.add(stroke(3))
    keeper.close()
    assert opened(path) == ([1, 3], [])


def test_an_ink_changed_past_its_methods_or_replaced_is_kept_as_it_is(path):
    ink = Ink()
    keeper = KeptInk(path, ink)
    for value in (1, 2, 3):
        ink.add(stroke(value))
    ink.strokes.clear()
    ink.add(stroke(4))
    ink.strokes.append(stroke(5))
    keeper.poll(ink)
    keeper.flush()
    assert [float(one.points[0, 0]) for one in read(path.read_bytes()).strokes] == [4, 5]
    another = Ink()
    another.add(stroke(6))
    keeper.poll(another)
    another.add(stroke(7))
    keeper.close()
    assert opened(path) == ([6, 7], [])


def test_a_long_session_of_undone_strokes_leaves_a_small_file(path, monkeypatch):
    monkeypatch.setattr(writer, "SLACK_BYTES", 20_000)
    ink = Ink()
    keeper = KeptInk(path, ink)
    ink.add(stroke(1))
    for value in range(400):
        ink.add(stroke(value))
        ink.remove()
        if value % 20 == 0:
            assert keeper.flush()
    keeper.close()
    assert path.stat().st_size < 40_000
    assert opened(path) == ([1], [])


def test_trouble_with_the_disk_is_reported_once_and_over_when_it_is(tmp_path):
    blocked = tmp_path / "home"
    blocked.write_text("in the way")
    ink = Ink()
    keeper = KeptInk(blocked / "mine.ink", ink, retry_seconds=0.01)
    ink.add(stroke(1))
    (said,) = keeper.poll(ink)[:1]
    assert said.startswith("the ink cannot be saved")
    blocked.unlink()
    ink.add(stroke(2))
    assert keeper.flush()
    assert keeper.close()[-1] == "the ink is kept again"
    assert opened(blocked / "mine.ink")[0] == [1, 2]


def test_a_file_that_was_removed_is_written_again(path):
    ink = Ink()
    keeper = KeptInk(path, ink)
    ink.add(stroke(1))
    assert keeper.flush()
    os.remove(path)
    ink.add(stroke(2))
    keeper.close()
    assert opened(path) == ([1, 2], [])


def test_an_ink_that_is_too_large_is_reported_and_kept_again_when_it_is_not(path, monkeypatch):
    monkeypatch.setattr(writer, "MOST_BYTES", 1500)
    ink = Ink()
    keeper = KeptInk(path, ink, retry_seconds=0.01)
    for value in range(8):
        ink.add(stroke(value))
    keeper.flush(0.05)
    while len(ink) > 2:
        ink.remove()
    assert keeper.flush()
    (said,) = keeper.close()
    assert "no longer kept" in said
    assert opened(path) == ([0, 1], [])


def test_changes_that_are_none_are_refused():
    body = struct.pack("<I", 2) + b"{}"
    with pytest.raises(ValueError, match="not a change"):
        applied([], body)
    with pytest.raises(ValueError, match="fit"):
        applied([], encoded(Change(3, (), (stroke(1),))))
    assert read(HEADER).strokes == []


def test_another_run_that_has_the_file_is_reported_once(path):
    tried_again = Event()

    class Taken(FileLock):
        tries = 0

        def acquire(self) -> bool:
            self.tries += 1
            if self.tries > 2:
                tried_again.set()
            return False

    thread = writer.Writer(path, Taken(path), KeptFile([]), retry_seconds=0.001)
    thread.put(writer.Whole(()))
    assert tried_again.wait(10)
    thread.close(10)
    (line,) = thread.messages()
    assert "another run" in line
