"""A refusal says what a file is instead, and who takes it."""

import numpy as np
import pytest

from addon.doctor.examine import load_pen
from addon.errors import ModelError
from addon.inference.opening import read_model
from addon.model.other_formats import other_format
from tests.onnx_files import classifier, model, recurrent, saved, two_layers, value, weight


def test_a_sound_model_of_another_kind_is_refused_with_who_takes_it(tmp_path):
    said = {
        classifier(
            tmp_path / "eye.onnx"
        ): "an image classifier, not a pen model: use it with ImageClassifier",
        recurrent(tmp_path / "ear.onnx"): ("a recurrent model, not a pen model: use it with Model"),
        two_layers(tmp_path / "sum.onnx"): "not a pen model of Inkloop; inkloop doctor shows what is in it",
    }
    for path, words in said.items():
        found = load_pen(path)
        assert found["verdict"] == "refused"
        assert found.get("why") == f"{path.name}: {words}"


def test_sizes_that_are_free_do_not_hide_what_a_model_is(tmp_path):
    made = model(
        [],
        [value("x", ["n", 3, "height", "width"])],
        [value("x", ["n", 3, "height", "width"])],
        [weight("w", np.zeros(1, np.float32))],
    )
    found = load_pen(saved(tmp_path / "mirror.onnx", made))
    assert found.get("why") == (
        "mirror.onnx: a picture in, a picture out, not a pen model: use it with ImageClassifier"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04rest", "zip archive, as PyTorch writes"),
        (b"\x80\x02}q\x00", "a pickle"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x1c\x00\x00\x00TFL3", "TensorFlow Lite"),
        (b"\x08\x00\x00\x00ORTM", "ONNX Runtime's own format"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"__metadata__"', "safetensors"),
    ],
)
def test_a_file_of_another_format_is_named_and_says_how_to_come_from_it(data, said, tmp_path):
    path = tmp_path / "dropped.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=f"^dropped.onnx: it is not an ONNX file but .*{said}"):
        read_model(path)


def test_what_nobody_knows_is_called_nothing():
    assert other_format(b"") == other_format(b"Dear reader") == ""
