"""Sources of pictures: an image file, a video file, a camera. Arrays of uint8, shape (h, w, 3), red first."""

import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from addon.arrays import Pixels
from addon.errors import AddonError
from addon.vision.image_file import UnreadableImageError, check_file, read_image

INSTALL_CAMERA = "pip install opencv-python-headless"


class SourceError(AddonError):
    """A file that is not a picture or video, or a camera that gives no picture."""


def load_image(path: Path) -> Pixels:
    """Read an image file as `image_file.read_image` does, upright as its Exif orientation says.

    Returns:
        Uint8 of shape (h, w, 3), without alpha, as models are trained without it.

    Raises:
        SourceError: It is missing, not an image, or larger than 128 megapixels.
    """
    try:
        return np.ascontiguousarray(read_image(path)[:, :, :3])
    except UnreadableImageError as error:
        raise SourceError(f"{Path(path).name}: it cannot be read as an image ({error})") from error


class Video:
    """A video file that gives the picture at a time; the same times give the same pictures.

    Pictures are rotated by the file's display matrix: a film of a phone held upright is upright.

    Args:
        path: The file.
        loops: Whether it starts again at its end; otherwise its last picture stays.

    Raises:
        SourceError: It is missing, or not a video.
    """

    def __init__(self, path: Path, *, loops: bool = True) -> None:
        self._path = path
        self._loops = loops
        self._container = _opened(path)
        self._each = 1 / float(self._container.streams.video[0].average_rate or 30)
        self._frames = self._decoded()
        self._began = 0.0
        self._next: tuple[float, Pixels] | None = next(self._frames, None)
        if self._next is None:
            raise SourceError(f"{path.name}: it contains no picture")
        self._now = self._next[1]
        self._last = 0.0

    def at(self, seconds: float) -> Pixels:
        """The picture at a time since its beginning; times must not decrease.

        Raises:
            SourceError: The file is damaged.
        """
        while self._next is not None and self._began + self._next[0] <= seconds:
            self._last, self._now = self._next
            self._next = next(self._frames, None)
            if self._next is None and self._loops and self._last > 0:
                self._again()
        return self._now

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _again(self) -> None:
        self._container.close()
        self._container = _opened(self._path)
        self._frames = self._decoded()
        self._began += self._last + self._each
        self._next = next(self._frames, None)

    def _decoded(self) -> Iterator[tuple[float, Pixels]]:
        first: float | None = None
        last = -self._each
        try:
            for frame in self._container.decode(video=0):
                # A bare stream has no times: its pictures come at its frame rate.
                now = float(frame.time) if frame.time is not None else last + self._each
                # Many files start a little after 0, as pictures are encoded out of order.
                first = now if first is None else first
                last = now
                yield now - first, as_displayed(frame.to_ndarray(format="rgb24"), _display_matrix(frame))
        except FFmpegError as error:
            raise SourceError(f"{self._path.name}: it cannot be read further ({error})") from error


class Webcam:
    """A camera, read in a thread: `latest` never waits.

    Args:
        index: Which camera, 0 for the first.

    Raises:
        SourceError: There is no such camera, or OpenCV is not installed.
    """

    def __init__(self, index: int = 0) -> None:
        self._capture = _camera(index)
        self._latest: Pixels | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._read, name="inkloop-webcam", daemon=True)
        self._thread.start()

    @property
    def latest(self) -> Pixels | None:
        """The newest picture; None before the first."""
        return self._latest

    @property
    def running(self) -> bool:
        """Whether more will come."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Release the camera; waits for the picture that is being read."""
        self._ending.set()
        self._thread.join(2.0)

    def _read(self) -> None:
        while not self._ending.is_set():
            there, picture = self._capture.read()
            if not there:
                break
            colors = np.stack((picture,) * 3, axis=2) if picture.ndim == 2 else picture[:, :, 2::-1]
            self._latest = np.ascontiguousarray(colors)
        self._capture.release()


def as_displayed(pixels: Pixels, matrix: Sequence[int]) -> Pixels:
    """Rotate by quarter turns and mirror a picture of a video by its display matrix.

    Args:
        pixels: Shape (h, w, 3).
        matrix: The first two rows and columns, a, b, c, d: what is at (x, y) is shown at (ax + cy, bx + dy).
    """
    a, b, c, d = matrix
    if abs(a) < abs(b):
        pixels, a, d = pixels.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _display_matrix(frame: Any) -> tuple[int, ...]:
    found = frame.side_data.get("DISPLAYMATRIX")
    if found is None:
        return (1, 0, 0, 1)
    a, b, _, c, d = np.frombuffer(bytes(found), np.int32)[:5].tolist()
    return (a, b, c, d)


def _opened(path: Path) -> Any:
    try:
        check_file(path)
        container = av.open(str(path))
    except (UnreadableImageError, OSError, FFmpegError) as error:
        raise SourceError(f"{path.name}: it cannot be read as a video ({error})") from error
    if not container.streams.video:
        container.close()
        raise SourceError(f"{path.name}: it contains no picture")
    return container


def _camera(index: int) -> Any:
    try:
        reader = import_module("cv2")
    except ImportError as error:
        raise SourceError(f"a camera needs OpenCV; get it with: {INSTALL_CAMERA}") from error
    capture = reader.VideoCapture(index)
    if not capture.isOpened():
        capture.release()
        raise SourceError(f"there is no camera {index}")
    return capture
