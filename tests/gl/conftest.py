import numpy as np
import pytest

from sketch.render.canvas import Canvas


@pytest.fixture(autouse=True)
def the_context_is_current(ctx):
    # A test of another folder that ran in this process may have left a context of its own current, or none.
    ctx.__enter__()


@pytest.fixture(scope="session")
def draw(ctx):
    """Draw one frame: `draw(size, paint, pixel_ratio)` gives pixels as floats 0..1 of shape (h, w, 4)."""
    canvas = Canvas(ctx, (1, 1))

    def run(size, paint, pixel_ratio=1.0):
        canvas.resize(size, pixel_ratio)
        framebuffer = new_framebuffer(ctx, canvas)
        canvas.begin(framebuffer)
        try:
            canvas.background(0)
            paint(canvas)
        finally:
            canvas.end()
            pixels = pixels_of(framebuffer)
            release(framebuffer)
        return pixels

    yield run
    ctx.__enter__()
    canvas.release()


@pytest.fixture
def canvas(ctx):
    """A canvas of 100 x 80 between two frames, with a framebuffer to go with it."""
    made = Canvas(ctx, (100, 80))
    yield made
    made.release()


@pytest.fixture
def framebuffer(ctx, canvas):
    made = new_framebuffer(ctx, canvas)
    yield made
    release(made)


def new_framebuffer(ctx, canvas):
    size = (round(canvas.width * canvas.pixel_ratio), round(canvas.height * canvas.pixel_ratio))
    return ctx.framebuffer([ctx.texture(size, 4)])


def release(framebuffer):
    # When moderngl makes a framebuffer it goes back to the one in use, even if that was released meanwhile.
    framebuffer.ctx.detect_framebuffer(0).use()
    for texture in framebuffer.color_attachments:
        texture.release()
    framebuffer.release()


def pixels_of(framebuffer):
    """Rows from the top down, floats 0..1, shape (h, w, 4)."""
    width, height = framebuffer.size
    data = np.frombuffer(framebuffer.read(components=4), np.uint8)
    return data.reshape(height, width, 4)[::-1].astype(float) / 255


@pytest.fixture
def film(ctx):
    """A canvas whose frames follow each other: `film(size, *paints, ratio=1)` gives the pixels of each."""
    canvas = Canvas(ctx, (1, 1))

    def run(size, *paints, ratio=1.0):
        canvas.resize(size, ratio)
        framebuffer = ctx.framebuffer([ctx.texture(tuple(round(side * ratio) for side in size), 4)])
        frames = []
        for paint in paints:
            canvas.begin(framebuffer)
            canvas.background(0)
            try:
                paint(canvas)
            finally:
                canvas.end()
            frames.append(pixels_of(framebuffer))
        release(framebuffer)
        return frames

    yield run
    canvas.release()


@pytest.fixture(autouse=True)
def no_error_is_left_pending(ctx):
    yield
    assert ctx.error == "GL_NO_ERROR"
