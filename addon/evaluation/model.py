"""The model that is measured, and bare runs of it to compare its time with."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from addon.errors import EvaluationError
from addon.features.recipe import COLUMNS
from addon.inference.described_step import DescribedStep
from addon.inference.inline import InlineEngine
from addon.inference.loaded_model import LoadedModel, load_model
from addon.inference.ort import onnxruntime
from addon.inference.providers import choose_here
from addon.model.registry import find_models, shipped_models

# Bare runs after each ink, so that other load on the machine slows both equally.
BARE_RUNS = 4


def open_model(model: str | Path) -> LoadedModel:
    """Load a base encoder, or a stroke model by someone else, by name or path, on the CPU.

    Raises:
        ModelError: There is none, or it cannot be opened.
        EvaluationError: It has fixed classes and cannot be taught.
    """
    (path, *_) = find_models(model, Path("none of the user's"), shipped_models())
    loaded = load_model(path, choose_here("cpu", None))
    if loaded.spec.scoring is None and not is_described(loaded):
        raise EvaluationError(
            f"{path.name} knows {len(loaded.spec.labels)} classes of its own and cannot learn others; "
            "measure a base encoder, such as --model encoder"
        )
    return loaded


def is_described(model: LoadedModel) -> bool:
    """Whether it is a model by someone else that has classes of its own, so that it is asked as it is."""
    return isinstance(model.session, DescribedStep) and model.session.output is not None


def new_engine(model: LoadedModel) -> InlineEngine:
    """An engine without taught classes; it always answers before `point` returns."""
    return InlineEngine(model)


def bare_run(model: LoadedModel) -> Callable[[], list[int]]:
    """A function that runs only the model on one row and returns the times in nanoseconds.

    For a model by someone else it returns none: its preparation cannot be separated from its run.
    """
    if model.spec.ink is not None:
        return list
    api = onnxruntime()
    options = api.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session: Any = api.InferenceSession(model.path.read_bytes(), options, providers=["CPUExecutionProvider"])
    state = np.zeros((model.spec.layers, 1, model.spec.hidden), dtype=np.float32)
    row = np.full((1, 1, len(COLUMNS)), 0.1, dtype=np.float32)
    names, feed = list(model.spec.outputs), {"features": row, "h": state, "c": state}

    def timed() -> int:
        began = perf_counter_ns()
        session.run(names, feed)
        return perf_counter_ns() - began

    return lambda: [timed() for _ in range(BARE_RUNS)]
