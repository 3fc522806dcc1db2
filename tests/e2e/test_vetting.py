"""An untrusted file is tried in another process before the sketch's process opens it."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from addon import Recognizer
from addon.background.limits import DISK
from addon.doctor import vetting
from addon.doctor.examiner import Examiner
from addon.doctor.vetting import Vetting
from addon.errors import ModelError
from addon.model.registry import shipped_models
from tests.encoders import make_encoder
from tests.waiting import until

SHIPPED = shipped_models() / "letters.onnx"


def test_a_sound_file_is_tried_once(tmp_path, monkeypatch):
    vet = Vetting()
    vet(SHIPPED)
    monkeypatch.setattr(vetting, "Examiner", None)
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(SHIPPED.read_bytes())
    vet(copy)


def test_a_model_that_is_larger_than_what_the_process_may_write_is_sound_all_the_same(tmp_path):
    path = tmp_path / "large.onnx"
    made = onnx.load(SHIPPED)
    made.graph.initializer.append(numpy_helper.from_array(np.ones(DISK // 4 + 10**6, np.float32), "ballast"))
    onnx.save(made, path)
    assert path.stat().st_size > DISK
    Vetting()(path)
    with Examiner("cpu", seconds=0.0) as examiner:
        assert examiner.examine(path)["verdict"] == "runs"
        assert examiner.started == 1


def test_a_broken_file_is_refused_in_the_words_of_the_loader(tmp_path):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(SHIPPED.read_bytes()[:-1000])
    for path, said in ((cut, "truncated"), (tmp_path / "gone.onnx", "no such file")):
        with pytest.raises(ModelError, match=rf"^{path.name}: .*{said}"):
            Vetting()(path)


def test_ending_does_not_wait_for_a_file_that_is_being_tried(tmp_path):
    recognizer = Recognizer("letters", provider="cpu", home=tmp_path)
    recognizer.setup(tmp_path)
    assert recognizer.wait_ready()
    recognizer.load(make_encoder(tmp_path / "new.onnx"))
    recognizer.exit()
    thread = recognizer._manager._loader._thread
    assert thread is not None
    assert not thread.is_alive()


def test_a_file_that_takes_too_long_is_refused_and_the_old_model_stays_active(tmp_path, monkeypatch):
    monkeypatch.setattr("addon.recognizer.Vetting", lambda provider: Vetting(provider=provider, timeout=0.01))
    recognizer = Recognizer("letters", provider="cpu", home=tmp_path)
    recognizer.setup(tmp_path)
    try:
        assert recognizer.wait_ready()
        recognizer.messages()
        recognizer.load(make_encoder(tmp_path / "slow.onnx"))
        assert lines_of(recognizer) == ["slow.onnx: it did not end within 0.01 seconds"]
        assert recognizer.model_path == SHIPPED
    finally:
        recognizer.exit()


def lines_of(recognizer: Recognizer) -> list[str]:
    """What it says once the request has ended."""
    lines: list[str] = []
    until(lambda: lines or lines.extend(recognizer.messages()), lambda: recognizer.update(0.0))
    return lines
