"""Films and stills of what is on screen, written beside the frame rather than in it."""

import struct
import time
from fractions import Fraction
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from types import TracebackType
from typing import Any, Self, cast

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from PIL import Image

_FILM = {"crf": "18", "preset": "veryfast"}
# Playable up to the last second while it is written, an ordinary MP4 once it is closed.
_FILE = {"movflags": "hybrid_fragmented+empty_moov", "flush_packets": "1"}

FORMATS = (".mp4", ".m4v", ".mov")
"""What the file of a film may be called: all of them hold the same."""


class RecorderError(Exception):
    """A film or a still could not be written; the message is one line and says why."""


class Recorder:
    """An H.264 film in an MP4 file, encoded by a thread; a frame waits for it only when the queue is full.

        with Recorder("out/film.mp4", (1280, 720), fps=60) as film:
            film.add(frame)

    Args:
        path: Where the film goes; its folder is made. An older file there is replaced.
        size: Width and height of the film in pixels, at least 2; those of its first frame if left out. H.264
            wants even numbers: an odd size loses its last column or row, and one of 1 gets another.
        fps: Frames a second of the film, above 0.
        limit: How many frames may be queued, at least 1. Each takes width * height * 3 or 4 bytes.

    Attributes:
        frames: How many frames were added.
        waited: How many of them had to wait for the encoder.
        waited_s: How long they waited, in seconds, all told.

    Raises:
        ValueError: An argument is out of range.
        RecorderError: The file cannot be written, or is called like no film.
    """

    def __init__(
        self, path: Path | str, size: tuple[int, int] | None = None, fps: float = 60.0, *, limit: int = 16
    ) -> None:
        if (size is not None and min(size) < 2) or not fps > 0.0 or limit < 1:
            raise ValueError(
                f"size must be at least (2, 2), fps above 0, limit at least 1; got {size}, {fps}, {limit}"
            )
        self.path = Path(path)
        if self.path.suffix.lower() not in FORMATS:
            raise RecorderError(f"a film is written as {' or '.join(FORMATS)}; got {str(path)!r}")
        self.size = size
        self.frames = 0
        self.waited = 0
        self.waited_s = 0.0
        self._queue: Queue[NDArray[np.uint8] | None] = Queue(limit)
        self._error: RecorderError | None = None
        self._closed = False
        self._fps = fps
        self._film = _open(self.path, size, fps) if size is not None else None
        if size is None:
            _check_writable(self.path)
        self._thread = Thread(target=self._write, name=f"recorder {self.path.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Queue a copy of a frame.

        Args:
            frame: Uint8 array of shape (height, width, 3) or (height, width, 4), the top row first; alpha is
                left out of the film. Where the film was given no size, a frame of another size than the first
                is scaled to fit, on black.

        Raises:
            ValueError: The frame has another type or shape.
            RecorderError: The file or an earlier frame cannot be written, or the film is closed.
        """
        if self._error is not None:
            raise self._error
        if self._closed:
            raise RecorderError(f"the film {self.path} is closed; frames come before close()")
        _check_frame(frame, self.size or _size_of(frame))
        if self._film is None:
            self._film = _open(self.path, _size_of(frame), self._fps)
        self.frames += 1
        self._put(frame.copy())

    def close(self) -> None:
        """Wait until every queued frame is written, and close the file; a second call does nothing.

        Raises:
            RecorderError: Not every frame could be written. What was written before can be played.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _put(self, frame: NDArray[np.uint8]) -> None:
        try:
            self._queue.put_nowait(frame)
        except Full:
            started = time.perf_counter()
            self._queue.put(frame)
            self.waited += 1
            self.waited_s += time.perf_counter() - started

    def _write(self) -> None:
        frame = self._queue.get()
        film = self._film
        if film is None:  # no frame came, which is why there is no size
            return
        try:
            try:
                while frame is not None:
                    film.write(frame)
                    frame = self._queue.get()
            finally:
                film.finish()
        # Whatever stops this thread must reach the caller, who would otherwise wait for it for ever.
        except Exception as error:
            _trim(self.path)
            at = f"broke off at frame {film.written}, and can be played up to there"
            self._error = RecorderError(f"the film {self.path} {at}: {_why(error)}")
            while frame is not None:
                frame = self._queue.get()


class _Film:
    """The file and its encoder: every call into PyAV, whose types are partial."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        rate = Fraction(fps).limit_denominator(1001)
        self.written = 0
        self._tick = 1 / rate
        self._file = cast(Any, av.open(str(path), mode="w", format="mp4", options=_FILE))
        self._stream = self._file.add_stream("libx264", rate=rate, options=_FILM)
        self._stream.width, self._stream.height = (max(2, side - side % 2) for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = max(1, round(fps))
        self._file.start_encoding()

    def write(self, frame: NDArray[np.uint8]) -> None:
        pixels = fitted(frame, (self._stream.width, self._stream.height))
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24" if frame.shape[2] == 3 else "rgba")
        picture.pts, picture.time_base = self.written, self._tick
        self._file.mux(self._stream.encode(picture))
        self.written += 1

    def finish(self) -> None:
        try:
            self._file.mux(self._stream.encode(None))
        finally:
            self._file.close()


def fitted(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A frame in another size.

    Args:
        frame: Shape (h, w, 3) or (h, w, 4).
        size: Width and height wanted, each at least 1.

    Returns:
        Contiguous, of shape (height, width, channels). One pixel too many is cut off; else the frame is
        scaled to as large as fits, and lies on black in the middle.
    """
    width, height = size
    high, wide = frame.shape[:2]
    if 0 <= wide - width <= 1 and 0 <= high - height <= 1:
        return np.ascontiguousarray(frame[:height, :width])
    share = min(width / wide, height / high)
    part = (max(1, round(wide * share)), max(1, round(high * share)))
    scaled = Image.fromarray(frame).resize(part, Image.Resampling.BILINEAR)
    whole = np.zeros((height, width, frame.shape[2]), np.uint8)
    left, top = (width - part[0]) // 2, (height - part[1]) // 2
    whole[top : top + part[1], left : left + part[0]] = np.asarray(scaled)
    return whole


def save_png(path: Path | str, frame: NDArray[np.uint8]) -> None:
    """Write a still, making its folder.

    Args:
        path: Where the picture goes; an older one there is replaced.
        frame: Uint8 array of shape (height, width, 3) or (height, width, 4), top row first; alpha is kept.

    Raises:
        ValueError: The frame has another type or shape.
        RecorderError: The file cannot be written.
    """
    path = Path(path)
    _check_frame(frame, _size_of(frame))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(path, format="PNG")
    except OSError as error:
        raise RecorderError(f"cannot write the picture {path}: {_why(error)}") from error


def _open(path: Path, size: tuple[int, int], fps: float) -> _Film:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _Film(path, size, fps)
    except (OSError, FFmpegError) as error:
        raise RecorderError(f"cannot write the film {path}: {_why(error)}") from error


def _check_writable(path: Path) -> None:
    """Say at once what would otherwise be said at the first frame."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        was_there = path.exists()
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
    except OSError as error:
        raise RecorderError(f"cannot write the film {path}: {_why(error)}") from error


def _size_of(frame: NDArray[np.uint8]) -> tuple[int, int]:
    return (frame.shape[1], frame.shape[0]) if frame.ndim == 3 else (0, 0)


def _trim(path: Path) -> None:
    """Cut off a last fragment that is not whole, over which a player would stumble."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        start, whole = 0, 0
        while start + 8 <= size:
            file.seek(start)
            length, kind = struct.unpack(">I4s", file.read(8))
            start += max(length, 8)
            if kind == b"mdat" and start <= size:
                whole = start
        if whole:
            file.truncate(whole)


def _check_frame(frame: NDArray[np.uint8], size: tuple[int, int]) -> None:
    width, height = size
    if frame.dtype != np.uint8 or frame.shape not in ((height, width, 3), (height, width, 4)):
        raise ValueError(
            f"a frame is uint8 of shape ({height}, {width}, 3 or 4); got {frame.dtype} of shape {frame.shape}"
        )


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
