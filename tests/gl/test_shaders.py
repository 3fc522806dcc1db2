from pathlib import Path

import moderngl
import pytest

from sketch.render import shaders
from sketch.render.shaders import ShaderError, compile_program, explain, load_program, shader_text

VERTEX = ("good.vert", "#version 330 core\nvoid main() { gl_Position = vec4(0.0); }\n")


def test_a_shader_that_does_not_compile_names_its_file_and_line(ctx):
    broken = "#version 330 core\nout vec4 paint;\n\nvoid main() {\n    paint = vec4(missing);\n}\n"
    with pytest.raises(ShaderError, match=r"^broken\.frag:5: error: .*missing"):
        compile_program(ctx, VERTEX, ("broken.frag", broken))


def test_lines_are_counted_the_same_with_names_defined(ctx, monkeypatch):
    broken = "#version 330 core\nout vec4 paint;\nvoid main() {\n    paint = oops;\n}\n"
    texts = {"good.vert": VERTEX[1], "broken.frag": broken}
    monkeypatch.setattr(shaders, "shader_text", texts.__getitem__)
    with pytest.raises(ShaderError, match=r"^broken\.frag:4: "):
        load_program(ctx, "good.vert", "broken.frag", ("ONE", "TWO"))


def test_stages_that_do_not_fit_name_both_files():
    log = "GLSL Linker failed\n\nProgram\n=======\nerror: nobody writes `nobody`\n"
    assert explain(log, "a.vert", "b.frag").startswith("a.vert + b.frag: ")


def test_a_missing_shader_is_told_by_name():
    with pytest.raises(ShaderError, match=r"no shader 'missing\.frag'"):
        shader_text("missing.frag")


@pytest.mark.parametrize(
    "line",
    ["0:7(12): error: bad", "0(7) : error: bad", "ERROR: 0:7: error: bad"],
    ids=["Mesa", "NVIDIA", "Apple"],
)
def test_the_logs_of_each_driver_are_understood(line):
    log = f"GLSL Compiler failed\n\nvertex_shader\n=============\n{line}\n"
    assert explain(log, "a.vert", "b.frag") == "a.vert:7: error: bad"


def test_a_log_without_lines_is_kept_whole():
    assert explain("GLSL Linker failed\n\nout of luck", "a.vert", "b.frag").endswith("out of luck")


def test_an_installed_wheel_carries_the_shaders_inside_the_package(tmp_path, monkeypatch):
    (tmp_path / "only.frag").write_text("here", encoding="utf-8")
    inside, beside = shaders._FOLDERS
    assert inside.parts[-3:] == ("sketch", "_data", "shaders")
    assert beside == Path(shaders.__file__).resolve().parents[2] / "shaders"
    monkeypatch.setattr(shaders, "_FOLDERS", (tmp_path, beside))
    assert shader_text("only.frag") == "here"
    assert "void main" in shader_text("strokes.frag")


@pytest.mark.parametrize("path", sorted(shaders._FOLDERS[1].glob("*.*")), ids=lambda path: path.name)
def test_every_shader_asks_for_no_more_than_opengl_3_3(path):
    assert path.read_text(encoding="utf-8").startswith("#version 330 core\n")


def test_the_driver_offers_no_more_than_opengl_3_3(ctx):
    assert ctx.version_code == 330
    assert isinstance(ctx, moderngl.Context)
