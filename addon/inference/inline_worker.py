"""A worker for a model so short that a queue would cost more than the model: it runs within `feed`."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from addon.background.worker import CLOSING_SECONDS, Input, Output, Policy, ThreadWorker, Worker
from addon.inference.loaded_model import INLINE_BELOW_US


class InlineWorker(Worker[Input, Output]):
    """Answers before `feed` returns, on the calling thread. Nothing ever waits or is dropped.

    Args:
        call: The model: from what is fed to its answer.
        name: Of the model, for messages.
    """

    def __init__(self, call: Callable[[Input], Output], name: str) -> None:
        super().__init__(name)
        self._call = call
        self._closed = False

    def feed(self, x: Input, /) -> bool:
        """Run the model; False once it is closed."""
        if not self._closed:
            self._run(self._call, x, perf_counter_ns())
        return not self._closed

    @property
    def waiting(self) -> int:
        """Always 0."""
        return 0

    @property
    def full(self) -> bool:
        """Whether it is closed."""
        return self._closed

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Take no more work."""
        self._closed = True


def worker_for(
    call: Callable[[Input], Output],
    name: str,
    p99_us: float,
    policy: Policy = "latest",
    *,
    recurrent: bool = False,
    **options: Any,
) -> Worker[Input, Output]:
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
