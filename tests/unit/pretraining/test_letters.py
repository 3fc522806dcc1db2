"""The letters that ship, and the command that makes them."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from addon.inference.loaded_model import load_model
from addon.inference.providers import CPU, Choice
from addon.model.metadata import METADATA_KEY, ModelSpec, spec_from_json
from addon.pretraining import letters
from addon.pretraining.letters import main
from addon.pretraining.letters_card import letters_card
from tests.encoders import make_encoder
from tests.pretraining import write_data

MODELS = Path(__file__).parents[3] / "models"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ON_CPU = Choice((CPU,))


def spec_of(path: Path) -> ModelSpec:
    return spec_from_json({prop.key: prop.value for prop in onnx.load(path).metadata_props}[METADATA_KEY])


def test_the_model_knows_letters_and_digits_can_be_taught_and_is_small():
    path = MODELS / "letters.onnx"
    spec = spec_of(path)
    assert spec.labels == tuple(LETTERS)
    assert spec.scoring is not None
    assert spec.unknown
    assert path.stat().st_size < 4_000_000


def test_the_card_says_what_the_file_says():
    path = MODELS / "letters.onnx"
    assert (MODELS / "letters.md").read_text() == letters_card(spec_of(path), path.stat().st_size)


def test_the_card_names_data_licence_recipe_seed_and_accuracy():
    card = (MODELS / "letters.md").read_text()
    facts = spec_of(MODELS / "letters.onnx").training
    for fact in (
        "UNIPEN",
        "CC BY 4.0",
        "Seed 0",
        *facts["data_sha256"].values(),
        f"{100 * facts['accuracy']['1.0']['lifted']:.1f}",
    ):
        assert fact in card


def test_its_trunk_is_the_encoder_that_ships():
    encoder, given = (load_model(MODELS / f"{name}.onnx", ON_CPU).session for name in ("encoder", "letters"))
    rows = np.random.default_rng(0).standard_normal((2, 9, 6), dtype=np.float32)
    ours, theirs = (each.step(rows, each.start(2))[0].embedding for each in (encoder, given))
    np.testing.assert_array_equal(ours, theirs)


def test_nothing_of_the_data_travels_in_the_model():
    assert spec_of(MODELS / "letters.onnx").thumbnails == {}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("letters")
    write_data(folder / "data")
    make_encoder(folder / "encoder.onnx")
    with pytest.MonkeyPatch.context() as patch:
        # Its lowered priority would stay with the rest of the tests.
        patch.setattr(letters, "lower_priority", lambda config: None)
        given = ["--encoder", str(folder / "encoder.onnx"), "--data", str(folder / "data"), "--passes", "1"]
        assert main([*given, "--out", str(folder / "letters.onnx")]) == 0
    return folder


def test_the_command_writes_a_model_and_its_card(made: Path):
    path = made / "letters.onnx"
    spec = spec_of(path)
    assert (made / "letters.md").read_text() == letters_card(spec, path.stat().st_size)
    assert spec.recipe.scale == letters.SCALE
    assert (spec.training["writers"], spec.training["held_out_writers"]) == (4, 1)
    assert set(spec.outputs) >= {"scores", "progress", "unknown", "embedding"}


def test_what_it_makes_runs_and_its_embedding_is_the_encoders(made: Path):
    encoder, given = (load_model(made / f"{name}.onnx", ON_CPU).session for name in ("encoder", "letters"))
    rows = np.random.default_rng(0).standard_normal((1, 4, 6), dtype=np.float32)
    ours, theirs = (each.step(rows, each.start(1))[0] for each in (encoder, given))
    np.testing.assert_array_equal(ours.embedding, theirs.embedding)
    assert theirs.scores.shape == (1, 4, len(given.spec.labels))
    assert theirs.unknown.shape == theirs.progress.shape == (1, 4, 1)


def test_the_command_says_in_one_line_that_data_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(letters, "lower_priority", lambda config: None)
    make_encoder(tmp_path / "encoder.onnx")
    given = ["--encoder", str(tmp_path / "encoder.onnx"), "--out", str(tmp_path / "letters.onnx")]
    assert main([*given, "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "letters: unipen_digits.npz cannot be read: No such file or directory\n"
    assert main(["--encoder", str(tmp_path / "none.onnx"), "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "letters: none.onnx cannot be read: No such file or directory\n"
