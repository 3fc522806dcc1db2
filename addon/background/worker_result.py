"""The answers of a worker as the frame sees them, and how its failures are put in words."""

from collections import deque
from time import perf_counter_ns
from typing import Generic, TypeVar

from addon.background.timings import TimingRing, Timings
from addon.text import escaped

Told = TypeVar("Told")


class WorkerResult(Generic[Told]):
    """The answers of a worker as the frame sees them; kept by whoever makes them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self._latest: Told | None = None
        self._seen = 0
        self._whole = TimingRing()
        self._busy = TimingRing()
        self._besides = TimingRing()
        self._said: set[str] = set()
        self._messages: deque[str] = deque()

    @property
    def ready(self) -> bool:
        """Whether there is one that `take` has not given."""
        return self.count > self._seen

    def take(self) -> Told | None:
        """The newest answer."""
        # The count first: an answer that comes in between is then given now and counts as new once more.
        self._seen = self.count
        return self._latest

    def put(self, told: Told, began: int, busy: int) -> None:
        """A new answer to what was fed at `began`, after `busy` nanoseconds in the model."""
        self._latest = told
        self.count += 1
        whole = perf_counter_ns() - began
        self._busy.add(busy)
        self._whole.add(whole)
        self._besides.add(whole - busy)

    def fail(self, reason: str) -> None:
        """A line, once."""
        if reason not in self._said:
            self._said.add(reason)
            self._messages.append(escaped(f"{self.name}: {reason}"))

    def messages(self) -> list[str]:
        """The lines since the last call."""
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def timings(self) -> Timings:
        """From `feed` to `latest`."""
        return self._whole.figures()

    def busy_timings(self) -> Timings:
        """In the model."""
        return self._busy.figures()

    def overhead(self) -> Timings:
        """The rest."""
        return self._besides.figures()


def notices_of(model: object) -> list[str]:
    """What a model has to say since it was last asked, such as that it has moved to the CPU."""
    take = getattr(model, "take_notices", None)
    return [] if take is None else list(take())


def not_opened(name: str, reason: str) -> str:
    """That a model cannot be made; the reason may begin with its name, which stands before it already."""
    return f"it cannot be opened ({reason.removeprefix(f'{escaped(name)}: ')})"


def failed(name: str, reason: str) -> str:
    """That a model failed on something; likewise."""
    return f"it fails on what it is fed ({reason.removeprefix(f'{escaped(name)}: ')}); the last answer stays"
