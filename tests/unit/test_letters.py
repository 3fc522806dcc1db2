"""The model that ships, and the command that makes it."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from addon.corpus import corpus_of, write_corpus
from addon.spec import METADATA_KEY, ModelSpec, spec_from_json
from addon.training.card import letters_card
from addon.training.letters import CORPUS, HELD_OUT, SCALE, Letters, main, prepare
from tests.hands import taught

MODELS = Path(__file__).parents[2] / "models"


def spec_of(path: Path) -> ModelSpec:
    return spec_from_json({prop.key: prop.value for prop in onnx.load(path).metadata_props}[METADATA_KEY])


def test_the_model_knows_the_capitals_and_is_small():
    path = MODELS / "letters.onnx"
    assert spec_of(path).labels == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert path.stat().st_size < 1_000_000


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
        facts["data_sha256"],
        f"{facts['accuracy']['lifted']:.1%}"[:4],
    ):
        assert fact in card


def test_nothing_of_the_data_travels_in_the_model():
    assert spec_of(MODELS / "letters.onnx").thumbnails == {}


def many_hands() -> tuple[list[list[np.ndarray]], list[str], list[str]]:
    """Ten writers, each of another size."""
    inks, labels, writers = [], [], []
    for writer in range(10):
        hand, names = taught(each=2, seed=writer)
        scaling = np.array([writer + 1, writer + 1, 1, 1], dtype=np.float32)
        inks += [[stroke * scaling for stroke in ink] for ink in hand]
        labels += names
        writers += [f"writer {writer}"] * len(names)
    return inks, labels, writers


def letters() -> Letters:
    return prepare(corpus_of(*many_hands()), seed=0)


def test_a_fifth_of_the_writers_is_held_out():
    found = letters()
    assert found.writers == (8, 2)
    assert len(found.held_out) / (len(found.held_out) + len(found.taught)) == HELD_OUT


def test_all_writers_are_brought_to_one_size():
    inks = letters().taught.inks
    ends = np.cumsum(inks.stroke_sizes)[np.cumsum(inks.ink_sizes) - 1]
    sizes = [np.ptp(part, axis=0).max() for part in np.split(inks.points, ends[:-1])]
    assert np.median(sizes) == pytest.approx(SCALE, rel=0.1)
    assert max(sizes) < 2 * min(sizes)


def test_the_command_writes_a_model_and_its_card(tmp_path, monkeypatch):
    # Its lowered priority would stay with the rest of the tests.
    monkeypatch.setattr("addon.training.letters.step_back", lambda config: None)
    write_corpus(tmp_path / CORPUS, *many_hands())
    out = tmp_path / "letters.onnx"
    assert main(["--data", str(tmp_path), "--out", str(out), "--iterations", "2"]) == 0
    assert spec_of(out).training["iterations"] == 2
    assert (tmp_path / "letters.md").read_text() == letters_card(spec_of(out), out.stat().st_size)


def test_the_command_says_in_one_line_that_data_is_missing(tmp_path, capsys):
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "letters.onnx")]) == 1
    assert capsys.readouterr().err == f"letters: {CORPUS} cannot be read: No such file or directory\n"
