"""The faster provider for a model: measured once on each provider, and remembered for this machine.

A step of a tiny LSTM on the CPU is often faster than a single launch on the GPU; a run of a convolutional
network is not. Measuring is more reliable than any rule.
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
        provider: Short name of the provider that actually runs it.
        p50_us: Median microseconds of a run.
    """

    opened: Opened
    provider: str
    p50_us: float


class Memory:
    """Measurements on this machine, in one small file in the user's cache.

    They are discarded if the version of ONNX Runtime, the processor or the driver changes. A file that cannot
    be read counts as empty. If the file cannot be written, Inkloop measures again next time.

    Args:
        path: The file.
        machine: The machine that the figures are valid for, as `machine_name` describes it.
    """

    def __init__(self, path: Path, machine: str) -> None:
        self._path = path
        self._machine = machine

    def recall(self, key: str) -> dict[str, float]:
        """Microseconds of a run by provider; empty if they are not known."""
        return self._read().get(key, {})

    def keep(self, key: str, figures: dict[str, float]) -> None:
        """Remember figures; beyond `KEPT` models the oldest are forgotten."""
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
    """The machine: versions of ONNX Runtime and CUDA, GPU with its driver, processor and host name."""
    gpu = device or "no GPU"
    return (
        f"onnxruntime {runtime}, cuda {cuda}, {gpu}, {platform.machine()} x {os.cpu_count()}, "
        f"{platform.node()}"
    )


def model_key(sha256: str, batch: int) -> str:
    """The key of a model's figures."""
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
        short: Returns the short name of the provider that such a list asks for.
        attempt: Opens, warms and measures the model with such a list.
        memory: Earlier measurements on this machine.
        key: The model's key, from `model_key`.

    Returns:
        The model, and one line for the user with both figures.

    Raises:
        ModelError: It runs on no provider; this is the last error.
        ProviderError: The same.
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
            # It was faster when measured. Now its device may be full or gone, and the others still run.
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
    """One line for the user: the provider in use, all figures, and a failure if there was one."""
    others = [f"{us:.0f} on {name}" for name, us in sorted(figures.items()) if name != provider]
    line = f"recognition runs on {provider}: {figures.get(provider, float('nan')):.0f} microseconds a run"
    if others:
        line += f", {', '.join(others)}"
    return f"{line}; the other provider failed ({said(failed)})" if failed else line
