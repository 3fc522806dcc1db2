import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from sketch.host.recorder import Recorder, RecorderError, playable, save_png

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")


def frame(value: int, size: tuple[int, int] = (64, 48), channels: int = 3) -> np.ndarray:
    return np.full((size[1], size[0], channels), value, dtype=np.uint8)


def frames_said(line: str) -> int:
    """How many frames a message says a broken film has."""
    found = re.search(r"\((\d+) frames?\)", line)
    return int(found[1]) if found else 0


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)]


@pytest.mark.parametrize("channels", [3, 4])
def test_every_frame_comes_back_in_order(tmp_path: Path, channels: int):
    path = tmp_path / "new" / "film.mp4"
    with Recorder(path, (64, 48), fps=30) as film:
        for index in range(50):
            film.add(frame(5 * index, channels=channels))
    pictures = decoded(path)
    assert film.frames == len(pictures) == 50
    for index, picture in enumerate(pictures):
        assert abs(float(picture.mean()) - 5 * index) < 4.0


@pytest.mark.parametrize("channels", [3, 4])
def test_colors_and_the_top_row_stay_where_they_were(tmp_path: Path, channels: int):
    picture = frame(0, channels=channels)
    picture[..., 3:] = 255
    picture[:24, :, 0] = 255
    with Recorder(tmp_path / "film.mp4", (64, 48)) as film:
        film.add(picture)
    (back,) = decoded(tmp_path / "film.mp4")
    assert back[4:20, :, 0].min() > 200
    assert back[4:20, :, 1:].max() < 50
    assert back[28:44].max() < 50


def test_a_film_is_an_ordinary_h264_mp4_at_its_rate(tmp_path: Path):
    with Recorder(tmp_path / "film.mp4", (65, 49), fps=25) as film:
        for index in range(10):
            film.add(frame(index, (65, 49)))
    with av.open(str(tmp_path / "film.mp4")) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate, stream.frames) == (64, 48, 25, 10)


def test_a_frame_may_be_changed_once_it_is_added(tmp_path: Path):
    reused = frame(0)
    with Recorder(tmp_path / "film.mp4", (64, 48)) as film:
        for index in range(20):
            reused[:] = 10 * index
            film.add(reused)
    assert [round(float(picture.mean()) / 10) for picture in decoded(tmp_path / "film.mp4")] == list(
        range(20)
    )


def test_frames_wait_only_when_the_queue_is_full_and_that_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gate = threading.Event()
    write = vars(sys.modules["sketch.host.recorder"])["_Film"].write

    def held(film: object, pixels: np.ndarray) -> None:
        gate.wait()
        write(film, pixels)

    monkeypatch.setattr("sketch.host.recorder._Film.write", held)
    with Recorder(tmp_path / "film.mp4", (64, 48), limit=2) as film:
        film.add(frame(0))
        while film._queue.qsize() > 0:
            pass
        film.add(frame(1))
        film.add(frame(2))
        assert (film.waited, film.waited_s) == (0, 0.0)
        threading.Timer(0.05, gate.set).start()
        film.add(frame(3))
        assert film.waited == 1
        assert film.waited_s > 0.01
    assert len(decoded(tmp_path / "film.mp4")) == 4


@pytest.mark.parametrize("blocked", ["a file for a folder", "a folder for a film"])
def test_a_path_that_cannot_be_written_is_one_clear_error(tmp_path: Path, blocked: str):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    path = tmp_path / ("file/film.mp4" if blocked.startswith("a file") else "folder.mp4")
    with pytest.raises(RecorderError, match=r"cannot write the film .*(directory|exists)"):
        Recorder(path, (64, 48))
    with pytest.raises(RecorderError, match="cannot write the picture"):
        save_png(path, frame(0))


@needs_limits
def test_a_disk_that_fills_up_is_one_clear_error_and_leaves_a_film(tmp_path: Path):
    path = tmp_path / "film.mp4"
    program = (
        "import resource, sys; import numpy as np; from sketch.host.recorder import Recorder, RecorderError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "noise = np.random.default_rng(0).integers(0, 255, (2000, 48, 64, 3), dtype=np.uint8)\n"
        "try:\n"
        "    with Recorder(sys.argv[1], (64, 48), fps=30) as film:\n"
        "        for frame in noise: film.add(frame)\n"
        "except RecorderError as error: print(error)\n"
    )
    root = Path(__file__).parents[3]
    answer = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert answer.stderr == ""
    (line,) = answer.stdout.splitlines()
    assert "stopped: File too large; it can be played up to second" in line
    assert len(decoded(path)) == frames_said(line) >= 30


@needs_limits
def test_a_film_that_was_killed_can_be_played(tmp_path: Path):
    path = tmp_path / "film.mp4"
    program = (
        "import os, signal, sys, time; import numpy as np; from sketch.host.recorder import Recorder\n"
        "film = Recorder(sys.argv[1], (64, 48), fps=30)\n"
        "for shift in range(300): film.add(np.full((48, 64, 3), shift % 251, np.uint8))\n"
        "while film._queue.qsize() > 0: time.sleep(0.01)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[3], timeout=60)
    assert len(decoded(path)) >= 150


def test_a_film_without_frames_is_an_empty_film(tmp_path: Path):
    Recorder(tmp_path / "film.mp4", (64, 48)).close()
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert list(film.decode()) == []


def test_a_closed_film_takes_no_frames_and_closes_once(tmp_path: Path):
    film = Recorder(tmp_path / "film.mp4", (64, 48))
    film.add(frame(0))
    film.close()
    film.close()
    with pytest.raises(RecorderError, match="is closed"):
        film.add(frame(0))


@pytest.mark.parametrize(
    "wrong", [np.zeros((48, 64, 3), np.float32), frame(0, (48, 64)), frame(0, channels=2), frame(0)[:, :, 0]]
)
def test_a_frame_of_another_kind_is_refused(tmp_path: Path, wrong: np.ndarray):
    with (
        Recorder(tmp_path / "film.mp4", (64, 48)) as film,
        pytest.raises(ValueError, match=r"uint8 of shape \(48, 64, 3 or 4\); got"),
    ):
        film.add(wrong)


@pytest.mark.parametrize("arguments", [{"size": (1, 48)}, {"fps": 0.0}, {"fps": float("nan")}, {"limit": 0}])
def test_a_wrong_argument_is_named(tmp_path: Path, arguments: dict[str, object]):
    with pytest.raises(ValueError, match="size must be at least"):
        Recorder(**{"path": tmp_path / "film.mp4", "size": (64, 48), **arguments})  # pyright: ignore
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize("channels", [3, 4])
def test_a_still_comes_back_as_it_was(tmp_path: Path, channels: int):
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, channels), dtype=np.uint8)
    save_png(tmp_path / "new" / "still.png", picture)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "new" / "still.png")), picture)


def test_a_film_that_is_called_like_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(RecorderError, match=r"the name of a film ends in \.mp4 or .*; got '.*o\.gif'"):
        Recorder(tmp_path / "o.gif", (64, 48))
    assert not (tmp_path / "o.gif").exists()


def test_a_film_is_as_large_as_its_first_frame_and_later_ones_fit(tmp_path):
    with Recorder(tmp_path / "film.mp4") as film:
        for size in ((65, 49), (64, 48), (128, 96), (32, 96), (1, 1)):
            film.add(frame(200, size))
    pictures = decoded(tmp_path / "film.mp4")
    assert [picture.shape for picture in pictures] == [(48, 64, 3)] * 5
    assert all(picture[8:40, 28:36].min() > 150 for picture in pictures)
    assert pictures[3][8:40, 2:20].max() < 60


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 300)])
def test_a_film_of_a_tiny_window_is_a_film(tmp_path, size):
    with Recorder(tmp_path / "film.mp4") as film:
        film.add(frame(255, size))
    (picture,) = decoded(tmp_path / "film.mp4")
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0


def test_a_film_without_a_size_is_refused_at_once_and_without_frames_leaves_nothing(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(RecorderError, match="cannot write the film"):
        Recorder(tmp_path / "taken" / "film.mp4")
    Recorder(tmp_path / "film.mp4").close()
    assert not (tmp_path / "film.mp4").exists()


LIMITED = """
import os, resource, sys; import numpy as np; from sketch.host.recorder import Recorder, RecorderError
folder, live = sys.argv[1], sys.argv[2] == "live"
noise = np.random.default_rng(0).integers(0, 255, (24, 48, 64, 3), dtype=np.uint8)
for limit in map(int, sys.argv[3:]):
    # Only the soft limit, which may be raised again.
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    said = ""
    try:
        with Recorder(f"{folder}/{limit}.mp4", fps=10, live=live, limit=24) as film:
            for index, frame in enumerate(noise): film.add(frame, index / 10 if live else None)
    except RecorderError as error: said = str(error)
    print(said, flush=True)
"""


@needs_limits
@pytest.mark.parametrize("kind", ["live", "offline"])
def test_what_is_reported_of_a_broken_film_is_what_a_decoder_finds(tmp_path: Path, kind: str):
    program = [sys.executable, "-c", LIMITED, str(tmp_path), kind]
    whole = 1_000_000
    root = Path(__file__).parents[3]
    subprocess.run([*program, str(whole)], cwd=root, check=True, capture_output=True, timeout=60)
    size = (tmp_path / f"{whole}.mp4").stat().st_size
    # At the start, in the middle, and while the closed film is made an ordinary one.
    limits = [10, 800, 2000, size // 3, size // 2, *range(size - 900, size + 100, 100)]
    answer = subprocess.run(
        [*program, *map(str, limits)], cwd=root, check=True, capture_output=True, text=True, timeout=60
    )
    assert answer.stderr == ""
    lines = answer.stdout.splitlines()
    assert len(lines) == len(limits)
    assert "cannot write the film" in lines[0]
    for limit, line in list(zip(limits, lines, strict=True))[1:]:
        held = len(decoded(tmp_path / f"{limit}.mp4"))
        assert held == (frames_said(line) if line else 24), (limit, line)
    assert lines[-1] == ""


def live_film(path: Path, times: list[float], until: float | None = None) -> tuple[list[float], float]:
    """When the frames of a live film are seen, and how long it lasts, as a decoder says."""
    film = Recorder(path, fps=20, live=True, limit=len(times))
    for index, at in enumerate(times):
        film.add(frame(index), at)
    film.close(until)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        seen = [picture.time or 0.0 for picture in file.decode(stream)]
        assert stream.duration is not None
        assert stream.time_base is not None
        return seen, float(stream.duration * stream.time_base)


def test_a_live_film_has_the_times_of_its_frames_and_lasts_as_long_as_the_show(tmp_path: Path):
    times = [3.0, 3.05, 3.5, 9.0, 9.05, 9.05, 9.04, 3600.0]
    seen, lasts = live_film(tmp_path / "film.mp4", times, until=3602.5)
    assert seen[:4] == pytest.approx([0, 0.05, 0.5, 6.0], abs=1e-4)
    assert seen[4] < seen[5] < seen[6] < 6.06  # no two at one time, and none before another
    assert seen[7] == pytest.approx(3597.0)
    assert lasts == pytest.approx(3599.5, abs=1e-3)


def test_a_live_films_last_frame_is_seen_for_one_frame_unless_set_otherwise(tmp_path: Path):
    assert live_film(tmp_path / "film.mp4", [0.0, 1.0])[1] == pytest.approx(1.05)


@needs_limits
def test_a_slow_live_film_that_is_killed_can_be_played_up_to_the_last_second(tmp_path: Path):
    path = tmp_path / "film.mp4"
    program = (
        "import os, signal, sys, time; import numpy as np; from sketch.host.recorder import Recorder\n"
        "film = Recorder(sys.argv[1], (64, 48), fps=60, live=True, limit=40)\n"
        "for index in range(40): film.add(np.full((48, 64, 3), 5 * index, np.uint8), index / 4)\n"
        "while film._queue.qsize() > 0: time.sleep(0.01)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[3], timeout=60)
    assert len(decoded(path)) >= 32


def held_encoder(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Hold every film's encoder at its first frame: what is set once it is there, and what lets it go."""
    there, gate = threading.Event(), threading.Event()
    write = vars(sys.modules["sketch.host.recorder"])["_Film"].write

    def held(film: object, shot: object) -> None:
        there.set()
        gate.wait()
        write(film, shot)

    monkeypatch.setattr("sketch.host.recorder._Film.write", held)
    return there, gate


def test_a_live_frame_never_waits_and_what_is_left_out_is_counted(tmp_path, monkeypatch):
    there, gate = held_encoder(monkeypatch)
    with Recorder(tmp_path / "film.mp4", live=True, limit=2) as film:
        film.add(frame(0), 0.0)
        there.wait()
        for index in range(1, 6):
            film.add(frame(index), index / 60)
        assert (film.frames, film.left_out, film.waited, film.is_full) == (3, 3, 0, True)
        gate.set()
    assert len(decoded(tmp_path / "film.mp4")) == 3


@pytest.mark.parametrize("queued", [0, 2])
def test_a_film_on_a_disk_that_hangs_ends_all_the_same(tmp_path, monkeypatch, queued):
    there, gate = held_encoder(monkeypatch)
    monkeypatch.setattr("sketch.host.frame_writer.PATIENCE", 0.01)
    film = Recorder(tmp_path / "film.mp4", live=True, limit=2)
    film.add(frame(0), 0.0)
    there.wait()
    for index in range(queued):
        film.add(frame(index), 1.0 + index)
    with pytest.raises(RecorderError, match="the disk seems to hang"):
        film.close()
    gate.set()
    film._queue.put(None)
    film._thread.join()


@pytest.mark.parametrize(("live", "at"), [(True, None), (True, float("nan")), (False, 0.5)])
def test_only_the_frames_of_a_live_film_have_a_time(tmp_path, live, at):
    with (
        Recorder(tmp_path / "film.mp4", live=live) as film,
        pytest.raises(ValueError, match="each frame of a live film, and no other, has a time"),
    ):
        film.add(frame(0), at)


def test_a_film_that_is_taken_away_while_it_is_written_says_so(tmp_path, monkeypatch):
    there, gate = held_encoder(monkeypatch)
    film = Recorder(tmp_path / "film.mp4", live=True)
    film.add(frame(0), 0.0)
    there.wait()
    (tmp_path / "film.mp4").unlink()
    gate.set()
    with pytest.raises(RecorderError, match=r"stopped: the file was removed.*cannot be read"):
        film.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("size", [None, (64, 48)])
def test_a_pipe_is_refused_without_waiting_for_a_reader(tmp_path, size):
    os.mkfifo(tmp_path / "film.mp4")
    with pytest.raises(RecorderError, match="not an ordinary file"):
        Recorder(tmp_path / "film.mp4", size)


def test_how_much_can_be_played_is_looked_up_for_a_while_only(tmp_path):
    with Recorder(tmp_path / "film.mp4", (64, 48), fps=10) as film:
        for index in range(20):
            film.add(frame(index))
    assert playable(tmp_path / "film.mp4") == (20, pytest.approx(2.0), True)
    frames, seconds, is_all = playable(tmp_path / "film.mp4", within=0.0)
    assert (frames, is_all) == (1, False)
    assert 0 < seconds < 2.0
