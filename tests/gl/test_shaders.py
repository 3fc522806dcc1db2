from pathlib import Path

import moderngl
import pytest

from sketch.render.gl import shaders
from sketch.render.gl.glsl import ShaderError, assemble, declared_uniforms, explain
from sketch.render.gl.shaders import compile_program, load_program, shader_text

VERTEX = "#version 330 core\nvoid main() { gl_Position = vec4(0.0); }\n"


def nothing_to_include(name, within):
    raise ShaderError(f"{within} includes {name}")


def source(file, text, read=nothing_to_include):
    return assemble(file, text, read)


def test_a_shader_that_does_not_compile_names_its_file_and_line(ctx):
    broken = "#version 330 core\nout vec4 paint;\n\nvoid main() {\n    paint = vec4(missing);\n}\n"
    with pytest.raises(ShaderError, match=r"^broken\.frag:5: error: .*missing"):
        compile_program(ctx, source("good.vert", VERTEX), source("broken.frag", broken))


def test_lines_are_counted_the_same_with_names_defined(ctx, monkeypatch):
    broken = "#version 330 core\nout vec4 paint;\nvoid main() {\n    paint = oops;\n}\n"
    texts = {"good.vert": VERTEX, "broken.frag": broken}
    monkeypatch.setattr(shaders, "shader_text", texts.__getitem__)
    with pytest.raises(ShaderError, match=r"^broken\.frag:4: "):
        load_program(ctx, "good.vert", "broken.frag", ("ONE", "TWO"))


def test_stages_that_do_not_fit_name_both_files():
    log = "GLSL Linker failed\n\nProgram\n=======\nerror: nobody writes `nobody`\n"
    assert explain(log, source("a.vert", "\n" * 9), source("b.frag", "")).startswith("a.vert + b.frag: ")


def test_a_complaint_about_what_is_included_names_the_included_file(ctx):
    files = {
        "outer.glsl": '#include "inner.glsl"\nfloat outer() { return inner(); }\n',
        "inner.glsl": "// one line\nfloat inner() { return wrong; }\n",
    }
    text = (
        '#version 330 core\n#include "outer.glsl"\nout vec4 paint;\nvoid main() { paint = vec4(outer()); }\n'
    )
    broken = source("top.frag", text, lambda name, _: (name, files[name]))
    assert broken.files == ("top.frag", "outer.glsl", "inner.glsl")
    with pytest.raises(ShaderError, match=r"^inner\.glsl:2: error: .*wrong"):
        compile_program(ctx, source("good.vert", VERTEX), broken)
    after = broken.lines.index("out vec4 paint;")
    assert broken.origins[after] == ("top.frag", 3)


def test_a_file_is_included_once_even_by_itself():
    files = {"a.glsl": '#include "b.glsl"\nint a;\n', "b.glsl": '#include "a.glsl"\nint b;\n'}
    text = '#version 330 core\n#include "a.glsl"\n#include "b.glsl"\n'
    assert source("x.frag", text, lambda name, _: (name, files[name])).lines == (
        "#version 330 core",
        "int b;",
        "int a;",
    )


def test_an_include_that_is_missing_names_the_line_that_asks_for_it():
    with pytest.raises(ShaderError, match=r"^x\.frag:3: x\.frag includes gone\.glsl"):
        source("x.frag", '#version 330 core\n\n#include "gone.glsl"\n')


def test_uniforms_are_known_by_name_and_type_whether_or_not_they_are_used():
    text = (
        "#version 330 core\nuniform float a, b;\nuniform highp vec3 c[4]; // d\n  uniform mat4 e = mat4(1);\n"
    )
    assert declared_uniforms(source("x.frag", text)) == {
        "a": ("float", 1),
        "b": ("float", 1),
        "c": ("vec3", 4),
        "e": ("mat4", 1),
    }


def test_uniforms_that_share_a_line_are_all_known():
    shared = source("two.frag", "uniform float one; uniform vec2 pair, other;")
    assert declared_uniforms(shared) == {"one": ("float", 1), "pair": ("vec2", 1), "other": ("vec2", 1)}


def test_a_shader_that_says_no_version_has_that_of_all_others_and_its_own_lines(ctx):
    vertex = source("meshes/author.vert", shader_text("meshes/author.vert"))
    fine = "in vec2 at;\nout vec4 paint;\nvoid main() { paint = at.xyxy; }\n"
    compile_program(ctx, vertex, source("plain.frag", fine)).release()
    broken = "out vec4 paint;\nvoid main() { paint = missing; }\n"
    with pytest.raises(ShaderError, match=r"^plain\.frag:2: error: .*missing"):
        compile_program(ctx, vertex, source("plain.frag", broken))


def test_a_missing_shader_is_reported_by_name():
    with pytest.raises(ShaderError, match=r"no shader 'missing\.frag'"):
        shader_text("missing.frag")


@pytest.mark.parametrize(
    "line",
    ["0:7(12): error: bad", "0(7) : error: bad", "ERROR: 0:7: error: bad"],
    ids=["Mesa", "NVIDIA", "Apple"],
)
def test_the_logs_of_each_driver_are_understood(line):
    log = f"GLSL Compiler failed\n\nvertex_shader\n=============\n{line}\n"
    vertex = source("a.vert", "#version 330 core" + "\n" * 9)
    assert explain(log, vertex, source("b.frag", "")) == "a.vert:7: error: bad"


def test_a_log_without_lines_is_kept_whole():
    assert explain("GLSL Linker failed\n\nout of luck", source("a.vert", ""), source("b.frag", "")).endswith(
        "out of luck"
    )


def test_an_installed_wheel_carries_the_shaders_inside_the_package(tmp_path, monkeypatch):
    (tmp_path / "only.frag").write_text("here", encoding="utf-8")
    inside, outside = shaders._FOLDERS
    assert inside.parts[-3:] == ("sketch", "_data", "shaders")
    assert outside == Path(shaders.__file__).resolve().parents[3] / "shaders"
    monkeypatch.setattr(shaders, "_FOLDERS", (tmp_path, outside))
    assert shader_text("only.frag") == "here"
    assert "void main" in shader_text("strokes/strokes.frag")


# A brush is a function that is put into a shader, and no shader itself.
SHADERS = sorted(path for path in shaders._FOLDERS[1].rglob("*.[vf]*") if path.parent.name != "brushes")


@pytest.mark.parametrize("path", SHADERS, ids=lambda path: path.name)
def test_every_shader_asks_for_no_more_than_opengl_3_3(path):
    assert path.read_text(encoding="utf-8").startswith("#version 330 core\n")


def test_the_driver_offers_no_more_than_opengl_3_3(ctx):
    assert ctx.version_code == 330
    assert isinstance(ctx, moderngl.Context)
