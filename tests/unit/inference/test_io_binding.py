import numpy as np
import pytest

from addon.errors import ModelError
from addon.features.recipe import COLUMNS
from addon.inference import io_binding, placement
from addon.inference.graph import open_graph
from addon.inference.io_binding import WARM_RUNS, open_bound
from addon.inference.opening import read_model
from addon.inference.ort import onnxruntime
from addon.inference.providers import CPU, CUDA, Choice
from tests.models import make_model

ON_CPU = Choice((CPU,))


@pytest.fixture
def path(tmp_path):
    make_model(tmp_path / "step.onnx", ("A", "B"), hidden=8)
    return tmp_path / "step.onnx"


def feeds(seed: int, batch: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    graph = {"features": (batch, 3, len(COLUMNS)), "h": (1, batch, 8), "c": (1, batch, 8)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in graph.items()}


class Part:
    """As ONNX Runtime tells of a part of a graph."""

    def __init__(self, ep_name, operators) -> None:
        self.ep_name = ep_name
        self._nodes = [type("Node", (), {"op_type": operator}) for operator in operators]

    def get_nodes(self):
        return self._nodes


class OnDevice:
    """A session on the processor that calls itself CUDA, and notes with which options it was opened."""

    def __init__(self, session, fails_recorded: bool, providers) -> None:
        self._session = session
        self.recorded = isinstance(providers[0], tuple)
        self._fails = fails_recorded and self.recorded
        self.runs = 0

    def get_provider_graph_assignment_info(self):
        return [Part(CUDA, ["LSTM"])]

    def get_inputs(self):
        return self._session.get_inputs()

    def get_outputs(self):
        return self._session.get_outputs()

    def io_binding(self):
        return OnProcessor(self._session.io_binding())

    def run_with_iobinding(self, binding):
        self.runs += 1
        if self._fails:
            raise RuntimeError("This session cannot use the graph capture feature\nas requested")
        self._session.run_with_iobinding(binding.binding)


class OnProcessor:
    """A binding that takes "cuda" for the processor."""

    def __init__(self, binding) -> None:
        self.binding = binding

    def bind_output(self, name, device, number):
        assert device == "cuda"
        self.binding.bind_output(name, "cpu", number)

    def __getattr__(self, name):
        return getattr(self.binding, name)


class Values:
    """Makes values on the processor, whatever device is asked for."""

    devices: list[str] = []  # noqa: RUF012 - what was asked for, over all of a test

    @classmethod
    def ortvalue_from_numpy(cls, array, device, number):
        cls.devices.append(device)
        return onnxruntime().OrtValue.ortvalue_from_numpy(array, "cpu", number)


@pytest.fixture
def cuda(monkeypatch):
    """Opens sessions that call themselves CUDA; gives those that were opened."""
    made: list[OnDevice] = []
    opened = placement.open_session

    def open_session(file, providers, *_, **__):
        if providers[0] == CPU:
            return opened(file, providers)
        made.append(OnDevice(opened(file, [CPU]), cuda.fails, providers))
        return made[-1]

    def cuda():
        return made

    cuda.fails = False
    monkeypatch.setattr(placement, "open_session", open_session)
    monkeypatch.setattr(io_binding, "onnxruntime", lambda: type("Api", (), {"OrtValue": Values}))
    return cuda


def test_a_bound_model_gives_what_a_plain_run_gives_and_its_answers_stay(path):
    run = open_bound(read_model(path), ON_CPU, feeds(0))
    graph = open_graph(path, ON_CPU)
    first = run(feeds(1))
    kept = {name: array.copy() for name, array in first.items()}
    for seed in (2, 3):
        told = run(feeds(seed))
        for name, expected in graph.run(feeds(seed)).items():
            np.testing.assert_allclose(told[name], expected, atol=1e-6)
    for name, array in kept.items():
        np.testing.assert_array_equal(first[name], array)
    assert run.provider == "cpu"
    assert run.notice == ""


def test_another_size_is_named(path):
    run = open_bound(read_model(path), ON_CPU, feeds(0))
    with pytest.raises(ValueError, match=r"step\.onnx: 'features' is bound as float32 of shape \(2, 3, "):
        run(feeds(0, batch=3))
    with pytest.raises(ValueError, match=r"'h' is bound as .*; got nothing"):
        run({"features": feeds(0)["features"], "c": feeds(0)["c"]})


def test_what_is_no_tensor_is_named(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 4])
    made = helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("SplitToSequence", ["x"], ["parts"])], "g", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "parts.onnx")
    with pytest.raises(ModelError, match=r"'parts' is seq\(tensor\(float\)\).*open_graph runs it"):
        open_bound(read_model(tmp_path / "parts.onnx"), Choice((CPU,)), {"x": np.ones((2, 4), np.float32)})


def test_on_cuda_the_launches_are_recorded_and_the_arrays_lie_there(path, cuda):
    Values.devices.clear()
    run = open_bound(read_model(path), Choice((CUDA, CPU)), feeds(0))
    (session,) = cuda()
    assert session.recorded
    assert session.runs == 1 + WARM_RUNS
    assert Values.devices == ["cuda"] * 3
    assert run.provider == "cuda"
    expected = open_graph(path, ON_CPU).run(feeds(4))
    for name, array in run(feeds(4)).items():
        np.testing.assert_allclose(array, expected[name], atol=1e-6)


def test_a_model_that_cannot_be_recorded_runs_without_and_says_so(path, cuda):
    cuda.fails = True
    run = open_bound(read_model(path), Choice((CUDA, CPU)), feeds(0))
    assert [session.recorded for session in cuda()] == [True, False]
    assert "step.onnx runs without a CUDA graph" in run.notice
    assert "graph capture" in run.notice
    assert "\n" not in run.notice


class Recorded(OnDevice):
    """As a CUDA graph is: from the third run on it reads and writes only where its arrays lay then."""

    def run_with_iobinding(self, binding):
        self.runs += 1
        if self.runs == 3:
            self.binding = binding
        if self.runs >= 3:
            assert binding is self.binding
        self._session.run_with_iobinding(binding.binding)


def test_a_recording_answers_a_second_and_different_input(path, cuda, monkeypatch):
    """Nothing is bound again after the recording; what is fed is copied to where the recording reads."""
    monkeypatch.setattr(OnDevice, "run_with_iobinding", Recorded.run_with_iobinding)
    run = open_bound(read_model(path), Choice((CUDA, CPU)), feeds(0))
    graph = open_graph(path, ON_CPU)
    for seed in (5, 6, 5):
        for name, expected in graph.run(feeds(seed)).items():
            np.testing.assert_allclose(run(feeds(seed))[name], expected, atol=1e-6)


def test_a_device_that_fails_while_it_runs_gives_way_to_the_cpu(path, cuda, monkeypatch):
    run = open_bound(read_model(path), Choice((CUDA, CPU)), feeds(0))

    def broken(self, binding):
        raise RuntimeError("CUDA failure 700: an illegal memory access")

    monkeypatch.setattr(OnDevice, "run_with_iobinding", broken)
    expected = open_graph(path, ON_CPU).run(feeds(7))
    for _ in range(2):
        for name, array in run(feeds(7)).items():
            np.testing.assert_allclose(array, expected[name], atol=1e-6)
    assert run.provider == "cpu"
    assert "failed on cuda" in run.notice
    assert "illegal memory access" in run.notice


def test_a_failing_run_is_one_line_with_the_models_name(path):
    wrong = {**feeds(0), "h": np.zeros((1, 7, 8), np.float32)}
    with pytest.raises(ModelError, match=r"step\.onnx: it fails when it runs") as caught:
        open_bound(read_model(path), ON_CPU, wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("writable", [True, False])
def test_the_callers_arrays_stay_the_callers(path, writable):
    example, second = feeds(1), feeds(2)
    before = {name: array.copy() for name, array in example.items()}
    for array in example.values():
        array.flags.writeable = writable
    run = open_bound(read_model(path), ON_CPU, example)
    answer = run(second)
    kept = {name: array.copy() for name, array in answer.items()}
    for name, array in example.items():
        np.testing.assert_array_equal(array, before[name])
        if writable:
            array[...] = 7.0
    for array in second.values():
        array[...] = 0.5
    run(feeds(3))
    for name, array in run(feeds(2)).items():
        np.testing.assert_array_equal(array, kept[name])
        np.testing.assert_array_equal(answer[name], kept[name])


def test_an_array_of_a_name_that_is_not_bound_is_refused(path):
    bound_run = open_bound(read_model(path), ON_CPU, feeds(0))
    with pytest.raises(ValueError, match="'hidden' is not bound; its example has 'features', 'h', 'c'"):
        bound_run({**feeds(1), "hidden": np.zeros(1, np.float32)})
