import itertools
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sketch.ink.brush import Brush, BrushError
from sketch.ink.ink import Ink, Stroke
from sketch.ink.points import as_points
from sketch.ink.style import StrokeStyle
from sketch.render.canvas import Canvas
from sketch.render.gl import buffers
from sketch.render.gl.glsl import ShaderError
from sketch.render.strokes.brushes import brush_names, brush_of
from tests.gl.conftest import new_framebuffer, release

WAVE = np.column_stack((np.linspace(20, 180, 60), 40 + 12 * np.sin(np.linspace(0, 7, 60))))
HEAT = """
vec4 brush(Ink ink) {
    vec3 color = mix(vec3(0.0, 0.0, 1.0), vec3(1.0, 0.0, 0.0), ink.progress);
    return vec4(color, ink.coverage);
}
"""


def write(folder: Path, name: str, code: str, settings: str = "") -> Path:
    (folder / f"{name}.frag").write_text(code, encoding="utf-8")
    (folder / f"{name}.toml").write_text(settings, encoding="utf-8")
    return folder / name


def returning(color: str) -> str:
    return f"vec4 brush(Ink ink) {{\n    return vec4({color}, ink.coverage);\n}}\n"


@pytest.fixture
def heat(tmp_path):
    return Brush.load(write(tmp_path, "heat", HEAT, 'overlap = "build"'))


def painted(draw, brush, **more):
    paint = partial(Canvas.stroke, points=WAVE, width=20, color=(255, 170, 60))

    def run(canvas):
        canvas.background(110)
        paint(canvas, style=StrokeStyle(brush=brush), **more)

    return draw((200, 80), run)[..., :3]


def test_the_brushes_that_ship_are_these():
    assert {"pen", "marker", "highlighter", "chalk", "charcoal", "glow", "ribbon"} <= set(brush_names())


@pytest.mark.parametrize("name", brush_names())
def test_a_brush_paints_along_its_stroke_and_nowhere_else(draw, name):
    drawn = painted(draw, name)
    changed = np.abs(drawn - 110 / 255).max(axis=2) > 0.02
    brush = brush_of(name)
    y, x = np.mgrid[0:80, 0:200] + 0.5
    away = np.hypot(x[..., None] - WAVE[:, 0], y[..., None] - WAVE[:, 1]).min(axis=2)
    reach = 10 * (1 + brush.bleed) * (1.42 if brush.cap == "square" else 1) + 2
    assert not changed[away > reach].any()
    assert changed[away < 4].mean() > 0.5


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(brush_names(), 2)))
def test_any_two_brushes_of_one_color_differ_in_grain_or_edge(draw, one, other):
    a, b = painted(draw, one), painted(draw, other)
    touched = (np.abs(a - 110 / 255).max(axis=2) > 0.02) | (np.abs(b - 110 / 255).max(axis=2) > 0.02)
    assert np.abs(a - b).max(axis=2)[touched].mean() > 0.03


@pytest.mark.parametrize("name", brush_names())
def test_a_brush_paints_the_same_picture_twice(draw, name):
    assert (painted(draw, name) == painted(draw, name)).all()


def test_pressure_reaches_the_brush(draw):
    def chalk(pressure):
        points = np.column_stack((WAVE, np.zeros(60), np.full(60, pressure)))
        style = StrokeStyle(brush="chalk")
        return draw((200, 80), partial(Canvas.stroke, points=points, width=20, style=style))[..., 0].sum()

    assert chalk(0.1) < 0.8 * chalk(0.9)


def test_grain_belongs_to_the_paper_and_not_to_the_line(draw):
    def piece(points):
        return draw(
            (200, 80), partial(Canvas.stroke, points=points, width=20, style=StrokeStyle(brush="chalk"))
        )

    # A wet stroke that grows keeps the grain it has.
    short, long = piece(WAVE[:30]), piece(WAVE)
    assert np.abs(short[:, :80] - long[:, :80]).max() <= 2 / 255


def test_a_brush_of_ones_own_is_a_pair_of_files(draw, tmp_path):
    code = "uniform vec3 tint;\n" + returning("tint")
    brush = Brush.load(write(tmp_path, "mine", code, "width = 9\n[uniforms]\ntint = [0.0, 1.0, 0.0]\n"))
    assert (brush.name, brush.width) == ("mine", 9)
    assert painted(draw, brush)[40, 22].tolist() == pytest.approx([0, 1, 0], abs=0.02)
    blue = brush.with_uniforms(tint=(0.0, 0.0, 1.0))
    assert painted(draw, blue)[40, 22].tolist() == pytest.approx([0, 0, 1], abs=0.02)


def test_everything_an_ink_holds_reaches_the_brush(draw, tmp_path):
    fields = [
        "along / 200.0",
        "across * 0.5 + 0.5",
        "edge / 10.0",
        "coverage",
        "width / 40.0",
        "color.r",
        "pressure",
        "speed / 1000.0",
        "progress",
        "class_id / 10.0",
        "confidence",
        "age / 10.0",
        "own.w",
        "time / 10.0",
        "paper.x / 200.0",
        "seed",
    ]
    points = [(50.0, 40.0, 0.0, 0.3), (150.0, 40.0, 1.0, 0.3)]
    data = {"progress": [0.1, 0.3], "class": 4, "confidence": 0.7, "age": 6, "own": (0.0, 0.1, 0.2, 0.9)}
    seen = []
    for number, field in enumerate(fields):
        code = f"vec4 brush(Ink ink) {{ return vec4(vec3(ink.{field}), 1.0); }}\n"
        brush = Brush.load(write(tmp_path, f"field{number}", code))
        paint = partial(Canvas.stroke, points=points, width=20, color=(51, 0, 0), data=data, time=8.0)
        seen.append(draw((200, 80), partial(paint, style=StrokeStyle(brush=brush)))[40, 100, 0])
    # The middle of pixel (100, 40) is half a pixel off the middle of the line.
    expected = [50.5 / 200, 0.525, 0.95, 1, 0.5, 0.2, 0.3, 0.05, 0.201, 0.4, 0.7, 0.6, 0.9, 0.8, 100.5 / 200]
    assert seen[:-1] == pytest.approx(expected, abs=0.01)
    assert 0 <= seen[-1] <= 1


def test_a_brush_that_does_not_compile_names_its_file_and_line_at_the_call(canvas, framebuffer, tmp_path):
    brush = Brush.load(write(tmp_path, "broken", "// a comment\n" + returning("oops")))
    canvas.begin(framebuffer)
    with pytest.raises(ShaderError, match=r"broken\.frag:3: error: .*oops"):
        canvas.stroke(WAVE, style=StrokeStyle(brush=brush))
    canvas.end()


def below_the_lines(canvas, framebuffer, brush):
    """The color of a stroke, drawn below the lines in which the frame says what is wrong."""
    canvas.begin(framebuffer)
    canvas.background(0)
    canvas.stroke([(10, canvas.height - 5), (90, canvas.height - 5)], 10, style=StrokeStyle(brush=brush))
    canvas.end()
    return framebuffer.read(viewport=(50, 4, 1, 1), components=3)


def test_a_brush_broken_while_it_is_in_use_stays_as_it_was_and_says_why(ctx, canvas, tmp_path):
    canvas.resize((100, 300))
    framebuffer = new_framebuffer(ctx, canvas)

    frame = partial(below_the_lines, canvas, framebuffer)

    brush = Brush.load(write(tmp_path, "live", returning("1.0, 0.0, 0.0")))
    assert frame(brush) == b"\xff\0\0"
    write(tmp_path, "live", returning("nothing"))
    brush = brush.fresh()
    assert frame(brush) == frame(brush) == b"\xff\0\0"
    said = framebuffer.read(viewport=(0, 200, 100, 100), components=3)
    assert len(set(said)) > 20
    errors = canvas.brush_errors
    assert list(errors) == [brush.path]
    assert "live.frag:2: " in str(errors[brush.path])
    write(tmp_path, "live", returning("0.0, 1.0, 0.0"))
    brush = brush.fresh()
    assert frame(brush) == b"\0\xff\0"
    assert canvas.brush_errors == {}
    release(framebuffer)


@pytest.mark.parametrize(
    ("ending", "text", "said"),
    [
        ("frag", "", "live.frag: the file is empty"),
        ("frag", None, "no file .*live.frag"),
        ("toml", "width = = 3", "live.toml: "),
        ("toml", "[uniforms]\nghost = 1.0", "'ghost' does not occur"),
        ("toml", None, "no file .*live.toml"),
    ],
)
def test_a_brush_whose_files_are_half_saved_paints_on_and_says_why(ctx, canvas, tmp_path, ending, text, said):
    canvas.resize((100, 300))
    framebuffer = new_framebuffer(ctx, canvas)

    frame = partial(below_the_lines, canvas, framebuffer)

    code = "uniform float red;\n" + returning("red, 0.0, 0.0")
    path = write(tmp_path, "live", code, "[uniforms]\nred = 0.0")
    brush = Brush.load(path).with_uniforms(red=1.0)
    assert frame(brush) == b"\xff\0\0"
    file = path.with_suffix(f".{ending}")
    file.unlink() if text is None else file.write_text(text, encoding="utf-8")
    brush = brush.fresh().fresh()
    assert frame(brush) == b"\xff\0\0"
    assert brush.error is canvas.brush_errors[brush.path]
    assert re.search(said, str(brush.error))
    assert len(set(framebuffer.read(viewport=(0, 200, 100, 100), components=3))) > 20
    write(tmp_path, "live", code.replace("red, 0.0, 0.0", "red, 1.0, 0.0"), "[uniforms]\nred = 0.0")
    brush = brush.fresh()
    assert frame(brush) == b"\xff\xff\0"
    assert brush.error is None
    assert canvas.brush_errors == {}
    release(framebuffer)


def test_a_brush_that_is_written_again_is_drawn_so_without_a_word_of_the_sketch(ctx, canvas, tmp_path):
    canvas.resize((100, 300))
    framebuffer = new_framebuffer(ctx, canvas)
    code = "uniform float red, green;\n" + returning("red, green, 0.0")
    path = write(tmp_path, "live", code, "[uniforms]\nred = 1.0\ngreen = 0.0")
    plain = Brush.load(path)
    tinted = plain.with_uniforms(green=1.0)
    ink = Ink([Stroke(as_points([(10, 295), (90, 295)]), (1, 1, 1, 1), 10.0, StrokeStyle(brush=plain))])
    kept = canvas.keep_stroke([(10, 295), (90, 295)], 10, style=StrokeStyle(brush=plain))

    def frames():
        yield below_the_lines(canvas, framebuffer, plain)
        yield below_the_lines(canvas, framebuffer, tinted)
        for draw in (lambda: canvas.ink(ink), lambda: canvas.kept_stroke(kept)):
            canvas.begin(framebuffer)
            canvas.background(0)
            draw()
            canvas.end()
            yield framebuffer.read(viewport=(50, 4, 1, 1), components=3)

    assert list(frames()) == [b"\xff\0\0", b"\xff\xff\0", b"\xff\0\0", b"\xff\0\0"]
    write(tmp_path, "live", code, "[uniforms]\nred = 0.0\ngreen = 0.0  ")
    assert list(frames()) == [b"\0\0\0", b"\0\xff\0", b"\0\0\0", b"\0\0\0"]
    write(tmp_path, "live", code.replace("green, 0.0", "green, 1.0"), "[uniforms]\nred = 0.0\ngreen = 0.0")
    assert list(frames()) == [b"\0\0\xff", b"\0\xff\xff", b"\0\0\xff", b"\0\0\xff"]
    kept.release()
    release(framebuffer)


def test_the_two_files_of_a_brush_may_be_saved_one_after_the_other(ctx, canvas, tmp_path):
    canvas.resize((100, 300))
    framebuffer = new_framebuffer(ctx, canvas)
    path = write(
        tmp_path, "live", "uniform float tint;\n" + returning("tint, 0.0, 0.0"), "[uniforms]\ntint = 1"
    )
    brush = Brush.load(path)
    frame = partial(below_the_lines, canvas, framebuffer, brush)
    assert frame() == b"\xff\0\0"
    path.with_suffix(".frag").write_text("uniform vec2 tint;\n" + returning("0.0, tint"), encoding="utf-8")
    assert frame() == b"\xff\0\0"
    assert "declares the uniform 'tint' with 2; got 1" in str(canvas.brush_errors[brush.path])
    path.with_suffix(".toml").write_text("[uniforms]\ntint = [0.0, 1.0]", encoding="utf-8")
    assert frame() == b"\0\0\xff"
    assert canvas.brush_errors == {}
    release(framebuffer)


def test_a_number_set_before_is_let_go_where_the_files_now_give_it_another_count(tmp_path):
    settings = "[uniforms]\ntint = "
    path = write(
        tmp_path, "live", "uniform float tint;\n" + returning("vec3(tint)"), "[uniforms]\ntint = 0.5"
    )
    brush = Brush.load(path).with_uniforms(tint=0.9)
    write(tmp_path, "live", "uniform vec2 tint;\n" + returning("tint, 0.0"), settings + "[0.1, 0.2]")
    assert brush.fresh().uniforms == (("tint", (0.1, 0.2)),)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ('blend = "over"', "blend must be one of alpha"),
        ('overlap = "build"\nbleed = 1.0', "bleed needs"),
        ("width = nan", "width must be finite"),
        ("spacing = true", "spacing must be a number"),
        ('bleed = "much"', "bleed must be a number"),
        ("colour = 3", "unknown colour"),
        ("[uniforms]\nghost = 1.0", "'ghost' does not occur"),
        ("[uniforms]\nink = [1, 2, 3, 4, 5]", "1 to 4 finite numbers"),
        ("width = = 3", "bad.toml"),
    ],
)
def test_settings_that_no_brush_can_have_are_refused_with_the_file(tmp_path, settings, match):
    with pytest.raises(BrushError, match=match) as refused:
        Brush.load(write(tmp_path, "bad", returning("ink.color.rgb"), settings))
    assert "bad" in str(refused.value)


def test_a_brush_that_is_not_there_is_reported(draw, tmp_path):
    with pytest.raises(BrushError, match=r"no file .*gone\.frag"):
        Brush.load(tmp_path / "gone")
    with pytest.raises(BrushError, match="there is no brush 'crayon'; there are chalk"):
        painted(draw, "crayon")


def test_a_uniform_that_a_brush_does_not_have_is_refused():
    with pytest.raises(BrushError, match="no uniform wobble; it has grain"):
        brush_of("chalk").with_uniforms(wobble=1.0)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ({"luck": 1}, "luck"),
        ({"age": [1, 2]}, "shape"),
        ({"own": [1]}, "shape"),
        ({"progress": np.nan}, "finite"),
    ],
)
def test_data_that_does_not_fit_is_refused(draw, heat, data, match):
    with pytest.raises(ValueError, match=match):
        painted(draw, heat, data=data)


def test_data_without_a_brush_to_read_it_is_refused(draw):
    with pytest.raises(ValueError, match="without a brush"):
        draw((9, 9), lambda c: c.stroke([(1, 1)], data={"age": 1}))


def test_a_stroke_is_recolored_by_updating_one_buffer_and_nothing_else(
    canvas, framebuffer, heat, monkeypatch
):
    def frame():
        canvas.begin(framebuffer)
        canvas.background(0)
        canvas.kept_stroke(kept)
        canvas.end()
        return np.frombuffer(framebuffer.read(viewport=(0, 40, 100, 1), components=3), np.uint8).reshape(
            100, 3
        )

    kept = canvas.keep_stroke([(10, 40), (50, 40), (90, 40)], 20, style=StrokeStyle(brush=heat))
    assert frame()[50].tolist() == [0, 0, 255]
    written = []
    upload = buffers.GrowingBuffer.upload
    monkeypatch.setattr(
        buffers.GrowingBuffer,
        "upload",
        lambda self, data, size: (written.append(self), upload(self, data, size))[1],
    )
    kept.update(progress=[0, 0.5, 1])
    row = frame()
    assert written == [kept.buffers.data]
    assert row[11].tolist() == pytest.approx([3, 0, 252], abs=3)
    assert row[50].tolist() == pytest.approx([128, 0, 127], abs=3)
    assert row[88].tolist() == pytest.approx([250, 0, 5], abs=4)
    kept.release()


def test_a_kept_stroke_looks_like_one_drawn_at_once_and_follows_the_coordinates(draw, ctx):
    for style in (
        StrokeStyle(dash=(9, 5), cap="butt"),
        StrokeStyle(overlap="flat"),
        StrokeStyle(brush="chalk"),
    ):
        kept = []

        def paint(canvas, keep, style=style, kept=kept):
            canvas.translate(10, -5)
            canvas.scale(0.8)
            if keep:
                kept.append(canvas.keep_stroke(WAVE, 9, (255, 90, 30, 150), style=style))
                canvas.kept_stroke(kept[-1])
            else:
                canvas.stroke(WAVE, 9, (255, 90, 30, 150), style=style)

        assert (
            draw((200, 80), partial(paint, keep=True)) == draw((200, 80), partial(paint, keep=False))
        ).all()
        kept[0].release()


def test_a_kept_stroke_without_a_brush_has_nothing_that_could_read_data(canvas):
    kept = canvas.keep_stroke(WAVE)
    with pytest.raises(ValueError, match="without a brush"):
        kept.update(progress=1)
    kept.release()


def test_an_ink_may_be_painted_with_brushes(draw):
    stroke = Stroke(as_points(WAVE), (1, 0.7, 0.2, 1), 16.0, StrokeStyle(brush="chalk"))
    baked = draw((200, 80), lambda c: c.ink(Ink([stroke])))
    direct = draw((200, 80), lambda c: c.stroke(stroke.points, 16, (255, 178.5, 51), style=stroke.style))
    assert np.abs(baked - direct).max() <= 2.01 / 255


def test_a_highlighter_lets_what_is_under_it_show(draw):
    def paint(canvas):
        canvas.background(255)
        canvas.color(0)
        canvas.rect(90, 0, 20, 80)
        canvas.stroke(WAVE, 24, (255, 240, 60), style=StrokeStyle(brush="highlighter"))

    drawn = draw((200, 80), paint)
    assert drawn[40, 100, :3].max() < 0.05
    assert drawn[42, 60, 2] < 0.75 < drawn[42, 60, 0]


@pytest.mark.parametrize(
    ("settings", "said"), [("uniforms = 5", "a table of numbers"), ("[uniforms]\nheat = 1e400", "finite")]
)
def test_uniforms_that_are_no_table_of_numbers_are_refused(tmp_path, settings, said):
    (tmp_path / "moss.frag").write_text("uniform float heat; vec4 brush(Ink ink) { return vec4(heat); }")
    (tmp_path / "moss.toml").write_text(settings)
    with pytest.raises(BrushError, match=said):
        Brush.load(tmp_path / "moss")


def test_a_uniform_is_any_number_that_float32_reaches(tmp_path):
    (tmp_path / "moss.frag").write_text("uniform float heat; vec4 brush(Ink ink) { return vec4(heat); }")
    (tmp_path / "moss.toml").write_text("[uniforms]\nheat = 1")
    brush = Brush.load(tmp_path / "moss")
    half: Any = np.float32(0.5)
    assert dict(brush.with_uniforms(heat=half).uniforms) == {"heat": 0.5}
    refused: list[Any] = [10**400, 1e39, np.float64("nan"), True, [1] * 100_000]
    for beyond in refused:
        with pytest.raises(BrushError, match="1 to 4 finite numbers") as told:
            brush.with_uniforms(heat=beyond)
        assert len(str(told.value)) < 400
