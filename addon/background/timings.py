"""How long a point takes, over the last few hundred of them."""

from typing import NamedTuple

KEPT = 512


class Timings(NamedTuple):
    """Microseconds from the pen's event to the prediction.

    Attributes:
        p50: Half of the points took at most this.
        p99: 99 of a hundred took at most this.
        points: How many points were measured; 0 for the figures of the warm-up.
    """

    p50: float
    p99: float
    points: int


NO_TIMINGS = Timings(float("nan"), float("nan"), 0)


class TimingRing:
    """The last times, in a ring: taking one costs a tenth of a microsecond and no memory."""

    def __init__(self) -> None:
        self._times = [0] * KEPT
        self._count = 0

    def add(self, nanoseconds: int) -> None:
        """Take one time."""
        self._times[self._count % KEPT] = nanoseconds
        self._count += 1

    def figures(self, before: Timings = NO_TIMINGS) -> Timings:
        """Percentiles of the times in the ring; `before` while it is empty."""
        # Sorting so few is ten times faster than numpy's percentile, and a sketch may show this every frame.
        kept = sorted(self._times[: min(self._count, KEPT)])
        if not kept:
            return before
        p50, p99 = (kept[round(share * (len(kept) - 1))] / 1000 for share in (0.5, 0.99))
        return Timings(p50, p99, self._count)
