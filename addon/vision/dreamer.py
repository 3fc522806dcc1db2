"""Deep dream: a picture that evolves in another process while the sketch runs."""

from pathlib import Path

import numpy as np

from addon.arrays import Array, Pixels
from addon.background.process_worker import ProcessWorker
from addon.model.image_arrays import checked_image

MAKER = "addon.pretraining.dream:open_dream"
"""Only the name: it needs torch, which a sketch's process never loads."""


class Dreamer:
    """Deep dream, or the picture that activates a channel of the image model most.

        self.dream = self.use(Dreamer(layer=9))
        self.dream.begin(canvas.grab().pixels)
        ...
        if self.dream.picture is not None:
            canvas.image(self.dream.picture, 0, 0, width=canvas.width)

    Args:
        layer: Index of the layer to activate: 0 for the stem, 1 to 16 for the blocks, 17 for the head.
        channel: Channel of that layer; -1 for all of them.
        size: Width and height in pixels, rounded to multiples of 32.
        zoom: Factor by which the picture grows about its middle at every step; 1 for none.
        rate: Size of a step.

    Attributes:
        layer: May be changed while it runs.
        channel: May be changed while it runs.
        picture: Uint8 of shape (h, w, 3); None before the first step.
        step: Number of steps since it began.
        activation: Activation of the layer.
    """

    def __init__(
        self,
        layer: int = 9,
        channel: int = -1,
        size: tuple[int, int] = (320, 192),
        zoom: float = 1.0,
        rate: float = 0.03,
    ) -> None:
        self.layer = layer
        self.channel = channel
        self.picture: Pixels | None = None
        self.step = 0
        self.activation = 0.0
        self._job = {"width": size[0], "height": size[1], "zoom": zoom, "rate": rate}
        self._begins: Pixels | None = None
        self._worker: ProcessWorker | None = None
        self._asked = 0

    def setup(self, home: Path) -> None:
        """Start the process."""
        self._worker = ProcessWorker(MAKER, self._job, "the dream", niceness=10)

    def begin(self, image: Pixels) -> None:
        """Restart from a picture.

        Raises:
            ValueError: It is not a picture.
        """
        self._begins = checked_image(image)

    def update(self, dt: float) -> None:
        """Take the newest picture, and request the next."""
        if self._worker is None:
            return
        result = self._worker.latest if self._worker.ready else None
        if result is not None:
            self.picture, self.step = result["picture"], int(result["step"])
            self.activation = float(result["activation"])
        # Only one request at a time: none is dropped, and each is as new as possible.
        if self._worker.open and self._worker.answered == self._asked:
            self._asked += self._worker.feed(self._given())

    def messages(self) -> list[str]:
        """Messages about errors."""
        return self._worker.messages() if self._worker else []

    def exit(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.close(0)
            self._worker = None

    def _given(self) -> dict[str, Array]:
        given: dict[str, Array] = {"layer": np.array(self.layer), "channel": np.array(self.channel)}
        if self._begins is not None:
            given["image"], self._begins = np.ascontiguousarray(self._begins), None
        return given
