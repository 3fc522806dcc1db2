"""What runs each node is asked of ONNX Runtime; a model whose device fails continues on the CPU."""

import json
from pathlib import Path

import numpy as np
import pytest

from addon.errors import ModelError, ProviderError
from addon.inference import placement
from addon.inference.graph import open_graph
from addon.inference.opening import read_model
from addon.inference.placement import NO_CPU, RECORD, Placement, open_placed, or_on_cpu, placed, truth
from addon.inference.providers import CPU, CUDA, Choice
from tests.models import make_model

WISH = Choice((CUDA, CPU))
DEMAND = Choice((CUDA, CPU), required="cuda")
MIXED = placed([(CUDA, "LSTM")] * 12 + [(CPU, "Shape"), (CPU, "Gather"), (CUDA, "MemcpyToHost")])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_model(tmp_path / "step.onnx", ("A", "B"), hidden=8)
    return tmp_path / "step.onnx"


def rows(graph) -> dict[str, np.ndarray]:
    sizes = {info.name: [n if isinstance(n, int) else 1 for n in info.shape] for info in graph.inputs}
    return {name: np.full(shape, 0.5, np.float32) for name, shape in sizes.items()}


class Part:
    """As ONNX Runtime tells of a part of a graph: one node."""

    def __init__(self, ep_name: str, operator: str) -> None:
        self.ep_name = ep_name
        self.op_type = operator

    def get_nodes(self):
        return [self]


class Device:
    """A session on the CPU whose nodes are said to run elsewhere, and which may fail."""

    def __init__(self, session, nodes: list[tuple[str, str]]) -> None:
        self._session, self._nodes = session, nodes
        self.broken = False

    def get_provider_graph_assignment_info(self):
        return [Part(provider, operator) for provider, operator in self._nodes]

    def run(self, names, feeds):
        if self.broken:
            raise RuntimeError("CUDA failure 2: out of memory")
        return self._session.run(names, feeds)

    def __getattr__(self, name):
        return getattr(self._session, name)


@pytest.fixture
def device(monkeypatch):
    """Makes sessions of CUDA stand-ins; gives those made, with what was asked of each."""
    opened = placement.open_session
    made: list[tuple[Device, list[str], dict[str, str]]] = []
    nodes: list[tuple[str, str]] = [(CUDA, "LSTM")]

    def open_session(file, providers, threads=1, appended=b"", *, entries=None, profile=""):
        session = opened(file, [CPU], threads, appended, entries=None, profile=profile)
        if CUDA not in providers:
            return session
        if (entries or {}).get(NO_CPU) and any(provider == CPU for provider, _ in nodes):
            raise ModelError("fallback to CPU EP has been explicitly disabled")
        made.append((Device(session, nodes), list(providers), dict(entries or {})))
        return made[-1][0]

    monkeypatch.setattr(placement, "open_session", open_session)
    open_session.made, open_session.nodes = made, nodes  # pyright: ignore[reportFunctionMemberAccess]
    return open_session


def test_the_provider_that_runs_most_nodes_is_the_one_that_is_shown():
    assert MIXED.provider == "cuda"
    assert str(MIXED) == "cuda 12 of 14 nodes, cpu 2"
    assert MIXED.elsewhere == ("Shape", "Gather")
    assert Placement({"cuda": 1, "cpu": 9}).provider == "cpu"
    assert Placement({}).provider == "cpu"


def test_what_runs_elsewhere_than_hoped_for_is_one_line():
    assert truth("m.onnx", WISH, Placement({"cuda": 3})) == ""
    assert (
        truth("m.onnx", WISH, Placement({"cpu": 3}))
        == "recognition runs on the CPU: cuda takes no node of m.onnx"
    )
    assert truth("m.onnx", WISH, MIXED) == "m.onnx runs on cuda 12 of 14 nodes, cpu 2 (Shape, Gather)"
    assert truth("m.onnx", Choice((CPU,), "no driver"), Placement({"cpu": 3})) == "no driver"
    for ran in (MIXED, Placement({"cpu": 3})):
        with pytest.raises(ProviderError, match=r"m\.onnx: cuda is required, and ONNX Runtime runs it on c"):
            truth("m.onnx", DEMAND, ran)


def test_a_provider_that_takes_no_node_is_not_the_one_that_runs(path, device):
    device.nodes[:] = [(CPU, "LSTM")]
    found = open_placed(read_model(path), WISH)
    assert found.provider == "cpu"
    assert "cuda takes no node of step.onnx" in found.notice
    with pytest.raises(ProviderError, match="runs it on cpu 1 of 1 nodes"):
        open_placed(read_model(path), DEMAND)


def test_what_is_required_is_asked_for_alone_and_without_the_cpu(path, device):
    assert open_placed(read_model(path), DEMAND).provider == "cuda"
    ((_, providers, entries),) = device.made
    assert providers == [CUDA]
    assert entries == {RECORD: "1", NO_CPU: "1"}


def test_a_mixed_graph_is_refused_where_one_provider_is_required_and_its_operators_named(path, device):
    device.nodes[:] = [(CUDA, "LSTM"), (CPU, "Shape")]
    with pytest.raises(ProviderError, match=r"cuda 1 of 2 nodes, cpu 1 \(Shape\)"):
        open_placed(read_model(path), DEMAND)
    assert "runs on cuda 1 of 2 nodes" in open_placed(read_model(path), WISH).notice


def test_an_onnx_runtime_that_cannot_tell_writes_a_profile(path, monkeypatch):
    monkeypatch.setattr(placement, "placement_of", lambda session: None)
    opened = placement.open_session
    profiles: list[str] = []

    def open_session(file, providers, threads=1, appended=b"", *, entries=None, profile=""):
        profiles.append(profile)
        return opened(file, [CPU], threads, appended, profile=profile)

    monkeypatch.setattr(placement, "open_session", open_session)
    found = open_placed(read_model(path), WISH)
    assert found.placement.provider == "cpu"
    assert sum(found.placement.nodes.values()) > 3
    assert not Path(profiles[-1]).parent.exists()


def test_a_session_falls_back_to_nothing_by_itself(path):
    session = placement.open_session(read_model(path), [CPU])
    assert not session._enable_fallback


def test_a_graph_whose_device_fails_while_it_runs_moves_to_the_cpu_and_says_so(path, device, caplog):
    graph = open_graph(path, WISH)
    expected = graph.run(rows(graph))
    assert graph.provider == "cuda"
    device.made[0][0].broken = True
    told = graph.run(rows(graph))
    for name, array in expected.items():
        np.testing.assert_array_equal(told[name], array)
    assert graph.provider == "cpu"
    assert "it failed on cuda (step.onnx: CUDA failure 2: out of memory)" in graph.notice
    assert graph.notice in caplog.messages
    with pytest.raises(ModelError, match="fails when it runs"):
        graph.run({})


def test_wrong_inputs_are_no_reason_to_leave_a_device(path, device):
    graph = open_graph(path, WISH)
    with pytest.raises(ModelError, match="fails when it runs"):
        graph.run({**rows(graph), "h": np.zeros((1, 7, 8), np.float32)})
    assert graph.provider == "cuda"


def test_what_is_required_never_moves(path, device):
    graph = open_graph(path, DEMAND)
    device.made[0][0].broken = True
    with pytest.raises(ModelError, match="out of memory"):
        graph.run(rows(graph))
    assert graph.provider == "cuda"


def test_a_wish_that_fails_when_it_opens_is_the_cpu_with_a_line(path, monkeypatch):
    opened = placement.open_session

    def open_session(file, providers, *more, **options):
        if CUDA in providers:
            raise ModelError("step.onnx: CUDA failure 100: no device")
        return opened(file, providers, *more, **options)

    monkeypatch.setattr(placement, "open_session", open_session)
    graph = open_graph(path, WISH)
    assert graph.provider == "cpu"
    assert (
        graph.notice
        == "recognition runs on the CPU: it failed on cuda (step.onnx: CUDA failure 100: no device)"
    )
    with pytest.raises(ModelError, match="no device"):
        open_graph(path, DEMAND)


def test_what_fails_on_the_cpu_as_well_is_the_models_own_fault():
    def attempt(choice: Choice) -> None:
        raise ModelError(f"fails on {choice.providers[0]}")

    with pytest.raises(ModelError, match=f"fails on {CPU}"):
        or_on_cpu(WISH, attempt)


def test_a_files_name_cannot_forge_a_line_in_the_log():
    forged = "m\x1b[2K\rall is well.onnx"
    for line in (truth(forged, WISH, MIXED), placement.on_cpu(WISH, f"{forged}: out of memory").notice):
        assert line.isprintable()


def test_copies_between_providers_are_no_nodes_of_a_model(tmp_path):
    event = {"cat": "Node", "name": "a_kernel_time", "args": {"provider": CUDA, "op_name": "LSTM"}}
    copy = {"cat": "Node", "name": "b_kernel_time", "args": {"provider": CUDA, "op_name": "MemcpyToHost"}}
    (tmp_path / "p.json").write_text(json.dumps([event, copy, {"cat": "Session", "name": "c_kernel_time"}]))
    found = placed((one, op) for one, op, _ in placement.nodes_of(tmp_path / "p.json"))
    assert dict(found.nodes) == {"cuda": 1}
