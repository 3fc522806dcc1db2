"""One model in a process of its own, as the classifier holds it: pictures in, answers out, never waiting."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from addon.arrays import Array, Pixels
from addon.background.process_worker import ProcessWorker
from addon.background.timings import Timings
from addon.vision.answer import About, Answer, answer_from

MAKER = "addon.vision.opening:open_limited"

PATIENCE = 60.0
"""Seconds for a model to open, and for an answer; a loop without an end in a file must not load for ever."""

# So that the picture on the screen comes first where cores are scarce.
NICENESS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a picture besides its classes.

    Attributes:
        layer: Index of the layer whose maps are wanted; None for none.
        weights: Whether the weights of that layer are wanted.
        grid: Rows and columns of crops to classify; None for none.
    """

    layer: int | None = None
    weights: bool = False
    grid: tuple[int, int] | None = None


@dataclass(slots=True)
class _Seen:
    about: About = field(default_factory=About)
    knows: bool = False


class ImageWorker:
    """A model that looks at pictures, beside the frame.

    Args:
        path: The ONNX file.
        provider: "auto", "cuda", "cpu" or another of ONNX Runtime's.
        require: "cuda", "cpu" or None.
        threads: For one operator.

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
        self._seen = _Seen()
        self._notices: list[str] = []
        self._told: set[str] = set()

    @property
    def open(self) -> bool:
        """Whether the model is there and answers."""
        return self._worker.open

    @property
    def refused(self) -> bool:
        """Whether it never will."""
        return self._worker.full

    @property
    def about(self) -> About:
        """What there is to know of it; empty before its first answer."""
        return self._seen.about

    @property
    def dropped(self) -> int:
        """Pictures that were left out because newer ones came."""
        return self._worker.dropped

    def feed(self, image: Pixels, question: Question) -> bool:
        """Hand over a picture; whether it was taken."""
        return self._worker.feed(self._asked(image, question))

    def take(self) -> Answer | None:
        """A new answer, if there is one."""
        told = self._worker.latest if self._worker.ready else None
        if not told:
            return None
        if "about" in told:
            self._learn(told["about"])
        layers = self._seen.about.layers
        layer = layers[int(told["layer"])] if "layer" in told and layers else ""
        return answer_from(told, self._seen.about, layer)

    def keep_warm(self) -> None:
        """Run once for nothing, where a pause makes a model slow again: on a device."""
        if self.about.provider not in ("", "cpu") and not self._worker.waiting:
            self._worker.feed({"warm": np.array(1)})

    def messages(self) -> list[str]:
        """What the user should be told since the last call."""
        notices, self._notices = self._notices, []
        return notices + self._worker.messages()

    def timings(self) -> Timings:
        """Microseconds from a picture to its answer."""
        return self._worker.timings()

    def close(self) -> None:
        """End, at once."""
        self._worker.close(0)

    def _asked(self, image: Pixels, question: Question) -> dict[str, Array]:
        asked: dict[str, Array] = {"image": np.ascontiguousarray(image)}
        if not self._seen.knows:
            asked["about"] = np.array(1)
        if question.layer is not None:
            asked["layer"] = np.array(question.layer)
            if question.weights:
                asked["weights"] = np.array(1)
        if question.grid is not None:
            asked["grid"] = np.array(question.grid)
        return asked

    def _learn(self, document: Array) -> None:
        said = json.loads(bytes(document))
        self._seen = _Seen(
            About(said["title"], said["provider"], tuple(said["layers"]), tuple(said["labels"])), knows=True
        )
        self._notices += [line for line in said["notices"] if line not in self._told]
        self._told.update(said["notices"])
