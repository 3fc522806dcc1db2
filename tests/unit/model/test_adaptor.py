"""The description next to a model file: what it says, and how it is refused."""

import os
from pathlib import Path

import pytest

from addon.errors import ModelError
from addon.model.adaptor import Adaptor, adaptor_from, adaptor_of, check_names, label_files, read_adaptor

FLOWERS = """
title = "flowers"
state = [["h", "hn"], ["c", "cn"]]

[constants]
sr = 16000

[input]
name = "image"
layout = "NHWC"
color = "BGR"
size = [224, 192]
resize = "ten"
share = 0.875
filter = "bicubic"
range = [0, 255]
mean = [104, 117, 123]
std = [2, 4, 8]

[output]
name = "scores"
is = "classes"
scores = "probabilities"
labels = ["rose", "tulip"]
"""


def read(tmp_path, text):
    return adaptor_from(text, tmp_path / "flowers.toml")


def test_every_key_says_what_it_stands_for(tmp_path):
    made = read(tmp_path, FLOWERS)
    assert made.title == "flowers"
    assert made.state == (("h", "hn"), ("c", "cn"))
    assert made.constants == (("sr", 16000.0),)
    assert (made.input.layout, made.input.color, made.input.size) == ("NHWC", "BGR", (224, 192))
    assert (made.input.resize, made.input.share, made.input.span) == ("ten", 0.875, (0.0, 255.0))
    assert made.input.scale == (0.5, 0.25, 0.125)
    assert made.output.kind == "classes"
    assert made.output.labels == ("rose", "tulip")


def test_an_empty_description_is_all_defaults(tmp_path):
    assert read(tmp_path, "") == Adaptor()


def test_one_number_is_a_square(tmp_path):
    assert read(tmp_path, "[input]\nsize = 64").input.size == (64, 64)


def test_several_outputs_keep_their_order(tmp_path):
    made = read(tmp_path, '[[output]]\nname = "b"\n[[output]]\nname = "a"\nis = "boxes"')
    assert [each.name for each in made.outputs] == ["b", "a"]
    assert made.output.name == "b"


def test_labels_come_from_a_file_next_to_it(tmp_path):
    (tmp_path / "names.txt").write_text("rose\ntulip\nœillet\n", encoding="utf-8")
    assert read(tmp_path, '[output]\nlabels = "names.txt"').output.labels == ("rose", "tulip", "œillet")


def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_part_of_a_text(tmp_path):
    said = '\ufeff[output]\r\nlabels = "names.txt"\r\n'.encode()
    (tmp_path / "net.toml").write_bytes(said)
    (tmp_path / "names.txt").write_bytes("\ufeffrose\r\ntulip\r\n".encode())
    assert read_adaptor(tmp_path / "net.toml").outputs[0].labels == ("rose", "tulip")
    assert label_files(said) == ["names.txt"]


def test_a_model_without_a_description_has_none(tmp_path):
    assert adaptor_of(tmp_path / "flowers.onnx") is None


def test_the_description_is_next_to_the_model(tmp_path):
    (tmp_path / "flowers.toml").write_text('title = "found"')
    found = adaptor_of(tmp_path / "flowers.onnx")
    assert found is not None
    assert found.title == "found"


REFUSED = {
    '[input]\nlayout = "NCWH"': "[input]: layout must be one of NCHW, NHWC, CHW, HWC; got 'NCWH'",
    '[input]\ncolour = "RGB"': "there is no key 'colour'; there are",
    "[input]\nsize = [0, 4]": "size must be [height, width] in 1..8192; got [0, 4]",
    "[input]\nsize = 100000": "size must be [height, width] in 1..8192; got 100000",
    "[input]\nsize = [1, 2, 3]": "size must be [height, width]",
    "[input]\nshare = 2": "share must be in 0.01..1; got 2",
    "[input]\nshare = nan": "share must be in 0.01..1; got nan",
    "[input]\nmultiple = 1.5": "multiple must be a whole number in 1..8192; got 1.5",
    "[input]\nrange = [1, 1]": "range must be two different numbers; got [1, 1]",
    "[input]\nmean = [1, 2]": "mean must be one number or 3, one a channel; got [1, 2]",
    '[input]\ncolor = "gray"\nmean = [1, 2, 3]': "mean must be one number or 1",
    "[input]\nstd = 0": "std must be more than 0; got 0",
    "[input]\nstd = 1\nscale = 1": "scale and std mean the same; give one of them",
    '[output]\nis = "class"': (
        "is must be one of classes, picture, heat map, map, class map, boxes, points, features, label, text, "
        "progress, unknown, embedding; got"
    ),
    "[output]\nunit = 1": "unit must be true or false; got 1",
    "[output]\nlabels = [1]": "labels must be a list of texts",
    '[output]\nlabels = "../secret"': "the name of a file next to it; got '../secret'",
    '[output]\nlabels = "gone.txt"': "gone.txt cannot be read",
    "output = 3": "output must be a table, [output], or several, [[output]]; got 3",
    "input = 3": "input must be a table, [input]; got 3",
    'state = ["h", "hn"]': "state must be a list of pairs [input, output]",
    'state = [["h", 1]]': "state must be a list of pairs",
    "layers = 3": "layers must be a list of texts; got 3",
    '[constants]\nsr = "x"': "[constants]: sr must be a number; got 'x'",
    "title = 3": "title must be a text; got 3",
    "model = 1": "there is no key 'model'; there are output, input, state, constants, layers, title, license",
    "[input": "not valid TOML",
    '[input]\nis = "features"\nmean = 1': "there is no key 'mean'; there are is, name",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_wrong_is_said_in_one_line(text, tmp_path):
    with pytest.raises(ModelError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert said.startswith("flowers.toml: ")
    assert REFUSED[text] in said
    assert "\n" not in said


def test_a_description_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "flowers.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="not text in UTF-8"):
        adaptor_of(tmp_path / "flowers.onnx")


def test_a_huge_description_is_not_read(tmp_path):
    (tmp_path / "flowers.toml").write_bytes(b"#" * (5 << 20))
    with pytest.raises(ModelError, match="larger than 4 MiB"):
        adaptor_of(tmp_path / "flowers.onnx")


def test_names_that_a_model_does_not_have_are_reported_with_those_it_has(tmp_path):
    made = read(tmp_path, FLOWERS)
    inputs: dict[str, object] = {"image": 0, "h": 0, "c": 0, "sr": 0}
    check_names(made, inputs, dict.fromkeys(("scores", "hn", "cn")))
    with pytest.raises(ModelError, match="names the output 'scores'; it has logits, hn, cn"):
        check_names(made, inputs, dict.fromkeys(("logits", "hn", "cn")))
    with pytest.raises(ModelError, match="names the input 'image'; it has x"):
        check_names(made, {"x": None}, {})


HOSTILE = {
    "brackets": "title = " + "[" * 100_000,
    "digits": "[input]\nshare = " + "9" * 10_000,
    "a long value": f'[input]\nlayout = "{"x" * 100_000}"',
    "a long key": f"[input]\n{'x' * 100_000} = 1",
    "tables": "".join(f"[input{'.a' * index}]\n" for index in range(1, 400)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_meant_to_hurt_is_refused_in_a_short_line(name, tmp_path):
    with pytest.raises(ModelError) as caught:
        read(tmp_path, HOSTILE[name])
    assert len(str(caught.value)) < 320
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "names.txt")
    with pytest.raises(ModelError, match=r"names\.txt is not an ordinary file"):
        read(tmp_path, '[output]\nlabels = "names.txt"')


def test_the_example_in_the_documentation_is_read(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "vision.md").read_text(encoding="utf-8")
    (tmp_path / "flowers.txt").write_text("rose\ntulip")
    made = read(tmp_path, text.split("```toml\n")[1].split("```")[0])
    assert made.title == "Flowers"
    assert made.output.labels == ("rose", "tulip")


@pytest.mark.parametrize("kind", ["input", "output"])
def test_the_documentation_names_every_key(kind, tmp_path):
    with pytest.raises(ModelError) as caught:
        read(tmp_path, f"[{kind}]\nnothing = 1")
    keys = str(caught.value).split("there are ")[1].split(", ")
    pages = [Path(__file__).parents[3] / "docs" / name for name in ("vision.md", "own-models.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [key for key in keys if f"`{key}`" not in text] == []
