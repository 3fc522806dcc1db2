"""Clocks for the loop: seconds since the sketch began."""

from time import perf_counter


class WallClock:
    """Real time."""

    def __init__(self) -> None:
        self._began = perf_counter()

    def __call__(self) -> float:
        """Seconds since this clock was made."""
        return perf_counter() - self._began


class FixedClock:
    """Time that moves by the same step at every frame, so that two runs give the same frames.

    Args:
        step: Seconds a frame, above 0.

    Raises:
        ValueError: The step is not above 0.
    """

    def __init__(self, step: float = 1 / 60) -> None:
        if not step > 0:
            raise ValueError(f"a step must be above 0 seconds; got {step}")
        self.step = step
        self.frames = 0

    def __call__(self) -> float:
        """Seconds at the current frame."""
        return self.frames * self.step

    def advance(self) -> None:
        """Advance to the next frame."""
        self.frames += 1
