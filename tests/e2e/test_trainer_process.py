import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from addon.dataset.corpus import write_corpus
from addon.errors import TrainingError
from addon.model.metadata import METADATA_KEY, spec_from_json
from addon.training.protocol import (
    Cancelled,
    Event,
    Exported,
    Failed,
    Job,
    Progress,
    Started,
    event_from,
    event_line,
    job_from,
    job_line,
)
from addon.training.trainer_process import LOG_NAME, TrainerProcess
from tests.hands import taught
from tests.waiting import until

LONG = {"iterations": 1_000_000, "patience": 0}


def a_job(folder: Path, **changes: Any) -> Job:
    """A job on four signs; the inks are written if they are not there."""
    data = folder / "taught.npz"
    if not data.exists():
        write_corpus(data, *taught())
    fields: dict[str, Any] = {
        "data": data,
        "out": folder / "letters.onnx",
        "checkpoint": folder / "training" / "checkpoint.pt",
        "name": "letters",
        "config": {"iterations": 40},
    }
    return Job(**(fields | changes))


@pytest.fixture
def start() -> Iterator[Callable[[Job], TrainerProcess]]:
    """Starts trainings, and ends those that are left."""
    started: list[TrainerProcess] = []

    def begin(job: Job) -> TrainerProcess:
        started.append(TrainerProcess.start(job))
        return started[-1]

    yield begin
    for trainer in started:
        trainer.stop()


def events_until(trainer: TrainerProcess, enough: Callable[[list[Event]], bool]) -> list[Event]:
    events: list[Event] = []

    def ended() -> bool:
        over = not trainer.running
        events.extend(trainer.poll())
        return over or enough(events)

    until(ended)
    return events


def all_events(trainer: TrainerProcess) -> list[Event]:
    return events_until(trainer, lambda events: False)


def has_progress(events: list[Event]) -> bool:
    return any(isinstance(event, Progress) for event in events)


def failure(trainer: TrainerProcess) -> str:
    last = all_events(trainer)[-1]
    assert isinstance(last, Failed)
    assert "\n" not in last.message
    return last.message


def test_a_training_tells_how_it_goes_and_leaves_a_model(tmp_path, start):
    trainer = start(a_job(tmp_path))
    events = all_events(trainer)
    assert events[0] == Started(("L", "T", "V", "Z"), 16, 40)
    assert isinstance(events[-2], Progress)
    assert events[-2].iteration == events[-2].iterations == 40
    assert isinstance(events[-1], Exported)
    assert not trainer.running
    model = onnx.load(events[-1].path)
    spec = spec_from_json({prop.key: prop.value for prop in model.metadata_props}[METADATA_KEY])
    assert spec.labels == ("L", "T", "V", "Z")
    assert spec.training["name"] == "letters"
    assert spec.training["iterations"] == 40
    assert set(spec.thumbnails) == set(spec.labels)
    assert len(spec.taught_hash) == 64


def test_progress_comes_at_most_twenty_times_a_second(tmp_path, start):
    events = all_events(start(a_job(tmp_path, config={"iterations": 200})))
    seconds = [event.seconds for event in events if isinstance(event, Progress)]
    assert len(seconds) <= seconds[-1] * 20 + 2


def test_polling_and_starting_never_wait(tmp_path, start):
    trainer = start(a_job(tmp_path, config=LONG))
    os.kill(trainer.pid, signal.SIGSTOP)
    # Nothing comes from it any more, and it was begun a moment ago.
    assert not any(has_progress(trainer.poll()) for _ in range(100))
    assert trainer.running


def test_going_on_adds_iterations(tmp_path, start):
    all_events(start(a_job(tmp_path)))
    write_corpus(tmp_path / "more.npz", *taught("LTVZL", seed=3))
    events = all_events(start(a_job(tmp_path, resume=True, data=tmp_path / "more.npz")))
    assert isinstance(events[-1], Exported)
    model = onnx.load(events[-1].path)
    spec = spec_from_json({prop.key: prop.value for prop in model.metadata_props}[METADATA_KEY])
    assert spec.training["iterations"] == 80


def test_a_cancelled_training_leaves_the_old_model_and_can_go_on(tmp_path, start):
    (tmp_path / "letters.onnx").write_bytes(b"the model of yesterday")
    trainer = start(a_job(tmp_path, config=LONG))
    events_until(trainer, has_progress)
    trainer.cancel()
    last = all_events(trainer)[-1]
    assert isinstance(last, Cancelled)
    assert (tmp_path / "letters.onnx").read_bytes() == b"the model of yesterday"
    events = all_events(start(a_job(tmp_path, resume=True, config={"iterations": 5})))
    assert isinstance(events[-1], Exported)


def test_a_killed_training_becomes_one_line(tmp_path, start):
    trainer = start(a_job(tmp_path, config=LONG))
    events_until(trainer, has_progress)
    os.kill(trainer.pid, signal.SIGKILL)
    message = failure(trainer)
    assert "signal 9" in message
    assert LOG_NAME in message


def test_stopping_ends_it_whatever_it_does(tmp_path, start):
    for wait_for in (lambda events: True, has_progress):
        trainer = start(a_job(tmp_path, config=LONG))
        events_until(trainer, wait_for)
        trainer.stop()
        assert not alive(trainer.pid)
        assert not any(isinstance(event, Failed) for event in trainer.poll())


def test_a_stopped_process_is_ended_too(tmp_path, start):
    trainer = start(a_job(tmp_path, config=LONG))
    events_until(trainer, has_progress)
    os.kill(trainer.pid, signal.SIGSTOP)
    trainer.stop()
    assert not alive(trainer.pid)


PARENT = """
import sys, time
from pathlib import Path
from addon.training.protocol import Progress, job_from
from addon.training.trainer_process import TrainerProcess
trainer = TrainerProcess.start(job_from(sys.argv[1]))
while not any(isinstance(event, Progress) for event in trainer.poll()):
    time.sleep(0.01)
print(trainer.pid, flush=True)
time.sleep(1000)
"""


def test_it_ends_when_its_parent_is_killed(tmp_path):
    job = job_line(a_job(tmp_path, config=LONG))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, job], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
        parent.wait()
        until(lambda: not alive(child), what="that the training ended with its parent")


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet collected by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_the_authors_folder_is_not_on_its_path(tmp_path, start, monkeypatch):
    author = tmp_path / "author"
    author.mkdir()
    for name in ("torch", "numpy", "onnx", "sketch", "json"):
        (author / f"{name}.py").write_text("raise SystemExit('the sketch of the author was imported')\n")
    monkeypatch.setenv("PYTHONPATH", str(author))
    monkeypatch.chdir(author)
    assert isinstance(all_events(start(a_job(author)))[-1], Exported)


def test_it_lowers_its_priority_and_keeps_to_one_thread(tmp_path, start):
    trainer = start(a_job(tmp_path, config=LONG))
    events_until(trainer, has_progress)
    assert os.getpriority(os.PRIO_PROCESS, trainer.pid) >= 10
    if sys.platform == "linux":
        given = Path(f"/proc/{trainer.pid}/environ").read_bytes().split(b"\0")
        assert b"OMP_NUM_THREADS=1" in given


def test_what_cannot_be_trained_on_is_reported_in_one_line(tmp_path, start):
    write_corpus(tmp_path / "taught.npz", *taught("L"))
    assert "only L is taught" in failure(start(a_job(tmp_path)))


def test_a_disk_that_takes_no_more_is_reported_in_one_line_and_leaves_the_old_model(tmp_path, start):
    job = a_job(tmp_path, config={"iterations": 5})
    job.out.write_bytes(b"the model of yesterday")
    with limited(resource.RLIMIT_FSIZE, 50_000):
        trainer = start(job)
    message = failure(trainer)
    assert "File too large" in message
    assert "the old model stays" in message
    assert job.out.read_bytes() == b"the model of yesterday"
    assert set(os.listdir(job.checkpoint.parent)) <= {LOG_NAME, "torch"}


def test_too_little_memory_is_reported_in_one_line(tmp_path, start):
    inks, labels = taught("LV")
    endless = np.zeros((100_000, 4), dtype=np.float32)
    endless[:, 0] = np.arange(100_000) % 2 * 180
    write_corpus(tmp_path / "taught.npz", [*inks, [endless]], [*labels, "Z"])
    with limited(resource.RLIMIT_AS, 8 * 2**30):
        trainer = start(a_job(tmp_path, config={"batch": 4096}))
    assert "not enough memory" in failure(trainer)


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    """Processes started here are given at most so much of something."""
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))


def test_what_is_reported_survives_the_pipe():
    events = [
        Started(("A", "愛"), 8, 100),
        Progress(3, 100, 0.5, 0.9, 1.5),
        Exported(Path("a/b.onnx"), 1.0, 2.0),
        Cancelled(7),
        Failed("why"),
    ]
    for event in events:
        line = event_line(event)
        assert line.isascii()
        assert "\n" not in line
        assert event_from(line) == event
    job = Job(Path("a.npz"), Path("b.onnx"), Path("c.pt"), "letters", True, ("A", "ß"), {"lr": 0.1})
    assert job_from(job_line(job)) == job


def test_the_lines_are_those_of_the_protocol():
    assert json.loads(event_line(Progress(3, 100, 0.5, 0.9, 1.5))) == {
        "event": "progress",
        "iteration": 3,
        "iterations": 100,
        "loss": 0.5,
        "accuracy": 0.9,
        "seconds": 1.5,
    }


@pytest.mark.parametrize("line", ["", "text", "[]", '{"event": "danced"}', '{"event": 3}'])
def test_a_line_that_is_no_event_is_refused(line):
    with pytest.raises(TrainingError):
        event_from(line)
