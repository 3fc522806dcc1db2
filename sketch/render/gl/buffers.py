"""GPU memory that is reused from frame to frame and grows only when more is needed."""

from time import perf_counter
from typing import Any, cast

import moderngl
import numpy as np

from sketch.arrays import Floats
from sketch.render.gl.uploads import UPLOADS


def vertex_array(ctx: moderngl.Context, program: moderngl.Program, *content: Any) -> moderngl.VertexArray:
    """Read buffers as a program's attributes, each given as (buffer, format, names)."""
    # moderngl's own method has no types.
    return cast(Any, ctx).vertex_array(program, list(content))


class GrowingBuffer:
    """A vertex buffer that is rewritten for every draw call, in the size that the call needs.

    It stays the same buffer, so a vertex array over it is made once.

    Args:
        ctx: The context to allocate in.
    """

    SMALLEST = 1 << 16

    def __init__(self, ctx: moderngl.Context) -> None:
        self.buffer = ctx.buffer(reserve=self.SMALLEST, dynamic=True)

    def upload(self, data: Any, size: int) -> None:
        """Replace the content.

        Args:
            data: Anything with the buffer protocol.
            size: How many bytes that is.
        """
        # The driver allocates fresh memory instead of waiting for earlier draws. If it had the size of the
        # largest call, the driver would clear all of it for every small one.
        began = perf_counter() if UPLOADS.watched else 0.0
        self.buffer.orphan(max(self.SMALLEST, 1 << (size - 1).bit_length()))
        self.buffer.write(data)
        if UPLOADS.watched:
            UPLOADS.add(perf_counter() - began, size)

    def release(self) -> None:
        """Release the memory."""
        self.buffer.release()


class GrowingTexture:
    """Rows of four floats that a shader reads by index with `texelFetch(rows, ivec2(i % 1024, i / 1024), 0)`.

    GL 3.3 has buffer textures for this; moderngl offers no way to make one.
    """

    WIDTH = 1024

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self.texture = ctx.texture((self.WIDTH, 1), 4, dtype="f4")

    def upload(self, rows: Floats) -> None:
        """Replace the content by a float32 array of shape (n, 4)."""
        began = perf_counter() if UPLOADS.watched else 0.0
        height = -(-len(rows) // self.WIDTH)
        if height > self.texture.height:
            self.texture.release()
            self.texture = self._ctx.texture((self.WIDTH, 1 << (height - 1).bit_length()), 4, dtype="f4")
        whole = len(rows) // self.WIDTH
        if whole:
            self.texture.write(
                np.ascontiguousarray(rows[: whole * self.WIDTH]), viewport=(0, 0, self.WIDTH, whole)
            )
        rest = len(rows) - whole * self.WIDTH
        if rest:
            self.texture.write(np.ascontiguousarray(rows[-rest:]), viewport=(0, whole, rest, 1))
        if UPLOADS.watched:
            UPLOADS.add(perf_counter() - began, rows.nbytes)

    def release(self) -> None:
        """Release the memory."""
        self.texture.release()
