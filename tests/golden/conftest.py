import numpy as np
import pytest

from sketch.render.canvas import Canvas


@pytest.fixture(autouse=True)
def the_context_is_current(ctx):
    # A test of another folder that ran in this process may have left a context of its own current, or none.
    ctx.__enter__()


@pytest.fixture
def draw(ctx):
    """Draw one frame and return it as uint8 of shape (h, w, 3)."""

    def run(size, paint):
        canvas = Canvas(ctx, size)
        framebuffer = ctx.simple_framebuffer(size)
        canvas.begin(framebuffer)
        canvas.background("#16181d")
        paint(canvas)
        canvas.end()
        pixels = np.frombuffer(framebuffer.read(components=3), np.uint8).reshape(size[1], size[0], 3)[::-1]
        canvas.release()
        ctx.detect_framebuffer(0).use()
        framebuffer.release()
        return np.ascontiguousarray(pixels)

    return run
