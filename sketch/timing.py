"""How long the last frames took."""

from collections import deque
from collections.abc import Iterable

import numpy as np


def percentiles(values: Iterable[float]) -> tuple[float, float]:
    """Median and 99th percentile; 0, 0 of nothing."""
    array = np.fromiter(values, dtype=np.float64)
    if not len(array):
        return 0.0, 0.0
    p50, p99 = np.percentile(array, (50, 99))
    return float(p50), float(p99)


class FrameTimes:
    """The times of the last frames.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int = 600) -> None:
        self._ms: deque[float] = deque(maxlen=size)

    def add(self, seconds: float) -> None:
        """Record the time of one frame."""
        self._ms.append(1000 * seconds)

    @property
    def last_ms(self) -> float:
        """The last frame's time in milliseconds; 0 before the first."""
        return self._ms[-1] if self._ms else 0.0

    @property
    def p50_p99(self) -> tuple[float, float]:
        """Median and 99th percentile in milliseconds."""
        return percentiles(self._ms)
