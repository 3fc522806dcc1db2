"""A model in a process of its own, fed through shared memory: what the frame does in Python cannot delay it.

    worker = ProcessWorker("addon.vision.classify:open_model", {"path": str(file)}, "lite0")

has the methods of `background.worker.Worker`. Lines that say where an array lies go through the threads of
`ChildProcess`, so that a child that is stopped never holds up a frame; whoever asks for an array reads it.
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
from addon.background.timings import Timings
from addon.background.worker import BOUND, CLOSING_SECONDS, Policy, check_policy
from addon.background.worker_result import WorkerResult, failed, not_opened
from addon.errors import AddonError

CHILD = "addon.background.process_worker_child"


@dataclass(slots=True)
class Slot:
    """Where one thing that is fed lies, and where its answer will; both grow as they must."""

    index: int
    number: int = 0
    began: int = 0
    places: list[Place] = field(default_factory=list[Place])
    given: SharedMemory | None = None
    told: SharedMemory | None = None


class ProcessWorker:
    """Runs what a function makes, in a process of its own, which ends with this one.

    If the process dies it is said, and started anew for the next thing that is fed, unless it has died before
    it gave an answer, or the model is recurrent and its state is lost with it.

    Args:
        maker: "module:function": called in the process with `arguments`, it gives the callable from
            tensors to tensors (arrays by name).
        arguments: By keyword; anything JSON can say.
        name: Of the model, for messages.
        policy: "latest" or "every".
        bound: For "every": how much may be fed that is not answered.
        recurrent: Whether an answer depends on what was fed before.
        niceness: As for `ChildProcess`.
        patience: Seconds for the model to be made, and for each answer, before the process is ended.

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
        self.name = name
        self.dropped = 0
        self._every = policy == "every"
        self._recurrent = recurrent
        self._answered: WorkerResult[dict[str, Array]] = WorkerResult(name)
        # For "latest" one is under way and one waits.
        self._free = [Slot(index) for index in range(bound if self._every else 2)]
        self._waiting: deque[Slot] = deque()
        self._sent: deque[Slot] = deque()
        self._job: Line = {"maker": maker, "arguments": dict(arguments)}
        self._niceness = niceness
        self._child: ChildProcess[Line] | None = None
        self._open = False
        self._proven = False
        self._closed = False
        self._count = 0
        self._patience = patience
        self._since = 0.0
        self._begin()
        atexit.register(self.close)

    @property
    def open(self) -> bool:
        """Whether the model has been made and answers."""
        self._take_in()
        return self._open

    def feed(self, x: Tensors, /) -> bool:
        """Copy tensors into shared memory for the process; whether they were taken.

        Raises:
            ValueError: A tensor holds objects.
        """
        self._take_in()
        slot = self._slot()
        if slot is None or not self._alive():
            return False
        slot.places, size = plan(x)
        if not self._make_room(slot, size):
            return False
        assert slot.given is not None
        write(slot.given, slot.places, x)
        self._count += 1
        slot.number, slot.began = self._count, perf_counter_ns()
        self._waiting.append(slot)
        self._send()
        return True

    @property
    def ready(self) -> bool:
        """Whether there is an answer that `latest` has not given yet."""
        self._take_in()
        return self._answered.ready

    @property
    def latest(self) -> dict[str, Array] | None:
        """The newest answer; None before the first."""
        self._take_in()
        return self._answered.take()

    @property
    def waiting(self) -> int:
        """How much was fed and is neither answered nor under way."""
        self._take_in()
        return len(self._waiting) + max(len(self._sent) - 1, 0)

    @property
    def full(self) -> bool:
        """Whether `feed` would say False now."""
        self._take_in()
        return self._closed or (self._every and not self._free)

    @property
    def answered(self) -> int:
        """How many answers there were."""
        return self._answered.count

    def timings(self) -> Timings:
        """Microseconds from `feed` to the answer being there to be taken, and of taking it."""
        return self._answered.timings()

    def busy_timings(self) -> Timings:
        """Microseconds in the model alone."""
        return self._answered.busy_timings()

    def overhead(self) -> Timings:
        """Microseconds that the way there and back costs."""
        return self._answered.overhead()

    def messages(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        self._take_in()
        return self._answered.messages()

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """End the process, leaving out what waits; waits at most so long for what is under way, 0 for not."""
        atexit.unregister(self.close)
        self._closed = True
        if self._child is not None:
            if seconds > 0:
                self._child.end(seconds)
            else:
                self._child.abandon()
            self._child = None
        for slot in (*self._free, *self._waiting, *self._sent):
            for block in (slot.given, slot.told):
                if block is not None:
                    end(block)
            slot.given = slot.told = None

    def _begin(self) -> None:
        self._child = ChildProcess(CHILD, json.loads, niceness=self._niceness)
        self._child.say(self._job)
        self._since = monotonic()
        self._open = self._proven = False

    def _alive(self) -> bool:
        if self._closed:
            return False
        if self._child is None:
            try:
                self._begin()
            except AddonError as error:
                self._answered.fail(str(error))
        return self._child is not None

    def _make_room(self, slot: Slot, size: int) -> bool:
        """Whether there is memory for what is fed; if not, it is said and the slot is free again."""
        try:
            slot.given = grown(slot.given, size)
        except AddonError as error:
            slot.given = None
            self._free.append(slot)
            self._answered.fail(f"what it is fed is left out: {error}")
        return slot.given is not None

    def _slot(self) -> Slot | None:
        if self._free:
            return self._free.pop()
        if self._every or not self._waiting:
            return None
        self.dropped += 1
        return self._waiting.pop()

    def _send(self) -> None:
        # What waits for "latest" waits here and not in the process, so that something newer can replace it.
        while self._waiting and self._child is not None and (self._every or (self._open and not self._sent)):
            slot = self._waiting.popleft()
            if not self._sent:
                self._since = monotonic()
            self._sent.append(slot)
            assert slot.given is not None
            told = None if slot.told is None else slot.told.name
            where = {"slot": slot.index, "given": slot.given.name, "told": told, "places": slot.places}
            self._child.say({"number": slot.number, **where})

    def _take_in(self) -> None:
        if self._child is None:
            return
        alive = self._child.alive
        for line in self._child.heard():
            self._since = monotonic()
            self._take_line(self._child, line)
        if not alive:
            self._bury(f"its process ended ({self._child.last_words()})")
        elif (self._sent or not self._open) and monotonic() - self._since > self._patience:
            what = "answer" if self._open else "open"
            self._bury(f"it did not {what} within {self._patience:g} seconds")
        self._send()

    def _take_line(self, child: ChildProcess[Line], line: Line) -> None:
        if "refused" in line:
            self._answered.fail(not_opened(self.name, line["refused"]))
            self._closed = True
        elif "open" in line:
            self._open = True
        elif "needs" in line:
            slot = self._sent[0]
            self._offer(child, slot, line["needs"])
        else:
            self._finish(self._sent.popleft(), line)

    def _offer(self, child: ChildProcess[Line], slot: Slot, size: int) -> None:
        """Tell where a larger answer may lie; if there is no memory for it, the child gives the answer up."""
        why = ""
        try:
            slot.told = grown(slot.told, size)
        except AddonError as error:
            slot.told, why = None, str(error)
        told = None if slot.told is None else slot.told.name
        child.say({"number": slot.number, "slot": slot.index, "told": told, "why": why})

    def _finish(self, slot: Slot, line: Line) -> None:
        self._free.append(slot)
        if "fault" in line:
            self._answered.fail(failed(self.name, line["fault"]))
            return
        for said in line.get("said", ()):
            self._answered.fail(said.removeprefix(f"{self.name}: "))
        assert slot.told is not None
        taken = perf_counter_ns()
        told = read(slot.told, line["places"])
        # The answer lay ready since `at`, by a clock that all processes share; only its reading is added.
        self._answered.put(told, slot.began + taken - line["at"], line["busy"])
        self._proven = True

    def _bury(self, why: str) -> None:
        if self._child is not None:
            # Whatever is left of it has nothing to finish, and may be stuck.
            self._child.abandon()
        self._child = None
        self._free += [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        if self._closed:
            return
        self._closed = self._recurrent or not self._proven
        rest = "it stays closed" if self._closed else "it begins anew with what is fed next"
        self._answered.fail(f"{why}; {rest}")
