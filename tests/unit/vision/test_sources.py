"""Pictures from files that are really written and read."""

import math
import struct
import sys
from types import ModuleType

import av
import numpy as np
import pytest
from PIL import Image

from addon.vision.sources import SourceError, Video, Webcam, as_displayed, load_image
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
def test_what_is_no_picture_is_reported_in_one_line(name, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(SourceError, match=f"{name}: it cannot be read as an image") as caught:
        load_image(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gone.mp4", "text.mp4"])
def test_what_is_no_video_is_reported_in_one_line(name, tmp_path):
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(SourceError, match=f"{name}: it cannot be read as a video"):
        Video(tmp_path / name)


@pytest.mark.parametrize(
    ("degrees", "shown"),
    [(0, [[1, 2], [3, 4]]), (90, [[2, 4], [1, 3]]), (180, [[4, 3], [2, 1]]), (270, [[3, 1], [4, 2]])],
)
def test_a_picture_of_a_film_is_turned_as_the_matrix_says(degrees, shown):
    # What FFmpeg's av_display_rotation_set writes for a turn against the clock.
    turn = math.radians(degrees)
    matrix = [
        round(65536 * value) for value in (math.cos(turn), -math.sin(turn), math.sin(turn), math.cos(turn))
    ]
    stored = np.repeat(np.array([[1, 2], [3, 4]], np.uint8)[:, :, None], 3, axis=2)
    assert as_displayed(stored, matrix)[..., 0].tolist() == shown


def test_a_mirrored_film_is_mirrored():
    stored = np.repeat(np.array([[1, 2], [3, 4]], np.uint8)[:, :, None], 3, axis=2)
    assert as_displayed(stored, (-65536, 0, 0, 65536))[..., 0].tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_film_of_a_telephone_is_upright(degrees, tmp_path):
    path = tmp_path / "film.mp4"
    with Recorder(path, (64, 48), FPS) as recorder:
        for _ in range(3):
            recorder.add(
                np.repeat(np.repeat([[[250], [10]]], 24, axis=0), 32, axis=1)
                .repeat(2, 0)
                .repeat(3, 2)[:48]
                .astype(np.uint8)
            )
    data = path.read_bytes()
    turn = math.radians(degrees)
    upright = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    at = data.rindex(upright)  # that of the track; the first is the film's
    values = [
        round(65536 * value) for value in (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn))
    ]
    turned = struct.pack(">9i", values[0], values[1], 0, values[2], values[3], 0, 0, 0, 1 << 30)
    path.write_bytes(data[:at] + turned + data[at + 36 :])
    video = Video(path)
    picture = video.at(0.0)[..., 0]
    video.close()
    bright = {
        0: picture[:, :28],
        90: picture[:28],
        180: picture[:, 36:],
        270: picture[36:],
    }[degrees]
    assert picture.shape == ((48, 64) if degrees % 180 == 0 else (64, 48))
    assert bright.mean() > 200
    assert picture.mean() == pytest.approx(130, abs=8)


def test_a_bare_stream_without_times_is_played_at_its_rate(tmp_path):
    path = tmp_path / "bare.h264"
    with av.open(str(path), "w", format="h264") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"bf": "0"}
        for gray in range(0, 250, 50):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), gray, np.uint8), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    video = Video(path, loops=False)
    assert gray_at(video, 0.0) == pytest.approx(0, abs=6)
    assert gray_at(video, 2.01 / 25) == pytest.approx(100, abs=6)
    assert gray_at(video, 9) == pytest.approx(200, abs=6)
    video.close()


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv422p", "gray", "yuv420p10le"])
def test_films_of_other_pixel_formats_are_read(pixel_format, tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 66, 50, pixel_format
        frame = av.VideoFrame.from_ndarray(np.full((50, 66, 3), 90, np.uint8), format="rgb24")
        file.mux(stream.encode(frame.reformat(format=pixel_format)))
        file.mux(stream.encode(None))
    video = Video(path)
    assert video.at(0.0).shape == (50, 66, 3)
    assert gray_at(video, 3.0) == pytest.approx(90, abs=6)
    video.close()


def test_a_film_is_no_folder_and_no_missing_file(tmp_path):
    with pytest.raises(SourceError, match="it is a folder"):
        Video(tmp_path)
    with pytest.raises(SourceError, match="there is no such file"):
        Video(tmp_path / "gone.mp4")


def test_a_camera_without_opencv_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SourceError, match="get it with: pip install opencv-python-headless"):
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


def test_a_camera_that_is_not_there_is_reported(cameras):
    with pytest.raises(SourceError, match="there is no camera 1"):
        Webcam(1)
