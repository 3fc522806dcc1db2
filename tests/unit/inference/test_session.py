import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from addon.errors import ModelError
from addon.features.recipe import COLUMNS
from addon.inference import loaded_model
from addon.inference.cpu_step import CpuStep
from addon.inference.device_step import DeviceStep, Held
from addon.inference.loaded_model import INLINE_BELOW_US, load_model, measure
from addon.inference.providers import CPU, Choice
from addon.inference.session import open_step
from addon.inference.step import StepOutputs
from addon.model.metadata import METADATA_KEY, ModelSpec
from tests.models import make_model

ON_CPU = Choice((CPU,))


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "step.onnx"
    make_model(path, layers=2, hidden=16)
    return path


def raw_session(path: Path) -> Any:
    return onnxruntime.InferenceSession(path, providers=[CPU])


def some_rows(batch: int, time: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((batch, time, len(COLUMNS)), dtype=np.float32)


def device_step(path: Path) -> DeviceStep:
    # ONNX Runtime's own values and bindings, with its CPU in the place of a device.
    spec = open_step(path, ON_CPU).spec
    return DeviceStep(raw_session(path), spec, "cuda", onnxruntime.OrtValue, device="cpu")


@pytest.mark.parametrize("kind", ["cpu", "device"])
def test_rows_one_by_one_answer_as_all_at_once(path, kind):
    session = open_step(path, ON_CPU) if kind == "cpu" else device_step(path)
    rows = some_rows(1, 20)
    whole, _ = session.step(rows, session.start())
    state = session.start()
    for index in range(20):
        outputs, state = session.step(rows[:, index : index + 1], state)
        np.testing.assert_allclose(outputs.scores[0, 0], whole.scores[0, index], atol=1e-5)
        np.testing.assert_allclose(outputs.progress[0, 0], whole.progress[0, index], atol=1e-5)


@pytest.mark.parametrize("kind", ["cpu", "device"])
def test_a_state_is_never_changed_so_one_can_go_back_to_it(path, kind):
    session = open_step(path, ON_CPU) if kind == "cpu" else device_step(path)
    _, kept = session.step(some_rows(1, 3), session.start())
    row = some_rows(1, 1)
    first, state = session.step(row, kept)
    for _ in range(5):
        _, state = session.step(row, state)
    again, _ = session.step(row, kept)
    np.testing.assert_array_equal(first.scores, again.scores)
    np.testing.assert_array_equal(first.progress, again.progress)


@pytest.mark.parametrize("kind", ["cpu", "device"])
def test_inks_in_one_batch_do_not_touch_each_other(path, kind):
    session = open_step(path, ON_CPU) if kind == "cpu" else device_step(path)
    rows = some_rows(3, 4)
    together, _ = session.step(rows, session.start(3))
    for index in range(3):
        alone, _ = session.step(rows[index : index + 1], session.start())
        np.testing.assert_allclose(together.scores[index], alone.scores[0], atol=1e-5)


def test_the_answers_are_those_of_a_bare_run(path):
    session = open_step(path, ON_CPU)
    rows, state = some_rows(1, 1), np.zeros((2, 1, 16), dtype=np.float32)
    feed = {"features": rows, "h": state, "c": state}
    scores, progress = raw_session(path).run(["scores", "progress"], feed)
    outputs, _ = session.step(rows, session.start())
    np.testing.assert_array_equal(outputs.scores, scores)
    np.testing.assert_array_equal(outputs.progress, progress)


def test_what_runs_is_asked_of_the_session(path):
    session = open_step(path, ON_CPU)
    assert isinstance(session, CpuStep)
    assert session.provider == "cpu"
    assert session.spec.labels == ("A", "B", "C", "D")


class FakeValue:
    """A tensor on a device: asked for its numbers, it fails unless it is an answer."""

    def __init__(self, name: str, array: np.ndarray | None = None) -> None:
        self.name = name
        self._array = array

    def numpy(self) -> np.ndarray:
        assert self._array is not None, f"{self.name} passed through numpy"
        return self._array

    def __array__(self, *args, **kwargs):
        raise AssertionError(f"{self.name} passed through numpy")


class FakeValues:
    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def ortvalue_from_numpy(self, array, device, device_id):
        assert not array.any(), "only a state of zeros may be sent"
        self.sent.append((device, device_id))
        return FakeValue(f"start {len(self.sent)}")


class FakeBinding:
    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.cpu_inputs: dict[str, np.ndarray] = {}
        self.inputs: dict[str, FakeValue] = {}
        self.outputs: dict[str, tuple[str, int]] = {}

    def bind_cpu_input(self, name, array):
        self.cpu_inputs[name] = array

    def bind_ortvalue_input(self, name, value):
        self.inputs[name] = value

    def bind_output(self, name, device="cpu", device_id=0):
        self.outputs[name] = (device, device_id)

    def get_outputs(self):
        answers = {"scores": np.zeros((1, 1, 4), np.float32), "progress": np.zeros((1, 1, 1), np.float32)}
        return [FakeValue(f"{name} {self.steps}", answers.get(name)) for name in self.outputs]


class FakeSession:
    """Records what is bound; `run` would take arrays, so it has none."""

    def __init__(self) -> None:
        self.bindings: list[FakeBinding] = []

    def io_binding(self):
        self.bindings.append(FakeBinding(len(self.bindings)))
        return self.bindings[-1]

    def run_with_iobinding(self, binding):
        assert binding is self.bindings[-1]


def test_on_a_device_the_state_never_passes_through_numpy(path):
    fake, values = FakeSession(), FakeValues()
    session = DeviceStep(fake, open_step(path, ON_CPU).spec, "cuda", values, device_id=1)
    state = session.start()
    assert values.sent == [("cuda", 1)] * 2
    for _ in range(3):
        _, state = session.step(some_rows(1, 1), state)
    assert len(values.sent) == 2
    for index, binding in enumerate(fake.bindings):
        assert set(binding.cpu_inputs) == {"features"}
        assert binding.outputs["h_next"] == binding.outputs["c_next"] == ("cuda", 1)
        assert binding.outputs["scores"] == binding.outputs["progress"] == ("cpu", 0)
        came = [binding.inputs[name].name for name in ("h", "c")]
        before = [f"h_next {index - 1}", f"c_next {index - 1}"] if index else ["start 1", "start 2"]
        assert came == before


def test_pens_on_a_device_are_answered_in_one_step_as_each_alone(path):
    """Three inks, of which one leaves and comes back: in a batch, in part of it, in another order."""
    session, alone = device_step(path), open_step(path, ON_CPU)
    rows = np.random.default_rng(4).standard_normal((3, 9, 1, 1, len(COLUMNS))).astype(np.float32)
    states: list[Held] = [session.start()] * 3
    expected = [alone.start()] * 3
    for step, inks in enumerate([(0, 1, 2), (0, 1, 2), (2, 0), (1,), (1, 2), (0, 1, 2)]):
        batch = np.concatenate([rows[ink, step] for ink in inks])
        outputs, after = session.step(batch, session.join([states[ink] for ink in inks]))
        for place, (ink, own) in enumerate(zip(inks, session.split(after), strict=True)):
            states[ink] = own
            told, expected[ink] = alone.step(rows[ink, step], expected[ink])
            np.testing.assert_allclose(outputs.scores[place], told.scores[0], atol=1e-6)
    # An ink that was in a batch continues alone from its own share.
    told, _ = alone.step(rows[1, 8], expected[1])
    np.testing.assert_allclose(session.step(rows[1, 8], states[1])[0].scores, told.scores, atol=1e-6)


def test_pens_that_stay_together_stay_on_the_device(path):
    fake, values = FakeSession(), FakeValues()
    session = DeviceStep(fake, open_step(path, ON_CPU).spec, "cuda", values)
    state = session.start(2)
    for _ in range(3):
        _, state = session.step(some_rows(2, 1), session.join(session.split(state)))
    assert len(values.sent) == 2
    assert [len(binding.cpu_inputs["features"]) for binding in fake.bindings] == [2, 2, 2]


def changed(path: Path, tmp_path: Path, change) -> Path:
    model = onnx.load(path)
    change(model)
    other = tmp_path / "other.onnx"
    onnx.save(model, other)
    return other


def foreign(opset: int = 17) -> onnx.ModelProto:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT, [1])],
        [value("y", TensorProto.FLOAT, [1])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(path, ON_CPU)
    said = str(caught.value)
    assert said.startswith(path.name)
    assert "\n" not in said
    assert len(said) < 260
    for word in words:
        assert word in said


def test_a_missing_file_is_named(tmp_path):
    refused(tmp_path / "nowhere.onnx", "no such file", "check the path")


def test_a_folder_is_no_model(tmp_path):
    refused(tmp_path, "cannot be read")


@pytest.mark.parametrize("content", [b"I am a text file\n", bytes(range(256)) * 40])
def test_a_file_that_is_no_onnx_is_named(tmp_path, content):
    path = tmp_path / "text.onnx"
    path.write_bytes(content)
    refused(path, "not an ONNX file", "export it again")


def test_an_empty_file_is_named(tmp_path):
    path = tmp_path / "empty.onnx"
    path.touch()
    refused(path, "empty")


def test_a_file_that_was_cut_off_is_named(path, tmp_path):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(path.read_bytes()[:3000])
    refused(cut, "truncated", "copy it again")


def test_a_foreign_model_is_named(tmp_path):
    onnx.save(foreign(), tmp_path / "foreign.onnx")
    refused(tmp_path / "foreign.onnx", "none of Inkloop's", "foreign.toml", "use Model")


def test_an_opset_from_the_future_is_named(tmp_path):
    onnx.save(foreign(opset=99), tmp_path / "future.onnx")
    refused(tmp_path / "future.onnx", "newer ONNX Runtime", "pip install")


def test_a_description_that_is_no_description_is_named(path, tmp_path):
    def change(model):
        helper.set_model_props(model, {METADATA_KEY: "{"})

    refused(changed(path, tmp_path, change), "not JSON", "export it again")


def test_labels_that_do_not_match_the_classes_are_named(path, tmp_path):
    def change(model):
        text = model.metadata_props[0].value.replace('"labels": ["A", "B", "C", "D"]', '"labels": ["A", "B"]')
        helper.set_model_props(model, {METADATA_KEY: text})

    refused(changed(path, tmp_path, change), "'scores'", "4", "2")


def test_inputs_that_do_not_match_the_description_are_named(path, tmp_path):
    def change(model):
        model.graph.input[1].name = "hidden"
        for node in model.graph.node:
            for index, name in enumerate(node.input):
                if name == "h":
                    node.input[index] = "hidden"

    refused(changed(path, tmp_path, change), "no input 'h'", "hidden")


def test_answers_that_are_no_numbers_are_found_while_warming(path, tmp_path):
    def change(model):
        for tensor in model.graph.initializer:
            if tensor.name == "score_head.B":
                tensor.CopyFrom(onnx.numpy_helper.from_array(np.full(4, np.nan, np.float32), tensor.name))

    refused(changed(path, tmp_path, change), "NaN", "export it again")


def test_a_bad_file_prints_nothing(path, tmp_path):
    for name, content in {"a": b"text", "b": path.read_bytes()[:2000], "c": b""}.items():
        (tmp_path / f"{name}.onnx").write_bytes(content)
    onnx.save(foreign(opset=99), tmp_path / "d.onnx")
    script = f"""
from pathlib import Path
from addon.errors import ModelError
from addon.inference.loaded_model import load_model
from addon.inference.providers import choose_here
for file in sorted(Path({str(tmp_path)!r}).glob("*.onnx")):
    try:
        load_model(file, choose_here("auto", None))
    except ModelError:
        pass
    else:
        raise SystemExit(f"{{file}} was taken")
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_loaded_model_is_measured_and_runs_inline_if_it_is_quick(path):
    model = load_model(path, ON_CPU)
    assert 0 < model.timings.p50 <= model.timings.p99
    for slowest, inline in ((INLINE_BELOW_US - 1, True), (INLINE_BELOW_US, False)):
        assert replace(model, timings=model.timings._replace(p99=slowest)).inline is inline
    assert model.path == path


class Slow:
    """A step session whose first windows are disturbed."""

    def __init__(self, spec: ModelSpec, times: list[int]) -> None:
        self.spec, self.provider, self.times = spec, "cpu", times

    def start(self, batch: int = 1):
        return None

    def step(self, rows, state):
        clock.now += self.times.pop(0) if self.times else 20_000
        numbers = np.zeros((1, 1, 4), dtype=np.float32)
        return StepOutputs(numbers, numbers[..., :1]), None


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


clock = Clock()


def test_a_busy_machine_does_not_condemn_a_short_step(path, monkeypatch):
    monkeypatch.setattr(loaded_model, "perf_counter_ns", clock)
    spec = open_step(path, ON_CPU).spec
    disturbed = ([20_000] * 40 + [3_000_000] * 10) * 2
    timings = measure(Slow(spec, disturbed))
    assert timings.p99 == 20.0


def test_a_slow_step_does_not_take_long_to_measure(path, monkeypatch):
    monkeypatch.setattr(loaded_model, "perf_counter_ns", clock)
    began = clock.now
    timings = measure(Slow(open_step(path, ON_CPU).spec, [100_000_000] * 1000))
    assert timings.p99 == 100_000.0
    assert clock.now - began < 1_000_000_000
