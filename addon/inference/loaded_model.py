"""A model that is loaded, warm and measured: ready to take over between two frames."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from platformdirs import user_cache_path

from addon.background.timings import Timings
from addon.errors import ModelError, said
from addon.files import write_atomically
from addon.inference.autotune import FILE, Memory, Names, Trial, faster, machine_name, model_key
from addon.inference.described_trial import trial_ink
from addon.inference.opening import ModelFile, read_model
from addon.inference.ort import onnxruntime
from addon.inference.placement import may_move, on_cpu, or_on_cpu
from addon.inference.providers import Choice, asks_for
from addon.inference.session import open_told
from addon.inference.step import StepSession, row_width
from addon.model.adaptor import adaptor_path
from addon.model.inspect import DESCRIBED, PEN
from addon.model.metadata import ModelSpec

INLINE_BELOW_US = 200.0
"""A step whose p99 stays below runs on the frame's thread: a worker's queue would cost more than it saves."""

_WINDOWS = 5
_STEPS_A_WINDOW = 100
_BUDGET_NS = 500_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A model that can answer at once.

    Attributes:
        path: The file it came from.
        session: The open session.
        timings: Of one step, from the warm-up.
        notice: One line for the user if it runs elsewhere than hoped for; else empty.
        content: Of the file and what belongs to it, in hex; see `ModelFile`.
        elsewhere: Loads the same bytes on the CPU, with the reason; None if it is there already, or may
            not go there.
    """

    path: Path
    session: StepSession
    timings: Timings
    notice: str = ""
    content: str = ""
    elsewhere: Callable[[str], "LoadedModel"] | None = None

    @property
    def spec(self) -> ModelSpec:
        """The description in its file."""
        return self.session.spec

    @property
    def inline(self) -> bool:
        """Whether its steps are short enough for the frame's thread."""
        return self.timings.p99 < INLINE_BELOW_US


def read_pen(path: Path) -> ModelFile:
    """Read a pen model once, within the bounds for a sketch's own process.

    Raises:
        ModelError: As `read_model`.
    """
    return read_model(path, bounds=DESCRIBED if adaptor_path(path).exists() else PEN)


def read_again(model: LoadedModel) -> ModelFile:
    """Read the file of a model that is in use, to copy it or to continue from it.

    Raises:
        ModelError: It is gone, or another file lies there by now.
    """
    file = read_pen(model.path)
    if file.content != model.content:
        raise ModelError(
            f"{model.path.name}: the file was replaced after it was loaded; load the new one, or put the old "
            "one back"
        )
    return file


def copied(model: LoadedModel, path: Path) -> None:
    """Write the file of a model that is in use to another path, atomically.

    Raises:
        ModelError: As `read_again`; or its weights are in further files.
        OSError: It cannot be written.
    """
    file = read_again(model)
    if file.weights:
        raise ModelError(
            f"{model.path.name}: its weights are in further files ({', '.join(file.weights)}), so one copy "
            "would not hold it; export it again as one file (external_data=False)"
        )
    write_atomically(path, file.data)


def load_model(source: Path | ModelFile, choice: Choice, memory: Memory | None = None) -> LoadedModel:
    """Open a model, warm it and measure it; takes a tenth of a second or more, so call it off the frame.

    Where the choice leaves several providers open, the one that is faster for this model is taken.

    Args:
        source: The ONNX file, or what was read of it already.
        choice: Providers to ask for.
        memory: What was measured before; None for what is kept on this machine.

    Raises:
        ModelError: It cannot be opened, cannot run, or its answers are not numbers.
        ProviderError: It does not run on the provider that is required.
    """
    file = read_pen(source) if isinstance(source, Path) else source
    if not choice.rivals:
        return or_on_cpu(choice, lambda choice: _attempt(file, choice))
    rivals = (choice.providers, *choice.rivals)

    def attempt(names: Names) -> Trial[LoadedModel]:
        model = _attempt(file, replace(choice, providers=names))
        return Trial(model, model.session.provider, model.timings.p50)

    key = model_key(file.sha256, batch=1)
    trial, notice = faster(rivals, asks_for, attempt, memory or here(choice.device), key)
    return replace(trial.opened, notice=". ".join(filter(None, (notice, trial.opened.notice))))


def here(device: str = "") -> Memory:
    """What was measured on this machine with a device, named as in `providers.Cuda`."""
    runtime = onnxruntime()
    machine = machine_name(runtime.__version__, getattr(runtime, "cuda_version", "") or "none", device)
    return Memory(user_cache_path("inkloop") / FILE, machine)


def _attempt(file: ModelFile, choice: Choice) -> LoadedModel:
    path = file.path
    session, notice = open_told(file, choice)
    try:
        timings = measure(session)
    except ModelError as error:
        raise ModelError(f"{path.name}: {error}") from error
    except Exception as error:
        raise ModelError(f"{path.name}: it fails when it runs ({said(error)}); export it again") from error

    def elsewhere(why: str) -> LoadedModel:
        return _attempt(file, replace(on_cpu(choice, why), rivals=()))

    moves = session.provider != "cpu" and may_move(choice)
    return LoadedModel(path, session, timings, notice, file.content, elsewhere if moves else None)


MAGNITUDES = (0.0, 1e-3, 30.0, 1e3, 1e5)
"""By which rows are multiplied that a model must survive: pens jump, and screens are of every size."""


def try_magnitudes(session: StepSession) -> None:
    """Take a model through rows of numbers that are far smaller and far larger than a hand's.

    Raises:
        ModelError: An answer is not finite.
    """
    rows = trial_rows(session, 4, seed=1)
    for magnitude in MAGNITUDES:
        try:
            _window(session, rows * np.float32(magnitude))
        except ModelError as error:
            raise ModelError(f"fed with numbers around {magnitude:g}, {error}") from error


def measure(session: StepSession) -> Timings:
    """Time of one step, in microseconds, of the calmest of several short windows.

    A machine that is busy with something else only ever makes a step look slower than it is.

    Raises:
        ModelError: An answer is not finite.
    """
    pen = trial_rows(session, _STEPS_A_WINDOW)
    _window(session, pen[:2])
    windows: list[Timings] = []
    ends = perf_counter_ns() + _BUDGET_NS
    while len(windows) < _WINDOWS and (not windows or perf_counter_ns() < ends):
        windows.append(_window(session, pen, ends))
    return min(windows, key=lambda window: window.p99)


def trial_rows(session: StepSession, count: int, seed: int = 0) -> np.ndarray:
    """So many rows as a session takes them, shape (count, 1, 1, numbers)."""
    if session.spec.ink is not None:
        return trial_ink(max(count - 2, 2))[0, :count, None, None]
    rows = np.random.default_rng(seed).uniform(-1.0, 1.0, (count, 1, 1, row_width(session.spec)))
    return rows.astype(np.float32)


def _window(session: StepSession, pen: np.ndarray, ends: int = 0) -> Timings:
    times: list[int] = []
    state = session.start()
    for row in pen:
        began = perf_counter_ns()
        outputs, state = session.step(row, state)
        now = perf_counter_ns()
        times.append(now - began)
        arrays = (outputs.scores, outputs.progress, outputs.embedding, outputs.unknown)
        if not all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f"):
            raise ModelError("its answers are not numbers (NaN); train or export it again")
        if ends and now > ends:
            break
    p50, p99 = np.percentile(np.array(times) / 1000.0, [50, 99])
    return Timings(float(p50), float(p99), 0)
