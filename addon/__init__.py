"""Points of a pen in, predictions out: an addon that learns what is drawn.

    from addon import Recognizer

Names are loaded when they are first asked for, so that `import addon` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from addon.background.process_worker import ProcessWorker
    from addon.dataset.taught import Example
    from addon.errors import (
        AddonError,
        EvaluationError,
        ModelError,
        PointsError,
        ProviderError,
        TaughtError,
        TrainingError,
    )
    from addon.features.recipe import FeatureRecipe
    from addon.inference.background_model import Model
    from addon.inference.graph import open_graph
    from addon.inference.io_binding import open_bound
    from addon.inference.opening import read_model
    from addon.inference.providers import choose_here
    from addon.inference.recurrent import open_recurrent, open_stream
    from addon.model.metadata import ModelSpec
    from addon.prediction import Prediction
    from addon.recognizer import Recognizer
    from addon.training.status import TrainingStatus
    from addon.vision.classifier import ImageClassifier
    from addon.vision.dreamer import Dreamer
    from addon.vision.sources import Video, Webcam, load_image

__all__ = [
    "AddonError",
    "Dreamer",
    "EvaluationError",
    "Example",
    "FeatureRecipe",
    "ImageClassifier",
    "Model",
    "ModelError",
    "ModelSpec",
    "PointsError",
    "Prediction",
    "ProcessWorker",
    "ProviderError",
    "Recognizer",
    "TaughtError",
    "TrainingError",
    "TrainingStatus",
    "Video",
    "Webcam",
    "choose_here",
    "load_image",
    "open_bound",
    "open_graph",
    "open_recurrent",
    "open_stream",
    "read_model",
]

_HOME = {
    "Dreamer": "addon.vision.dreamer",
    "Example": "addon.dataset.taught",
    "FeatureRecipe": "addon.features.recipe",
    "ImageClassifier": "addon.vision.classifier",
    "Model": "addon.inference.background_model",
    "ModelSpec": "addon.model.metadata",
    "Prediction": "addon.prediction",
    "ProcessWorker": "addon.background.process_worker",
    "Recognizer": "addon.recognizer",
    "TrainingStatus": "addon.training.status",
    "Video": "addon.vision.sources",
    "Webcam": "addon.vision.sources",
    "choose_here": "addon.inference.providers",
    "load_image": "addon.vision.sources",
    "open_bound": "addon.inference.io_binding",
    "open_graph": "addon.inference.graph",
    "open_recurrent": "addon.inference.recurrent",
    "open_stream": "addon.inference.recurrent",
    "read_model": "addon.inference.opening",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'addon' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "addon.errors")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
