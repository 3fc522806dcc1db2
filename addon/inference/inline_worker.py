"""A worker's contract for a model so short that a queue would cost more than it: it runs within `feed`."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Generic

from addon.background.timings import Timings
from addon.background.worker import Given, Policy, ThreadWorker, Told, Worker
from addon.background.worker_result import WorkerResult, failed, notices_of
from addon.errors import said
from addon.inference.loaded_model import INLINE_BELOW_US


class InlineWorker(Generic[Given, Told]):
    """Answers before `feed` returns, on the thread that calls. Nothing ever waits or is dropped.

    Args:
        call: The model: from what is fed to its answer.
        name: Of the model, for messages.
    """

    dropped = 0
    waiting = 0

    def __init__(self, call: Callable[[Given], Told], name: str) -> None:
        self.name = name
        self.full = False
        self._call = call
        self._answered: WorkerResult[Told] = WorkerResult(name)

    def feed(self, x: Given, /) -> bool:
        """Run the model; False once it is closed."""
        if self.full:
            return False
        began = perf_counter_ns()
        try:
            told = self._call(x)
        except Exception as error:  # whatever a model raises: the show goes on with the last answer
            self._answered.fail(failed(self.name, said(error)))
            return True
        busy = perf_counter_ns() - began
        for notice in notices_of(self._call):
            self._answered.fail(notice.removeprefix(f"{self.name}: "))
        self._answered.put(told, began, busy)
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
        """Microseconds besides."""
        return self._answered.overhead()

    def messages(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        return self._answered.messages()

    def close(self, seconds: float = 0.0) -> None:
        """Take nothing more."""
        self.full = True


def worker_for(
    call: Callable[[Given], Told],
    name: str,
    p99_us: float,
    policy: Policy = "latest",
    *,
    recurrent: bool = False,
    **options: Any,
) -> Worker[Given, Told]:
    """The worker that suits a callable of this process.

    Args:
        call: The model.
        name: Of it, for messages.
        p99_us: 99th percentile of its time, measured here; below `INLINE_BELOW_US` it runs within `feed`.
        policy: Of a slower one, as for `ThreadWorker`.
        recurrent: Whether an answer depends on what was fed before.
        options: Further ones of `ThreadWorker`.

    Raises:
        ValueError: A slow recurrent model with the policy "latest".
    """
    if p99_us < INLINE_BELOW_US:
        return InlineWorker(call, name)
    return ThreadWorker(call, name, policy, recurrent=recurrent, **options)
