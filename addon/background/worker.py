"""A model in the background: feed it, see whether it is ready, take the latest answer. Nothing here waits.

    worker = ThreadWorker(classify, "lite0")
    worker.feed(picture)            # in `update`, as often as you like
    if worker.ready:
        answer = worker.latest      # in `draw`; None before the first answer

What happens when it is fed faster than it answers is its policy: "latest" drops the older of two inputs that
wait, and counts it; "every" keeps them in order, up to a bound, and then `feed` returns False.

`ThreadWorker` runs any callable in a thread of this process. `addon.background.process_worker` runs one in a
process of its own, which Python code on the frame's thread cannot delay.
"""

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from time import perf_counter_ns
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

import numpy as np

from addon.background.threads import end_at_exit
from addon.background.timings import TimingRing, Timings
from addon.errors import said
from addon.text import escaped

Policy: TypeAlias = Literal["latest", "every"]
POLICIES = ("latest", "every")
BOUND = 8
CLOSING_SECONDS = 2.0

Input = TypeVar("Input")
Output = TypeVar("Output")


def check_policy(name: str, policy: str, bound: int, recurrent: bool) -> None:
    """Refuse options that cannot work.

    Raises:
        ValueError: An unknown policy, a bound below 1, or "latest" for a recurrent model.
    """
    if policy not in POLICIES:
        raise ValueError(f"policy must be one of {', '.join(POLICIES)}; got {policy!r}")
    if bound < 1:
        raise ValueError(f"bound must be at least 1; got {bound}")
    if recurrent and policy == "latest":
        raise ValueError(
            f"{name} is recurrent, so policy 'latest' is refused: an input that it drops would be missing "
            "from the state of every later answer; use policy 'every'"
        )


class Worker(ABC, Generic[Input, Output]):
    """Answers what it is fed, and keeps the latest answer; called from one thread.

    Args:
        name: Of the model, as it stands in messages.

    Attributes:
        dropped: How many inputs the policy "latest" has left out.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dropped: int = 0
        self._latest: Output | None = None
        self._count = 0
        self._seen = 0
        self._whole = TimingRing()
        self._busy = TimingRing()
        self._overhead = TimingRing()
        self._reported: set[str] = set()
        self._messages: deque[str] = deque()

    @abstractmethod
    def feed(self, x: Input, /) -> bool:
        """Give it work; arrays are copied where they wait. Whether it was taken. Never waits."""

    @property
    def ready(self) -> bool:
        """Whether there is an answer that `latest` has not given yet."""
        self._poll()
        return self._count > self._seen

    @property
    def latest(self) -> Output | None:
        """The newest answer; None before the first."""
        self._poll()
        # The count first: an answer that comes in between is then given now and counts as new once more.
        self._seen = self._count
        return self._latest

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How many inputs wait; the one that the model works on does not count."""

    @property
    @abstractmethod
    def full(self) -> bool:
        """Whether `feed` would return False now."""

    @property
    def answered(self) -> int:
        """How many answers there were."""
        return self._count

    def timings(self) -> Timings:
        """Microseconds from `feed` to the answer being ready, of the last 512 answers."""
        return self._whole.figures()

    def busy_timings(self) -> Timings:
        """Microseconds in the model alone, of the same answers."""
        return self._busy.figures()

    def overhead(self) -> Timings:
        """Microseconds outside the model, of the same answers."""
        return self._overhead.figures()

    def messages(self) -> list[str]:
        """What went wrong since the last call, a line each, with the model's name; each reported once."""
        self._poll()
        return [self._messages.popleft() for _ in range(len(self._messages))]

    @abstractmethod
    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """End and leave out what waits; waits at most this long for the input that the model works on."""

    def _poll(self) -> None:
        """Take in answers that another process has sent."""

    def _run(self, call: Callable[[Input], Output], x: Input, began: int) -> None:
        """Call the model on this thread and keep its answer or the reason for its failure."""
        started = perf_counter_ns()
        try:
            output = call(x)
        except Exception as error:  # whatever a model raises: the sketch continues with the last answer
            self._report_failure(said(error))
            return
        busy = perf_counter_ns() - started
        self._report_notices(notices_of(call))
        self._put(output, began, busy)

    def _put(self, output: Output, began: int, busy: int) -> None:
        """Keep an answer to what was fed at `began`, after `busy` nanoseconds in the model."""
        self._latest = output
        self._count += 1
        whole = perf_counter_ns() - began
        self._busy.add(busy)
        self._whole.add(whole)
        self._overhead.add(whole - busy)

    def _report(self, reason: str) -> None:
        if reason not in self._reported:
            self._reported.add(reason)
            self._messages.append(escaped(f"{self.name}: {reason}"))

    def _report_failure(self, reason: str) -> None:
        self._report(f"it fails on what it is fed ({self._without_name(reason)}); the last answer stays")

    def _report_notices(self, notices: list[str]) -> None:
        for notice in notices:
            self._report(self._without_name(notice))

    def _without_name(self, reason: str) -> str:
        """A reason that may begin with the model's name, which each message begins with already."""
        return reason.removeprefix(f"{self.name}: ").removeprefix(f"{escaped(self.name)}: ")


def notices_of(model: object) -> list[str]:
    """What a model has to report since the last call, such as that it has moved to the CPU."""
    take = getattr(model, "take_notices", None)
    return [] if take is None else list(take())


class ThreadWorker(Worker[Input, Output]):
    """Runs a callable in a thread of this process.

    Right for a model that rarely holds Python's lock and may answer a few milliseconds late: while the
    frame's thread runs Python code, each return to Python may cost this thread a switch interval (5 ms).

    Args:
        call: The model: from what is fed to its answer. Called in the thread, one at a time.
        name: Of the model, for messages.
        policy: "latest" or "every".
        bound: For "every": how many inputs may wait.
        recurrent: Whether an answer depends on what was fed before.

    Raises:
        ValueError: As `check_policy`.
    """

    def __init__(
        self,
        call: Callable[[Input], Output],
        name: str,
        policy: Policy = "latest",
        *,
        bound: int = BOUND,
        recurrent: bool = False,
    ) -> None:
        check_policy(name, policy, bound, recurrent)
        super().__init__(name)
        self._call = call
        self._every = policy == "every"
        self._bound = bound if self._every else 1
        # Both are atomic in themselves; a lock around them would be one more to wait for in the frame.
        self._queue: deque[tuple[int, Input]] = deque()
        self._calls: SimpleQueue[bool] = SimpleQueue()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name=f"inkloop-{name}", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, partial(self._calls.put, False))

    def feed(self, x: Input, /) -> bool:
        """Give it work; whether it was taken. An array, or arrays by name, are copied."""
        if self._ending or self.full:
            return False
        if not self._every and self._take_back():
            self.dropped += 1
        self._queue.append((perf_counter_ns(), _own(x)))
        self._calls.put(True)
        return True

    @property
    def waiting(self) -> int:
        """How many inputs wait; the one that the model works on does not count."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether `feed` would return False now."""
        return self._every and len(self._queue) >= self._bound

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """End and leave out what waits; waits at most this long for the input that the model works on."""
        self._ending = True
        self._calls.put(False)
        self._thread.join(seconds)

    def _take_back(self) -> bool:
        try:
            self._queue.popleft()
        except IndexError:
            return False
        return True

    def _work(self) -> None:
        while self._calls.get() and not self._ending:
            try:
                began, x = self._queue.popleft()
            except IndexError:  # the input was dropped, and the newer one is answered already
                continue
            self._run(self._call, x, began)


def _own(x: Input) -> Input:
    # A camera's or a renderer's buffer is filled again before the thread reads it.
    if isinstance(x, np.ndarray):
        return cast(Input, x.copy())
    if type(x) is dict:
        given = cast(dict[Any, Any], x)
        return cast(
            Input, {key: each.copy() if isinstance(each, np.ndarray) else each for key, each in given.items()}
        )
    return x
