"""Run a model on made-up inputs: whether it runs, where, and how fast."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import numpy as np

from addon.arrays import Array
from addon.doctor.findings import Speed, Value
from addon.doctor.inputs import Feeds, attempts
from addon.errors import ModelError
from addon.inference.graph import check_sizes
from addon.inference.opening import ModelFile, open_session
from addon.inference.placement import nodes_of
from addon.inference.providers import short_name
from addon.inference.refusal import without_codes

TRYING_SECONDS = 10.0
"""Time for finding inputs that fit."""

MOST_RUNS = 1000
_FEWEST_RUNS = 3


class Trial:
    """A session with inputs that it accepts.

    Args:
        file: The model to open.
        providers: ONNX Runtime's names, the preferred one first.
        folder: Folder for a temporary file.

    Attributes:
        session: ONNX Runtime's session.
        inputs: The model's inputs.
        outputs: The model's outputs.
        feeds: Inputs that it accepted.
        answers: Its answers, by name.
        parts: Operators that ran, by provider; fused ones have other names.

    Raises:
        ModelError: It cannot be opened.
    """

    def __init__(self, file: ModelFile, providers: Sequence[str], folder: Path) -> None:
        self._file = file
        # ONNX Runtime reports only in a file what ran where.
        prefix = str(folder / "profile")
        self.session: Any = open_session(file, providers, profile=prefix)
        self.inputs = [_value(value) for value in self.session.get_inputs()]
        self.outputs = [_value(value) for value in self.session.get_outputs()]
        self.feeds: Feeds = {}
        self.answers: dict[str, Any] = {}
        self.parts: dict[str, dict[str, int]] = {}

    def run(self, steps: int, constants: Mapping[str, float]) -> None:
        """Run it once, on the first inputs that it accepts.

        Args:
            steps: Time steps, if it has a time axis.
            constants: Constant inputs of its description, by name.

        Raises:
            ModelError: It accepts none of them; the message has its error for the first.
        """
        ends = perf_counter() + TRYING_SECONDS
        first = ""
        try:
            for feeds in attempts(self.inputs, steps, constants):
                try:
                    answers = self.session.run(None, feeds)
                except Exception as error:
                    first = first or f"{without_codes(str(error))}; fed {shapes_text(shapes(feeds))}"
                else:
                    names = [value["name"] for value in self.outputs]
                    self.feeds, self.answers = feeds, dict(zip(names, answers, strict=True))
                    break
                if perf_counter() > ends:
                    break
        except (TypeError, MemoryError) as error:
            first = first or str(error)
        finally:
            profile = Path(self.session.end_profiling())
            self.parts = _parts(profile)
            profile.unlink(missing_ok=True)
        if not self.answers:
            check_sizes(self._file.path.name, {value["name"]: value["shape"] for value in self.inputs})
            raise ModelError(f"{self._file.path.name}: it opens, but no made-up input fits it ({first})")

    def measure(self, seconds: float) -> Speed:
        """Measure the time of a run, for about `seconds`; the slow first run was made before."""
        times: list[float] = []
        ends = perf_counter() + seconds
        while len(times) < _FEWEST_RUNS or (perf_counter() < ends and len(times) < MOST_RUNS):
            began = perf_counter()
            try:
                self.session.run(None, self.feeds)
            except Exception as error:
                message = without_codes(str(error))
                raise ModelError(f"it ran once, but failed when run again ({message})") from error
            times.append(perf_counter() - began)
            if perf_counter() - began > seconds:
                break
        median, p99 = np.percentile(np.array(times) * 1e3, [50, 99])
        return Speed(
            inputs=shapes(self.feeds),
            outputs=shapes(self.answers),
            median_ms=round(float(median), 4),
            p99_ms=round(float(p99), 4),
            runs=len(times),
        )

    def finite(self) -> bool:
        """Whether every answer is a number."""
        arrays = [array for array in map(_first, self.answers.values()) if array.dtype.kind == "f"]
        return all(bool(np.isfinite(array).all()) for array in arrays)


def shapes(arrays: Mapping[str, Any]) -> dict[str, list[int]]:
    """Shapes of arrays by name; for a list, of its first array."""
    return {name: list(_first(array).shape) for name, array in arrays.items()}


def _first(answer: Any) -> Array:
    """An array, or the first array of a list; an empty array for anything else."""
    values = cast(list[Any], answer) if isinstance(answer, list) else [answer]
    found: Any = values[0] if values else None
    return np.zeros(0) if found is None or isinstance(found, dict) else np.asarray(found)


def shapes_text(sizes: Mapping[str, Sequence[int]]) -> str:
    """Names and shapes as text."""
    return (
        ", ".join(f"{name} {' × '.join(map(str, shape)) or 'a number'}" for name, shape in sizes.items())
        or "nothing"
    )


def _value(value: Any) -> Value:
    return Value(name=value.name, shape=list(value.shape), type=value.type)


def _parts(profile: Path) -> dict[str, dict[str, int]]:
    """How many nodes of each operator ran on each provider; empty if the profile is incomplete."""
    try:
        nodes = nodes_of(profile)
    except (OSError, ValueError):
        # Truncated at the limit for files, after very many iterations of a loop.
        return {}
    counts = Counter((short_name(provider), operator) for provider, operator, _ in nodes)
    parts: dict[str, dict[str, int]] = {}
    for (provider, operator), count in sorted(counts.items()):
        parts.setdefault(provider, {})[operator] = count
    return parts
