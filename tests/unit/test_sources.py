"""Pictures from files that are really written and read."""

import sys
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from addon.vision.sources import SourceError, Video, Webcam, load_image
from sketch.host.recorder import Recorder

FPS = 10


@pytest.fixture
def film(tmp_path):
    """Six pictures, a tenth of a second each, from black to white."""
    path = tmp_path / "film.mp4"
    with Recorder(path, (64, 48), FPS) as recorder:
        for gray in range(0, 256, 51):
            recorder.add(np.full((48, 64, 3), gray, np.uint8))
    return path


def gray_at(video, seconds):
    return float(video.at(seconds).mean())


def test_a_video_gives_the_picture_of_a_time(film):
    video = Video(film)
    assert video.at(0.0).shape == (48, 64, 3)
    for index in range(6):
        assert gray_at(video, index / FPS + 0.01) == pytest.approx(51 * index, abs=6)
    video.close()


def test_a_video_begins_again_or_stays_as_it_ended(film):
    again, once = Video(film), Video(film, loops=False)
    assert gray_at(once, 5.0) > 245
    assert gray_at(again, 0.55) > 245
    assert gray_at(again, 0.61) < 10
    assert gray_at(again, 0.72) == pytest.approx(51, abs=6)
    again.close()
    once.close()


def test_the_same_times_give_the_same_pictures(film):
    pictures = []
    for _ in range(2):
        video = Video(film)
        pictures.append([video.at(time / 7) for time in range(9)])
        video.close()
    np.testing.assert_array_equal(*pictures)


def test_an_image_file_becomes_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    np.testing.assert_array_equal(load_image(tmp_path / "image.png"), pixels)


@pytest.mark.parametrize("name", ["gone.png", "text.png"])
def test_what_is_no_picture_is_told_in_one_line(name, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(SourceError, match=f"{name}: it cannot be read as an image") as caught:
        load_image(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gone.mp4", "text.mp4"])
def test_what_is_no_video_is_told_in_one_line(name, tmp_path):
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(SourceError, match=f"{name}: it cannot be read as a video"):
        Video(tmp_path / name)


def test_a_camera_without_opencv_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SourceError, match=r"get it with: pip install 'inkloop\[webcam\]'"):
        Webcam()


class Camera:
    """What OpenCV gives for a camera: three pictures, blue first."""

    def __init__(self, index):
        self.left = 3 if index == 0 else 0
        self.released = False

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.left > 0

    def read(self):
        self.left -= 1
        return self.left >= 0, np.full((4, 6, 3), (250, 0, 10 * self.left), np.uint8)

    def release(self):
        self.released = True


@pytest.fixture
def cameras(monkeypatch):
    made = []
    module = ModuleType("cv2")
    vars(module)["VideoCapture"] = lambda index: made.append(Camera(index)) or made[-1]
    monkeypatch.setitem(sys.modules, "cv2", module)
    return made


def test_a_camera_gives_its_newest_picture_red_first_and_is_given_back(cameras):
    webcam = Webcam()
    webcam._thread.join(5)
    assert not webcam.running
    assert webcam.latest is not None
    assert webcam.latest[0, 0].tolist() == [0, 0, 250]
    webcam.close()
    assert cameras[0].released


def test_a_camera_that_is_not_there_is_told(cameras):
    with pytest.raises(SourceError, match="there is no camera 1"):
        Webcam(1)
