"""A shader of one's own as a pass over the frame."""

import os

import numpy as np
import pytest

from sketch.render.gl.shaders import ShaderError
from sketch.render.post.passes import Shade

TINT = """#version 330 core
uniform sampler2D picture;
uniform vec3 tint;
in vec2 at;
out vec4 paint;
void main() { paint = texture(picture, at) * vec4(tint, 1.0); }
"""


def disc(canvas):
    canvas.color(255)
    canvas.circle(64, 64, 10)


def test_a_shader_of_ones_own_is_a_pass_with_its_uniforms(film, tmp_path):
    path = tmp_path / "tint.frag"
    path.write_text(TINT)

    def paint(canvas):
        disc(canvas)
        canvas.post(Shade(path, {"tint": (1, 0.4, 0)}))

    (pixels,) = film((128, 128), paint)
    assert pixels[64, 64, :3] * 255 == pytest.approx((255, 102, 0), abs=1)


def test_a_uniform_that_a_shader_has_not_is_named_with_those_it_has(film, tmp_path):
    path = tmp_path / "tint.frag"
    path.write_text(TINT)
    with pytest.raises(ShaderError, match=r"tint\.frag uses no uniform 'hue'; it uses tint"):
        film((8, 8), lambda canvas: canvas.post(Shade(path, {"hue": 1})))


def test_a_shader_that_never_compiled_or_is_not_there_is_an_error_at_the_call(film, tmp_path):
    path = tmp_path / "broken.frag"
    path.write_text(TINT.replace("tint,", "tnt,"))
    with pytest.raises(ShaderError, match=r"broken\.frag:6: .*tnt"):
        film((8, 8), lambda canvas: canvas.post(Shade(path)))
    with pytest.raises(ShaderError, match="there is no shader"):
        film((8, 8), lambda canvas: canvas.post(Shade(tmp_path / "none.frag")))


def test_a_shader_broken_while_it_runs_continues_as_it_was_and_the_frame_says_why(film, tmp_path):
    path = tmp_path / "tint.frag"

    def edit(text, stamp):
        path.write_text(text)
        os.utime(path, ns=(stamp, stamp))

    def paint(canvas):
        canvas.color(255)
        canvas.rect(0, 100, 400, 100)
        canvas.post(Shade(path, {"tint": (1, 0, 0)}))

    def broken(canvas):
        edit(TINT.replace("tint,", "tnt,"), 2)
        paint(canvas)

    def mended(canvas):
        edit(TINT.replace("tint,", "tint.bgr,"), 3)
        paint(canvas)

    edit(TINT, 1)
    good, bad, blue = film((400, 200), paint, broken, mended)
    assert np.array_equal(good[100:], bad[100:])
    assert good[:60, :, :3].max() == 0
    assert bad[:60, :, :3].max() == 1
    assert blue[:60, :, :3].max() == 0
    assert blue[150, 200, :3].tolist() == [0, 0, 1]


def test_a_pass_counts_from_the_top_as_every_shader_of_ones_own_and_may_include_files(film, tmp_path):
    (tmp_path / "red.glsl").write_text("const vec4 RED = vec4(1.0, 0.0, 0.0, 1.0);\n")
    path = tmp_path / "top.frag"
    path.write_text(
        '#version 330 core\n#include "red.glsl"\nuniform sampler2D picture;\nuniform vec2 size;\n'
        "in vec2 at;\nout vec4 paint;\n"
        "void main() { paint = at.y * size.y < 10.0 ? RED : texture(picture, at); }\n"
    )

    def paint(canvas):
        canvas.color(0, 255, 0)
        canvas.rect(0, 20, 64, 10)
        canvas.post(Shade(path))

    (pixels,) = film((64, 48), paint)
    assert (pixels[:10, :, :3] == (1, 0, 0)).all()
    assert (pixels[20:30, :, :3] == (0, 1, 0)).all()
    assert pixels[30:, :, :3].max() == 0
