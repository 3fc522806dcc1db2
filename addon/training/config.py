"""The settings of a training, and the four presets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """A network, and the density of its feature rows.

    Attributes:
        layers: LSTM layers.
        hidden: Width of each.
        spacing: Distance between two rows as a fraction of the scale. The travel of a capital is about three
            scales, so 1/16 gives about 50 rows a letter and 1/32 about 100.
    """

    layers: int
    hidden: int
    spacing: float


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "lstm_short": Preset(layers=1, hidden=64, spacing=1 / 16),
        "lstm_long": Preset(layers=1, hidden=64, spacing=1 / 32),
        "deep_lstm_short": Preset(layers=3, hidden=64, spacing=1 / 16),
        "deep_lstm_long": Preset(layers=3, hidden=64, spacing=1 / 32),
    }
)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How much each ink is varied before each iteration; with 0 everywhere inks are not changed.

    Lengths are in scales. The speed of the pen is not varied: rows are at equal distances and do not depend
    on it. The effects of a fast pen, fewer samples and cut corners, are covered by `dropped`.

    Attributes:
        rotation: Largest rotation in either direction, in degrees; 0..180.
        shear: Largest shear in either direction, as a tangent; 0..1.
        aspect: Largest change of the aspect ratio, as a natural logarithm; 0..2.
        size: Largest change of size, as a natural logarithm; 0..2.
        elastic: Standard deviation of a smooth bending; 0..1.
        stroke_shift: Standard deviation of each stroke's displacement; 0..1.
        jitter: Standard deviation of each point's displacement; 0..0.1.
        trimmed: Most that is trimmed from either end of a stroke; 0..0.5.
        dropped: Largest share of samples dropped between a stroke's ends; 0..0.9.

    Raises:
        ValueError: A number is outside its range.
    """

    rotation: float = 20.0
    shear: float = 0.4
    aspect: float = 0.4
    size: float = 0.4
    elastic: float = 0.1
    stroke_shift: float = 0.1
    jitter: float = 0.006
    trimmed: float = 0.15
    dropped: float = 0.5

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            _check_range(name, getattr(self, name), 0.0, most)


_MOST = {
    "rotation": 180.0,
    "shear": 1.0,
    "aspect": 2.0,
    "size": 2.0,
    "elastic": 1.0,
    "stroke_shift": 1.0,
    "jitter": 0.1,
    "trimmed": 0.5,
    "dropped": 0.9,
}


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """All settings of a training.

    Attributes:
        preset: A name in `PRESETS`.
        iterations: Iterations of this run; continuing from a checkpoint adds as many.
        batch: Inks an iteration.
        lr: Highest learning rate; it rises over the first iterations and falls to a twentieth.
        seed: The same seed gives the same run.
        threads: Threads torch may use.
        niceness: Niceness of the process, 0..19, where the system supports it.
        smoothing: Label smoothing: share of certainty given to the other classes; 0..0.5.
        early_weight: Weight of an ink's first rows in the class loss; its last row has 1; 0..1.
        patience: Training ends after this many iterations without a better smoothed loss; 0 for never.
        checkpoint_every: Iterations between two checkpoints.
        max_rows: Most rows of an ink that are trained on.
        augmentation: How inks are varied.

    Raises:
        ValueError: A value is outside its range.
    """

    preset: str = "lstm_short"
    iterations: int = 2000
    batch: int = 20
    lr: float = 0.005
    seed: int = 0
    threads: int = 1
    niceness: int = 10
    smoothing: float = 0.02
    early_weight: float = 0.3
    patience: int = 600
    checkpoint_every: int = 500
    max_rows: int = 400
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {self.preset!r}")
        for name, (least, most) in _RANGES.items():
            _check_range(name, getattr(self, name), least, most)

    @property
    def shape(self) -> Preset:
        """The preset of this name."""
        return PRESETS[self.preset]


_RANGES = {
    "iterations": (1, 10_000_000),
    "batch": (1, 4096),
    "lr": (1e-6, 1.0),
    "seed": (0, 2**63 - 1),
    "threads": (1, 256),
    "niceness": (0, 19),
    "smoothing": (0.0, 0.5),
    "early_weight": (0.0, 1.0),
    "patience": (0, 10_000_000),
    "checkpoint_every": (1, 10_000_000),
    "max_rows": (2, 10_000),
}


@dataclass(frozen=True, slots=True)
class AdaptConfig:
    """The settings for adapting a base encoder to the taught inks.

    Attributes:
        steps: Steps of each training: one for every fold, and the final one.
        lr: Highest learning rate.
        copies: Varied copies of each ink, at least `FEWEST_COPIES`.
        most: Approximate total of varied copies; with many inks there are fewer of each.
        folds: Folds of the cross-validation that decides whether adapting helps.
        seed: The same seed gives the same encoder.
        threads: Threads torch may use.
        niceness: Niceness of the process, 0..19, where the system supports it.

    Raises:
        ValueError: A value is outside its range.
    """

    steps: int = 100
    lr: float = 0.003
    copies: int = 15
    most: int = 2000
    folds: int = 3
    seed: int = 0
    threads: int = 1
    niceness: int = 10

    def __post_init__(self) -> None:
        for name, (least, most) in _ADAPT_RANGES.items():
            _check_range(name, getattr(self, name), least, most)

    @property
    def iterations(self) -> int:
        """Steps of all trainings."""
        return (self.folds + 1) * self.steps


FEWEST_COPIES = 3
_ADAPT_RANGES = {
    "steps": (1, 100_000),
    "lr": (1e-6, 1.0),
    "copies": (FEWEST_COPIES, 1000),
    "most": (1, 1_000_000),
    "folds": (2, 100),
    "seed": (0, 2**63 - 1),
    "threads": (1, 256),
    "niceness": (0, 19),
}


def adapt_config_from(values: Mapping[str, Any]) -> AdaptConfig:
    """Make a config from JSON values; missing ones have their defaults.

    Raises:
        ValueError: A name is unknown, or a value is of the wrong type or outside its range.
    """
    _check_known(values, AdaptConfig, "adapting")
    return AdaptConfig(**values)


def config_from(values: Mapping[str, Any]) -> TrainConfig:
    """Make a config from JSON values; missing ones have their defaults.

    Raises:
        ValueError: A name is unknown, or a value is of the wrong type or outside its range.
    """
    _check_known(values, TrainConfig, "training")
    chosen = dict(values)
    if "augmentation" in chosen:
        _check_known(chosen["augmentation"], Augmentation, "augmentation")
        chosen["augmentation"] = Augmentation(**chosen["augmentation"])
    return TrainConfig(**chosen)


def _check_known(values: object, kind: type, what: str) -> None:
    known = [each.name for each in fields(kind)]
    if not isinstance(values, Mapping):
        raise ValueError(f"the {what} config must be a mapping; got {values!r}")
    unknown = [name for name in values if name not in known]  # pyright: ignore[reportUnknownVariableType]
    if unknown:
        raise ValueError(f"the {what} config knows {', '.join(known)}; got {unknown}")


def _check_range(name: str, value: Any, least: float, most: float) -> None:
    whole = isinstance(least, int)
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not (number and least <= float(value) <= most):
        kind = "whole number" if whole else "number"
        raise ValueError(f"{name} must be a {kind} in {least}..{most}; got {value!r}")
