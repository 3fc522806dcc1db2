"""A film of a window: which frames it takes, and that it never ends the show."""

import logging
import sys
import threading

import av
import numpy as np
import pytest

from sketch.host.live_film import LiveFilm
from sketch.host.recorder import RecorderError

BLACK = np.zeros((48, 64, 3), np.uint8)


def taken(film, fps, seconds=4):
    """How many frames of a window at a rate a film wants."""
    times = [index / fps for index in range(round(fps * seconds))]
    return len([at for at in times if film.wants(at)])


@pytest.mark.parametrize(
    ("window", "most", "expected"),
    [(60, 60, 240), (60, 30, 120), (50, 30, 120), (20, 30, 80), (144, 60, 240)],
)
def test_frames_are_taken_at_the_films_rate_at_most(tmp_path, window, most, expected):
    film = LiveFilm(tmp_path / "film.mp4", most, pytest.fail)
    assert taken(film, window) == pytest.approx(expected, abs=3)
    film.close()


def test_a_long_pause_is_not_made_up_for(tmp_path):
    film = LiveFilm(tmp_path / "film.mp4", 30, pytest.fail)
    assert film.wants(0.0)
    assert [film.wants(100 + index / 60) for index in range(5)] == [True, False, True, False, True]
    film.close()


def test_a_full_queue_leaves_frames_out_unread_slows_the_film_down_and_is_reported_at_the_end(
    tmp_path, monkeypatch, caplog
):
    gate, there = threading.Event(), threading.Event()
    write = vars(sys.modules["sketch.host.recorder"])["_Film"].write
    monkeypatch.setattr(
        "sketch.host.recorder._Film.write", lambda *call: (there.set(), gate.wait(), write(*call))
    )
    film = LiveFilm(tmp_path / "film.mp4", 60, pytest.fail)
    with caplog.at_level(logging.INFO, "inkloop"):
        assert film.wants(0.0)
        film.add(BLACK, 0.0)
        there.wait()
        wanted = []
        for index in range(1, 7):
            wanted.append(film.wants(index / 10))
            if wanted[-1]:
                film.add(BLACK, index / 10)
        gate.set()
        film.close()
    assert wanted == [True] * 4 + [False] * 2
    assert film.fps == 30
    assert "encoding is too slow" in caplog.messages[0]
    assert caplog.messages[1:] == [f"the film {tmp_path / 'film.mp4'} left out 2 of 7 frames"]
    with av.open(str(tmp_path / "film.mp4")) as file:
        assert len(list(file.decode(video=0))) == 5


def test_a_film_that_cannot_begin_is_reported_and_takes_nothing(tmp_path):
    (tmp_path / "taken").write_text("")
    told = []
    film = LiveFilm(tmp_path / "taken" / "film.mp4", 60, told.append)
    assert len(told) == 1
    assert "cannot write the film" in told[0]
    film.slow_down("no film")
    assert not film.wants(0.0)
    film.add(BLACK, 0.0)
    film.close()
    assert len(told) == 1


def test_a_film_that_is_called_like_no_film_is_refused(tmp_path):
    with pytest.raises(RecorderError, match="what is recorded ends in"):
        LiveFilm(tmp_path / "film.avi", 60, pytest.fail)


def fail(*_):
    raise OSError(28, "No space left on device")


def test_a_film_that_breaks_off_is_reported_once_and_the_show_continues(tmp_path, monkeypatch):
    told = []
    film = LiveFilm(tmp_path / "film.mp4", 60, told.append)
    monkeypatch.setattr("sketch.host.recorder._Film.write", fail)
    assert film.wants(0.0)
    film.add(BLACK, 0.0)
    while not told:
        film.wants(1.0)
    assert not film.wants(2e6)
    film.add(BLACK, 2e6)
    film.close()
    (line,) = told
    assert "stopped: No space left on device; no frame of it can be played" in line


def test_a_film_that_cannot_be_closed_is_reported_in_the_log(tmp_path, monkeypatch, caplog):
    film = LiveFilm(tmp_path / "film.mp4", 60, pytest.fail)
    film.add(BLACK, 0.0)
    film.add(BLACK, 1.5)
    monkeypatch.setattr("sketch.host.recorder._Film.finish", fail)
    film.close()
    assert len(caplog.messages) == 1
    assert (
        "stopped: No space left on device; it can be played up to second 1.5 (1 frame)" in caplog.messages[0]
    )
