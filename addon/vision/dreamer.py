"""A picture that a network dreams, evolving in a process of its own while the sketch runs."""

from pathlib import Path

import numpy as np

from addon.arrays import Array, Pixels
from addon.background.process_worker import ProcessWorker
from addon.model.image_arrays import checked_image

MAKER = "addon.pretraining.dream:open_dream"
"""By name alone: it needs torch, which a sketch's process never loads."""


class Dreamer:
    """Deep dream, or what a channel of the image model likes best.

        self.dream = self.use(Dreamer(layer=9))
        self.dream.begin(canvas.grab().pixels)
        ...
        if self.dream.picture is not None:
            canvas.image(self.dream.picture, 0, 0, width=canvas.width)

    Args:
        layer: Index of the layer to be pleased: 0 for the stem, 1 to 16 for the blocks, 17 for the head.
        channel: Of that layer; -1 for all of them.
        size: Width and height in pixels, rounded to multiples of 32.
        zoom: Factor by which the picture grows about its middle at every step; 1 for none.
        rate: How far a step goes.

    Attributes:
        layer: May be changed while it runs.
        channel: Likewise.
        picture: Uint8 of shape (h, w, 3); None before the first step.
        step: Steps made since it began.
        activation: How much the layer is pleased.
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
        """Begin anew with a picture.

        Raises:
            ValueError: It is no picture.
        """
        self._begins = checked_image(image)

    def update(self, dt: float) -> None:
        """Take the newest picture, and ask for the next."""
        if self._worker is None:
            return
        told = self._worker.latest if self._worker.ready else None
        if told is not None:
            self.picture, self.step = told["picture"], int(told["step"])
            self.activation = float(told["activation"])
        # One under way and none waiting: so what is asked for is never dropped, and is as new as it can be.
        if self._worker.open and self._worker.answered == self._asked:
            self._asked += self._worker.feed(self._given())

    def messages(self) -> list[str]:
        """What went wrong."""
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
