import json
from hashlib import sha256

import numpy as np
import pytest

from addon.errors import ModelError, ProviderError
from addon.inference import loaded_model
from addon.inference.autotune import KEPT, Memory, Trial, faster, machine_name, model_key
from addon.inference.opening import ModelFile
from addon.inference.providers import CPU, CUDA, Choice, asks_for
from tests.models import make_model

RIVALS = ((CUDA, CPU), (CPU,))


@pytest.fixture
def memory(tmp_path) -> Memory:
    return Memory(tmp_path / "cache" / "providers.json", "this machine")


def attempts(times: dict[str, float], tried: list[str]):
    """Stands in for opening a model: so many microseconds a run, or a failure where there are none."""

    def attempt(names):
        name = asks_for(names)
        tried.append(name)
        if name not in times:
            raise ModelError(f"no {name} here")
        return Trial(name, name, times[name])

    return attempt


def test_the_faster_provider_is_kept_for_the_model_and_reported(memory):
    tried: list[str] = []
    trial, line = faster(RIVALS, asks_for, attempts({"cuda": 61.2, "cpu": 13.4}, tried), memory, "a/1")
    assert trial.opened == "cpu"
    assert line == "recognition runs on cpu: 13 microseconds a run, 61 on cuda"
    trial, _ = faster(RIVALS, asks_for, attempts({"cuda": 900.0, "cpu": 20_000.0}, tried), memory, "b/1")
    assert trial.opened == "cuda"
    assert tried == ["cuda", "cpu"] * 2


def test_what_was_measured_is_remembered_for_this_model_batch_and_machine(memory, tmp_path):
    tried: list[str] = []
    attempt = attempts({"cuda": 61.2, "cpu": 13.4}, tried)
    faster(RIVALS, asks_for, attempt, memory, "a/1")
    trial, line = faster(RIVALS, asks_for, attempt, memory, "a/1")
    assert trial.opened == "cpu"
    assert "61 on cuda" in line
    assert tried == ["cuda", "cpu", "cpu"]
    faster(RIVALS, asks_for, attempt, memory, "a/64")
    other = Memory(tmp_path / "cache" / "providers.json", "another driver")
    faster(RIVALS, asks_for, attempt, other, "a/1")
    assert tried == ["cuda", "cpu", "cpu", "cuda", "cpu", "cuda", "cpu"]


def test_a_remembered_winner_that_fails_today_gives_way_to_the_others(memory):
    memory.keep("a/1", {"cuda": 50.0, "cpu": 90.0})
    tried: list[str] = []
    trial, line = faster(RIVALS, asks_for, attempts({"cpu": 90.0}, tried), memory, "a/1")
    assert trial.opened == "cpu"
    assert tried == ["cuda", "cpu"]
    assert line.startswith("recognition runs on cpu: 90 microseconds a run; the other provider failed")
    # What was measured another day stays: the device may be back tomorrow.
    assert memory.recall("a/1") == {"cuda": 50.0, "cpu": 90.0}
    with pytest.raises(ModelError, match="no c"):
        faster(RIVALS, asks_for, attempts({}, tried), memory, "a/1")


def test_another_gpu_or_driver_is_another_machine(tmp_path):
    one = Memory(tmp_path / "m.json", machine_name("1.31.1", "13.0", "NVIDIA T4, driver for CUDA 13.0"))
    one.keep("a/1", {"cuda": 50.0, "cpu": 90.0})
    for device in ("NVIDIA T4, driver for CUDA 13.2", "NVIDIA L4, driver for CUDA 13.0", ""):
        assert Memory(tmp_path / "m.json", machine_name("1.31.1", "13.0", device)).recall("a/1") == {}
    assert Memory(tmp_path / "m.json", machine_name("1.32.0", "13.0")).recall("a/1") == {}
    assert one.recall("a/1") == {"cuda": 50.0, "cpu": 90.0}


def test_a_provider_that_fails_is_reported_and_not_remembered(memory):
    tried: list[str] = []
    trial, line = faster(RIVALS, asks_for, attempts({"cpu": 13.4}, tried), memory, "a/1")
    assert trial.opened == "cpu"
    assert "the other provider failed (no cuda here)" in line
    assert memory.recall("a/1") == {}
    with pytest.raises(ModelError, match="no cpu"):
        faster(RIVALS, asks_for, attempts({}, tried), memory, "a/1")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"machine": "this machine", "models": [1]}', '{"models": 1}']
)
def test_a_spoilt_memory_is_an_empty_one(memory, tmp_path, text):
    path = tmp_path / "cache" / "providers.json"
    path.parent.mkdir()
    path.write_text(text)
    assert memory.recall("a/1") == {}
    memory.keep("a/1", {"cpu": 1.0})
    assert memory.recall("a/1") == {"cpu": 1.0}


def test_a_memory_that_cannot_be_written_costs_nothing_but_the_measurement(tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    memory = Memory(tmp_path / "cache" / "providers.json", "this machine")
    memory.keep("a/1", {"cpu": 1.0})
    assert memory.recall("a/1") == {}


def test_the_memory_stays_small_and_whole(memory, tmp_path):
    for number in range(KEPT + 5):
        memory.keep(f"{number}/1", {"cpu": 1.0})
    kept = json.loads((tmp_path / "cache" / "providers.json").read_text())
    assert len(kept["models"]) == KEPT
    assert f"{KEPT + 4}/1" in kept["models"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["providers.json"]


class SlowStep:
    """A step that calls itself CUDA, and takes as long as a launch."""

    provider = "cuda"

    def __init__(self, session) -> None:
        self._session = session
        self.spec = session.spec

    def start(self, batch=1):
        return self._session.start(batch)

    def step(self, rows, state):
        for _ in range(20):
            self._session.step(rows, state)
        return self._session.step(rows, state)


def test_auto_takes_the_cpu_for_a_small_model_where_a_launch_takes_longer(tmp_path, monkeypatch, memory):
    path = tmp_path / "small.onnx"
    make_model(path, hidden=8)
    opened = loaded_model.open_told

    def fake(file: ModelFile, choice: Choice):
        session, notice = opened(file, Choice((CPU,)))
        return (SlowStep(session) if choice.providers[0] == CUDA else session), notice

    monkeypatch.setattr(loaded_model, "open_told", fake)
    choice = Choice((CUDA, CPU), rivals=((CPU,),))
    for _ in range(2):
        model = loaded_model.load_model(path, choice, memory)
        assert model.session.provider == "cpu"
        assert model.notice.startswith("recognition runs on cpu:")
        assert "on cuda" in model.notice
        assert np.isfinite(model.timings.p50)
    assert set(memory.recall(model_key(sha256(path.read_bytes()).hexdigest(), 1))) == {"cpu", "cuda"}


def test_two_builds_are_reported_where_a_provider_is_chosen(monkeypatch):
    from addon.inference import providers

    monkeypatch.setattr(providers, "wheels_at_odds", lambda: "both are installed")
    assert providers.choose_here("cpu", None).notice == "both are installed"
    monkeypatch.setattr(providers, "probe_this_machine", lambda: providers.Cuda("missing: libcudnn.so.9"))
    with pytest.raises(ProviderError, match=r"libcudnn.*\(both are installed\)"):
        providers.choose_here("cuda", "cuda")
