"""Every word of the canvas with numbers that pass 0, 255 and the screen: drawn, or refused by name.

The rule is that of docs/decisions/0012-numbers.md.
"""

import inspect
import math
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pytest

from sketch.easing import ease
from sketch.ink.ink import Ink, Stroke
from sketch.ink.path import Path, PathPen
from sketch.ink.points import as_points
from sketch.ink.shape import Polyline
from sketch.ink.style import StrokeStyle
from sketch.noise import Noise
from sketch.render.canvas import Canvas
from sketch.render.gradient import Gradient
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import Image
from sketch.render.meshes.mesh import Mesh
from sketch.render.meshes.shader import Shader
from sketch.render.oklab import oklch
from sketch.render.post.passes import Bloom, Blur, ColorMap, Trails
from sketch.window import Window
from tests.gl.conftest import new_framebuffer, release

NUMBERS = (
    *(0, -0.0, 1, -1, True, 255.067, -40.5, 1e-9, -1e-9, 1e9, -1e9, 1e30, 1e-50, 10**400, Fraction(7, 2)),
    *(np.float32(-3.5), np.float64(300), np.int32(-7), np.uint8(200), np.float16(0.1), np.array(12.0)),
)
"""What a sketch comes to by `200 * sin(t)`, by pixels of an image or by a slip."""

NO_NUMBERS = (math.nan, math.inf, -math.inf, np.float32("nan"), "12", None, [3], np.array([4.0]), 2j)

LINE = ((10, 10), (40, 25), (30, 50))
PHOTO = Image(np.full((4, 6, 3), 200, dtype=np.uint8))
SQUARE = Path([((0, 0), (20, 0), (20, 20), (0, 20))])
SHEET = Mesh(((0, 0), (20, 0), (0, 20)), mode="line_strip")


def _call(word, *arguments, **named):
    """Draw with a word, one of its numbers replaced."""

    def draw(canvas, number, name):
        bound = inspect.signature(getattr(canvas, word)).bind(*arguments, **named)
        bound.arguments[name] = number
        getattr(canvas, word)(*bound.args, **bound.kwargs)

    return draw


def _outlined(draw):
    def paint(canvas, number, name):
        canvas.no_fill()
        draw(canvas, number, name)

    return paint


def _is(number, other):
    return isinstance(number, float) and number == other


def _plain(word, count):
    """A word that takes numbers alone."""

    def draw(canvas, number, index):
        given = [10.0 * (1 + each) for each in range(count)]
        given[index] = number
        getattr(canvas, word)(*given)

    return draw


def _made(make, use):
    return lambda canvas, number, name: use(canvas, make(**{name: number}))


def _stroke(canvas, style):
    canvas.stroke(LINE, 6, style=style)


def _cornered(canvas, number, name):
    canvas.scale(number)
    for filled in (True, False):
        (canvas.fill if filled else canvas.no_fill)()
        canvas.rect(0, 0, 3, 4, 1)
        canvas.circle(3, 4, 2)
        canvas.ellipse(3, 4, 2, 1)
        canvas.circles([(1, 2)], 3)
    canvas.fill()
    canvas.line(0, 0, 2, 2)
    canvas.triangle(0, 0, 1, 0, 0, 1)
    canvas.polygon(((0, 0), (2, 0), (0, 2)))
    canvas.arc(0, 0, 1, 0, 2)
    canvas.bezier(0, 0, 1, 1, 2, 0, 3, 3)
    canvas.text("Hi", 1, 1, 10)
    canvas.image(PHOTO, 0, 0)
    canvas.path(SQUARE)
    canvas.stroke(LINE, 3)
    canvas.stroke(LINE, 3, style=StrokeStyle(cap="butt", dash=(3, 2), smooth=True))
    canvas.mesh(SHEET)
    ink = Ink()
    ink.add(Stroke(as_points(LINE)))
    canvas.ink(ink)


def _with_gradient(canvas, gradient):
    canvas.gradient(gradient)
    canvas.rect(0, 0, 50, 50)
    canvas.line(0, 0, 50, 50)


def _color(canvas, number, index):
    given = [10.0, 20.0, 30.0, 40.0]
    given[index] = number
    canvas.color(*given)
    canvas.background(*given)
    canvas.circles([(5, 5)], 3, [given])


def _line_width(canvas, number, name):
    canvas.line_width(number)
    canvas.line(0, 0, 30, 30)
    canvas.polyline(LINE, closed=True)
    canvas.stroke(LINE)
    canvas.lines([(0, 0)], [(20, 20)])
    canvas.mesh(SHEET)
    canvas.no_fill()
    for word, given in (("rect", (5, 5, 20, 20, 4)), ("circle", (20, 20, 9)), ("ellipse", (20, 20, 9, 5))):
        getattr(canvas, word)(*given)
    canvas.circles([(20, 20)], 9)
    canvas.rects([(20, 20)], (9, 5))
    canvas.triangle(0, 0, 30, 0, 0, 30)
    canvas.path(SQUARE)


def _fbo(canvas, number, name):
    fbo = Fbo(**{"width": 8, "height": 6, name: number})
    if max(fbo.size) <= 2000 and fbo.ratio(1) < 100:
        with canvas.into(fbo):
            canvas.circle(3, 3, 2)
        canvas.image(fbo, 0, 0)


def _clip(canvas, number, name):
    with canvas.clip(**{"x": 5, "y": 5, "width": 20, "height": 20, name: number}):
        canvas.circle(10, 10, 10)


def _ink(canvas, number, name):
    ink = Ink()
    ink.add(Stroke(as_points(LINE)))
    canvas.ink(ink, **{name: number})


def _ink_width(canvas, number, name):
    ink = Ink()
    ink.add(Stroke(as_points(LINE), width=number))
    canvas.ink(ink)


def _gradient_stop(canvas, number, name):
    _with_gradient(canvas, Gradient.linear(0, 0, 50, 0, (0, 128, 255), (0, number, 1)))


STYLE = dict.fromkeys(("miter_limit", "dash_offset", "taper_start", "taper_end"))
TABLE = {
    "line": (_plain("line", 4), range(4)),
    "circle": (_plain("circle", 3), range(3)),
    "circle outlined": (_outlined(_plain("circle", 3)), range(3)),
    "ellipse": (_plain("ellipse", 4), range(4)),
    "ellipse outlined": (_outlined(_plain("ellipse", 4)), range(4)),
    "rect": (_plain("rect", 5), range(5)),
    "rect outlined": (_outlined(_plain("rect", 5)), range(5)),
    "triangle": (_plain("triangle", 6), range(6)),
    "triangle outlined": (_outlined(_plain("triangle", 6)), range(6)),
    "bezier": (_plain("bezier", 8), range(8)),
    "arc": (_plain("arc", 5), range(5)),
    "color": (_color, range(4)),
    "color alpha": (_call("color", 3, alpha=1), ("alpha",)),
    "line_width": (_line_width, ("line_width",)),
    "translate": (_plain("translate", 2), range(2)),
    "rotate": (_plain("rotate", 1), range(1)),
    "scale": (_cornered, ("x",)),
    "clip": (_clip, ("x", "y", "width", "height")),
    "text": (_call("text", "Hi", 5, 20, size=9, width=40, alpha=1), ("x", "y", "size", "alpha")),
    "text width": (_call("text", "Hi you", 5, 20, size=9, width=40), ("width",)),
    "text_size": (_call("text_size", "Hi", 9), ("size",)),
    "image": (_call("image", PHOTO, 5, 5, 20, 10, alpha=1), ("x", "y", "width", "height", "alpha")),
    "stroke": (_call("stroke", LINE, 5), ("width",)),
    "stroke time": (_call("stroke", LINE, 5, time=1, style=StrokeStyle(brush="pen")), ("time",)),
    "stroke brush width": (_call("stroke", LINE, 5, style=StrokeStyle(brush="ribbon")), ("width",)),
    "stroke data": (
        lambda canvas, number, name: canvas.stroke(
            LINE, 5, style=StrokeStyle(brush="chalk"), data={name: number}
        ),
        ("progress", "age"),
    ),
    "ink": (_ink, ("opacity",)),
    "ink width": (_ink_width, ("width",)),
    "style": (_made(StrokeStyle, _stroke), STYLE),
    "dash": (lambda canvas, number, name: _stroke(canvas, StrokeStyle(dash=(5, number))), ("dash",)),
    "dash alone": (lambda canvas, number, name: _stroke(canvas, StrokeStyle(dash=(number,))), ("dash",)),
    "circles": (lambda canvas, number, name: canvas.circles([(5, 5)], number), ("radius",)),
    "circles at": (lambda canvas, number, name: canvas.circles([(5, number)], 4), ("xy",)),
    "rects": (lambda canvas, number, name: canvas.rects([(5, 5)], (7, number)), ("size",)),
    "rects radius": (lambda canvas, number, name: canvas.rects([(5, 5)], (7, 7), number), ("radius",)),
    "lines": (lambda canvas, number, name: canvas.lines([(5, 5)], [(7, 7)], number), ("width",)),
    "linear": (
        _made(
            lambda **changed: Gradient.linear(
                **{"x1": 0, "y1": 0, "x2": 9, "y2": 9, **changed}, colors=(0, 9)
            ),
            _with_gradient,
        ),
        ("x1", "y1", "x2", "y2"),
    ),
    "radial": (
        _made(
            lambda **changed: Gradient.radial(**{"x": 0, "y": 0, "radius": 9, **changed}, colors=(0, 9)),
            _with_gradient,
        ),
        ("x", "y", "radius"),
    ),
    "stops": (_gradient_stop, ("stops",)),
    "fbo": (_fbo, ("width", "height", "pixel_ratio")),
    "blur": (_made(Blur, Canvas.post), ("sigma",)),
    "bloom": (_made(Bloom, Canvas.post), ("strength", "threshold", "radius")),
    "trails": (_made(Trails, Canvas.post), ("keep", "zoom", "turn")),
    "shift": (_made(lambda shift: Trails(shift=(shift, 0)), Canvas.post), ("shift",)),
    "color map": (_made(ColorMap, Canvas.post), ("amount",)),
    "oklch": (
        _made(
            lambda **changed: oklch(**{"lightness": 0.5, "chroma": 0.1, "hue": 40, **changed}), Canvas.color
        ),
        ("lightness", "chroma", "hue", "alpha"),
    ),
    "path arc": (
        _made(
            lambda **changed: (
                PathPen().arc(**{"x": 9, "y": 9, "radius": 5, "start": 0, "end": 2, **changed}).path()
            ),
            Canvas.path,
        ),
        ("x", "y", "radius", "start", "end"),
    ),
    "path lines": (
        lambda canvas, number, name: canvas.path(
            PathPen().move_to(0, 0).line_to(number, 9).quadratic_to(1, number, 9, 9).path()
        ),
        ("x",),
    ),
    "polyline": (
        lambda canvas, number, name: canvas.polyline(Polyline(LINE).rotate(number).translate(number, 0)),
        ("x",),
    ),
    "polyline scale": (lambda canvas, number, name: canvas.polyline(Polyline(LINE).scale(number)), ("x",)),
    "percent": (lambda canvas, number, name: Polyline(LINE).point_at_percent(number), ("percent",)),
    "length": (lambda canvas, number, name: Polyline(LINE).tangent_at_length(number), ("length",)),
    "spacing": (lambda canvas, number, name: Polyline(LINE).resample_by_spacing(number), ("spacing",)),
    "smooth": (lambda canvas, number, name: Polyline(LINE).smooth(number), ("radius",)),
    "simplify": (lambda canvas, number, name: Polyline(LINE).simplify(number), ("tolerance",)),
    "count": (
        lambda canvas, number, name: Polyline(LINE).resample_by_count(9 if _is(number, 1e9) else number),
        ("count",),
    ),
    "noise": (lambda canvas, number, name: Noise(1)(number, 0.5, number), ("x",)),
    "seed": (lambda canvas, number, name: Noise(number), ("seed",)),
    "frequency": (lambda canvas, number, name: Noise(1, frequency=number)(3.5, 7), ("frequency",)),
    "octaves": (lambda canvas, number, name: Noise(1, octaves=number), ("octaves",)),
    "ease": (lambda canvas, number, name: ease(number), ("share",)),
    "window": (lambda canvas, number, name: Window(size=(number, 20)), ("size",)),
    "fps": (lambda canvas, number, name: Window(fps=number), ("fps",)),
}


@pytest.fixture
def frame(ctx):
    canvas = Canvas(ctx, (60, 50))
    framebuffer = new_framebuffer(ctx, canvas)

    def run(draw, number, name):
        canvas.begin(framebuffer)
        try:
            with canvas.pushed():
                draw(canvas, number, name)
        finally:
            canvas.end()

    yield run
    release(framebuffer)
    canvas.release()


@pytest.mark.parametrize("entry", TABLE)
def test_any_number_is_drawn_or_refused_by_name(frame, entry):
    draw, places = TABLE[entry]
    for place in places:
        for number in NUMBERS:
            try:
                frame(draw, number, place)
            except (ValueError, TypeError) as error:
                _names_it(error, entry, place, number)


@pytest.mark.parametrize("entry", TABLE)
def test_what_is_no_number_is_refused_by_name(frame, entry):
    draw, places = TABLE[entry]
    for place in places:
        for number in NO_NUMBERS:
            try:
                frame(draw, number, place)
            except (ValueError, TypeError) as error:
                _names_it(error, entry, place, number)


def _names_it(error, entry, place, number):
    """What is refused says what is allowed, in Inkloop's words, not in numpy's or Python's."""
    said = str(error)
    assert " must " in said or "needs" in said or "channel" in said or "a color is" in said, (
        entry,
        place,
        number,
        said,
    )


def _same(draw, one, other):
    assert np.array_equal(draw((60, 50), one), draw((60, 50), other))


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize(
    ("word", "given", "same"),
    [
        ("circle", (30, 25, -12), (30, 25, 12)),
        ("ellipse", (30, 25, -20, 10), (30, 25, 20, 10)),
        ("ellipse", (30, 25, 20, -10), (30, 25, 20, 10)),
        ("rect", (40, 30, -20, 10), (20, 30, 20, 10)),
        ("rect", (20, 40, 20, -10, -3), (20, 30, 20, 10, 3)),
        ("circles", ([(30, 25)], [-12]), ([(30, 25)], [12])),
        ("rects", ([(40, 40)], (-20, -10), -3), ([(20, 30)], (20, 10), 3)),
        ("lines", ([(9, 9)], [(40, 30)], -4), ([(9, 9)], [(40, 30)], 4)),
        ("arc", (30, 25, -12, 0, 2), (30, 25, 12, 0, 2)),
        ("stroke", (LINE, -7), (LINE, 7)),
        ("text", ("Hi", 9, 30, -20), ("Hi", 9, 30, 20)),
        ("image", (PHOTO, 40, 30, -20, -10), (PHOTO, 20, 20, 20, 10)),
        ("circle", (np.uint8(30), np.uint8(25), np.uint8(12)), (30, 25, 12)),
        ("triangle", tuple(np.array((40, 30, 10, 10, 50, 5), np.uint8)), (40, 30, 10, 10, 50, 5)),
        ("circle", (300, 20, np.uint8(255)), (300, 20, 255)),
    ],
)
def test_a_negative_size_is_its_magnitude_and_a_rectangle_goes_from_its_corner(
    draw, filled, word, given, same
):
    def painted(arguments):
        def paint(canvas):
            canvas.line_width(3)
            (canvas.fill if filled else canvas.no_fill)()
            getattr(canvas, word)(*arguments)

        return paint

    _same(draw, painted(given), painted(same))
    assert draw((60, 50), painted(given))[:, :, 0].max() > 0.5


@pytest.mark.parametrize("width", [0, -0.0, 1e-50])
def test_nothing_is_drawn_with_a_width_of_0(draw, width):
    def paint(canvas):
        _line_width(canvas, width, "line_width")
        canvas.fill()
        canvas.stroke(LINE, [width] * 3, style=StrokeStyle(brush="marker"))
        canvas.lines([(5, 5)], [(30, 30)], width)
        canvas.kept_stroke(canvas.keep_stroke(LINE, width))
        canvas.text("Hi", 5, 20, width)
        canvas.circle(30, 30, width)
        _ink_width(canvas, width, "width")

    assert draw((60, 50), paint)[:, :, :3].max() == 0
    assert draw((60, 50), lambda canvas: _line_width(canvas, 2, "line_width"))[:, :, :3].max() > 0.9


def test_colors_and_alphas_are_clamped(draw):
    def paint(color, alpha):
        def now(canvas):
            canvas.color(*color, alpha=alpha)
            canvas.rect(5, 5, 30, 30)
            canvas.circles([(45, 30)], 9, [color])

        return now

    _same(draw, paint((255.067, -3, 128), 1.2), paint((255, 0, 128), 1))
    _same(draw, paint((9, 99, 999), -0.1), paint((9, 99, 255), 0))


@pytest.mark.parametrize("brush", ["ribbon", "highlighter"])
@pytest.mark.parametrize("points", [[(30, 25)], [(30, 25), (30, 25)], [(30, 25), (30.8, 25.3)]])
def test_a_tap_leaves_a_mark_with_any_brush(draw, brush, points):
    def paint(canvas):
        canvas.background(255)
        canvas.stroke(points, 14, "#205080", style=StrokeStyle(brush=brush))

    marked = draw((60, 50), paint)[:, :, 0] < 0.9
    assert 60 < marked.sum() < 160
    assert np.argwhere(marked).mean(axis=0) == pytest.approx((24.5, 29.5), abs=1)


def test_a_cut_stroke_of_some_length_is_as_long_as_given(draw):
    style = StrokeStyle(cap="butt")
    drawn = draw((60, 50), lambda canvas: canvas.stroke([(20, 25), (24, 25)], 20, style=style))
    assert drawn[:, :, 0].sum() == pytest.approx(80, rel=0.02)


def test_a_text_grows_smoothly_from_nothing_and_past_what_a_texture_holds(draw):
    sums = [
        draw((60, 50), lambda canvas, size=size: canvas.text("Hi", 5, 45, size))[:, :, 0].sum()
        for size in (0, 0.3, 2, 6, 16)
    ]
    assert sums[0] == 0 <= sums[1] < sums[2] < sums[3] < sums[4]
    huge = draw((60, 50), lambda canvas: canvas.text("I", -1100, 3000, 9000))
    assert huge[25, 30, 0] == 1


def test_a_gradient_without_extent_has_its_last_color(draw):
    def paint(gradient):
        return lambda canvas: (canvas.gradient(gradient), canvas.rect(0, 0, 60, 50))

    for gradient in (Gradient.linear(9, 9, 9, 9, (0, 128)), Gradient.radial(9, 9, 0, (0, 128))):
        assert draw((60, 50), paint(gradient))[:, :, 0] == pytest.approx(128 / 255, abs=0.01)
    back = Gradient.linear(0, 0, 60, 0, (0, 128, 255), (0.5, 0.2, 1.4))
    _same(draw, paint(back), paint(Gradient.linear(0, 0, 60, 0, (0, 128, 255), (0.5, 0.5, 1))))


def test_outlined_circles_of_a_crowd_become_ellipses_where_the_transform_makes_them(draw):
    def paint(one_by_one):
        def now(canvas):
            canvas.no_fill()
            canvas.scale(2, 1)
            if one_by_one:
                canvas.circle(15, 25, 9)
            else:
                canvas.circles([(15, 25)], 9)

        return now

    _same(draw, paint(True), paint(False))


def test_an_array_uniform_is_cut_to_what_the_shader_uses(draw, tmp_path):
    text = (
        "out vec4 paint;\n#define MANY 3\nconst int SOME = 2;\nuniform float a[4];\nuniform vec2 b[MANY];\n"
    )
    text += (
        "uniform mat2 c[SOME];\nuniform int d;\nuniform uint e;\nstruct Lamp { float x; };\nuniform Lamp f;\n"
    )
    text += "void main() { paint = vec4(a[1], b[0].y, c[0][1][0], 1.0 + float(d) + float(e) + f.x); }\n"
    (tmp_path / "part.frag").write_text(text, encoding="utf-8")
    shader = Shader(tmp_path / "part.frag")
    shader.set(a=[0, 0.2, 2, 3], b=[(0, 0.4)] * 3, c=[[(0, 0.6), (0, 0)]] * 2, d=0, e=0)
    assert draw((8, 8), lambda canvas: canvas.shader(shader))[4, 4, :3] == pytest.approx(
        (0.2, 0.4, 0.6), abs=0.01
    )
    refused = {
        "a": [[0, 1, 2], [0] * 5, "x", [math.nan] * 4, [1e39] * 4],
        "b": [[(0, 1)] * 2, [(0, 1)] * 4],
        "c": [np.eye(2)],
        "d": [0.5, 2**31],
        "e": [-1, 2**32],
        "f": [1.0],
        "g": [1.0],
    }
    for name, values in refused.items():
        for value in values:
            with pytest.raises((ValueError, TypeError), match=f"uniform '{name}'"):
                shader.set(**{name: value})


def test_an_error_within_a_clip_leaves_the_canvas_whole(draw):
    def paint(canvas):
        with canvas.clip(-1e9, 1e9, 1e30, -1e30):
            canvas.circle(10, 10, 40)
        canvas.rect(20, 20, 10, 10)

    assert draw((60, 50), paint)[25, 25, 0] == 1


@pytest.mark.parametrize(
    ("paint", "said"),
    [
        (lambda c: c.kept_stroke(None), "kept_stroke needs what keep_stroke returned"),
        (lambda c: c.stroke(LINE, style=StrokeStyle(brush=cast(Any, ["pen"]))), "brush must be a Brush"),
        (lambda c: c.text("hi", 1, 2, font=5), "must be a text or a Path"),
        (lambda c: c.text("hi", 1, 2, font="a\0b"), "font= must be the path"),
        (lambda c: c.text("hi", 1, 2, align=np.zeros(2)), "align= must be one of"),
        (lambda c: c.blend_mode(np.zeros(2)), "blend mode must be one of"),
    ],
)
def test_what_is_of_another_type_is_refused_with_what_is_allowed(draw, paint, said):
    with pytest.raises((TypeError, ValueError), match=said):
        draw((60, 60), paint)
