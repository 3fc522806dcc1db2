import math
from typing import Any

import moderngl
import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke, WetStroke
from sketch.ink.points import as_points
from sketch.render.canvas import Canvas
from tests.gl.conftest import pixels_of, release

NAN, INF = math.nan, math.inf

CORNERS = "#version 330\nvoid main() { gl_Position = vec4(gl_VertexID & 1, gl_VertexID >> 1, 0, 1); }"
NOTHING = "#version 330\nout vec4 paint; void main() { paint = vec4(0.0); }"


@pytest.fixture
def open_canvas(canvas, framebuffer):
    canvas.begin(framebuffer)
    yield canvas
    canvas.end()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda c: c.color("red"), ValueError, "#rrggbb"),
        (lambda c: c.color(1, 2, 3, 4, 5), ValueError, "5 channels"),
        (lambda c: c.color(None), TypeError, "None"),
        (lambda c: c.blend_mode("darken"), ValueError, "alpha, add, multiply, screen; got 'darken'"),
        (lambda c: c.circle(NAN, 0, 1), ValueError, "x must be finite; got nan"),
        (lambda c: c.circle("0", 0, 1), TypeError, "x must be a number; got '0'"),
        (lambda c: c.rect(0, 0, INF, 1), ValueError, "width must be finite"),
        (lambda c: c.line(0, 0, 1, NAN), ValueError, "y2 must be finite"),
        (lambda c: c.triangle(0, 0, 1, 1, 2, INF), ValueError, "y3 must be finite"),
        (lambda c: c.bezier(0, 0, 1, 1, 2, 2, NAN, 3), ValueError, "x4 must be finite"),
        (lambda c: c.arc(0, 0, 1, 0, INF), ValueError, "end must be finite"),
        (lambda c: c.polyline([]), ValueError, "n at least 1"),
        (lambda c: c.polyline([(0, 0), (NAN, 1)]), ValueError, "row 1"),
        (lambda c: c.polygon([(0, 0), (1, 1)]), ValueError, "at least 3 points; got 2"),
        (lambda c: c.polygon([(0, 0), (9, 0), (1, 1), (0, 9)]), ValueError, "turns both ways"),
        (lambda c: c.stroke([(0, 0)], width=[1, 2]), ValueError, r"shape \(1,\)"),
        (lambda c: c.stroke([(0, 0)], color=[(1, 2)]), ValueError, r"shape \(1, 3\)"),
        (lambda c: c.text("a", 0, 0, align="middle"), ValueError, "left, center, right; got 'middle'"),
        (lambda c: c.text("a", 0, 0, font="no/such.ttf"), ValueError, "no/such.ttf"),
        (lambda c: c.text("a", 0, 0, font=__file__), ValueError, "font file"),
        (lambda c: c.image("no/such.png", 0, 0), ValueError, "no/such.png"),
        (lambda c: c.image(__file__, 0, 0), ValueError, "cannot read the image"),
        (lambda c: c.image(np.zeros((4, 4, 5)), 0, 0), ValueError, r"float64 of shape \(4, 4, 5\)"),
        (lambda c: c.image(np.zeros((1, 20_000, 3), np.uint8), 0, 0), ValueError, "got 20000 x 1"),
        (lambda c: c.translate(NAN, 0), ValueError, "x must be finite"),
        (lambda c: c.rotate(INF), ValueError, "radians must be finite"),
        (lambda c: c.scale(NAN), ValueError, "x must be finite"),
        (lambda c: c.pop_style(), RuntimeError, "pop_style without"),
        (lambda c: c.pop_matrix(), RuntimeError, "pop_matrix without"),
    ],
)
def test_a_wrong_argument_is_refused_at_the_call(open_canvas, call, error, says):
    with pytest.raises(error, match=says):
        call(open_canvas)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.background(0),
        lambda c: c.circle(1, 1, 1),
        lambda c: c.polygon([(0, 0), (1, 0), (0, 1)]),
        lambda c: c.stroke([(0, 0)]),
        lambda c: c.text("a", 0, 0),
        lambda c: c.image(np.zeros((2, 2, 3), np.uint8), 0, 0),
        lambda c: c.ink(Ink()),
        lambda c: c.end(),
    ],
)
def test_nothing_draws_outside_a_frame(canvas, call):
    with pytest.raises(RuntimeError, match="between begin and end"):
        call(canvas)


def test_beginning_twice_and_resizing_within_a_frame_are_refused(open_canvas, framebuffer):
    with pytest.raises(RuntimeError, match="twice"):
        open_canvas.begin(framebuffer)
    with pytest.raises(RuntimeError, match="between begin and end"):
        open_canvas.resize((10, 10))


@pytest.mark.parametrize(("size", "ratio"), [((10, 10), 0), ((10, 10), -1), ((10, 10), NAN), ((INF, 10), 1)])
def test_a_canvas_without_pixels_is_refused(ctx, size, ratio):
    with pytest.raises(ValueError, match="must be"):
        Canvas(ctx, size, ratio)


def test_a_canvas_is_as_large_as_what_was_asked_for_rounds_to_and_at_least_a_pixel(ctx):
    size: Any = (10.6, 0)
    canvas = Canvas(ctx, size)
    assert canvas.size == (11, 1)
    canvas.resize((0, -7))
    assert canvas.size == (1, 1)
    canvas.release()


def test_a_push_that_was_not_popped_is_reported_after_the_frame_was_drawn(canvas, framebuffer):
    canvas.begin(framebuffer)
    canvas.background(0)
    canvas.push_matrix()
    canvas.push_style()
    canvas.rect(0, 0, 100, 80)
    with pytest.raises(RuntimeError, match="1 push_style and 1 push_matrix not popped"):
        canvas.end()
    assert pixels_of(framebuffer).min() == 1
    canvas.begin(framebuffer)
    canvas.end()


def test_pushed_puts_everything_back_even_after_an_error(draw):
    def paint(canvas):
        canvas.color(255, 0, 0)
        with pytest.raises(KeyError):
            fail_while_pushed(canvas)
        canvas.rect(0, 0, 5, 5)

    def fail_while_pushed(canvas):
        with canvas.pushed():
            canvas.color(0, 255, 0)
            canvas.translate(50, 0)
            canvas.push_matrix()
            canvas.no_fill()
            raise KeyError

    assert draw((60, 10), paint)[2, 2, :3].tolist() == [1, 0, 0]


def test_every_frame_starts_with_the_same_style_and_coordinates(canvas, framebuffer):
    canvas.begin(framebuffer)
    canvas.color(9)
    canvas.translate(500, 500)
    canvas.blend_mode("multiply")
    canvas.end()
    canvas.begin(framebuffer)
    canvas.background(0)
    canvas.rect(0, 0, 10, 10)
    canvas.end()
    assert pixels_of(framebuffer)[5, 5, :3].tolist() == [1, 1, 1]


def test_reset_goes_back_to_what_the_frame_started_with(draw):
    def paint(canvas):
        with canvas.pushed():
            canvas.scale(3)
            canvas.color(0)
            canvas.reset()
            canvas.rect(4, 4, 2, 2)

    drawn = draw((10, 10), paint, 2.0)[..., 0]
    assert drawn.sum() == 16
    assert drawn[8:12, 8:12].min() == 1


def test_transforms_apply_in_the_order_they_are_called(draw):
    def paint(canvas):
        canvas.translate(20, 10)
        canvas.rotate(math.pi / 2)
        canvas.scale(2, 1)
        canvas.rect(1, 2, 3, 4)

    drawn = draw((40, 40), paint)[..., 0]
    # x' = 20 - y and y' = 10 + 2 x.
    assert drawn[12:18, 14:18].min() > 0.99
    assert drawn.sum() == pytest.approx(24, abs=0.1)


def test_a_high_dpi_frame_has_more_pixels_and_the_same_picture(draw):
    def paint(canvas):
        canvas.circle(20, 20, 12)
        canvas.stroke([(5, 5), (35, 30)], width=4, color=(255, 0, 0))

    fine = draw((40, 40), paint, 4.0).reshape(40, 4, 40, 4, 4).mean(axis=(1, 3))
    assert np.abs(fine - draw((40, 40), paint)).max() < 0.2
    assert np.abs(fine - draw((40, 40), paint)).mean() < 0.005


def test_a_frame_leaves_the_context_harmless_and_heeds_no_state_left_by_others(ctx, canvas, framebuffer):
    framebuffer.use()
    ctx.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
    ctx.wireframe = True
    framebuffer.viewport = (3, 4, 5, 6)
    framebuffer.scissor = (0, 0, 2, 2)
    canvas.begin(framebuffer)
    canvas.background(0)
    canvas.rect(0, 0, 100, 80)
    canvas.text("x", 10, 10)
    canvas.end()
    assert pixels_of(framebuffer).min() == 1
    assert ctx.fbo is framebuffer
    assert framebuffer.viewport == (0, 0, 100, 80)
    assert not ctx.wireframe
    assert ctx.error == "GL_NO_ERROR"
    # What is drawn now without asking for blending replaces what is there.
    canvas.begin(framebuffer)
    canvas.end()
    program = ctx.program(vertex_shader=CORNERS, fragment_shader=NOTHING)
    vertices = ctx.vertex_array(program, [])
    vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)
    assert pixels_of(framebuffer)[10, 80].tolist() == [0, 0, 0, 0]
    vertices.release()
    program.release()


def test_the_background_may_be_translucent(canvas, framebuffer):
    canvas.begin(framebuffer)
    canvas.background(255, 0, 0, 127.5)
    canvas.end()
    assert pixels_of(framebuffer)[0, 0] == pytest.approx((0.5, 0, 0, 0.5), abs=1 / 255)


def test_squeezed_to_nothing_draws_nothing(draw):
    def paint(canvas):
        canvas.scale(0)
        canvas.circle(0, 0, 5)
        canvas.rect(0, 0, 5, 5)
        canvas.triangle(0, 0, 5, 0, 0, 5)
        canvas.polygon([(0, 0), (5, 0), (5, 5), (0, 5)])
        canvas.text("a", 0, 5)
        canvas.stroke([(0, 0), (5, 5)], width=4)
        canvas.ellipse(0, 0, 4, 9)
        canvas.no_fill()
        canvas.ellipse(0, 0, 4, 9)
        canvas.bezier(0, 0, 5, 0, 5, 5, 0, 5)
        canvas.arc(0, 0, 5, 0, 5)

    assert draw((10, 10), paint)[..., :3].max() == 0


def test_a_released_canvas_leaves_nothing_on_the_gpu(ctx, monkeypatch):
    made = []
    for name in ("buffer", "texture", "framebuffer", "vertex_array", "program"):
        make = getattr(ctx, name)
        monkeypatch.setattr(
            type(ctx), name, lambda _, *a, make=make, **k: made.append(make(*a, **k)) or made[-1]
        )
    framebuffer = ctx.framebuffer([ctx.texture((20, 20), 4)])
    given = set(map(id, (framebuffer, *framebuffer.color_attachments)))
    canvas = Canvas(ctx, (20, 20))
    wet = WetStroke()
    for index in range(3000):
        wet.add(np.array((index % 20, index % 7, 0, 0.5), np.float32))
    ink = Ink([Stroke(as_points([(3, 4)]))], {0: wet})
    for size in ((20, 20), (30, 30)):
        canvas.resize(size)
        canvas.begin(framebuffer)
        canvas.ink(ink, opacity=0.5)
        canvas.text("kept", 0, 10)
        canvas.image(np.zeros((3, 3, 4), np.uint8), 0, 0)
        canvas.end()
    canvas.release()
    left = [
        thing for thing in made if id(thing) not in given and type(thing.mglo).__name__ != "InvalidObject"
    ]
    assert len(made) > 20
    assert left == []
    monkeypatch.undo()
    release(framebuffer)


def test_a_color_given_to_fill_is_refused_with_where_colors_go(canvas):
    with pytest.raises(TypeError, match=r"write canvas.color\(255, 0, 0\), then canvas.fill\(\)"):
        canvas.fill(255, 0, 0)
