"""Films and stills of a sketch, written in the background."""

import math
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter
from PIL import Image

from sketch.arrays import Pixels
from sketch.host.frame_writer import FrameWriter, RecorderError, Shot
from sketch.scalars import as_path

_FILM = {"crf": "18", "preset": "veryfast"}
# A third of the work a frame, and no look-ahead, which took ten frames and 70 MB.
_LIVE_FILM = {"crf": "18", "preset": "superfast", "tune": "zerolatency"}
# Playable up to the last second while it is written, and an ordinary MP4 once closed.
_FILE = {"movflags": "hybrid_fragmented+empty_moov", "flush_packets": "1"}
_LIVE_TICK = Fraction(1, 90_000)
_LIVE_LIMIT = 4
_LOOK = 3.0
"""Seconds to spend on finding out how much of a broken film can be played."""

FORMATS = (".mp4", ".m4v", ".mov")
"""The allowed endings of a film; all hold the same format."""


class Recorder(FrameWriter):
    """An H.264 film in an MP4 file, encoded by a thread; a frame waits for it only when the queue is full.

        with Recorder("out/film.mp4", (1280, 720), fps=60) as film:
            film.add(frame)

    A live film costs the sketch as little as possible: no frame waits (see `left_out`), each has the time at
    which it was seen, and the file is larger for the same picture.

    Args:
        path: Where the film goes; its folder is made. An older file there is replaced.
        size: Width and height of the film in pixels, at least 2; by default those of the first frame. H.264
            needs even numbers: an odd size loses its last column or row, and a size of 1 becomes 2.
        fps: Frames a second of the film, above 0; for a live film, an estimate.
        limit: How many frames may be queued, at least 1; 16, or 4 live. Each takes width * height * 3 or 4
            bytes.
        live: Whether frames have times of their own and are left out when the queue is full.
        document: Called when the first frame is added: a text that the film has as its comment, such as the
            parameters that made it; None for none.

    Attributes:
        frames: How many frames were added.
        waited: How many of them had to wait for the encoder; 0 for a live film.
        waited_s: How long they waited in total, in seconds.
        left_out: How many frames of a live film were left out because the queue was full.

    Raises:
        ValueError: An argument is out of range.
        RecorderError: The file cannot be written, or its name is not that of a film.
    """

    def __init__(
        self,
        path: Path | str,
        size: tuple[int, int] | None = None,
        fps: float = 60.0,
        *,
        limit: int | None = None,
        live: bool = False,
        document: Callable[[], str] | None = None,
    ) -> None:
        limit = (_LIVE_LIMIT if live else 16) if limit is None else limit
        if (size is not None and min(size) < 2) or not fps > 0.0 or limit < 1:
            raise ValueError(
                f"size must be at least (2, 2), fps above 0, limit at least 1; got {size}, {fps}, {limit}"
            )
        path = as_path("path", path)
        check_name(path)
        super().__init__(path, limit, live)
        self.size = size
        self._fps = fps
        self._document = document
        self._comment = ""
        _check_writable(self.path)
        # A film with a document is opened with its first frame, when the sketch has begun.
        opens_now = size is not None and document is None
        self._film = _open(self.path, size, fps, live) if size is not None and opens_now else None
        self._thread.start()

    def add(self, frame: Pixels, at: float | None = None) -> None:
        """Queue a copy of a frame.

        Args:
            frame: Uint8 array of shape (height, width, 3) or (height, width, 4), the top row first; alpha is
                ignored. If the film has no size of its own, a frame of another size than the first is scaled
                to fit, on black.
            at: For a live film, when the frame is seen, in seconds that only grow; it is shown until the next
                one. The film begins with its first frame.

        Raises:
            ValueError: The frame has another type or shape; or it has a time and the film is not live, or the
                other way round.
            RecorderError: The file or an earlier frame cannot be written, or the film is closed.
        """
        _check_frame(frame, self.size or _size_of(frame))
        if self._live != (at is not None and math.isfinite(at)):
            raise ValueError(f"each frame of a live film, and no other, has a time in seconds; got {at}")
        if not self._takes():
            return
        if self.frames == 0 and self._document is not None:
            self._comment = self._document()
        if self._film is None and not self._live:
            self._film = _open(self.path, self.size or _size_of(frame), self._fps, False, self._comment)
        self._put(frame, at)

    def _write(self) -> None:
        while (shot := self._next()) is not None:
            if self._film is None:
                size = self.size or _size_of(shot.pixels)
                self._film = _open(self.path, size, self._fps, self._live, self._comment)
            self._film.write(shot)
        if self._film is not None:  # else no frame came, which is why there is no size
            self._film.finish(self._until)

    def _broken(self, error: Exception) -> RecorderError:
        if self._film is not None:
            self._film.abandon()
        return _broken_off(self.path, error)


class _Film:
    """The file and its encoder: all calls into PyAV, whose types are partial."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float, live: bool, comment: str) -> None:
        rate = Fraction(fps).limit_denominator(1001)
        self._path = path
        self._fps = fps
        self._written = 0
        self._tick = _LIVE_TICK if live else 1 / rate
        self._live = live
        self._times = _Times(fps)
        self._held: Any = None
        self._file = cast(Any, av.open(str(path), mode="w", format="mp4", options=_FILE))
        if comment:
            self._file.metadata["comment"] = comment
        self._stream = self._file.add_stream("libx264", rate=rate, options=_LIVE_FILM if live else _FILM)
        self._stream.width, self._stream.height = (max(2, side - side % 2) for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = max(1, round(fps))
        if live:
            self._stream.codec_context.time_base = _LIVE_TICK
            # The frame needs the other cores, and each encoder thread would keep its own pictures.
            self._stream.codec_context.thread_count = 1
        self._reformatter = VideoReformatter()
        self._file.start_encoding()
        self._identity = _identity(path)

    def write(self, shot: Shot) -> None:
        size = (self._stream.width, self._stream.height)
        pixels = fitted(shot.pixels, size)
        # Without a copy, since copying holds the GIL, for which the frame would wait.
        picture = cast(Any, av.VideoFrame).from_numpy_buffer(
            pixels, "rgb24" if pixels.shape[2] == 3 else "rgba"
        )
        if shot.at is None:
            picture.pts = self._written
        else:
            picture = self._reformatter.reformat(
                picture, *size, "yuv420p", interpolation="FAST_BILINEAR", threads=1
            )
            picture.pts = self._times.ticks(shot.at)
            if self._times.is_key(picture.pts):
                picture.pict_type = PictureType.I
        picture.time_base = self._tick
        for packet in self._stream.encode(picture):
            self._mux(packet)
        if self._written % max(1, round(self._fps)) == 0 and _identity(self._path) != self._identity:
            raise FileNotFoundError(None, "the file was removed while it was written")
        self._written += 1

    def finish(self, until: float | None) -> None:
        for packet in self._stream.encode(None):
            self._mux(packet)
        if self._held is not None:
            self._held.duration = self._times.left(self._held.pts, until)
            self._file.mux(self._held)
        self._file.close()

    def abandon(self) -> None:
        """Close the file as it is, so that nothing is written to it later."""
        with suppress(Exception):
            self._file.close()

    def _mux(self, packet: Any) -> None:
        """Write a packet; that of a live film once its duration is known."""
        if not self._live:
            self._file.mux(packet)
            return
        if self._held is not None:
            self._held.duration = packet.pts - self._held.pts
            self._file.mux(self._held)
        self._held = packet


class _Times:
    """Times of a live film in its ticks.

    Args:
        fps: About how many frames a second will come.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._began = 0.0
        self._last = -1
        self._key: int | None = None

    def ticks(self, at: float) -> int:
        """The tick of the next frame, seen at this second: 0 for the first, then growing."""
        if self._last < 0:
            self._began = at
        self._last = max(self._last + 1, self._of(at))
        return self._last

    def is_key(self, tick: int) -> bool:
        """Whether a second passed since the last key frame, so that the film can be played up to there."""
        due = self._key is None or tick - self._key >= 1 / _LIVE_TICK
        self._key = tick if due else self._key
        return due

    def left(self, tick: int, until: float | None) -> int:
        """The ticks that the last frame is shown, if the film ends at this second."""
        one = max(1, round(1 / (self._fps * _LIVE_TICK)))
        return one if until is None else max(one, self._of(until) - tick)

    def _of(self, at: float) -> int:
        return round((at - self._began) / _LIVE_TICK)


def fitted(frame: Pixels, size: tuple[int, int]) -> Pixels:
    """Scale a frame to another size.

    Args:
        frame: Shape (h, w, 3) or (h, w, 4).
        size: Width and height wanted, each at least 1.

    Returns:
        A contiguous array of shape (height, width, channels). One pixel too many is cut off; otherwise the
        frame is scaled to fit and centered on black.
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


def save_png(path: Path | str, frame: Pixels, document: str = "") -> None:
    """Write a still; its folder is made.

    Args:
        path: Where the picture goes; an older one there is replaced.
        frame: Uint8 array of shape (height, width, 3) or (height, width, 4), top row first; alpha is kept.
        document: ASCII text for its chunk "inkloop", such as the parameters that made it; empty for none.

    Raises:
        ValueError: The frame has another type or shape.
        RecorderError: The file cannot be written.
    """
    path = as_path("path", path)
    _check_frame(frame, _size_of(frame))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(path, format="PNG", **_with_document(document))
    except OSError as error:
        raise RecorderError(f"cannot write the picture {path}: {_why(error)}") from error


def _with_document(document: str) -> dict[str, Any]:
    if not document:
        return {}
    from sketch.live.parameters_document import picture_options

    return picture_options(".png", document)


def check_name(path: Path) -> None:
    """Refuse a file name that is not that of a film.

    Raises:
        RecorderError: It has another ending than those of `FORMATS`.
    """
    if path.suffix.lower() not in FORMATS:
        raise RecorderError(f"the name of a film ends in {' or '.join(FORMATS)}; got {str(path)!r}")


def _open(path: Path, size: tuple[int, int], fps: float, live: bool, comment: str = "") -> _Film:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _Film(path, size, fps, live, comment)
    except (OSError, FFmpegError) as error:
        raise RecorderError(f"cannot write the film {path}: {_why(error)}") from error


def _check_writable(path: Path) -> None:
    """Raise now what would otherwise be raised at the first frame."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        was_there = path.exists()
        if was_there and not path.is_file() and not path.is_dir():
            # Opening a pipe would wait for a reader.
            raise OSError(None, "it exists and is not an ordinary file")
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
    except OSError as error:
        raise RecorderError(f"cannot write the film {path}: {_why(error)}") from error


def _size_of(frame: Pixels) -> tuple[int, int]:
    return (frame.shape[1], frame.shape[0]) if frame.ndim == 3 else (0, 0)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _broken_off(path: Path, error: Exception) -> RecorderError:
    """The error for a film that could not be written to its end."""
    if isinstance(error, RecorderError):
        return error
    try:
        _trim(path)
        frames, seconds, is_all = playable(path)
    except (OSError, FFmpegError) as lost:
        holds = f"what was written cannot be read: {_why(lost)}"
    else:
        at_least = "" if is_all else "at least "
        number = f"{at_least}{frames} frame{'s' * (frames != 1)}"
        holds = f"it can be played up to second {at_least}{seconds:.1f} ({number})"
        holds = holds if frames else "no frame of it can be played"
    return RecorderError(f"the film {path} stopped: {_why(error)}; {holds}")


def playable(path: Path, within: float = _LOOK) -> tuple[int, float, bool]:
    """Measure how much of a film can be decoded.

    Args:
        path: The film.
        within: Seconds after which to stop.

    Returns:
        The number of frames, the second up to which they go, and whether that is all of it.

    Raises:
        OSError, FFmpegError: It cannot be read at all.
    """
    frames, first, last, ends = 0, math.inf, 0.0, time.perf_counter() + within
    with cast(Any, av.open(str(path))) as film:
        if not film.streams.video:
            return 0, 0.0, True
        with suppress(FFmpegError):
            for packet in film.demux(video=0):
                if packet.pts is None or not packet.size or packet.is_corrupt:
                    continue
                frames += 1
                first = min(first, float(packet.pts * packet.time_base))
                last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                if time.perf_counter() > ends:
                    return frames, last - first, False
    return frames, last - first if frames else 0.0, True


def _trim(path: Path) -> None:
    """Cut off an incomplete last fragment, which a player could not read."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        start, whole = 0, 0
        while start + 8 <= size:
            file.seek(start)
            length, kind = struct.unpack(">I4s", file.read(8))
            start += max(length, 8)
            if kind in (b"moov", b"mdat") and start <= size:
                whole = start
        if whole:
            file.truncate(whole)


def _check_frame(frame: Pixels, size: tuple[int, int]) -> None:
    width, height = size
    if frame.dtype != np.uint8 or frame.shape not in ((height, width, 3), (height, width, 4)):
        raise ValueError(
            f"a frame is uint8 of shape ({height}, {width}, 3 or 4); got {frame.dtype} of shape {frame.shape}"
        )


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
