"""A model whose device fails continues on the CPU, also in the middle of a stroke."""

from dataclasses import replace

import numpy as np
import pytest

from addon.inference import loaded_model, model_manager
from addon.inference.device_step import DeviceStep
from addon.inference.opening import read_model
from addon.inference.ort import onnxruntime
from addon.inference.providers import CPU, CUDA, Choice
from tests.unit.recognizers import frames_until, hook, write

WISH = Choice((CUDA, CPU))


class Failing(DeviceStep):
    """A step on what stands in for a device, until that is gone."""

    gone = False

    def step(self, rows, state):
        if Failing.gone:
            raise RuntimeError("CUDA failure 719: unspecified launch failure")
        return super().step(rows, state)


@pytest.fixture(autouse=True)
def device(monkeypatch):
    """CUDA by a fake: values of ONNX Runtime on the processor."""
    Failing.gone = False
    opened = loaded_model.open_told

    def open_told(file, choice):
        session, notice = opened(file, Choice((CPU,), choice.notice))
        if choice.providers[0] != CUDA:
            return session, notice
        raw = onnxruntime().InferenceSession(file.data, providers=[CPU])
        return Failing(raw, session.spec, "cuda", onnxruntime().OrtValue, device="cpu"), notice

    monkeypatch.setattr(loaded_model, "open_told", open_told)
    # On a busy machine a step may look too slow for the frame's thread.
    monkeypatch.setattr(loaded_model, "INLINE_BELOW_US", 1e9)
    return Failing


def chosen(monkeypatch, choice: Choice) -> None:
    monkeypatch.setattr(model_manager, "choose_here", lambda provider, require: choice)


@pytest.mark.parametrize("inline", [True, False])
def test_the_stroke_under_way_is_replayed_on_the_cpu_and_it_is_reported(make, device, monkeypatch, inline):
    chosen(monkeypatch, WISH)
    monkeypatch.setattr(loaded_model, "INLINE_BELOW_US", 1e9 if inline else 0.0)
    recognizer = make(provider="cuda")
    assert recognizer.wait_ready(), recognizer.messages()
    assert recognizer.provider == "cuda"
    points = hook()[0]
    for point in points[:20]:
        recognizer.on_stroke_point(point, 3)
    device.gone = True
    for point in points[20:30]:
        recognizer.on_stroke_point(point, 3)
    said = frames_until(recognizer, lambda: recognizer.provider == "cpu")
    assert any("cuda failed while it ran; Inkloop moves it to the CPU" in line for line in said)
    assert any("recognition runs on the CPU: it failed on cuda (CUDA failure 719" in line for line in said)
    for point in points[30:]:
        recognizer.on_stroke_point(point, 3)
    chosen(monkeypatch, Choice((CPU,)))
    monkeypatch.setattr(loaded_model, "INLINE_BELOW_US", 1e9)
    fresh = make()
    assert fresh.wait_ready()
    for point in points:
        fresh.on_stroke_point(point, 3)
    frames_until(recognizer, lambda: recognizer.prediction.rows == fresh.prediction.rows)
    assert fresh.prediction.rows > 20
    np.testing.assert_allclose(recognizer.prediction.probabilities, fresh.prediction.probabilities, atol=1e-5)


def test_what_is_required_stays_and_is_reported_once(make, device, monkeypatch):
    chosen(monkeypatch, replace(WISH, required="cuda"))
    recognizer = make(require="cuda")
    assert recognizer.wait_ready(), recognizer.messages()
    device.gone = True
    write(recognizer, hook())
    for _ in range(5):
        recognizer.update(1 / 60)
    assert recognizer.provider == "cuda"
    (line,) = [line for line in recognizer.messages() if "CUDA failure" in line]
    assert line.endswith("the last answer stays")


def test_a_model_that_fails_at_once_on_a_wish_is_loaded_on_the_cpu(shipped, device):
    path = next(iter(shipped.glob("*.onnx")))
    device.gone = True
    model = loaded_model.load_model(path, WISH)
    assert model.session.provider == "cpu"
    assert model.notice.startswith("recognition runs on the CPU: it failed on cuda (")
    assert model.elsewhere is None
    assert loaded_model.load_model(path, Choice((CPU,))).notice == ""
    assert read_model(path).sha256


def test_what_is_taught_while_the_device_is_gone_does_not_end_the_show(make, device, monkeypatch, shipped):
    from tests.encoders import make_encoder

    make_encoder(shipped / "letters.onnx")
    chosen(monkeypatch, WISH)
    recognizer = make(provider="cuda")
    assert recognizer.wait_ready(), recognizer.messages()
    device.gone = True
    recognizer.teach("A", hook())
    frames_until(recognizer, lambda: recognizer.provider == "cpu")
    write(recognizer, hook())
    assert recognizer.prediction.label == "A"
