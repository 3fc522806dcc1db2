"""Model files dropped on a running sketch: each is swapped in, or refused with a reason."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import sketch
from addon.model.registry import shipped_models
from sketch.examples.swap_models import MOST_CARDS, SwapModels
from sketch.input.events import FilesEvent
from sketch.synthetic_hand.hand import TEACH_FACE, write
from sketch.synthetic_hand.player import ScriptPlayer, draw, press
from tests.models import make_model


@pytest.fixture
def files(tmp_path) -> Path:
    shutil.copy(shipped_models() / "letters.onnx", tmp_path / "capitals.onnx")
    make_model(tmp_path / "night.onnx", ("A", "B"), hidden=16)
    (tmp_path / "half.onnx").write_bytes((tmp_path / "night.onnx").read_bytes()[:3000])
    (tmp_path / "text.onnx").write_text("a text file")
    (tmp_path / "poem.txt").write_text("no model")
    return tmp_path


def placed(label: str):
    strokes = write(label, face=TEACH_FACE, height=260, seed=1)
    corner = np.concatenate(strokes)[:, :2].min(axis=0)
    return [stroke + np.array((500, 200, 0, 0) - np.array((*corner, 0, 0)), np.float32) for stroke in strokes]


def test_dropped_models_take_over_in_mid_stroke_and_bad_ones_are_refused_while_the_old_one_plays(files):
    instance = SwapModels()
    letter = placed("R")

    def drop(*names: str):
        return [(0.0, FilesEvent(tuple(str(files / name) for name in names), 400, 300))]

    def plays(name: str):
        return lambda: instance.letters.model_path == files / name and instance.cards[-1].state != "loading"

    def state(name: str) -> str:
        return next(card.state for card in reversed(instance.cards) if card.path.name == name)

    seen = []

    def script():
        yield lambda: instance.letters.ready
        yield drop("night.onnx")
        yield plays("night.onnx")
        seen.append(instance.letters.model and instance.letters.model.labels)
        yield drop("half.onnx", "text.onnx", "poem.txt")
        yield lambda: all(card.state != "loading" for card in instance.cards)
        seen.append([state(name) for name in ("night.onnx", "half.onnx", "text.onnx", "poem.txt")])
        yield drop("capitals.onnx")
        # Someone writes during the swap: the strokes are there, whichever model was active when they began.
        yield draw(letter, rest=0.2)
        yield plays("capitals.onnx")
        # It fades in, and a busy machine has it answer from a worker.
        ends = instance.time + 20
        yield lambda: instance.letters.prediction.label == "R" or instance.time > ends
        seen.append(instance.letters.prediction.label)
        yield press("f4")
        yield lambda: instance.letters.model_path == files / "night.onnx"
        seen.append([state("night.onnx"), state("capitals.onnx")])
        yield press("f4")
        yield lambda: instance.letters.model_path == files / "capitals.onnx"

    frames = []
    sketch.run(
        instance, headless=True, player=ScriptPlayer(script()), viewer=frames.append, home=files / "home"
    )
    assert seen[0] == ("A", "B")
    assert seen[1] == ["active", "refused", "refused", "refused"]
    assert seen[2] == "R"
    assert seen[3] == ["active", "inactive"]
    words = " ".join(card.words for card in instance.cards)
    assert "not an ONNX file, or truncated" in words
    assert "drop a file that ends in .onnx" in words
    assert frames[-1].max() > 200


def test_a_model_stays_active_and_on_show_when_its_file_is_gone_and_others_are_refused(files):
    instance = SwapModels()
    night = files / "night.onnx"

    def drop(*names: str):
        return [(0.0, FilesEvent(tuple(str(files / name) for name in names), 400, 300))]

    def plays(name: str):
        return lambda: instance.letters.model_path == files / name and not instance.letters._manager.busy

    shown = []

    def script():
        yield lambda: instance.letters.ready
        yield drop("night.onnx")
        yield plays("night.onnx")
        yield drop("capitals.onnx")
        yield plays("capitals.onnx")
        night.unlink()
        yield press("f4")
        yield plays("night.onnx")
        for _ in range(MOST_CARDS):
            yield drop("text.onnx", "poem.txt")
        yield lambda: all(card.state != "loading" for card in instance.cards)
        shown.extend((card.path.name, card.state) for card in instance.cards)

    sketch.run(instance, headless=True, player=ScriptPlayer(script()), home=files / "home")
    assert ("night.onnx", "active") in shown
    assert len(shown) == MOST_CARDS
