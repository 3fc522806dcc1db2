"""Which provider is faster for one model: measured once on each, and remembered for this machine.

A step of a tiny LSTM is often faster on the CPU than a launch on the GPU is alone; a convolutional network is
not. No rule tells them apart as well as trying.
"""

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

from addon.errors import ModelError, ProviderError, said
from addon.files import write_atomically

Opened = TypeVar("Opened")
Names = tuple[str, ...]

FILE = "providers.json"
KEPT = 500


@dataclass(frozen=True, slots=True, eq=False)
class Trial(Generic[Opened]):
    """A model that was opened, warmed and measured.

    Attributes:
        opened: The model.
        provider: Short name of what it really runs on.
        p50_us: Microseconds a run, half of them.
    """

    opened: Opened
    provider: str
    p50_us: float


class Memory:
    """What was measured on this machine, in one small file of the user's cache.

    It is kept anew for another version of ONNX Runtime, another processor or another driver. A file that
    cannot be read counts as empty, one that cannot be written costs a measurement next time.

    Args:
        path: The file.
        machine: What the figures hold for.
    """

    def __init__(self, path: Path, machine: str) -> None:
        self._path = path
        self._machine = machine

    def recall(self, key: str) -> dict[str, float]:
        """Microseconds by provider; empty if they are not known."""
        return self._read().get(key, {})

    def keep(self, key: str, figures: dict[str, float]) -> None:
        """Remember figures; the oldest are forgotten beyond a few hundred."""
        known = self._read()
        known.pop(key, None)
        known[key] = figures
        newest = dict(list(known.items())[-KEPT:])
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"machine": self._machine, "models": newest}, indent=1)
            write_atomically(self._path, text.encode("utf-8"))
        except OSError:
            return

    def _read(self) -> dict[str, dict[str, float]]:
        try:
            kept: object = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(kept, dict):
            return {}
        known = cast(dict[str, object], kept)
        models = known.get("models")
        if known.get("machine") != self._machine or not isinstance(models, dict):
            return {}
        by_key = cast(dict[str, object], models)
        return {key: figures for key, given in by_key.items() if (figures := _figures(given))}


def _figures(given: object) -> dict[str, float]:
    if not isinstance(given, dict):
        return {}
    figures = cast(dict[str, object], given)
    return {name: float(us) for name, us in figures.items() if isinstance(us, int | float) and us > 0}


def machine_name(runtime: str, cuda: str, device: str = "") -> str:
    """What figures hold for: versions of ONNX Runtime and CUDA, the GPU with its driver, the processor."""
    gpu = device or "no GPU"
    return (
        f"onnxruntime {runtime}, cuda {cuda}, {gpu}, {platform.machine()} x {os.cpu_count()}, "
        f"{platform.node()}"
    )


def model_key(sha256: str, batch: int) -> str:
    """Under which a model's figures are kept."""
    return f"{sha256}/{batch}"


def faster(
    candidates: Sequence[Names],
    short: Callable[[Names], str],
    attempt: Callable[[Names], Trial[Opened]],
    memory: Memory,
    key: str,
) -> tuple[Trial[Opened], str]:
    """Open a model on the provider that is faster for it.

    Args:
        candidates: Lists of provider names to ask ONNX Runtime for, at least one.
        short: The name of the provider that such a list asks for.
        attempt: Opens, warms and measures the model with such a list.
        memory: What is known of this machine.
        key: The model's, as `model_key`.

    Returns:
        The model, and one line for the user with both figures.

    Raises:
        ModelError: It runs on none of them; the last reason.
        ProviderError: Likewise.
    """
    names = {short(candidate): candidate for candidate in candidates}
    known = memory.recall(key)
    trials: list[Trial[Opened]] = []
    failed: Exception | None = None
    left = list(candidates)
    if set(known) == set(names):
        best = names[min(known, key=known.__getitem__)]
        try:
            trial = attempt(best)
        except (ModelError, ProviderError) as error:
            # It won another day: a device may be full or gone today, and the others still run.
            failed = error
            left.remove(best)
        else:
            return trial, told(trial.provider, known)
    for candidate in left:
        try:
            trials.append(attempt(candidate))
        except (ModelError, ProviderError) as error:
            failed = error
    if not trials:
        assert failed is not None
        raise failed
    best = min(trials, key=lambda trial: trial.p50_us)
    figures = {trial.provider: round(trial.p50_us, 2) for trial in trials}
    if set(figures) == set(names):
        memory.keep(key, figures)
    return best, told(best.provider, figures, failed)


def told(provider: str, figures: dict[str, float], failed: Exception | None = None) -> str:
    """One line about how it went."""
    others = [f"{us:.0f} on {name}" for name, us in sorted(figures.items()) if name != provider]
    line = f"recognition runs on {provider}: {figures.get(provider, float('nan')):.0f} microseconds a run"
    if others:
        line += f", {', '.join(others)}"
    return f"{line}; the other provider failed ({said(failed)})" if failed else line
