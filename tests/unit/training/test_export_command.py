"""`inkloop export` without its command line: what is written, and what is refused."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from addon.dataset.corpus import write_corpus
from addon.dataset.taught import TaughtStore
from addon.errors import AddonError
from addon.training.export_command import export, export_file
from addon.training.nodes import read_model
from addon.training.pen_json import encoded, pen_document
from tests.encoders import make_knowing_encoder
from tests.models import make_model
from tests.vectors import decoded, model, taught_examples


def test_a_taught_set_of_a_sketch_is_taken(tmp_path: Path) -> None:
    store = TaughtStore(tmp_path / "taught.sqlite3")
    for one in taught_examples():
        store.teach(one.label, one.strokes)
    assert store.flush(30)
    store.close()
    (line,) = export("letters", tmp_path / "pen.json", None, tmp_path)
    assert line.startswith("exported 3 classes of 11 examples to")
    pen = json.loads((tmp_path / "pen.json").read_text())
    assert pen["metadata"]["labels"] == ["L", "T", "V"]
    out = tmp_path / "again.onnx"
    assert export_file(model("encoder"), taught_examples(), out).labels == ("L", "T", "V")


@pytest.mark.parametrize(
    ("model", "out", "taught", "message"),
    [
        ("letters", None, None, "nothing to write: give a file ending in .onnx or .json, or --web FOLDER"),
        ("letters", "pen.pt", None, "a pen is exported to a file ending in .onnx or .json; got 'pen.pt'"),
        ("encoder", "pen.onnx", None, "encoder.onnx has no classes of its own; add a taught set"),
        ("nowhere.onnx", "pen.onnx", None, "nowhere.onnx: there is no such file in"),
        ("letters", "pen.onnx", "none.sqlite3", "none.sqlite3: there is no such file in"),
        ("letters", "pen.onnx", "none.npz", "none.npz cannot be read"),
        ("letters", "pen.onnx", "broken.sqlite3", "broken.sqlite3 cannot be read"),
        ("lstm.onnx", "pen.onnx", "taught.npz", "lstm.onnx has 4 classes of its own and cannot be taught"),
        ("knowing.onnx", "pen.json", None, "is not in the pen format; only Inkloop's own exports"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, out: str, taught: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.sqlite3").write_bytes(b"SQLite format 3\0" + bytes(500))
    (one, *_) = taught_examples()
    write_corpus(Path("taught.npz"), [one.strokes], [one.label])
    if model == "lstm.onnx":
        make_model(Path(model))
    elif model == "knowing.onnx":
        make_knowing_encoder(Path(model))
    with pytest.raises((AddonError, ValueError)) as refused:
        export(model, Path(out) if out else None, None, Path(taught) if taught else None)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not out or not Path(out).exists()


def test_float24_is_rounded_to_the_nearest() -> None:
    values = np.array([0.0, 1.0, -1.0, 1 + 2**-16, 1 + 3 * 2**-17, 2 - 2**-23, -1e-3, 1e30], dtype=np.float32)
    back = decoded(encoded("lstm_0.W", values))
    np.testing.assert_allclose(back, values, rtol=2**-16)
    assert back[5] == 2.0
    assert decoded(encoded("project.W", values)).tolist() == values.tolist()


def test_a_baked_pen_and_its_json_have_the_same_numbers(tmp_path: Path) -> None:
    export_file(model("encoder"), taught_examples(), tmp_path / "pen.onnx")
    pen = pen_document(tmp_path / "pen.onnx")
    graph, spec = read_model(tmp_path / "pen.onnx")
    assert pen["metadata"]["labels"] == list(spec.labels)
    for each in graph.graph.initializer:
        if each.data_type == onnx.TensorProto.FLOAT:
            ours, theirs = decoded(pen["tensors"][each.name]), numpy_helper.to_array(each)
            np.testing.assert_allclose(ours, theirs, rtol=2**-16)
