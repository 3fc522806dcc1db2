"""When a saved shader or brush may be read again."""

import pytest

from sketch.assets import may_be_read, reading_gate
from sketch.ink.brush import Brush
from sketch.live.warming import ShaderGate
from sketch.render.meshes.shader import Shader
from tests.unit.live.saving import Compiles

GOOD = "in vec2 at; out vec4 paint; void main() { paint = vec4(1.0); }\n"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Silent(Compiles):
    """Answers only what the test puts in `answers`."""

    def ask(self, number, kind, files):
        self.asked.append((number, kind, files))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def silent():
    return Silent()


@pytest.fixture
def gate(silent, clock):
    gate = ShaderGate(silent, clock)
    with reading_gate(gate):
        yield gate


def test_a_shader_is_read_between_two_frames_once_it_was_compiled_elsewhere(tmp_path, gate, silent):
    path = tmp_path / "waves.frag"
    path.write_text(GOOD)
    shader = Shader(path)
    path.write_text(GOOD + "// changed\n")
    for _ in range(3):
        shader.refresh()
        assert not gate.between_frames()
    assert (shader.version, silent.asked) == (1, [(1, "shader", [str(path)])])
    silent.answers = [(1, "")]
    shader.refresh()
    assert shader.version == 1  # the answer came within a frame
    assert gate.between_frames()
    shader.refresh()
    assert shader.version == 2
    assert not gate.between_frames()


def test_a_shader_that_does_not_compile_may_be_half_saved_and_is_read_later(tmp_path, gate, silent, clock):
    path = tmp_path / "waves.frag"
    path.write_text(GOOD)
    shader = Shader(path)
    path.write_text("void main() {")
    shader.refresh()
    silent.answers = [(1, "ShaderError: unexpected end")]
    clock.now = 0.2
    gate.between_frames()
    shader.refresh()
    assert shader.version == 1
    path.write_text(GOOD + "// whole\n")
    shader.refresh()
    silent.answers = [(2, "ShaderError: still wrong")]
    clock.now = 0.4
    gate.between_frames()
    shader.refresh()
    assert shader.version == 1
    clock.now = 0.51
    gate.between_frames()
    shader.refresh()
    assert shader.version == 2


def test_without_an_answer_it_is_read_after_a_while(tmp_path, gate, clock):
    path = tmp_path / "waves.frag"
    path.write_text(GOOD)
    shader = Shader(path)
    path.write_text(GOOD + "// changed\n")
    shader.refresh()
    clock.now = 3.1
    gate.between_frames()
    shader.refresh()
    assert shader.version == 2


def test_a_brush_waits_in_the_same_way(tmp_path, gate, silent):
    (tmp_path / "moss.frag").write_text("vec4 brush(Ink ink) { return ink.color; }\n")
    (tmp_path / "moss.toml").write_text("width = 5\n")
    brush = Brush.load(tmp_path / "moss")
    (tmp_path / "moss.toml").write_text("width = 50\n")
    assert brush.current().width == 5
    assert silent.asked[0][1] == "brush"
    silent.answers = [(1, "")]
    gate.between_frames()
    assert brush.current().width == 50


def test_without_a_gate_files_are_read_at_once(tmp_path):
    assert may_be_read("shader", (tmp_path / "a.frag",), (tmp_path / "a.frag",))
