"""A picture that differs may do so because another driver drew it, so each names its own."""

import numpy as np
import pytest

from tests.conftest import GOLDEN, driver_of, made_with


def test_every_picture_names_the_driver_that_drew_it():
    named, there = made_with(), {path.stem for path in GOLDEN.glob("*.png")}
    assert named.keys() == there, "run with --update-golden, look at the picture, and keep made_with.json"
    assert all(named.values())


def test_a_picture_that_differs_says_both_drivers(ctx, golden, request, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.conftest.GOLDEN", tmp_path)
    monkeypatch.setattr("tests.conftest.MADE_WITH", tmp_path / "made_with.json")
    monkeypatch.setattr(request.config.option, "update_golden", True)
    black = np.zeros((4, 4, 3), np.uint8)
    golden(black)
    assert list(made_with().values()) == [driver_of(ctx)]
    monkeypatch.setattr(request.config.option, "update_golden", False)
    golden(black)
    with pytest.raises(pytest.fail.Exception) as failure:
        golden(black + np.uint8(9))
    assert str(failure.value).endswith(f"it was made with {driver_of(ctx)}, you run {driver_of(ctx)}")
