"""The HUD in a window: F3 shows it, after the film has its picture."""

import logging
from typing import Any, cast

import moderngl

from sketch.host.window_texture import WindowTexture, opengl
from sketch.live.hud import HudPicture, HudText
from sketch.live.hud_meter import FrameMeter
from sketch.loop import Stage

log = logging.getLogger("inkloop")

_MARGIN = 12
_IN_FLIGHT = 4

_VERTEX = """
#version 330
uniform vec4 box;
out vec2 at;
void main() {
    at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(mix(box.xy, box.zw, vec2(at.x, 1.0 - at.y)), 0.0, 1.0);
}
"""
_FRAGMENT = """
#version 330
uniform sampler2D picture;
in vec2 at;
out vec4 color;
void main() { color = texture(picture, at); }
"""


class GpuTimer:
    """How long the GPU works between two moments, by its own clock; asking never waits for it.

    It reports a few frames later. Timestamps are used, since a sketch may have timer queries of its own,
    which cannot be nested.
    """

    def __init__(self) -> None:
        gl = self._gl = opengl()
        self._names: Any = (gl.GLuint * (2 * _IN_FLIGHT))()
        gl.glGenQueries(2 * _IN_FLIGHT, self._names)
        self._asked = 0
        self._read = 0
        self._is_measuring = False

    def begin(self) -> None:
        """The measured work begins."""
        self._is_measuring = self._asked - self._read < _IN_FLIGHT
        if self._is_measuring:
            self._gl.glQueryCounter(self._names[2 * (self._asked % _IN_FLIGHT)], self._gl.GL_TIMESTAMP)

    def end(self) -> None:
        """The measured work ends."""
        if self._is_measuring:
            self._is_measuring = False
            self._gl.glQueryCounter(self._names[2 * (self._asked % _IN_FLIGHT) + 1], self._gl.GL_TIMESTAMP)
            self._asked += 1

    def take(self) -> float | None:
        """Seconds of the newest work that is done and not yet reported; None if there is none."""
        gl, seconds = self._gl, None
        while self._read < self._asked:
            pair = 2 * (self._read % _IN_FLIGHT)
            is_there = gl.GLuint()
            gl.glGetQueryObjectuiv(self._names[pair + 1], gl.GL_QUERY_RESULT_AVAILABLE, is_there)
            if not is_there.value:
                break
            began, ended = gl.GLuint64(), gl.GLuint64()
            gl.glGetQueryObjectui64v(self._names[pair], gl.GL_QUERY_RESULT, began)
            gl.glGetQueryObjectui64v(self._names[pair + 1], gl.GL_QUERY_RESULT, ended)
            seconds = max(0, ended.value - began.value) / 1e9
            self._read += 1
        return seconds

    def release(self) -> None:
        """Delete the queries."""
        self._gl.glDeleteQueries(2 * _IN_FLIGHT, self._names)


class HudWindow:
    """The HUD of a window, from when it is opened until it is closed.

    Args:
        window: pyglet's window.
        context: Its OpenGL context, which is current.
        stage: What runs.
        ratio: Pixels per logical pixel.
    """

    def __init__(self, window: Any, context: moderngl.Context, stage: Stage, ratio: float) -> None:
        self.ratio = ratio
        self._window = window
        self._context = context
        self._stage = stage
        self._meter = _GpuMeter(1 / stage.sketch.window.fps)
        self._picture = HudPicture(HudText(stage, self._meter), self._meter, ratio)
        height, width = self._picture.pixels.shape[:2]
        self._texture = WindowTexture(context, (width, height))
        # Into a window with several samples a pixel nothing can be copied.
        self._quad = _Quad(context, self._texture) if window.config.samples else None
        self._meter.open()
        stage.meter = self._meter
        self._picture.fill()
        self._texture.write(self._picture.pixels, (0, 0, width, height))

    def begin(self) -> None:
        """A frame begins."""
        self._meter.begin()

    def lap(self, part: str) -> None:
        """What was done since the last lap was this part."""
        self._meter.lap(part)

    def draw(self) -> None:
        """Draw the HUD into the window's framebuffer, whose viewport is set."""
        for box in self._picture.advance():
            self._texture.write(self._picture.pixels, box)
        size = self._window.get_framebuffer_size()
        margin = round(_MARGIN * self.ratio)
        if self._quad is not None:
            self._quad.draw(size, margin)
        else:
            self._texture.copy(size, margin)
        self._context.screen.use()
        self._meter.lap("rest")

    def release(self) -> None:
        """Measure nothing any more, and release the GPU resources."""
        self._stage.meter = None
        self._meter.release()
        if self._quad is not None:
            self._quad.release()
        self._texture.release()


class _GpuMeter(FrameMeter):
    """A meter that also asks the GPU how long `draw` keeps it busy."""

    def __init__(self, step: float) -> None:
        super().__init__(step)
        self._timer = GpuTimer()

    def lap(self, part: str) -> None:
        if part == "draw":
            self._timer.end()
            self.upload()
        super().lap(part)
        if part == "update":
            self._timer.begin()

    def begin(self) -> None:
        seconds = self._timer.take()
        if seconds is not None:
            self.gpu(seconds)
        super().begin()

    def release(self) -> None:
        """Measure nothing any more."""
        self.close()
        self._timer.release()


class _Quad:
    """The same picture, drawn as a rectangle."""

    def __init__(self, context: moderngl.Context, texture: WindowTexture) -> None:
        self._context = context
        self._size = texture.size
        self._program = context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._vertices = cast(Any, context).vertex_array(self._program, [])
        self._picture = context.external_texture(texture.name, texture.size, 4, 0, "f1")

    def draw(self, size: tuple[int, int], margin: int) -> None:
        """Draw it in the top left corner of a window of this size."""
        self._context.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._context.screen.use()
        left, top = -1 + 2 * margin / size[0], 1 - 2 * margin / size[1]
        right, bottom = left + 2 * self._size[0] / size[0], top - 2 * self._size[1] / size[1]
        cast(Any, self._program["box"]).value = (left, bottom, right, top)
        self._picture.use(0)
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Release the GPU resources; the texture belongs to the other class."""
        self._vertices.release()
        self._program.release()
