"""Tapes: what is written is read as it was, and damage costs what lies behind it."""

import json
import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sketch.input.events import (
    FilesEvent,
    FocusEvent,
    KeyEvent,
    MessageEvent,
    ParamEvent,
    PointerEvent,
    ResizeEvent,
)
from sketch.live import tapes_reader
from sketch.live.tapes_causes import causes
from sketch.live.tapes_entries import (
    KEY,
    Closed,
    EndBegins,
    FileContents,
    FrameBegins,
    Header,
    LateParam,
    Line,
    ModelSwap,
    TapeError,
)
from sketch.live.tapes_format import (
    header_line,
    record_line,
)
from sketch.live.tapes_reader import TapeReader
from sketch.live.tapes_replay import EvenFrames, Replay
from sketch.live.tapes_writer import TapeWriter, hash_of, line_of
from tests.waiting import until

EVENTS = [
    PointerEvent("down", 1 / 3, -2.5e-7, 0.1, 0.123456789, 3, "pen", "left", modifiers=frozenset({"shift"})),
    PointerEvent("scroll", 1, 2, 0.2, scroll_x=-1.0, scroll_y=2.5),
    KeyEvent("down", "é", frozenset({"ctrl", "alt"}), 0.3, "Digit2"),
    ResizeEvent(800, 600, 1.5),
    MessageEvent('two\nlines, "quotes" and 日本'),
    FocusEvent(False),
    ParamEvent("speed", 2.5, "panel", 0.4),
    ParamEvent("place", (1.0, 2.0), "osc"),
    ParamEvent("is_on", True, "midi"),
    ParamEvent("name", "x", "osc"),
]  # fmt: skip


def written(path: Path, entries, header: Header | None = None) -> Path:
    lines = [header_line(header or Header("a.py")), *map(line_of, entries)]
    path.write_bytes(b"".join(lines))
    return path


def frames(path: Path):
    reader = TapeReader(path)
    found = list(reader.frames())
    reader.close()
    return found, reader.lines


def test_every_event_comes_back_as_it_was(tmp_path):
    path = written(tmp_path / "a.tape", [FrameBegins(1 / 3), *EVENTS, EndBegins(), EVENTS[0], Closed()])
    (frame, rest), lines = frames(path)
    assert frame.now == 1 / 3
    assert frame.events == EVENTS
    assert (rest.now, rest.events) == (None, EVENTS[:1])
    assert lines == []


def test_numbers_of_numpy_are_written_as_numbers(tmp_path):
    numbers: Any = np.float32(1.5), np.int64(2), np.float64(0.25)
    event = PointerEvent("move", *numbers)
    path = written(tmp_path / "a.tape", [FrameBegins(0.0), event, Closed()])
    assert frames(path)[0][0].events == [PointerEvent("move", 1.5, 2, 0.25)]


def test_the_header_comes_back_as_it_was(tmp_path):
    header = Header(
        "a.py", "ff", (320, 200), 2.0, 50.0, 1 << 70, 99, True, 3.0, 4, {"speed": 2}, ("no",), "0.1"
    )
    reader = TapeReader(written(tmp_path / "a.tape", [], header))
    assert reader.header == header
    reader.close()


def test_what_belongs_to_a_frame_beside_its_events(tmp_path):
    swap, late = ModelSwap(0, "abc", "home:letters/models/x.onnx"), ParamEvent("speed", 1.0, "preset")
    entries = [FileContents("a/b", b"\0\1"), FileContents("a/b", b"\2"), swap, FrameBegins(0.5)]
    path = written(tmp_path / "a.tape", [*entries, LateParam(late), swap, Line("hello"), Closed()])
    reader = TapeReader(path)
    assert reader.files == {"a/b": b"\0\1\2"}
    assert reader.swaps == (swap,)
    (frame,) = reader.frames()
    assert (frame.late, frame.swaps, frame.lines) == ([late], [swap], ["hello"])
    reader.close()


@pytest.mark.parametrize("cut", [1, 2, 10])
def test_a_last_record_that_was_cut_is_dropped_with_a_line(tmp_path, cut):
    path = written(tmp_path / "a.tape", [FrameBegins(0.5), EVENTS[0], FrameBegins(1.0), EVENTS[2]])
    path.write_bytes(path.read_bytes()[:-cut])
    found, lines = frames(path)
    assert [frame.events for frame in found] == [[EVENTS[0]], []]
    assert "last record of a.tape was cut off" in lines[0]
    assert "cut off after 1.0 s" in lines[1]


def test_a_damaged_line_ends_the_tape_and_is_named(tmp_path):
    path = written(tmp_path / "a.tape", [FrameBegins(0.5), EVENTS[0], FrameBegins(1.0), EVENTS[2], Closed()])
    path.write_bytes(path.read_bytes().replace(b'["f",1.0]', b'["f",1.0'))
    found, lines = frames(path)
    assert [frame.now for frame in found] == [0.5]
    assert lines[0].startswith("line 4 of a.tape is damaged")


@pytest.mark.parametrize(
    "record",
    [
        b"[" * 100_000,
        b'["f",NaN]',
        b'["f",-1]',
        b'["f",1e999]',
        b'["p","down",1,2]',
        b'["p","sideways",1,2,0,0.5,0,"pen","",0,0,null]',
        b'["p","down",1e30,2,0,0.5,0,"pen","",0,0,null]',
        b'["k","down",5,[],0,""]',
        b'["w",-1,0,0]',
        b'["v","speed",{},"x",0]',
        b'["v","speed",null,"x",0]',
        b'["h","../../etc/x","aGk="]',
        b'["h","/etc/x","aGk="]',
        b'["h","C:/x","aGk="]',
        b'["h","x","!"]',
        b'["a",-1,"x","y"]',
        b'["t",' + b"1" * 5000 + b"]",
        b'"f"',
        b"\xff\xfe",
    ],
)
def test_records_that_nobody_wrote_are_refused_without_an_error(tmp_path, record):
    path = written(tmp_path / "a.tape", [FrameBegins(0.5)])
    path.write_bytes(path.read_bytes() + record + b"\n" + line_of(Closed()))
    found, lines = frames(path)
    assert len(found) == 1
    assert "line 3 of a.tape is damaged" in lines[0]


def test_records_of_an_unknown_kind_are_counted_and_left_out(tmp_path):
    path = written(tmp_path / "a.tape", [FrameBegins(0.5)])
    path.write_bytes(path.read_bytes() + b'["later",1]\n' + line_of(EVENTS[0]) + line_of(Closed()))
    found, lines = frames(path)
    assert found[0].events == EVENTS[:1]
    assert "1 records of kinds" in lines[0]


def test_a_line_without_an_end_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(tapes_reader, "LONGEST", 1000)
    path = written(tmp_path / "a.tape", [FrameBegins(0.5), MessageEvent("x" * 2000)])
    assert "is too long" in frames(path)[1][0]


def test_a_frame_has_so_many_events_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(tapes_reader, "MOST_EVENTS", 3)
    found, lines = frames(written(tmp_path / "a.tape", [FrameBegins(0.5), *EVENTS, Closed()]))
    assert len(found[0].events) == 3
    assert "4th of one frame" in lines[0]


def test_more_files_than_fit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tapes_reader, "MOST_BYTES", 10)
    with pytest.raises(TapeError, match="more than"):
        TapeReader(written(tmp_path / "a.tape", [FileContents("a", b"x" * 11), FrameBegins(0.0)]))


@pytest.mark.parametrize(
    "text", [b"", b"\0\0\0", b"{}", b"[1]", b'{"inkloop tape": "x"}', b'{"inkloop tape": 0}']
)
def test_another_file_is_no_tape(tmp_path, text):
    (tmp_path / "a.tape").write_bytes(text)
    with pytest.raises(TapeError, match=r"a\.tape is"):
        TapeReader(tmp_path / "a.tape")


def test_a_tape_of_a_newer_inkloop_is_refused_by_its_version(tmp_path):
    (tmp_path / "a.tape").write_text(json.dumps({KEY: 2}))
    with pytest.raises(TapeError, match="newer Inkloop"):
        TapeReader(tmp_path / "a.tape")


@pytest.mark.parametrize(
    "wrong", [{"size": [0, 5]}, {"size": "x"}, {"fps": 0}, {"random": -1}, {"seed": 1.5}]
)
def test_a_damaged_header_is_refused(tmp_path, wrong):
    (tmp_path / "a.tape").write_text(json.dumps({KEY: 1, "sketch": "a.py", **wrong}))
    with pytest.raises(TapeError, match="damaged"):
        TapeReader(tmp_path / "a.tape")


def test_damage_anywhere_never_raises_anything_else(tmp_path):
    chance = random.Random(1)
    whole = written(
        tmp_path / "a.tape", [FileContents("a", b"x"), FrameBegins(0.5), *EVENTS, Closed()]
    ).read_bytes()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / "b.tape").write_bytes(data[: chance.randint(1, len(data))])
        with suppress(TapeError):
            frames(tmp_path / "b.tape")


# Writing

KILLED = """
import sys, time
from pathlib import Path
from sketch.input.events import MessageEvent
from sketch.live.tapes_entries import (
    FrameBegins,
    Header,
)
from sketch.live.tapes_writer import TapeWriter
writer = TapeWriter(Path(sys.argv[1]))
writer.put(Header("a.py"))
for number in range(1_000_000):
    writer.put(FrameBegins(time.monotonic()))
    print(time.monotonic(), flush=True)
    time.sleep(0.001)
"""


def test_a_killed_process_loses_at_most_half_a_second(tmp_path):
    path = tmp_path / "a.tape"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(800):
        last = float(child.stdout.readline())
    child.kill()
    last = max([last, *(float(line) for line in child.stdout if line.endswith("\n"))])
    child.stdout.close()
    child.wait()
    found, lines = frames(path)
    assert last - (found[-1].now or 0) <= 0.5
    assert any("cut off" in line for line in lines)


def test_a_tape_never_replaces_another_file(tmp_path):
    (tmp_path / "a.tape").write_text("mine")
    with pytest.raises(TapeError, match="already"):
        TapeWriter(tmp_path / "a.tape")
    assert (tmp_path / "a.tape").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TapeError, match="cannot be written"):
        TapeWriter(tmp_path / "file" / "a.tape")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_ends_the_tape_with_a_line(tmp_path, monkeypatch):
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr("sketch.live.tapes_writer.os.open", lambda *given: full)
    writer = TapeWriter(tmp_path / "a.tape")
    writer.put(Header("a.py"))
    until(lambda: writer.failure)
    assert "ends here" in writer.failure
    writer.put(FrameBegins(0.0))
    writer.close()


def test_an_entry_that_has_no_form_is_left_out(tmp_path):
    writer = TapeWriter(tmp_path / "a.tape")
    writer.put(Header("a.py"))
    writer.put(FrameBegins(0.0))
    writer.put(ParamEvent("x", float("nan"), "osc"))
    writer.put(EVENTS[0])
    writer.put(Closed())
    writer.close()
    assert frames(tmp_path / "a.tape")[0][0].events == EVENTS[:1]


def test_dropped_files_are_known_by_their_content(tmp_path, caplog):
    (tmp_path / "x.png").write_bytes(b"one")
    event = FilesEvent((str(tmp_path / "x.png"), "gone\udcff"), 1.0, 2.0)
    path = written(tmp_path / "a.tape", [FrameBegins(0.0), event, Closed()])
    (frame,), _ = frames(path)
    assert frame.events == [event]
    assert frame.hashes == {event.paths[0]: hash_of(tmp_path / "x.png"), event.paths[1]: ""}
    (tmp_path / "x.png").write_bytes(b"two")
    from sketch.input.queue import EventQueue

    replay = Replay(TapeReader(path), tmp_path)
    assert replay(0.0, EventQueue())
    replay.close()
    assert "x.png was dropped in the show; it is gone or has changed" in caplog.text


# Films


@pytest.mark.parametrize(
    ("times", "fps", "film"),
    [
        ([0, 1 / 60, 2 / 60, 3 / 60], 60, [0, 1, 2, 3]),
        ([0, 1 / 60, 2 / 60, 3 / 60], 30, [0, 2, 3]),
        ([0, 1 / 30, 2 / 30], 60, [0, 0, 1, 1, 2]),
        ([5.0, 5.001, 5.1], 10, [1, 2]),
        ([0, 1000.0], 1, [0] * 10 + [1]),
    ],
)  # fmt: skip
def test_a_film_has_even_frames_whatever_the_tape_has(times, fps, film):
    found, clock = [], {"now": 0.0}
    even = EvenFrames(found.append, fps, lambda: clock["now"])
    for number, now in enumerate(times):
        clock["now"] = now
        even(number)
    even.finish()
    assert found == film


# What cannot be replayed

SOURCE = """
import time, random, threading as t
import cv2
import numpy as np
from datetime import datetime
import helper

class A:
    def update(self):
        self.now = time.perf_counter()
        self.when = datetime.now()
        random.random(); random.Random(3); np.random.default_rng(self.seed)
        random.Random(); np.random.default_rng()
        t.Thread(target=print).start()
        self.camera = cv2.VideoCapture(0)
        self.cost = self.frame_times.last_ms
        self.time.time()
"""


def test_what_cannot_be_replayed_is_named_with_its_line(tmp_path):
    (tmp_path / "main.py").write_text(SOURCE)
    (tmp_path / "helper.py").write_text("import uuid, main\nNAME = uuid.uuid4()\nimport socket\n")
    lines = causes(tmp_path / "main.py")
    assert [line.partition(":")[0] for line in lines] == [
        "main.py, line 10", "main.py, line 11", "main.py, line 13", "main.py, line 13", "main.py, line 14",
        "main.py, line 15", "main.py, line 16", "helper.py, line 2", "helper.py, line 3",
    ]  # fmt: skip
    assert "time.perf_counter" in lines[0]
    assert "a camera" in lines[5]


@pytest.mark.parametrize("text", [b"", b"def (", b"\0", b"\xff"])
def test_a_source_that_cannot_be_read_names_nothing(tmp_path, text):
    (tmp_path / "main.py").write_bytes(text)
    assert causes(tmp_path / "main.py") == ()
    assert causes(tmp_path / "gone.py") == ()


def test_every_entry_is_one_line():
    for event in EVENTS:
        assert record_line(event).count(b"\n") == 1
