"""The scale that taught inks are read at."""

import numpy as np
import pytest

from addon.runtime.answers import TaughtAnswers
from addon.runtime.providers import CPU, Choice
from addon.runtime.session import open_step
from addon.scales import scale_after, wanted_scale
from addon.taught import Example
from tests.encoders import make_encoder


def line(size: float) -> tuple[np.ndarray, ...]:
    points = np.full((9, 4), 0.5, dtype=np.float32)
    points[:, 0] = np.linspace(0, size, 9)
    return (points,)


def test_it_stays_until_the_typical_size_has_moved() -> None:
    assert scale_after([100.0, 104.0, 110.0]) == 100.0
    assert scale_after([100.0, 140.0, 130.0]) == 120.0
    assert scale_after([0.0]) == 1.0
    assert wanted_scale([1e9]) == 1e6


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_one_that_teaching_comes_to(tmp_path, seed: int) -> None:
    path = make_encoder(tmp_path / "encoder.onnx")
    session = open_step(path, Choice((CPU,)))
    assert session.spec.reading is not None
    answers = TaughtAnswers(session, session.spec.reading)
    sizes = np.random.default_rng(seed).uniform(40, 160, 12).tolist()
    examples = [Example(number, "ab"[number % 2], line(size)) for number, size in enumerate(sizes)]
    for count in range(1, len(examples) + 1):
        answers.learn(examples[:count])
    assert answers.recipe.scale == pytest.approx(scale_after(sizes), rel=1e-6)
