import os
import signal

import numpy as np
import pytest

from addon import Recognizer
from addon.training import jobs
from addon.training.protocol import Exported, Failed, Started
from addon.training.status import refusal
from addon.training.trainer_process import TrainerProcess
from tests.unit.recognizers import CAPITALS, bar, frames_until, hook, taught, write


def test_why_training_cannot_begin_is_reported_and_nothing_raises(make):
    recognizer = make("fresh")
    recognizer.messages()
    assert not recognizer.train()
    assert recognizer.messages() == [refusal({}, False)]
    recognizer.teach("A", hook())
    assert "only 'A' is taught" in recognizer.refusal
    assert not recognizer.train()
    assert recognizer.messages() == [recognizer.refusal]
    assert recognizer.training.state == "idle"
    recognizer.teach("B", bar())
    assert recognizer.refusal == ""
    with pytest.raises(ValueError, match="iterations"):
        recognizer.train(0)
    recognizer.cancel()


def test_it_learns_in_the_background_and_swaps_the_model_in(make, tmp_path):
    recognizer = taught(make())
    assert recognizer.wait_ready()
    write(recognizer, hook(8))
    assert recognizer.train(iterations=60)
    assert recognizer.training.state == "waiting"
    assert not recognizer.train()
    states = set()

    def ended():
        states.add(recognizer.training.state)
        return not recognizer.training.active

    said = frames_until(recognizer, ended)
    status = recognizer.training
    assert status.state == "done", status
    assert {"waiting", "running", "done"} <= states
    assert 1 <= len(status.losses) <= 60
    assert status.losses.dtype == np.float32
    assert status.iterations == 60
    assert status.accuracy is not None
    assert status.message in said
    assert status.message.startswith("learned I, 7 in ")
    assert recognizer.model is not None
    assert set(recognizer.model.labels) == {"I", "7"}
    assert recognizer.model_path == tmp_path / "home" / "letters" / "models" / "letters-0001.onnx"
    # The ink that was on the paper is answered by the new model at once.
    assert set(recognizer.prediction.labels) == {"I", "7"}
    assert recognizer.prediction.rows > 10

    assert recognizer.train(iterations=20, resume=True)
    frames_until(recognizer, lambda: not recognizer.training.active)
    assert recognizer.training.state == "done", recognizer.training
    assert recognizer.model_path == tmp_path / "home" / "letters" / "models" / "letters-0002.onnx"


def test_cancelling_keeps_the_old_model(make):
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(iterations=1_000_000)
    frames_until(recognizer, lambda: recognizer.training.iteration > 0)
    recognizer.cancel()
    said = frames_until(recognizer, lambda: not recognizer.training.active)
    assert recognizer.training.state == "cancelled"
    assert recognizer.training.message in said
    assert recognizer.model is not None
    assert recognizer.model.labels == CAPITALS


def pid_of(recognizer: Recognizer) -> int:
    assert recognizer._client._training is not None
    return recognizer._client._training.result().pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_training_that_is_killed_becomes_a_message_and_can_be_begun_again(make):
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(iterations=1_000_000)
    frames_until(recognizer, lambda: recognizer.training.state == "running")
    os.kill(pid_of(recognizer), signal.SIGKILL)
    said = frames_until(recognizer, lambda: not recognizer.training.active)
    assert recognizer.training.state == "failed"
    assert recognizer.training.message in said
    assert "\n" not in recognizer.training.message
    assert len(recognizer.examples) == 6
    assert recognizer.train(iterations=10)
    recognizer.cancel()


def test_closing_while_training_ends_the_process(make):
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(iterations=1_000_000)
    frames_until(recognizer, lambda: recognizer.training.state == "running")
    pid = pid_of(recognizer)
    recognizer.exit()
    assert not alive(pid)


class Scripted:
    """A training process that reports what it is told to."""

    def __init__(self, *events):
        self.events = [list(events)]
        self.cancelled = self.stopped = False

    def poll(self):
        return self.events.pop(0) if self.events else []

    def cancel(self):
        self.cancelled = True

    def stop(self):
        self.stopped = True


def scripted(monkeypatch, *events) -> Scripted:
    process = Scripted(*events)
    monkeypatch.setattr(TrainerProcess, "start", lambda job: process)
    return process


def test_a_trained_model_that_cannot_be_loaded_leaves_the_old_one(make, monkeypatch, tmp_path):
    bad = tmp_path / "made.onnx"
    bad.write_text("no model")
    scripted(monkeypatch, Started(("I", "7"), 6, 5), Exported(bad, 1.0, 2.0))
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(5)
    said = frames_until(recognizer, lambda: not recognizer.training.active)
    assert recognizer.training.state == "failed"
    assert "the previous model stays active" in recognizer.training.message
    assert any(line.startswith("made.onnx: ") for line in said)
    assert recognizer.model is not None
    assert recognizer.model.labels == CAPITALS


def test_what_the_process_says_of_its_failure_is_passed_on(make, monkeypatch):
    scripted(monkeypatch, Started(("I", "7"), 6, 5), Failed("the loss is no number; lower the learning rate"))
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(5)
    said = frames_until(recognizer, lambda: not recognizer.training.active)
    assert "the loss is no number; lower the learning rate" in said


def test_cancelling_before_the_process_is_there_reaches_it(make, monkeypatch):
    process = scripted(monkeypatch)
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(5)
    recognizer.cancel()
    frames_until(recognizer, lambda: process.cancelled)
    recognizer.exit()
    assert process.stopped


def test_a_disk_too_full_to_train_is_a_message(make, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "write_corpus", full)
    recognizer = taught(make())
    assert recognizer.wait_ready()
    assert recognizer.train(5)
    said = frames_until(recognizer, lambda: not recognizer.training.active)
    assert recognizer.training.state == "failed"
    assert any("No space left" in line and "free space" in line for line in said)
