"""How a pretraining joins others, and what it does on a GPU, as far as a machine without one can tell."""

import pytest
import torch

from addon.pretraining import loop
from addon.pretraining.loop import Settings, World, join, mixes


class Fakes:
    """A machine with GPUs, and torchrun's other processes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cuda: bool, **torchrun: int) -> None:
        self.device: int | None = None
        self.backend = ""
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "set_device", self._choose)
        monkeypatch.setattr(loop.dist, "init_process_group", self._join)
        for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
            monkeypatch.delenv(name, raising=False)
        for name, value in torchrun.items():
            monkeypatch.setenv(name, str(value))

    def _choose(self, device: int) -> None:
        self.device = device

    def _join(self, backend: str) -> None:
        self.backend = backend


def test_alone_on_a_cpu_nothing_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(monkeypatch, cuda=False)
    assert join() == World(0, 1, torch.device("cpu"))
    assert (fakes.device, fakes.backend) == (None, "")


def test_on_cpus_it_is_gloo(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(monkeypatch, cuda=False, WORLD_SIZE=2, RANK=1, LOCAL_RANK=1)
    assert join() == World(1, 2, torch.device("cpu"))
    assert (fakes.device, fakes.backend) == (None, "gloo")


def test_on_gpus_it_is_nccl_and_each_process_keeps_to_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(monkeypatch, cuda=True, WORLD_SIZE=8, RANK=6, LOCAL_RANK=2)
    assert join() == World(6, 8, torch.device("cuda", 2))
    assert (fakes.device, fakes.backend) == (2, "nccl")


@pytest.mark.parametrize(
    ("wanted", "device", "knows", "mixed"),
    [
        (True, "cpu", True, True),
        (True, "cpu", False, False),
        (False, "cuda", True, False),
        (True, "cuda", True, True),
        (True, "cuda", False, False),
    ],
)
def test_bfloat16_is_taken_where_it_is(
    monkeypatch: pytest.MonkeyPatch, wanted: bool, device: str, knows: bool, mixed: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: knows)

    class Lstm(torch.nn.LSTM):
        def __call__(self, *_: object) -> None:
            if not knows:
                raise RuntimeError("could not create a primitive descriptor for the LSTM")

    monkeypatch.setattr(torch.nn, "LSTM", Lstm)
    assert mixes(Settings(mixed=wanted), torch.device(device)) is mixed
