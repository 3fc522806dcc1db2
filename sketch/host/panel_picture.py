"""The picture of the panel where the processor draws: only what has changed is drawn again.

Drawing a panel of sixty parameters takes ten milliseconds there, and copying it two, unless the copy has the
byte order and the row order of the window: then Mesa copies memory, in a fifth of the time.
"""

import ctypes
from collections.abc import Sequence
from typing import Any, TypeAlias

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.host.window_texture import WindowTexture, opengl
from sketch.live.panel import Rect

Vertices: TypeAlias = NDArray[np.uint8]
"""The vertices of one of ImGui's lists, shape (n, 20): x, y, u, v as float32, and a color."""

VERTEX = 20
"""Bytes of a vertex."""

_BLEED = 2.0
"""Logical pixels around what has changed, for antialiased edges."""


class PanelPicture:
    """A picture of the panel, kept between frames.

    Args:
        context: The window's.
        imgui: The module `imgui_bundle.imgui`.
    """

    def __init__(self, context: moderngl.Context, imgui: Any) -> None:
        self._context = context
        self._imgui = imgui
        self._size = (0, 0)
        self._painted: moderngl.Framebuffer | None = None
        self._kept: WindowTexture | None = None
        self._before: list[Vertices] = []

    def draw(self, data: Any, rects: Sequence[Rect], size: tuple[int, int], ratio: float) -> None:
        """Draw the panel into the window.

        Args:
            data: ImGui's `ImDrawData`; None if it is that of the frame before.
            rects: The places that the panel covers.
            size: Of the window's framebuffer in pixels.
            ratio: Pixels per logical pixel.
        """
        if self._size != size or self._painted is None:
            self._resize(size)
        boxes = [box for rect in rects if (box := pixel_box(rect, size, ratio)) is not None]
        if data is not None:
            vertices = _vertices_of(data)
            changed = changed_rect(self._before, vertices)
            if changed is not None:
                self._paint(data, changed)
                box = pixel_box(changed, size, ratio)
                self._keep([box] if box is not None else [])
            self._before = vertices
        self._copy(boxes)

    def release(self) -> None:
        """Release the GPU resources."""
        if self._painted is not None:
            self._painted.color_attachments[0].release()
            self._painted.release()
            self._painted = None
        if self._kept is not None:
            self._kept.release()
            self._kept = None

    def _resize(self, size: tuple[int, int]) -> None:
        self.release()
        self._size, self._before = size, []
        self._painted = self._context.framebuffer([self._context.texture(size, 4)])
        self._kept = WindowTexture(self._context, size)

    def _paint(self, data: Any, changed: Rect) -> None:
        assert self._painted is not None
        left, top, right, bottom = changed
        for part in data.cmd_lists:
            # By index: iterating gives copies.
            for place in range(len(part.cmd_buffer)):
                clip = part.cmd_buffer[place].clip_rect
                clip.x, clip.y = max(clip.x, left), max(clip.y, top)
                clip.z, clip.w = min(clip.z, right), min(clip.w, bottom)
        self._painted.use()
        self._imgui.backends.opengl3_render_draw_data(data)
        self._context.screen.use()

    def _keep(self, boxes: Sequence[tuple[int, int, int, int]]) -> None:
        """Copy what was painted, upside down: a window's first row is at the top."""
        assert self._painted is not None
        assert self._kept is not None
        self._blit(self._painted.glo, self._kept.framebuffer, boxes)

    def _copy(self, boxes: Sequence[tuple[int, int, int, int]]) -> None:
        assert self._kept is not None
        height = self._size[1]
        flipped = [(left, height - low, right, height - high) for left, low, right, high in boxes]
        self._blit(self._kept.framebuffer, 0, flipped)

    def _blit(self, source: int, target: int, boxes: Sequence[tuple[int, int, int, int]]) -> None:
        """Copy boxes, each to its mirrored place."""
        gl = opengl()
        height = self._size[1]
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, source)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, target)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        for left, low, right, high in boxes:
            mirrored = (left, height - low, right, height - high)
            gl.glBlitFramebuffer(left, low, right, high, *mirrored, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
        self._context.screen.use()


def pixel_box(rect: Rect, size: tuple[int, int], ratio: float) -> tuple[int, int, int, int] | None:
    """A place in pixels, from the bottom left corner of the window; None if it is outside.

    Args:
        rect: In logical pixels.
        size: Of the window in pixels.
        ratio: Pixels per logical pixel.
    """
    left, top, right, bottom = (round(side * ratio) for side in rect)
    width, height = size
    box = max(0, left), max(0, height - bottom), min(width, right), min(height, height - top)
    return box if box[0] < box[2] and box[1] < box[3] else None


def changed_rect(before: Sequence[Vertices], after: Sequence[Vertices]) -> Rect | None:
    """The place that has all differences between two pictures; None if there are none.

    Args:
        before: The vertices of each list of the last picture.
        after: Those of this one.

    Returns:
        Logical pixels. What is drawn before and after the vertices that differ is the same, so their places,
        the old and the new, are all that changes.
    """
    if len(before) != len(after):
        return (-1e9, -1e9, 1e9, 1e9)
    rects: list[Rect] = []
    for old, new in zip(before, after, strict=True):
        first, last = _differing(old, new)
        for part in (old[first : len(old) - last], new[first : len(new) - last]):
            if len(part):
                places = np.frombuffer(part.tobytes(), np.float32).reshape(-1, VERTEX // 4)[:, :2]
                (left, top), (right, bottom) = places.min(0).tolist(), places.max(0).tolist()
                rects.append((left - _BLEED, top - _BLEED, right + _BLEED, bottom + _BLEED))
    if not rects:
        return None
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _differing(old: Vertices, new: Vertices) -> tuple[int, int]:
    """How many vertices are the same from the start, and how many of the others from the end."""
    shared = min(len(old), len(new))
    same = (old[:shared] == new[:shared]).all(1)
    first = shared if same.all() else int(np.argmin(same))
    rest = shared - first
    if not rest:
        return first, 0
    same = (old[len(old) - rest :] == new[len(new) - rest :]).all(1)[::-1]
    return first, rest if same.all() else int(np.argmin(same))


def _vertices_of(data: Any) -> list[Vertices]:
    """Copies of the vertices of ImGui's lists."""
    return [
        np.frombuffer(
            ctypes.string_at(part.vtx_buffer.data_address(), len(part.vtx_buffer) * VERTEX), np.uint8
        ).reshape(-1, VERTEX)
        for part in data.cmd_lists
        if len(part.vtx_buffer)
    ]
