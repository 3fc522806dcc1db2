"""A model in a process of its own, fed through shared memory, so that a busy frame cannot delay it.

    worker = ProcessWorker("addon.vision.classify:open_model", {"path": str(file)}, "lite0")

is a `background.worker.Worker`. The lines that say where an array lies go through
the threads of `ChildProcess`, so a child that is stopped never delays a frame. An array is read when its
answer is taken in.
"""

import atexit
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from multiprocessing.shared_memory import SharedMemory
from time import monotonic, perf_counter_ns

from addon.arrays import Array, Tensors
from addon.background.child_process import ChildProcess, Line
from addon.background.shared_memory import Place, end, grown, plan, read, write
from addon.background.worker import BOUND, CLOSING_SECONDS, Policy, Worker, check_policy
from addon.errors import AddonError
from addon.text import escaped

MOST_DEATHS = 3
"""Processes in a row that may die before their first answer, for a model that has answered before."""

CHILD = "addon.background.process_worker_child"


@dataclass(slots=True)
class Slot:
    """Shared memory for one input and for its answer; both grow as needed."""

    index: int
    number: int = 0
    began: int = 0
    places: list[Place] = field(default_factory=list[Place])
    input: SharedMemory | None = None
    output: SharedMemory | None = None


class ProcessWorker(Worker[Tensors, dict[str, Array]]):
    """Runs a model in a process of its own, which ends with this one.

    If the process dies, a message reports it, and another process starts with the next input. The worker
    stays closed if the first process has died while it opened or at its first input, or `MOST_DEATHS` later
    ones in a row; or if the model is recurrent, since its state is lost.

    Args:
        maker: "module:function": called in the process with `arguments`, it returns the model, a callable
            from tensors to tensors (arrays by name).
        arguments: By keyword; anything JSON can hold.
        name: Of the model, for messages.
        policy: "latest" or "every".
        bound: For "every": how many inputs may be without an answer.
        recurrent: Whether an answer depends on what was fed before.
        niceness: As for `ChildProcess`.
        patience: Seconds after which the process is ended if the model is not open, or gives no answer.

    Attributes:
        about: What the model's `describe` returned, if it has one; empty until it is open.
        started: How many processes were started.

    Raises:
        ValueError: As `check_policy`.
        AddonError: No process can be started.
    """

    def __init__(
        self,
        maker: str,
        arguments: Mapping[str, object],
        name: str,
        policy: Policy = "latest",
        *,
        bound: int = BOUND,
        recurrent: bool = False,
        niceness: int = 0,
        patience: float = inf,
    ) -> None:
        check_policy(name, policy, bound, recurrent)
        super().__init__(name)
        self._every = policy == "every"
        self._recurrent = recurrent
        # For "latest" one is under way and one waits.
        self._free = [Slot(index) for index in range(bound if self._every else 2)]
        self._waiting: deque[Slot] = deque()
        self._sent: deque[Slot] = deque()
        self.about: Line = {}
        self.started = 0
        self._job: Line = {"maker": maker, "arguments": dict(arguments)}
        self._niceness = niceness
        self._child: ChildProcess[Line] | None = None
        self._open = False
        self._proven = False
        self._closed = False
        self._deaths = 0
        self._number = 0
        self._patience = patience
        self._since = 0.0
        self._begin()
        atexit.register(self.close)

    @property
    def open(self) -> bool:
        """Whether the model is made and answers."""
        self._poll()
        return self._open

    @property
    def closed(self) -> bool:
        """Whether it takes no more inputs: it was closed, could not be opened, or died without an answer."""
        self._poll()
        return self._closed

    def answer_every(self, bound: int = BOUND) -> None:
        """Change the policy to "every", as for a model that turns out to be recurrent once it is open.

        Raises:
            RuntimeError: It was fed already.
        """
        if self._number:
            raise RuntimeError(f"{self.name} was fed already; its policy is set before that")
        self._every = True
        self._free = [Slot(index) for index in range(bound)]

    def feed(self, x: Tensors, /) -> bool:
        """Copy tensors into shared memory for the process; whether they were taken.

        Raises:
            ValueError: A tensor holds objects.
        """
        self._poll()
        slot = self._slot()
        if slot is None or not self._alive():
            return False
        slot.places, size = plan(x)
        if not self._make_room(slot, size):
            return False
        assert slot.input is not None
        write(slot.input, slot.places, x)
        self._number += 1
        slot.number, slot.began = self._number, perf_counter_ns()
        self._waiting.append(slot)
        self._send()
        return True

    @property
    def waiting(self) -> int:
        """How many inputs wait; the one that the model works on does not count."""
        self._poll()
        return len(self._waiting) + max(len(self._sent) - 1, 0)

    @property
    def full(self) -> bool:
        """Whether `feed` would return False now."""
        self._poll()
        return self._closed or (self._every and not self._free)

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """End the process and leave out what waits.

        Args:
            seconds: To wait for the input that the model works on, at most; 0 ends the process at once.
        """
        atexit.unregister(self.close)
        self._closed = True
        if self._child is not None:
            if seconds > 0:
                self._child.end(seconds)
            else:
                self._child.abandon()
            self._child = None
        for slot in (*self._free, *self._waiting, *self._sent):
            for block in (slot.input, slot.output):
                if block is not None:
                    end(block)
            slot.input = slot.output = None

    def _begin(self) -> None:
        self._child = ChildProcess(CHILD, json.loads, niceness=self._niceness)
        self._child.say(self._job)
        self._since = monotonic()
        self._open = self._proven = False
        self.started += 1

    def _alive(self) -> bool:
        if self._closed:
            return False
        if self._child is None:
            try:
                self._begin()
            except AddonError as error:
                self._report(str(error))
        return self._child is not None

    def _make_room(self, slot: Slot, size: int) -> bool:
        """Whether there is memory for an input; if not, a message reports it and the slot is free again."""
        try:
            slot.input = grown(slot.input, size)
        except AddonError as error:
            slot.input = None
            self._free.append(slot)
            self._report(f"an input is left out: {error}")
        return slot.input is not None

    def _slot(self) -> Slot | None:
        if self._free:
            return self._free.pop()
        if self._every or not self._waiting:
            return None
        self.dropped += 1
        return self._waiting.pop()

    def _send(self) -> None:
        # For "latest" an input waits here and not in the process, so that a newer one can replace it.
        while self._waiting and self._child is not None and (self._every or (self._open and not self._sent)):
            slot = self._waiting.popleft()
            if not self._sent:
                self._since = monotonic()
            self._sent.append(slot)
            assert slot.input is not None
            output = None if slot.output is None else slot.output.name
            where = {"slot": slot.index, "input": slot.input.name, "output": output, "places": slot.places}
            self._child.say({"number": slot.number, **where})

    def _poll(self) -> None:
        if self._child is None:
            return
        alive = self._child.alive
        for line in self._child.heard():
            self._since = monotonic()
            self._take_line(self._child, line)
        if not alive:
            self._drop_child(f"its process ended ({self._child.last_words()})")
        elif (self._sent or not self._open) and monotonic() - self._since > self._patience:
            what = "answer" if self._open else "open"
            self._drop_child(f"it did not {what} within {self._patience:g} seconds")
        self._send()

    def _take_line(self, child: ChildProcess[Line], line: Line) -> None:
        if "refused" in line:
            self._report(f"it cannot be opened ({self._without_name(line['refused'])})")
            self._closed = True
        elif "open" in line:
            self._open, self.about = True, line.get("about", {})
        elif "needs" in line:
            slot = self._sent[0]
            self._offer(child, slot, line["needs"])
        else:
            self._finish(self._sent.popleft(), line)

    def _offer(self, child: ChildProcess[Line], slot: Slot, size: int) -> None:
        """Offer memory for a larger answer; if there is none, the child drops the answer."""
        why = ""
        try:
            slot.output = grown(slot.output, size)
        except AddonError as error:
            slot.output, why = None, str(error)
        output = None if slot.output is None else slot.output.name
        child.say({"number": slot.number, "slot": slot.index, "output": output, "why": why})

    def _finish(self, slot: Slot, line: Line) -> None:
        self._free.append(slot)
        if "fault" in line:
            self._report_failure(line["fault"])
            return
        self._report_notices(line.get("notices", []))
        assert slot.output is not None
        taken = perf_counter_ns()
        output = read(slot.output, line["places"])
        # The answer was ready at `at`, on a clock that all processes share; only the reading is added.
        self._put(output, slot.began + taken - line["at"], line["busy"])
        self._proven = True

    def _drop_child(self, why: str) -> None:
        if self._child is not None:
            # It has nothing to finish, and may be stuck.
            self._child.abandon()
        self._child = None
        # One that dies while it opens, or at its first input, would die for ever if none ever answered.
        at_once = not self._proven and (not self._open or bool(self._sent))
        self._deaths = self._deaths + 1 if at_once else 0
        hopeless = at_once and (self._count == 0 or self._deaths >= MOST_DEATHS)
        self._free += [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        if self._closed:
            return
        self._closed = self._recurrent or hopeless
        rest = "it stays closed" if self._closed else "another one starts with the next input"
        # Each time, as each time the picture stands still for a moment.
        self._messages.append(escaped(f"{self.name}: {why}; {rest}"))
