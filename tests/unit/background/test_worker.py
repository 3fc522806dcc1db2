import errno
import os
import subprocess
import sys
import threading
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from addon.background.process_worker import ProcessWorker
from addon.background.worker import ThreadWorker
from addon.inference.inline_worker import InlineWorker, worker_for
from addon.inference.loaded_model import INLINE_BELOW_US
from tests.waiting import until
from tests.workers import doubling, fed


def thread(seconds: float = 0.0, gate: str = "", **options):
    return ThreadWorker(doubling(seconds, gate), "twice", **options)


def process(seconds: float = 0.0, gate: str = "", **options):
    return ProcessWorker("tests.workers:doubling", {"seconds": seconds, "gate": gate}, "twice", **options)


@pytest.fixture(params=[thread, process])
def make(request):
    made = []

    def make(*arguments, **options):
        made.append(request.param(*arguments, **options))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


def inline(seconds: float = 0.0, **options):
    return InlineWorker(doubling(seconds), "twice")


@pytest.fixture
def make_process():
    made: list[ProcessWorker] = []

    def make(*arguments, **options):
        made.append(process(*arguments, **options))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("addon.background.process_worker.monotonic", made)
    return made


def value(worker) -> float:
    told = worker.latest
    assert told is not None
    return float(told["y"].flat[0])


def test_it_answers_what_it_is_fed(make):
    worker = make()
    assert worker.latest is None
    assert not worker.ready
    assert worker.feed(fed(21))
    until(lambda: worker.ready)
    assert value(worker) == 42
    assert not worker.ready
    assert value(worker) == 42
    assert worker.answered == 1


def test_a_buffer_that_is_filled_again_changes_nothing_that_waits():
    go, seen = threading.Event(), []

    def call(x):
        assert go.wait(10)
        seen.append(float(x["x"][0]) if isinstance(x, dict) else float(x[0]))

    worker = ThreadWorker(call, "slow", policy="every")
    buffer = np.zeros(1, np.float32)
    for number in (1, 2, 3):
        buffer[0] = number
        worker.feed({"x": buffer} if number % 2 else buffer)
    buffer[0] = 9
    go.set()
    until(lambda: worker.answered == 3)
    worker.close()
    assert seen == [1, 2, 3]


def test_feeding_never_waits_for_the_model(make, tmp_path):
    gate = tmp_path / "gate"
    worker = make(gate=str(gate))
    # The model answers once the gate is there, which is after all of this.
    for number in range(20):
        worker.feed(fed(number))
        _ = worker.ready, worker.latest, worker.waiting, worker.full
    assert worker.answered == 0
    gate.touch()
    until(lambda: worker.ready and value(worker) == 38)


def test_the_policy_latest_answers_the_newest_and_counts_what_it_left_out(make):
    worker = make(0.1)
    worker.feed(fed(0))
    until(lambda: worker.ready)
    for number in range(1, 11):
        assert worker.feed(fed(number))
        assert worker.waiting <= 1
    until(lambda: worker.ready and value(worker) == 20)
    assert worker.dropped >= 8
    assert worker.dropped + worker.answered == 11


def test_the_policy_every_keeps_all_in_order_and_says_when_it_is_full(make):
    worker = make(0.05, policy="every", bound=3)
    taken, answers = [], []
    until(lambda: worker.feed(fed(0)))
    taken.append(0)
    for number in range(1, 40):
        before = worker.full
        if worker.feed(fed(number)):
            taken.append(number)
        else:
            assert before or worker.waiting >= 2
        if worker.ready:
            answers.append(value(worker))
    assert len(taken) <= 8
    assert worker.dropped == 0

    def all_answered() -> bool:
        if worker.ready:
            answers.append(value(worker))
        return worker.answered == len(taken)

    until(all_answered)
    assert answers == sorted(answers)
    assert answers[-1] == 2 * taken[-1]
    assert not worker.full
    assert worker.waiting == 0


@pytest.mark.parametrize("kind", [thread, process])
def test_a_recurrent_model_refuses_to_lose_what_its_state_needs(kind):
    with pytest.raises(ValueError, match=r"twice is recurrent.*'every'"):
        kind(recurrent=True)
    worker = kind(policy="every", recurrent=True)
    worker.close()


@pytest.mark.parametrize("kind", [thread, process])
@pytest.mark.parametrize("options", [{"policy": "newest"}, {"policy": "every", "bound": 0}])
def test_a_wrong_argument_is_named(kind, options):
    with pytest.raises(ValueError, match=r"newest|bound must be at least 1; got 0"):
        kind(**options)


def test_an_error_is_reported_once_with_the_models_name_and_the_next_is_answered(make):
    worker = make(policy="every")
    said = []
    for number in (1, -1, -1, 3):
        until(lambda number=number: worker.feed(fed(number)))
    until(lambda: worker.ready and value(worker) == 6)
    said += worker.messages()
    assert said == ["twice: it fails on what it is fed (a picture without light); the last answer stays"]


def test_latency_is_from_feed_to_latest_and_the_models_own_time_is_distinguished(make):
    worker = make(0.02)
    for number in range(5):
        worker.feed(fed(number))
        until(lambda: worker.ready)
        _ = worker.latest
    whole, busy = worker.timings(), worker.busy_timings()
    assert whole.points == busy.points == 5
    assert 20_000 <= busy.p50 <= whole.p50 < 10_000_000


def test_a_closed_worker_takes_nothing_and_closing_twice_is_fine(make):
    worker = make()
    worker.close()
    worker.close()
    assert not worker.feed(fed(1))


def test_tensors_of_every_size_travel_and_their_memory_is_given_back(make_process):
    worker = make_process()
    for size in (3, 5000, 2, 1_000_000):
        worker.feed({**fed(4, size), "words": np.array(["a", "bc"]), "none": np.zeros((2, 0))})
        until(lambda: worker.ready)
        told = worker.latest
        assert told is not None
        np.testing.assert_array_equal(told["y"], np.full(size, 8, np.float32))
    names = [block.name for slot in worker._free for block in (slot.input, slot.output) if block]
    assert names
    worker.close()
    for name in names:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name)


def test_objects_are_no_tensors(make_process):
    with pytest.raises(ValueError, match="'x' holds Python objects"):
        make_process().feed({"x": np.array([None])})


def test_a_model_that_cannot_be_made_is_a_line(make_process):
    worker = ProcessWorker("tests.workers:refusing", {"reason": "no such file"}, "lite0")
    said = []
    until(lambda: said.extend(worker.messages()) or said)
    assert said == ["lite0: it cannot be opened (no such file)"]
    assert not worker.feed(fed(1))
    worker.close()


def test_the_name_that_a_reason_begins_with_is_not_reported_twice(make_process):
    worker = ProcessWorker("tests.workers:refusing", {"reason": "a.onnx: it is empty"}, "a.onnx")
    said = []
    until(lambda: said.extend(worker.messages()) or said)
    assert said == ["a.onnx: it cannot be opened (it is empty)"]
    worker.close()


@pytest.mark.parametrize(
    ("maker", "seconds", "said"),
    [
        ("slow_to_open", 60, "slow: it did not open within 0.5 seconds; it stays closed"),
        ("doubling", 60, "slow: it did not answer within 2 seconds; it stays closed"),
    ],
)
def test_a_process_that_takes_too_long_is_ended_and_that_is_reported(maker, seconds, said, clock):
    patience = 0.5 if maker == "slow_to_open" else 2.0
    worker = ProcessWorker(f"tests.workers:{maker}", {"seconds": seconds}, "slow", patience=patience)
    heard = []
    if maker == "doubling":
        until(lambda: worker.open)
        assert worker.feed(fed(1))
    else:
        assert not worker.open
    clock.now = patience
    assert worker.messages() == []
    clock.now += 0.01
    until(lambda: heard.extend(worker.messages()) or heard)
    assert heard == [said]
    assert worker.full
    worker.close()


def test_a_process_that_waits_for_work_is_left_alone(make_process, clock):
    worker = make_process(patience=5.0)
    until(lambda: worker.open)
    clock.now = 3600.0
    assert worker.open
    assert not worker.full
    assert not worker.messages()


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system knows of no niceness")
def test_a_process_steps_back_behind_the_frame(make_process):
    worker = make_process(niceness=7)
    until(lambda: worker.open)
    assert os.getpriority(os.PRIO_PROCESS, worker._child.pid) == 7


class Scarce:
    """Shared memory of which the system gives so many blocks and no more."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks

    def __call__(self, file: int, offset: int, size: int) -> None:
        self.blocks -= 1
        if self.blocks < 0:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system says so by itself")
@pytest.mark.parametrize("blocks", [0, 1], ids=["for what is fed", "for the answer"])
def test_without_shared_memory_a_line_is_reported_and_the_worker_lives_on(blocks, make_process, monkeypatch):
    worker = make_process()
    until(lambda: worker.open)
    monkeypatch.setattr("os.posix_fallocate", Scarce(blocks))
    assert worker.feed(fed(1, size=10**6)) is bool(blocks)
    said = []
    until(lambda: said.extend(worker.messages()) or said)
    assert len(said) == 1
    assert "4 MB of shared memory are not available" in said[0]
    monkeypatch.undo()
    assert worker.feed(fed(4))
    until(lambda: worker.ready)
    assert value(worker) == 8


def test_a_process_that_dies_is_reported_and_begins_again(make_process):
    worker = make_process()
    worker.feed(fed(1))
    until(lambda: worker.ready)
    assert value(worker) == 2
    worker.feed(fed(13))
    said = []
    until(lambda: said.extend(worker.messages()) or said)
    assert said == ["twice: its process ended (signal 9); another one starts with the next input"]
    worker.feed(fed(3))
    until(lambda: worker.ready)
    assert value(worker) == 6


def test_a_process_that_dies_before_its_first_answer_is_not_started_for_ever(make_process):
    worker = make_process()
    worker.feed(fed(13))
    said = []
    until(lambda: said.extend(worker.messages()) or said)
    assert said == ["twice: its process ended (signal 9); it stays closed"]
    assert not worker.feed(fed(1))


def test_a_recurrent_model_does_not_go_on_without_its_state(make_process):
    worker = make_process(policy="every", recurrent=True)
    worker.feed(fed(1))
    until(lambda: worker.ready)
    worker.feed(fed(13))
    said = []
    until(lambda: said.extend(worker.messages()) or said)
    assert "stays closed" in said[0]


def test_the_process_dies_with_its_parent_however_that_ends():
    script = """
import time
from addon.background.process_worker import ProcessWorker
from tests.workers import fed
worker = ProcessWorker("tests.workers:doubling", {"seconds": 60}, "twice")
while not worker.open:
    time.sleep(0.01)
worker.feed(fed(1))
print(worker._child.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()

    def gone() -> bool:
        try:
            with open(f"/proc/{child}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    until(gone)


def test_a_worker_that_nobody_closed_does_not_hold_up_the_end(tmp_path):
    script = """
from addon.inference.inline_worker import InlineWorker, worker_for
from addon.inference.loaded_model import INLINE_BELOW_US
from addon.background.worker import ThreadWorker
from addon.background.process_worker import ProcessWorker
from tests.workers import doubling, fed
workers = ThreadWorker(doubling(0.3), "a"), ProcessWorker("tests.workers:doubling", {"seconds": 0.3}, "b")
for worker in workers:
    worker.feed(fed(1))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_short_model_answers_within_feed_by_the_same_contract():
    worker = inline()
    assert worker.latest is None
    assert worker.feed(fed(2))
    assert worker.ready
    assert value(worker) == 4
    assert not worker.ready
    assert worker.feed(fed(-1))
    assert worker.messages() == [
        "twice: it fails on what it is fed (a picture without light); the last answer stays"
    ]
    assert value(worker) == 4
    assert (worker.answered, worker.dropped, worker.waiting) == (1, 0, 0)
    assert worker.timings().points == worker.overhead().points == 1
    worker.close()
    assert not worker.feed(fed(1))


def test_which_worker_suits_is_decided_by_what_was_measured():
    short = worker_for(doubling(), "twice", INLINE_BELOW_US - 1, recurrent=True)
    assert isinstance(short, InlineWorker)
    slow = worker_for(doubling(), "twice", INLINE_BELOW_US, "every", recurrent=True)
    assert isinstance(slow, ThreadWorker)
    slow.close()
    with pytest.raises(ValueError, match="recurrent"):
        worker_for(doubling(), "twice", INLINE_BELOW_US, recurrent=True)


def test_a_model_that_runs_inline_says_that_it_has_moved():
    class Moving:
        def __call__(self, x):
            return x

        def take_notices(self):
            return ["step: it runs on the CPU now"]

    worker = InlineWorker(Moving(), "step")
    assert worker.feed(1)
    assert worker.feed(2)
    assert worker.messages() == ["step: it runs on the CPU now"]
