"""The scale that taught inks are read at."""

import numpy as np
import pytest

from addon.dataset.taught import Example
from addon.features.recipe import LARGEST_SCALE, SMALLEST_SCALE
from addon.features.scale import ink_size, scale_after, wanted_scale
from addon.inference.answers import PrototypeReader
from addon.inference.providers import CPU, Choice
from addon.inference.session import open_step
from tests.encoders import make_encoder, make_knowing_encoder


def line(size: float) -> tuple[np.ndarray, ...]:
    points = np.full((9, 4), 0.5, dtype=np.float32)
    points[:, 0] = np.linspace(0, size, 9)
    return (points,)


def test_it_stays_until_the_typical_size_has_moved() -> None:
    assert scale_after([100.0, 104.0, 110.0]) == 100.0
    assert scale_after([100.0, 140.0, 130.0]) == 120.0
    assert scale_after([0.0]) == 1.0
    assert wanted_scale([1e20]) == LARGEST_SCALE
    assert wanted_scale([1e-20]) == SMALLEST_SCALE


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_one_that_teaching_comes_to(tmp_path, seed: int) -> None:
    path = make_encoder(tmp_path / "encoder.onnx")
    session = open_step(path, Choice((CPU,)))
    assert session.spec.scoring is not None
    answers = PrototypeReader(session, session.spec.scoring)
    sizes = np.random.default_rng(seed).uniform(40, 160, 12).tolist()
    examples = [Example(number, "ab"[number % 2], line(size)) for number, size in enumerate(sizes)]
    for count in range(1, len(examples) + 1):
        answers.learn(examples[:count])
    assert answers.recipe.scale == pytest.approx(scale_after(sizes), rel=1e-6)


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_taught_inks_in_any_unit_are_read_alike(tmp_path, unit: float) -> None:
    path = make_encoder(tmp_path / "encoder.onnx")
    session = open_step(path, Choice((CPU,)))
    assert session.spec.scoring is not None
    chance = np.random.default_rng(1)
    inks = [chance.normal(0, 9, (30, 4)).cumsum(axis=0).astype(np.float32) for _ in range(6)]
    tracks = []
    for by in (1.0, unit):
        answers = PrototypeReader(session, session.spec.scoring)
        answers.learn([Example(n, "ab"[n % 2], (ink * np.float32(by),)) for n, ink in enumerate(inks)])
        assert answers.recipe.scale == pytest.approx(by * wanted_scale([ink_size((ink,)) for ink in inks]))
        tracks.append(answers.prototypes.tracks)
    np.testing.assert_allclose(*tracks, atol=1e-4)


def test_dots_alone_leave_the_scale_as_the_model_has_it(tmp_path) -> None:
    make_knowing_encoder(tmp_path / "letters.onnx")
    session = open_step(tmp_path / "letters.onnx", Choice((CPU,)))
    assert session.spec.scoring is not None
    answers = PrototypeReader(session, session.spec.scoring)
    answers.learn([Example(1, ".", line(0.0))])
    assert answers.recipe.scale == session.spec.recipe.scale == 200.0
    answers.learn([Example(1, ".", line(0.0)), Example(2, "-", line(0.5))])
    assert answers.recipe.scale == 0.5
