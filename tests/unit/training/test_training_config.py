import json
from dataclasses import asdict, fields

import pytest

from addon.training.config import PRESETS, Augmentation, TrainConfig, config_from


def test_the_presets_are_the_ancestors_four():
    assert {name: (each.layers, each.hidden) for name, each in PRESETS.items()} == {
        "lstm_short": (1, 64),
        "lstm_long": (1, 64),
        "deep_lstm_short": (3, 64),
        "deep_lstm_long": (3, 64),
    }
    assert TrainConfig().preset == "lstm_short"
    assert TrainConfig().iterations == 2000


def test_a_capital_of_three_scales_gives_some_fifty_or_a_hundred_rows():
    assert [round(3 / PRESETS[name].spacing) for name in ("lstm_short", "lstm_long")] == [48, 96]


def test_a_config_survives_json():
    config = TrainConfig(preset="lstm_long", lr=0.001, augmentation=Augmentation(rotation=5.0))
    assert config_from(json.loads(json.dumps(asdict(config)))) == config


def test_what_is_left_out_takes_its_default():
    assert config_from({}) == TrainConfig()
    assert config_from({"augmentation": {"shear": 0.0}}).augmentation == Augmentation(shear=0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"preset": "gru"},
        {"iterations": 0},
        {"iterations": 1.5},
        {"batch": True},
        {"lr": 0.0},
        {"lr": float("nan")},
        {"lr": "fast"},
        {"seed": -1},
        {"niceness": 20},
        {"smoothing": 0.9},
        {"momentum": 0.9},
        {"augmentation": {"speed": 1.0}},
        {"augmentation": 3},
    ],
)
def test_a_wrong_value_is_refused_by_name(wrong):
    name = next(iter(wrong))
    with pytest.raises(ValueError, match=name) as caught:
        config_from(wrong)
    assert "\n" not in str(caught.value)


def test_a_wrong_strength_is_refused_by_name():
    with pytest.raises(ValueError, match="rotation"):
        config_from({"augmentation": {"rotation": -1.0}})


@pytest.mark.parametrize("name", [each.name for each in fields(Augmentation)])
def test_every_strength_has_its_range(name):
    with pytest.raises(ValueError, match=name):
        Augmentation(**{name: 1e6})
