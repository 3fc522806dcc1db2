"""Stills, sequences of pictures, GIF and WebP, written in the background as films are."""

import re
import struct
from collections.abc import Callable, Generator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from PIL import Image

from sketch.arrays import Pixels
from sketch.host.frame_writer import FrameWriter, RecorderError
from sketch.host.recorder import FORMATS, Recorder, fitted
from sketch.scalars import as_path

PICTURES = (".png", ".gif", ".webp")
"""The endings of files that are pictures; a film has one of `FORMATS`."""

_NUMBER = re.compile(r"%0?\d*d")
_TICK = Fraction(1, 1000)
_SHORTEST_GIF = 0.02
"""Seconds. Browsers show a GIF with shorter frames at a tenth of its speed."""


def open_recorder(
    path: Path | str,
    fps: float,
    *,
    live: bool = False,
    document: Callable[[], str] | None = None,
    alpha: bool = False,
) -> "Recorder | PictureFiles":
    """Begin a film or pictures, as the ending of the file name says.

    Args:
        path: As for `Recorder`; `.png` is a still of the last frame, and with `%d` or `%04d` in its name a
            picture for every frame, from 0; `.gif` and `.webp` are moving pictures.
        fps: Frames a second, above 0.
        live: As for `Recorder`.
        document: As for `Recorder`.
        alpha: Whether a `.png` or `.webp` keeps where nothing was drawn transparent.

    Raises:
        RecorderError: The file cannot be written, has another ending, or cannot have alpha.
    """
    path = as_path("path", path)
    check_ending(path, alpha)
    if path.suffix.lower() in FORMATS:
        return Recorder(path, fps=fps, live=live, document=document)
    return PictureFiles(path, fps, live=live, document=document, alpha=alpha)


def check_ending(path: Path, alpha: bool = False) -> None:
    """Refuse a file name that is neither that of a film nor of pictures, or that cannot have alpha.

    Raises:
        RecorderError: It has another ending, or a number where there can be none.
    """
    ending = path.suffix.lower()
    if ending not in (*FORMATS, *PICTURES):
        known = ", ".join((*FORMATS, *PICTURES))
        raise RecorderError(f"what is recorded ends in one of {known}; got {str(path)!r}")
    if alpha and ending not in (".png", ".webp"):
        raise RecorderError(f"only .png and .webp keep what is transparent; got {str(path)!r}")
    if is_sequence(path) and ending != ".png":
        raise RecorderError(f"only .png may be a sequence with %d; got {str(path)!r}")


def is_sequence(path: Path) -> bool:
    """Whether a file name has a place for the number of the frame."""
    return _NUMBER.search(path.name) is not None


class PictureFiles(FrameWriter):
    """Frames as pictures, written by a thread; used as `Recorder` is.

    Args:
        path: Where they go; its folder is made. Older files there are replaced.
        fps: Frames a second, above 0.
        live: Whether frames have times of their own and are left out when the queue is full.
        document: Called when the first frame is added: a text that every picture has, such as the parameters
            that made it.
        alpha: Whether a fourth channel, premultiplied, is kept.
        limit: How many frames may be queued, at least 1.

    Attributes:
        frames: How many frames were added.
        left_out: How many frames of a live sequence were left out because the queue was full.

    Raises:
        RecorderError: The file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        fps: float,
        *,
        live: bool = False,
        document: Callable[[], str] | None = None,
        alpha: bool = False,
        limit: int = 4,
    ) -> None:
        super().__init__(path, limit, live)
        self._fps = fps
        self._document = document
        self._alpha = alpha
        self._text = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(None, "it is a folder")
        except OSError as error:
            raise self._broken(error) from error
        self._thread.start()

    def add(self, frame: Pixels, at: float | None = None) -> None:
        """Queue a copy of a frame.

        Args:
            frame: Uint8 array of shape (height, width, 3 or 4), the top row first.
            at: When it is seen, if they are live.

        Raises:
            RecorderError: An earlier frame cannot be written, or this is closed.
        """
        if not self._takes():
            return
        if not self.frames and self._document is not None:
            self._text = self._document()
        self._put(frame, self.frames / self._fps if at is None else at)

    def _broken(self, error: Exception) -> RecorderError:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return RecorderError(f"cannot write {self.path}: {why}")

    def _write(self) -> None:
        if self.path.suffix.lower() == ".gif":
            self._write_gif()
        elif self.path.suffix.lower() == ".webp":
            self._write_webp()
        elif is_sequence(self.path):
            number = 0
            while (shot := self._next()) is not None:
                self._save(self.path.with_name(_numbered(self.path.name, number)), shot.pixels)
                number += 1
        else:
            last = None
            while (shot := self._next()) is not None:
                last = shot
            if last is not None:
                self._save(self.path, last.pixels)

    def _save(self, path: Path, frame: Pixels) -> None:
        from sketch.live.parameters_document import picture_options

        Image.fromarray(self._pixels(frame)).save(path, format="PNG", **picture_options(".png", self._text))

    def _pixels(self, frame: Pixels) -> Pixels:
        return (
            straight(frame) if self._alpha and frame.shape[2] == 4 else np.ascontiguousarray(frame[..., :3])
        )

    def _timed(self) -> Generator[tuple[Pixels, float, float]]:
        """Every frame in the size of the first, when it begins, and how long it is seen."""
        last, size = None, (0, 0)
        while (shot := self._next()) is not None:
            pixels, at = shot.pixels, shot.at or 0.0
            size = size if last is not None else (pixels.shape[1], pixels.shape[0])
            if last is not None:
                yield *last, at - last[1]
            last = fitted(self._pixels(pixels), size), at
        if last is not None:
            yield *last, max(1 / self._fps, (self._until or 0.0) - last[1])

    def _write_gif(self) -> None:
        from sketch.live.parameters_document import picture_options

        durations: list[int] = []

        def images() -> Generator[Image.Image]:
            due = 0.0
            for pixels, _, lasts in self._timed():
                # In hundredths of a second, as a GIF has them, without adding up what is rounded.
                due += max(_SHORTEST_GIF, lasts)
                durations.append(max(20, 10 * round(100 * due) - sum(durations)))
                yield Image.fromarray(pixels).convert("P", palette=Image.Palette.ADAPTIVE)

        moving = images()
        first = next(moving, None)
        if first is not None:
            options = picture_options(".gif", self._text)
            first.save(
                self.path,
                format="GIF",
                save_all=True,
                append_images=moving,
                duration=durations,
                loop=0,
                **options,
            )

    def _write_webp(self) -> None:
        file: Any = None
        stream: Any = None
        began = 0.0
        for pixels, at, _ in self._timed():
            if file is None:
                began = at
                file = cast(Any, av.open(str(self.path), "w", format="webp", options={"loop": "0"}))
                rate = Fraction(self._fps).limit_denominator(1001)
                stream = file.add_stream("libwebp_anim", rate=rate, options={"quality": "85"})
                stream.width, stream.height = pixels.shape[1], pixels.shape[0]
                stream.pix_fmt, stream.codec_context.time_base = "bgra", _TICK
            kind = "rgba" if pixels.shape[2] == 4 else "rgb24"
            picture = cast(Any, av.VideoFrame).from_ndarray(pixels, kind).reformat(format="bgra")
            picture.pts, picture.time_base = round((at - began) / _TICK), _TICK
            for packet in stream.encode(picture):
                file.mux(packet)
        if file is not None:
            for packet in stream.encode(None):
                file.mux(packet)
            file.close()
            if self._text:
                add_document(self.path, self._text)


def straight(frame: Pixels) -> Pixels:
    """A frame of shape (height, width, 4) with colors that are not multiplied by their alpha."""
    alpha = frame[..., 3:].astype(np.float32)
    color = np.rint(frame[..., :3] * (255 / np.maximum(alpha, 1)))
    return np.concatenate((np.minimum(color, 255).astype(np.uint8), frame[..., 3:]), axis=2)


def add_document(path: Path, text: str) -> None:
    """Write a document into a moving WebP, where Pillow reads it: a chunk of EXIF, and the flag for it."""
    from sketch.live.parameters_document import picture_options

    exif = picture_options(".webp", text)["exif"].tobytes().removeprefix(b"Exif\x00\x00")
    data = bytearray(path.read_bytes())
    if bytes(data[12:16]) != b"VP8X":
        return
    data[20] |= 0x08
    data += b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\x00" * (len(exif) % 2)
    data[4:8] = struct.pack("<I", len(data) - 8)
    path.write_bytes(data)


def _numbered(name: str, number: int) -> str:
    return _NUMBER.sub(lambda found: found.group() % number, name, count=1)
