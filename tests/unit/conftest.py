"""A recogniser to test, with a model that ships."""

from pathlib import Path

import pytest

from addon import Recognizer
from tests.models import make_model
from tests.unit.recognizers import CAPITALS


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """A folder in the place of the models that ship, with one named letters."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    make_model(folder / "letters.onnx", CAPITALS, hidden=16)
    monkeypatch.setattr("addon.inference.model_manager.shipped_models", lambda: folder)
    return folder


@pytest.fixture
def make(tmp_path, shipped, monkeypatch):
    """Makes recognisers that are set up, and ends them; a busy machine does not make them use a worker."""
    monkeypatch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", float("inf"))
    made: list[Recognizer] = []

    def make(*arguments, **options) -> Recognizer:
        made.append(Recognizer(*arguments, **options))
        made[-1].setup(tmp_path / "home")
        return made[-1]

    yield make
    for recognizer in made:
        recognizer.exit()
