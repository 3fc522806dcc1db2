"""The image worker: an image model in another process; takes pictures, returns answers, never waits."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from addon.arrays import Array, Pixels
from addon.background.process_worker import ProcessWorker
from addon.background.timings import Timings
from addon.vision.answer import About, Answer, answer_from

MAKER = "addon.vision.opening:open_limited"

PATIENCE = 60.0
"""Seconds for a model to open, and for an answer; a model with an endless loop must not load for ever."""

# The sketch has priority where cores are scarce.
NICENESS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is requested for a picture in addition to its classes.

    Attributes:
        layer: Index of the layer whose maps are requested; None for none.
        weights: Whether the weights of that layer are requested.
        grid: Rows and columns of crops to classify; None for none.
    """

    layer: int | None = None
    weights: bool = False
    grid: tuple[int, int] | None = None


class ImageWorker:
    """An image model in another process.

    Args:
        path: The ONNX file.
        provider: "auto", "cuda", "cpu" or ONNX Runtime's own name for another.
        require: "cuda", "cpu" or None.
        threads: Threads for one operator.

    Raises:
        AddonError: No process can be started.
    """

    def __init__(self, path: Path, provider: str, require: str | None, threads: int) -> None:
        self.path = path
        arguments = {
            "path": str(path.resolve()),
            "provider": provider,
            "require": require,
            "threads": threads,
        }
        self._worker = ProcessWorker(MAKER, arguments, path.name, niceness=NICENESS, patience=PATIENCE)
        self._about: About | None = None
        self._notices: list[str] = []
        self._reported: set[str] = set()

    @property
    def open(self) -> bool:
        """Whether the model is loaded and answers."""
        return self._worker.open

    @property
    def refused(self) -> bool:
        """Whether the model failed to load."""
        return self._worker.full

    @property
    def about(self) -> About:
        """Facts about the model; empty before its first answer."""
        return self._about or About()

    @property
    def dropped(self) -> int:
        """Pictures that were skipped because newer ones came."""
        return self._worker.dropped

    def feed(self, image: Pixels, question: Question) -> bool:
        """Send a picture; returns whether it was accepted."""
        return self._worker.feed(self._asked(image, question))

    def take(self) -> Answer | None:
        """A new answer, if there is one."""
        result = self._worker.latest if self._worker.ready else None
        if not result:
            return None
        if "about" in result:
            self._learn(result["about"])
        layers = self.about.layers
        layer = layers[int(result["layer"])] if "layer" in result and layers else ""
        return answer_from(result, self.about, layer)

    def keep_warm(self) -> None:
        """Run once on a device, where a pause would make the model slow again."""
        if self.about.provider not in ("", "cpu") and not self._worker.waiting:
            self._worker.feed({"warm": np.array(1)})

    def messages(self) -> list[str]:
        """Messages for the user since the last call."""
        notices, self._notices = self._notices, []
        return notices + self._worker.messages()

    def timings(self) -> Timings:
        """Microseconds from a picture to its answer."""
        return self._worker.timings()

    def close(self) -> None:
        """End the process immediately."""
        self._worker.close(0)

    def _asked(self, image: Pixels, question: Question) -> dict[str, Array]:
        asked: dict[str, Array] = {"image": np.ascontiguousarray(image)}
        if self._about is None:
            asked["about"] = np.array(1)
        if question.layer is not None:
            asked["layer"] = np.array(question.layer)
            if question.weights:
                asked["weights"] = np.array(1)
        if question.grid is not None:
            asked["grid"] = np.array(question.grid)
        return asked

    def _learn(self, document: Array) -> None:
        about = json.loads(bytes(document))
        maps = {name: tuple(labels) for name, labels in about["map_labels"].items()}
        self._about = About(
            about["title"], about["provider"], tuple(about["layers"]), tuple(about["labels"]), maps
        )
        self._notices += [line for line in about["notices"] if line not in self._reported]
        self._reported.update(about["notices"])
