"""Stills, sequences, GIF and WebP: their frames, times, alpha, and the document in each of them."""

import threading

import numpy as np
import pytest
from PIL import Image

from sketch.host.picture_files import PictureFiles, check_ending, open_recorder, straight
from sketch.host.recorder import Recorder, RecorderError
from sketch.live.parameters_document import KEY, read_document

DOCUMENT = '{"inkloop": 1, "sketch": "a.py", "seed": 7, "parameters": {}}'


def frame(number, alpha=255):
    picture = np.zeros((24, 32, 4), np.uint8)
    picture[..., 3] = alpha
    picture[:, : number + 1, 0] = alpha
    return picture


def write(path, count=5, *, fps=20.0, times=None, alpha=False, document=None):
    with open_recorder(path, fps, live=times is not None, document=document, alpha=alpha) as recorder:
        for number in range(count):
            while recorder.is_full:
                pass
            recorder.add(frame(number, 128 if alpha else 255), None if times is None else times[number])


def test_a_still_is_the_last_frame(tmp_path):
    write(tmp_path / "deep" / "a.png")
    picture = np.asarray(Image.open(tmp_path / "deep" / "a.png"))
    assert picture.shape == (24, 32, 3)
    assert (picture == frame(4)[..., :3]).all()


def test_a_sequence_has_a_picture_for_every_frame_from_0(tmp_path):
    write(tmp_path / "a-%03d.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a-00{number}.png" for number in range(5)]
    for number in range(5):
        assert (np.asarray(Image.open(tmp_path / f"a-00{number}.png")) == frame(number)[..., :3]).all()


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_alpha_is_kept_and_colors_are_no_longer_multiplied_by_it(tmp_path, name):
    write(tmp_path / name, alpha=True)
    with Image.open(tmp_path / name) as picture:
        picture.seek(getattr(picture, "n_frames", 1) - 1)
        pixels = np.asarray(picture.convert("RGBA"))
    assert abs(int(pixels[12, 1, 3]) - 128) < 3
    assert pixels[12, 1, 0] > 240


def test_straight_colors_of_what_is_transparent_are_no_error():
    assert (straight(np.zeros((2, 2, 4), np.uint8)) == 0).all()
    assert (straight(np.full((1, 1, 4), 128, np.uint8)) == [255, 255, 255, 128]).all()


def test_a_gif_has_every_frame_and_lasts_as_long_as_the_show(tmp_path):
    # 30 frames a second are 3.33 hundredths each: they must not become 3.
    write(tmp_path / "a.gif", 30, fps=30.0)
    with Image.open(tmp_path / "a.gif") as film:
        durations = []
        for number in range(film.n_frames):  # pyright: ignore[reportAttributeAccessIssue]
            film.seek(number)
            durations.append(film.info["duration"])
    assert len(durations) == 30
    assert sum(durations) == pytest.approx(1000, abs=11)


def test_a_live_webp_has_the_times_at_which_frames_were_seen(tmp_path):
    write(tmp_path / "a.webp", 4, times=[5.0, 5.1, 5.5, 5.6])
    with Image.open(tmp_path / "a.webp") as film:
        seen = []
        for number in range(4):
            film.seek(number)
            film.load()
            seen.append(film.info["timestamp"])
    assert [late - seen[0] for late in seen] == [0, 100, 500, 600]


@pytest.mark.parametrize("name", ["a.png", "a-%d.png", "a.gif", "a.webp"])
def test_every_picture_has_the_document(tmp_path, name):
    write(tmp_path / name, document=lambda: DOCUMENT)
    assert KEY
    for path in tmp_path.iterdir():
        assert read_document(path).seed == 7


def test_an_ending_that_is_none_or_cannot_have_alpha_is_refused(tmp_path):
    with pytest.raises(RecorderError, match=r"ends in one of \.mp4"):
        open_recorder(tmp_path / "a.bmp", 30)
    with pytest.raises(RecorderError, match="transparent"):
        open_recorder(tmp_path / "a.gif", 30, alpha=True)
    with pytest.raises(RecorderError, match="sequence"):
        check_ending(tmp_path / "a%d.gif")
    with open_recorder(tmp_path / "a.mp4", 30) as film:
        assert isinstance(film, Recorder)


def test_what_cannot_be_written_is_reported_when_it_is_closed(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(RecorderError, match="folder"):
        open_recorder(tmp_path / "a.png", 30)
    recorder = open_recorder(tmp_path / "b" / "a.png", 30)
    (tmp_path / "b").rmdir()
    recorder.add(frame(0))
    with pytest.raises(RecorderError, match="No such file"):
        recorder.close()


def test_pictures_on_a_disk_that_hangs_end_all_the_same(tmp_path, monkeypatch):
    there, gate = threading.Event(), threading.Event()

    def hang(*_):
        there.set()
        gate.wait()

    monkeypatch.setattr("sketch.host.frame_writer.PATIENCE", 0.01)
    monkeypatch.setattr(PictureFiles, "_save", hang)
    pictures = PictureFiles(tmp_path / "still-%d.png", 60.0)
    pictures.add(np.zeros((4, 4, 3), np.uint8))
    there.wait()
    with pytest.raises(RecorderError, match="the disk seems to hang"):
        pictures.close()
    gate.set()
    pictures._thread.join()
