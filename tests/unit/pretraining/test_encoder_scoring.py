"""How a trained encoder is to be read, and what is measured of it to know that."""

from pathlib import Path

import numpy as np
import pytest

from addon.inference.providers import CPU, Choice
from addon.inference.session import open_step
from addon.pretraining.__main__ import main
from addon.pretraining.encoder_scoring import SHARPNESSES, fitted, measured_scoring
from addon.pretraining.loop import Settings
from addon.training.encoder_import import read_encoder
from addon.training.pool import read_pool, split
from tests.encoders import make_encoder
from tests.pretraining import write_data

ON_CPU = Choice((CPU,))


def test_the_progress_of_each_level_is_found_again() -> None:
    chance = np.random.default_rng(0)
    likely = chance.dirichlet(np.full(5, 0.3), 4000)
    wanted = np.array([0.03, 0.3, 0.5, 0.9, 1.0])
    progress = likely @ wanted
    # A tenth of the points is quite wrong, which a mean of squares would follow.
    progress[:400] = chance.random(400)
    assert fitted(likely, progress) == pytest.approx(wanted, abs=0.01)


def test_a_progress_stays_within_its_range() -> None:
    likely = np.eye(3)[np.arange(30) % 3]
    numbers = fitted(likely, np.tile([-0.5, 0.4, 1.7], 10))
    assert numbers == pytest.approx([0.0, 0.4, 1.0], abs=1e-4)


def test_a_level_that_nobody_was_at_is_no_trouble() -> None:
    likely = np.array([[1.0, 0.0], [1.0, 0.0]])
    numbers = fitted(likely, np.array([0.25, 0.25]))
    assert numbers[0] == pytest.approx(0.25, abs=1e-4)
    assert np.isfinite(numbers).all()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pens")
    write_data(folder)
    return folder


def test_all_levels_count_together_as_much_as_in_an_episode(data: Path, tmp_path: Path) -> None:
    net, _ = read_encoder(make_encoder(tmp_path / "small.onnx"))
    scoring = measured_scoring(net, Settings(levels=4, read=12), split(read_pool(data), 0)[0])
    assert scoring.levels == 12
    assert scoring.weights.tolist() == pytest.approx([1 / 3] * 11 + [1.0, 1.0])
    assert scoring.sharpness in SHARPNESSES
    assert scoring.detected is not None
    assert scoring.detected[0] < scoring.detected[-1]


def test_an_encoder_is_read_and_measured_again_and_stays_what_it_is(data: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.onnx", tmp_path / "again.onnx"
    assert (
        main(["--data", str(data), "--steps", "1", "--out", str(first), "--checkpoint", f"{first}.kept"]) == 0
    )
    assert main(["--data", str(data), "--measure", str(first), "--out", str(again)]) == 0
    before, after = (open_step(path, ON_CPU) for path in (first, again))
    rows = np.random.default_rng(0).standard_normal((2, 9, 6), dtype=np.float32)
    ours, theirs = (each.step(rows, each.start(2))[0].embedding for each in (before, after))
    assert (ours == theirs).all()
    assert before.spec.training == after.spec.training
    assert first.with_suffix(".md").read_text() == again.with_suffix(".md").read_text()


def test_what_cannot_be_measured_again_is_reported(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_encoder(tmp_path / "foreign.onnx")
    assert main(["--data", str(data), "--measure", str(tmp_path / "foreign.onnx")]) == 1
    assert "foreign.onnx has no settings of a pretraining" in capsys.readouterr().err
    assert main(["--measure", str(tmp_path / "foreign.onnx"), "--seed", "0"]) == 1
    assert "--measure does not train; leave out --seed" in capsys.readouterr().err
