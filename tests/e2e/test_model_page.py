"""The sketches on the page about models run as they are printed."""

import re
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper

import sketch
from sketch.load import load_sketch
from sketch.render.post.colormaps import colormap
from sketch.synthetic_hand.player import ScriptPlayer, draw
from tests.onnx_files import model, saved, value, weight

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
EFFECT = """
import sketch
{imports}

class Effect(sketch.Sketch):
    def setup(self):
        {use}
        self.effect.feed(picture=[1.0, 4.0])

    def draw(self, canvas):
        canvas.background(12)
"""


def block(word: str) -> str:
    """The Python of the page in which a word stands."""
    found = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return next(each for each in found if word in each)


def run(path: Path, script, viewer=None) -> Any:
    """Load a sketch as `inkloop run` does, and run it until its script ends."""
    instance = load_sketch(path)()
    sketch.run(instance, headless=True, player=ScriptPlayer(script(instance)), viewer=viewer)
    return instance


def test_the_depth_of_what_is_drawn_is_drawn_by_a_color_map(tmp_path):
    mean = helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1], keepdims=0)
    less = helper.make_node("Mul", ["mean", "half"], ["depth"])
    shape = [1, 3, 64, 64]
    half = weight("half", np.array(0.5, np.float32))
    made = model([mean, less], [value("image", shape)], [value("depth", [1, 64, 64])], [half])
    saved(tmp_path / "depth.onnx", made)
    (tmp_path / "depth.py").write_text(block("class Depth"))
    across = np.stack(
        [np.linspace(100, 700, 50), np.full(50, 300), np.linspace(0, 0.4, 50), np.ones(50)], axis=1
    )
    frames = deque(maxlen=1)

    def script(instance):
        yield draw([across.astype(np.float32)])
        answered = instance.depth.answered
        yield lambda: instance.depth.answered > answered + 2

    instance = run(tmp_path / "depth.py", script, frames.append)
    assert instance.depth.refusal == ""
    assert "depth" in instance.depth.latest
    # The paper is as dark as 12 halved, so it has the map's color for that.
    assert np.abs(frames[-1][5, 5].astype(int) - colormap("ember")[6]).max() <= 2


def test_a_function_next_to_a_sketch_makes_its_model(tmp_path):
    (tmp_path / "effects.py").write_text(block("# effects.py"))
    imports, use = block("effects:make").strip().split("\n\n")
    (tmp_path / "effect.py").write_text(EFFECT.format(imports=imports, use=use))

    def script(instance):
        yield lambda: instance.effect.ready or bool(instance.effect.refusal)

    # Its model ends with it, and its last answer stays.
    assert run(tmp_path / "effect.py", script).effect.latest["picture"].tolist() == [0.5, 2.0]
