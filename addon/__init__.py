"""Points of a pen in, predictions out: an addon that learns what is drawn.

    from addon import Recognizer

Names are loaded when they are first asked for, so that `import addon` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from addon.errors import (
        AddonError,
        EvaluationError,
        ModelError,
        PointsError,
        ProviderError,
        TaughtError,
        TrainingError,
    )
    from addon.features import FeatureRecipe
    from addon.prediction import Prediction
    from addon.recognizer import Recognizer
    from addon.spec import ModelSpec
    from addon.taught import Example
    from addon.training_status import TrainingStatus
    from addon.vision.classifier import ImageClassifier

__all__ = [
    "AddonError",
    "EvaluationError",
    "Example",
    "FeatureRecipe",
    "ImageClassifier",
    "ModelError",
    "ModelSpec",
    "PointsError",
    "Prediction",
    "ProviderError",
    "Recognizer",
    "TaughtError",
    "TrainingError",
    "TrainingStatus",
]

_HOME = {
    "Example": "addon.taught",
    "FeatureRecipe": "addon.features",
    "ImageClassifier": "addon.vision.classifier",
    "ModelSpec": "addon.spec",
    "Prediction": "addon.prediction",
    "Recognizer": "addon.recognizer",
    "TrainingStatus": "addon.training_status",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'addon' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "addon.errors")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
