"""Files that are no good, dropped onto a recogniser in the middle of a stroke, and shown to the doctor."""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from addon.doctor.examiner import Examiner
from addon.errors import ModelError
from addon.inference.loaded_model import load_model
from addon.inference.providers import CPU, Choice
from addon.inference.wheels import wheels_at_odds
from addon.model.metadata import METADATA_KEY
from tests.models import make_model
from tests.onnx_files import classifier, saved
from tests.unit.recognizers import CAPITALS, frames_until, hook

Change = Callable[[onnx.ModelProto], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "sound.onnx"
    make_model(path, CAPITALS, hidden=16)
    return path


@pytest.fixture(scope="module")
def examiner():
    with Examiner("cpu", seconds=0.0, timeout=30) as examiner:
        yield examiner


def future(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


def wrong_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "picture"
    for node in model.graph.node:
        node.input[:] = ["picture" if name == "features" else name for name in node.input]


def no_numbers(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        if tensor.name == "score_head.B":
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.full(4, np.nan, np.float32), tensor.name))


def two_labels(model: onnx.ModelProto) -> None:
    text = model.metadata_props[0].value.replace('"labels": ["A", "B", "C", "D"]', '"labels": ["A", "B"]')
    helper.set_model_props(model, {METADATA_KEY: text})


CHANGES: dict[str, tuple[Change, str]] = {
    "opset": (future, "opset 99 of ai.onnx"),
    "inputs": (wrong_input, "no input 'features'"),
    "nan": (no_numbers, "NaN"),
    "labels": (two_labels, "'scores' has 4 classes; 2 labels are given"),
}
BAD = {"cut": "truncated", "text": "not an ONNX file", "empty": "empty", "gone": "no such file"} | {
    name: said for name, (_, said) in CHANGES.items()
}


def bad_file(kind: str, sound: Path, folder: Path) -> Path:
    path = folder / f"{kind}.onnx"
    if kind == "cut":
        path.write_bytes(sound.read_bytes()[:-500])
    elif kind == "text":
        path.write_text("Dear reader, this is no network.\n" * 50)
    elif kind == "empty":
        path.touch()
    elif kind in CHANGES:
        model = onnx.load(sound)
        CHANGES[kind][0](model)
        saved(path, model)
    return path


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_line_on_screen_and_in_the_log_and_the_old_model_stays_active(
    kind, sound, make, tmp_path, caplog, monkeypatch
):
    # On a busy machine a step may look slow; what it answers is to be there at once.
    monkeypatch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", 1e9)
    caplog.set_level(logging.INFO)
    path = bad_file(kind, sound, tmp_path)
    recognizer, undisturbed = make(), make()
    assert recognizer.wait_ready()
    assert undisturbed.wait_ready()
    points = hook()[0]
    for point in points[:20]:
        recognizer.on_stroke_point(point, 0)
    recognizer.load(path)
    said = frames_until(recognizer, lambda: not recognizer._manager.busy)
    lines = [line for line in said if line.startswith(f"{kind}.onnx: ")]
    assert len(lines) == 1
    assert BAD[kind] in lines[0]
    assert "\n" not in lines[0]
    assert lines[0] in caplog.text
    recognizer.on_stroke_point(points[20], 0)
    for point in points[:21]:
        undisturbed.on_stroke_point(point, 0)
    np.testing.assert_allclose(
        recognizer.prediction.probabilities, undisturbed.prediction.probabilities, atol=1e-6
    )


@pytest.mark.parametrize("kind", BAD)
def test_the_doctor_names_the_same_fault(kind, sound, tmp_path, examiner):
    found = examiner.examine(bad_file(kind, sound, tmp_path))
    assert found["verdict"] == "refused"
    assert BAD[kind] in found["why"]
    assert "\n" not in found["why"]
    assert examiner.started == 1


def test_labels_next_to_a_classifier_that_do_not_match_its_classes_are_named(tmp_path, examiner):
    path = classifier(tmp_path / "pictures.onnx", classes=5)
    path.with_suffix(".toml").write_text('[output]\nis = "classes"\nlabels = ["cat", "dog"]\n')
    found = examiner.examine(path)
    assert found["verdict"] == "refused"
    assert found["why"] == "its output 'scores' has 5 classes; 2 labels are given"


def test_a_link_to_a_model_keeps_its_name_and_its_description(tmp_path, examiner):
    (tmp_path / "store").mkdir()
    path = tmp_path / "pictures.onnx"
    path.symlink_to(classifier(tmp_path / "store" / "0a1b2c"))
    path.with_suffix(".toml").write_text('[output]\nis = "classes"\nlabels = ["a", "b", "c", "d", "e"]\n')
    found = examiner.examine(path)
    assert (found["file"], found["verdict"]) == ("pictures.onnx", "runs")
    assert found["adaptor"]["outputs"][0]["labels"] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[input\n", "not valid TOML"),
        ('[input]\ncolour = "RGB"\n', "there is no key 'colour'"),
        ('[input]\nname = "sound"\n', "names the input 'sound'; it has picture"),
    ],
)
def test_a_description_that_does_not_fit_is_named(tmp_path, examiner, text, said):
    path = classifier(tmp_path / "pictures.onnx")
    path.with_suffix(".toml").write_text(text)
    found = examiner.examine(path)
    assert found["verdict"] == "refused"
    assert said in found["why"]


def test_a_folder_that_vanishes_is_named_and_the_old_model_stays(make, shipped, sound, tmp_path, examiner):
    folder = tmp_path / "dropped"
    folder.mkdir()
    shutil.copy(sound, folder / "new.onnx")
    recognizer = make()
    assert recognizer.wait_ready()
    shutil.rmtree(folder)
    recognizer.load(folder / "new.onnx")
    said = frames_until(recognizer, lambda: not recognizer._manager.busy)
    assert any("new.onnx: there is no such file" in line for line in said)
    assert recognizer.model_path == shipped / "letters.onnx"
    assert "there is no such file" in examiner.examine(folder / "new.onnx")["why"]


def test_a_file_replaced_while_it_loads_is_one_or_the_other_and_never_a_mixture(sound, tmp_path):
    contents = [sound.read_bytes(), b"no model at all " * 20_000]
    path = tmp_path / "busy.onnx"
    path.write_bytes(contents[0])
    ended = threading.Event()

    def replace() -> None:
        turn = 0
        while not ended.is_set():
            turn += 1
            other = tmp_path / "other"
            other.write_bytes(contents[turn % 2])
            os.replace(other, path)

    thread = threading.Thread(target=replace)
    thread.start()
    outcomes: set[str] = set()
    try:
        for _ in range(20):
            try:
                outcomes.add(str(load_model(path, Choice((CPU,))).spec.labels))
            except ModelError as error:
                outcomes.add(str(error))
    finally:
        ended.set()
        thread.join()
    assert outcomes <= {
        str(CAPITALS),
        "busy.onnx: it is not an ONNX file, or truncated; copy it again or export it again",
    }


def test_two_wheels_of_onnx_runtime_are_explained():
    versions = {"onnxruntime": "1.30.0", "onnxruntime-gpu": "1.31.1"}

    def version_of(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    said = wheels_at_odds(version_of)
    assert "onnxruntime 1.30.0 and onnxruntime-gpu 1.31.1 are both installed" in said
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu" in said
    assert "\n" not in said
    del versions["onnxruntime"]
    assert wheels_at_odds(version_of) == ""
    assert wheels_at_odds() == ""
