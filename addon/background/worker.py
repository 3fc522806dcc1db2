"""A model beside the frame: feed it, see whether it is ready, take the latest answer. Nothing here waits.

    worker = ThreadWorker(classify, "lite0")
    worker.feed(picture)            # in `update`, as often as you like
    if worker.ready:
        answer = worker.latest      # in `draw`; None before the first answer

What happens when it is fed faster than it answers is its policy: "latest" drops the older of two that wait,
and counts it; "every" keeps them in order, up to a bound, and then `feed` says False.

`ThreadWorker` runs any callable in a thread of this process. `addon.background.process_worker` runs one in a
process of its own, which a frame that is busy in Python cannot hold up.
"""

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from time import perf_counter_ns
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar, cast

import numpy as np

from addon.background.threads import end_at_exit
from addon.background.timings import Timings
from addon.background.worker_result import WorkerResult, failed, notices_of
from addon.errors import said

Policy: TypeAlias = Literal["latest", "every"]
POLICIES = ("latest", "every")
BOUND = 8
CLOSING_SECONDS = 2.0

Given = TypeVar("Given")
Told = TypeVar("Told")
GivenIn = TypeVar("GivenIn", contravariant=True)
ToldOut = TypeVar("ToldOut", covariant=True)


class Worker(Protocol[GivenIn, ToldOut]):
    """What a sketch asks of a worker; called from one thread."""

    @property
    def name(self) -> str:
        """Of the model, as it stands in messages."""
        ...

    def feed(self, x: GivenIn, /) -> bool:
        """Hand over work; arrays are copied where they wait. Whether it was taken. Never waits."""
        ...

    @property
    def ready(self) -> bool:
        """Whether there is an answer that `latest` has not given yet."""
        ...

    @property
    def latest(self) -> ToldOut | None:
        """The newest answer; None before the first."""
        ...

    @property
    def waiting(self) -> int:
        """How much was fed and is neither answered nor under way."""
        ...

    @property
    def full(self) -> bool:
        """Whether `feed` would say False now."""
        ...

    @property
    def dropped(self) -> int:
        """How much the policy "latest" has left out."""
        ...

    @property
    def answered(self) -> int:
        """How many answers there were."""
        ...

    def timings(self) -> Timings:
        """Microseconds from `feed` to `latest`, of the last 512 answers."""
        ...

    def busy_timings(self) -> Timings:
        """Microseconds in the model alone, of the same answers."""
        ...

    def overhead(self) -> Timings:
        """Microseconds that each of the same answers took besides."""
        ...

    def messages(self) -> list[str]:
        """What went wrong since the last call, a line each, with the model's name; each said once."""
        ...

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """End, leaving out what waits; waits at most so long for what is under way."""


def check_policy(name: str, policy: str, bound: int, recurrent: bool) -> None:
    """Refuse what cannot be.

    Raises:
        ValueError: An unknown policy, a bound below 1, or "latest" for a recurrent model.
    """
    if policy not in POLICIES:
        raise ValueError(f"policy must be one of {', '.join(POLICIES)}; got {policy!r}")
    if bound < 1:
        raise ValueError(f"bound must be at least 1; got {bound}")
    if recurrent and policy == "latest":
        raise ValueError(
            f"{name} is recurrent, so policy 'latest' is refused: what it drops would be missing from the "
            "state of every answer that follows; use policy 'every'"
        )


class ThreadWorker(Generic[Given, Told]):
    """Runs a callable in a thread of this process.

    Right for what leaves Python alone for most of its time and may answer a few milliseconds late: while the
    frame's thread is busy in Python, each return to Python may cost this thread a switch interval (5 ms).

    Args:
        call: The model: from what is fed to its answer. Called in the thread, one at a time.
        name: Of the model, for messages.
        policy: "latest" or "every".
        bound: For "every": how much may wait.
        recurrent: Whether an answer depends on what was fed before.

    Raises:
        ValueError: As `check_policy`.
    """

    def __init__(
        self,
        call: Callable[[Given], Told],
        name: str,
        policy: Policy = "latest",
        *,
        bound: int = BOUND,
        recurrent: bool = False,
    ) -> None:
        check_policy(name, policy, bound, recurrent)
        self.name = name
        self.dropped = 0
        self._call = call
        self._every = policy == "every"
        self._bound = bound if self._every else 1
        self._answered: WorkerResult[Told] = WorkerResult(name)
        # Both are atomic in themselves; a lock around them would be one more to wait for in the frame.
        self._queue: deque[tuple[int, Given]] = deque()
        self._calls: SimpleQueue[bool] = SimpleQueue()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name=f"inkloop-{name}", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, partial(self._calls.put, False))

    def feed(self, x: Given, /) -> bool:
        """Hand over work; whether it was taken. An array, or arrays by name, are copied."""
        if self._ending or self.full:
            return False
        if not self._every and self._taken_back():
            self.dropped += 1
        self._queue.append((perf_counter_ns(), _own(x)))
        self._calls.put(True)
        return True

    @property
    def ready(self) -> bool:
        """Whether there is an answer that `latest` has not given yet."""
        return self._answered.ready

    @property
    def latest(self) -> Told | None:
        """The newest answer; None before the first."""
        return self._answered.take()

    @property
    def waiting(self) -> int:
        """How much was fed and is neither answered nor under way."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether `feed` would say False now."""
        return self._every and len(self._queue) >= self._bound

    @property
    def answered(self) -> int:
        """How many answers there were."""
        return self._answered.count

    def timings(self) -> Timings:
        """Microseconds from `feed` to `latest`."""
        return self._answered.timings()

    def busy_timings(self) -> Timings:
        """Microseconds in the callable alone."""
        return self._answered.busy_timings()

    def overhead(self) -> Timings:
        """Microseconds that the thread and its queue cost."""
        return self._answered.overhead()

    def messages(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        return self._answered.messages()

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """End, leaving out what waits; waits at most so long for what is under way."""
        self._ending = True
        self._calls.put(False)
        self._thread.join(seconds)

    def _taken_back(self) -> bool:
        try:
            self._queue.popleft()
        except IndexError:
            return False
        return True

    def _work(self) -> None:
        while self._calls.get() and not self._ending:
            try:
                began, x = self._queue.popleft()
            except IndexError:  # what this call was for has been dropped, and the newer one already answered
                continue
            self._answer(began, x)

    def _answer(self, began: int, x: Given) -> None:
        started = perf_counter_ns()
        try:
            told = self._call(x)
        except Exception as error:  # whatever a model raises: the show goes on with the last answer
            self._answered.fail(failed(self.name, said(error)))
            return
        busy = perf_counter_ns() - started
        for notice in notices_of(self._call):
            self._answered.fail(notice.removeprefix(f"{self.name}: "))
        self._answered.put(told, began, busy)


def _own(x: Given) -> Given:
    # A camera's or a renderer's buffer is filled again before the thread comes to it.
    if isinstance(x, np.ndarray):
        return cast(Given, x.copy())
    if type(x) is dict:
        given = cast(dict[Any, Any], x)
        return cast(
            Given, {key: each.copy() if isinstance(each, np.ndarray) else each for key, each in given.items()}
        )
    return x
