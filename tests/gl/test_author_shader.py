import gc
import os

import numpy as np
import pytest

from sketch.render.gl.glsl import ShaderError
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import Image
from sketch.render.meshes.mesh import Mesh
from sketch.render.meshes.shader import Shader
from tests.gl.conftest import pixels_of

HEAD = "#version 330 core\nin vec2 at;\nin vec2 place;\nin vec4 tint;\nout vec4 paint;\n"


@pytest.fixture
def written(tmp_path):
    """Write a shader; each time it is written the file's time differs."""
    times = iter(range(1, 100))

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        stamp = next(times)
        os.utime(path, ns=(stamp, stamp))
        return path

    return write


def frame(canvas, framebuffer, paint):
    canvas.begin(framebuffer)
    canvas.background(0)
    try:
        paint(canvas)
    finally:
        canvas.end()
    return pixels_of(framebuffer)


def test_a_shader_knows_where_it_paints(draw, written):
    path = written("where.frag", HEAD + "void main() { paint = vec4(at, place.x / 100.0, 1.0); }\n")
    shader = Shader(path)

    def paint(canvas):
        canvas.translate(10, 0)
        canvas.shader(shader, 10, 10, 40, 20)

    drawn = draw((80, 40), paint)
    assert drawn[10, 20, :3] == pytest.approx((0.5 / 40, 0.5 / 20, 0.105), abs=0.01)
    assert drawn[29, 59, :3] == pytest.approx((39.5 / 40, 19.5 / 20, 0.495), abs=0.01)
    assert drawn[31, 30, :3].max() == 0
    whole = draw((80, 40), lambda c: c.shader(shader))
    assert whole[39, 79, :2] == pytest.approx((1, 1), abs=0.02)


def test_uniforms_of_every_kind_arrive(draw, written):
    uniforms = (
        "uniform float one;\nuniform vec3 three;\nuniform int count;\nuniform bool on;\nuniform ivec2 pair;\n"
        "uniform float many[3];\nuniform mat2 turn;\nuniform vec2 spots[2];\nuniform float unused;\n"
    )
    body = (
        "void main() {\n  float right = 1.0;\n"
        "  if (one != 0.5 || three != vec3(1, 2, 3) || count != -4 || !on) right = 0.0;\n"
        "  if (pair != ivec2(5, 6)) right = 0.0;\n"
        "  if (many[0] != 7.0 || many[2] != 9.0 || turn * vec2(1, 0) != vec2(1, 3)) right = 0.0;\n"
        "  if (spots[1] != vec2(3, 4)) right = 0.0;\n"
        "  paint = vec4(right, 0, 0, 1);\n}\n"
    )
    shader = Shader(written("kinds.frag", HEAD + uniforms + body))
    shader.set(one=0.5, three=(1, 2, 3), count=-4, on=True, pair=[5, 6], many=np.array([7, 8, 9.0]))
    shader.set(turn=[[1, 2], [3, 4]], spots=[(1, 2), (3, 4)], unused=1)
    assert draw((4, 4), lambda c: c.shader(shader))[2, 2, 0] == 1


def test_pictures_arrive_the_right_way_up(draw, written, tmp_path):
    text = HEAD + "uniform sampler2D a;\nuniform sampler2D b;\nuniform sampler2D c;\n"
    text += "void main() { paint = vec4(texture(a, at).r, texture(b, at).g, texture(c, at).b, 1.0); }\n"
    shader = Shader(written("pictures.frag", text))
    top = np.zeros((4, 4, 3), np.uint8)
    top[:2] = 255
    Image(top).save(tmp_path / "top.png")
    fbo = Fbo(4, 4)
    shader.set(a=Image(top), b=fbo, c=tmp_path / "top.png")

    def paint(canvas):
        with canvas.into(fbo):
            canvas.image(top, 0, 0)
        canvas.shader(shader)

    drawn = draw((8, 8), paint)[..., :3]
    assert drawn[:3].min() > 0.9
    assert drawn[5:].max() < 0.1


def test_a_shader_paints_a_mesh(draw, written):
    shader = Shader(written("mesh.frag", HEAD + "void main() { paint = vec4(at, tint.r, 1.0); }\n"))
    mesh = Mesh([(0, 0), (20, 0), (0, 20)], texcoords=[(0, 0), (1, 0), (0, 1)], colors=[(255, 0, 0)] * 3)
    drawn = draw((20, 20), lambda c: c.mesh(mesh, shader=shader))
    assert drawn[5, 10, :3] == pytest.approx((10.5 / 20, 5.5 / 20, 1), abs=0.01)
    assert drawn[15, 15, :3].max() == 0


def test_a_vertex_stage_of_ones_own_may_bend(draw, written):
    vertex = written(
        "bend.vert",
        "#version 330 core\nuniform float high;\nin vec2 texcoord;\n"
        "void main() { gl_Position = vec4(texcoord.x * 2.0 - 1.0, texcoord.y * high, 0.0, 1.0); }\n",
    )
    plain = written("plain.frag", "#version 330 core\nout vec4 paint;\nvoid main() { paint = vec4(1.0); }\n")
    shader = Shader(plain, vertex)
    shader.set(high=1.0)
    assert draw((10, 10), lambda c: c.shader(shader))[..., 0].sum() == 50


def test_includes_come_from_the_folder_of_the_file_and_from_inkloop(draw, written):
    written("grey.glsl", "float grey() { return 0.25; }\n")
    text = HEAD + '#include "grey.glsl"\nvoid main() { paint = vec4(vec3(grey()), 1.0); }\n'
    assert draw((4, 4), lambda c: c.shader(Shader(written("a.frag", text))))[1, 1, 0] == pytest.approx(
        0.25, abs=0.01
    )
    assert "ramp" in Shader(written("b.frag", HEAD + '#include "gradient.glsl"\n')).declared
    with pytest.raises(ShaderError, match=r"c\.frag:6: there is no 'gone\.glsl' next to it"):
        Shader(written("c.frag", HEAD + '#include "gone.glsl"\n'))


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        (
            {"tim": 1},
            ValueError,
            r"x\.frag has no uniform 'tim'; it declares time \(float\), center",
        ),
        ({"center": (1, 2, 3)}, ValueError, r"'center' of x\.frag is a vec2: 2 numbers; got 3"),
        ({"time": "now"}, TypeError, r"'time' of x\.frag is a float: numbers; got 'now'"),
        ({"time": np.nan}, ValueError, "finite"),
        ({"count": 1.5}, TypeError, r"'count' of x\.frag is a int: whole numbers; got 1\.5"),
        ({"many": [1, 2]}, ValueError, r"is a float\[3\]: 3 numbers; got 2"),
        ({"photo": 3}, TypeError, r"is a sampler2D: an Image, an Fbo or a path; got 3"),
        ({"shadow": 3}, TypeError, "is a sampler2DShadow, which cannot be set"),
        ({"frame_size": (1, 2)}, ValueError, "no uniform 'frame_size'"),
    ],
)
def test_a_uniform_that_does_not_fit_is_refused_by_name_and_type(written, values, error, says):
    uniforms = "uniform float time;\nuniform vec2 center;\nuniform int count;\nuniform float many[3];\n"
    uniforms += "uniform sampler2D photo;\nuniform sampler2DShadow shadow;\n"
    shader = Shader(written("x.frag", HEAD + uniforms + "void main() { paint = vec4(time); }\n"))
    with pytest.raises(error, match=says):
        shader.set(**values)


def test_a_shader_that_is_missing_or_never_compiled_is_refused(canvas, framebuffer, written, tmp_path):
    with pytest.raises(ShaderError, match=r"no shader .*gone\.frag"):
        Shader(tmp_path / "gone.frag")
    broken = Shader(written("broken.frag", HEAD + "void main() { paint = oops; }\n"))
    canvas.begin(framebuffer)
    with pytest.raises(ShaderError, match=r"^broken\.frag:6: .*oops"):
        canvas.shader(broken)
    canvas.end()


def test_a_changed_shader_is_used_and_a_broken_one_leaves_the_last_and_says_so(canvas, framebuffer, written):
    path = written("live.frag", HEAD + "void main() { paint = vec4(1, 0, 0, 1); }\n")
    shader = Shader(path)
    assert frame(canvas, framebuffer, lambda c: c.shader(shader))[70, 90, :3].tolist() == [1, 0, 0]

    written("live.frag", HEAD + "void main() { paint = vec4(0, 1, 0, 1); }\n")
    green = frame(canvas, framebuffer, lambda c: c.shader(shader))
    assert green[..., 1].min() == 1

    written("live.frag", HEAD + "\nvoid main() { paint = wrong; }\n")
    for _ in range(2):
        told = frame(canvas, framebuffer, lambda c: c.shader(shader))
        assert told[70, 90, :3].tolist() == [0, 1, 0]
        assert told[10:32, 10:60, 0].max() > 0.5
        assert str(shader.error).startswith("live.frag:7: ")

    path.unlink()
    assert frame(canvas, framebuffer, lambda c: c.shader(shader))[70, 90, :3].tolist() == [0, 1, 0]
    written("live.frag", HEAD + "void main() { paint = vec4(0, 0, 1, 1); }\n")
    blue = frame(canvas, framebuffer, lambda c: c.shader(shader))
    assert blue[..., 2].min() == 1
    assert shader.error is None


def test_a_change_of_an_included_file_counts(canvas, framebuffer, written):
    written("part.glsl", "const float part = 0.0;\n")
    text = HEAD + '#include "part.glsl"\nvoid main() { paint = vec4(vec3(part), 1.0); }\n'
    shader = Shader(written("whole.frag", text))
    assert frame(canvas, framebuffer, lambda c: c.shader(shader))[..., :3].max() == 0
    written("part.glsl", "const float part = 1.0;\n")
    assert frame(canvas, framebuffer, lambda c: c.shader(shader)).min() == 1
    written("part.glsl", "\nconst float part = one;\n")
    frame(canvas, framebuffer, lambda c: c.shader(shader))
    assert str(shader.error).startswith("part.glsl:2: ")


def test_a_uniform_of_another_type_is_reported_and_one_that_is_gone_left_out(canvas, framebuffer, written):
    before = "uniform float a;\nuniform float b;\nvoid main() { paint = vec4(a); }\n"
    shader = Shader(written("u.frag", HEAD + before))
    shader.set(a=1, b=1)
    assert frame(canvas, framebuffer, lambda c: c.shader(shader)).min() == 1
    written("u.frag", HEAD + "uniform vec2 a;\nvoid main() { paint = vec4(0, a, 1); }\n")
    frame(canvas, framebuffer, lambda c: c.shader(shader))
    assert "'a' of u.frag is a vec2: 2 numbers; got 1" in str(shader.error)
    shader.set(a=(0, 1))
    assert frame(canvas, framebuffer, lambda c: c.shader(shader))[70, 90, :3].tolist() == [0, 0, 1]
    assert shader.error is None


def test_a_shader_that_is_gone_is_given_back(canvas, framebuffer, written):
    shader = Shader(written("kept.frag", HEAD + "void main() { paint = vec4(1.0); }\n"))
    frame(canvas, framebuffer, lambda c: c.shader(shader))
    assert len(canvas._shaded._compiled) == 1
    shader = None
    gc.collect()
    frame(canvas, framebuffer, lambda c: None)
    assert canvas._shaded._compiled == {}
