"""Any recurrent ONNX model, with its state passed in and out: `step(x, state) -> (y, state)`.

    model = open_recurrent(path, choice)
    state = model.start()
    for x in stream:
        y, state = model.step({"input": x}, state)

`open_stream` keeps the state itself, so that a worker can run it; the worker's policy must be "every".
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np

from addon.arrays import Array, Tensors
from addon.errors import ModelError
from addon.inference.graph import GraphSession, TensorInfo, open_graph, signatures
from addon.inference.ort import onnxruntime
from addon.inference.providers import Choice, choose_here
from addon.inference.recurrent_state import may_be_same, state_pairs
from addon.inference.refusal import without_codes
from addon.model.adaptor import Adaptor, adaptor_of

State: TypeAlias = Mapping[str, Any]
"""The recurrent state by input name, never changed; on a device, values that stay there."""


class StateLostError(ModelError):
    """The loss of a recurrent state because its device failed."""


class RecurrentModel:
    """An open model and the names of its state.

    Args:
        graph: The model.
        pairs: Inputs of the state, each with the output that is fed to it in the next step.
        constants: Inputs that are always fed the same number.
        device: ONNX Runtime's name for the device that keeps the state; empty to keep it in arrays.

    Raises:
        ModelError: The model has no such input or output, or a pair differs in type or shape.
    """

    def __init__(
        self,
        graph: GraphSession,
        pairs: tuple[tuple[str, str], ...],
        constants: Mapping[str, float] | None = None,
        device: str = "",
    ) -> None:
        self._graph = graph
        self._pairs = pairs
        self._device = device
        inputs = {info.name: info for info in graph.inputs}
        outputs = {info.name: info for info in graph.outputs}
        _check(graph.path.name, pairs, inputs, outputs)
        self._states = [inputs[given] for given, _ in pairs]
        fed = constants or {}
        self._constants = {
            name: constant_array(inputs[name], value) for name, value in fed.items() if name in inputs
        }
        known = {given for given, _ in pairs} | set(self._constants)
        self.inputs = tuple(info for info in graph.inputs if info.name not in known)
        made = {after for _, after in pairs}
        self.outputs = tuple(info for info in graph.outputs if info.name not in made)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self._graph.path.name

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Inputs of the state, each with the output that is fed to it."""
        return self._pairs

    @property
    def provider(self) -> str:
        """The provider that actually runs it."""
        return self._graph.provider

    @property
    def notice(self) -> str:
        """One line for the user if it runs on another provider than preferred; else empty."""
        return self._graph.notice

    def start(self, batch: int = 1) -> State:
        """The state before the first step, all zeros; every free size of the model is `batch`.

        Raises:
            ValueError: The batch is less than 1.
        """
        if batch < 1:
            raise ValueError(f"batch must be at least 1; got {batch}")
        return {info.name: self._sent(_zeros(info, batch)) for info in self._states}

    def start_for(self, x: Tensors) -> State:
        """The state before the first step of these inputs, all zeros.

        A free size is that of the inputs' axis of the same name, and 1 if there is none.
        """
        sizes = {
            free: has
            for info in self.inputs
            if info.name in x
            for free, has in zip(info.shape, x[info.name].shape, strict=False)
            if isinstance(free, str)
        }
        return {info.name: self._sent(_zeros(info, 1, sizes)) for info in self._states}

    def step(self, x: Tensors, state: State) -> tuple[dict[str, Array], State]:
        """Run the model from a state.

        Args:
            x: An array for each of `inputs`; if the model has a time axis, it may contain several steps.
            state: The result of `start` or of an earlier step; it is not changed.

        Returns:
            An array for each of `outputs`, and the next state.

        Raises:
            ValueError: The names are not those of `inputs`.
            ModelError: The arrays do not fit, the model fails, an answer is not finite, or the state is NaN.
        """
        wanted = {info.name for info in self.inputs}
        if set(x) != wanted:
            raise ValueError(f"{self.name} takes {', '.join(sorted(wanted))}; got {', '.join(sorted(x))}")
        feeds = {**x, **self._constants}
        run = self._run_on_device if self._device else self._run
        answer, after = run(feeds, state)
        for name, array in answer.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ModelError(f"{self.name}: its answer {name!r} is not a number (NaN)")
        for name, value in after.items():
            # It would stay in the state, and in each answer from now on. On a device it is not looked at.
            if isinstance(value, np.ndarray) and _has_nan(cast(Array, value)):
                raise ModelError(f"{self.name}: its state {name!r} would become NaN")
        return answer, after

    def _run(self, feeds: Tensors, state: State) -> tuple[dict[str, Array], State]:
        answers = self._graph.run({**feeds, **self._brought(state)})
        after = {given: answers.pop(made) for given, made in self._pairs}
        return answers, after

    def _run_on_device(self, feeds: Tensors, state: State) -> tuple[dict[str, Array], State]:
        # Each step has its own binding, so that the previous state is not changed.
        binding = self._graph.session.io_binding()
        for name, array in feeds.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(array))
        for name, value in state.items():
            binding.bind_ortvalue_input(name, value)
        for info in self.outputs:
            binding.bind_output(info.name, "cpu")
        for _, made in self._pairs:
            binding.bind_output(made, self._device, 0)
        try:
            self._graph.session.run_with_iobinding(binding)
        except Exception as error:
            fault = without_codes(str(error))
            if self._graph.elsewhere is None:
                raise ModelError(f"{self.name}: it fails when it runs ({fault})") from error
            return self._move(fault, feeds, state)
        values = binding.get_outputs()
        answers, states = values[: len(self.outputs)], values[len(self.outputs) :]
        answer = {info.name: value.numpy() for info, value in zip(self.outputs, answers, strict=True)}
        return answer, {given: value for (given, _), value in zip(self._pairs, states, strict=True)}

    def _move(self, fault: str, feeds: Tensors, state: State) -> tuple[dict[str, Array], State]:
        """Continue on the CPU, from the same state if it can still be copied from the device."""
        assert self._graph.elsewhere is not None
        moved = self._graph.elsewhere(fault)
        try:
            brought = self._brought(state)
        except ModelError:
            self._graph.move_to(moved)
            self._device = ""
            raise
        answers = moved.run({**feeds, **brought})
        self._graph.move_to(moved)
        self._device = ""
        return answers, {given: answers.pop(made) for given, made in self._pairs}

    def _brought(self, state: State) -> dict[str, Array]:
        """A state as arrays, copied from the device if it is there.

        Raises:
            StateLostError: It cannot be copied from the device.
        """
        try:
            return {
                name: value if isinstance(value, np.ndarray) else value.numpy()
                for name, value in state.items()
            }
        except Exception as error:
            raise StateLostError(
                f"{self.name}: its state was lost with the device ({without_codes(str(error))}); begin again "
                "from the start"
            ) from error

    def _sent(self, array: Array) -> Any:
        if not self._device:
            return array
        return onnxruntime().OrtValue.ortvalue_from_numpy(array, self._device, 0)


def open_recurrent(path: Path, choice: Choice, adaptor: Adaptor | None = None) -> RecurrentModel:
    """Open a recurrent model.

    Args:
        path: The ONNX file.
        choice: Providers to ask for.
        adaptor: Names the pairs of its state and the constant inputs; None to use the TOML file next to the
            model or, without one, to find the pairs by name and shape.

    Raises:
        ModelError: It cannot be opened, or no state is found; one line says what to write where.
        ProviderError: It does not run on the required provider.
    """
    described = adaptor or adaptor_of(path) or Adaptor()
    graph = open_graph(path, choice)
    pairs = described.state or state_pairs(signatures(graph.inputs), signatures(graph.outputs))
    if not pairs:
        raise ModelError(
            f"{path.name}: no state was found in it; if it has one, say so in {path.stem}.toml: "
            'state = [["h", "h_next"], ...], an input and the output that it is fed from; if not, it is no '
            "recurrent model"
        )
    device = "cuda" if graph.provider == "cuda" else ""
    return RecurrentModel(graph, pairs, dict(described.constants), device)


def stream(model: RecurrentModel, batch: int | None = 1) -> "Stream":
    """A callable that keeps the state between calls; after an error it keeps the state before the error.

    Args:
        model: The model to run.
        batch: Every free size of its state; None to take each from the inputs.
    """
    return Stream(model, batch)


class Stream:
    """The callable that `stream` returns."""

    def __init__(self, model: RecurrentModel, batch: int | None) -> None:
        self._model = model
        self._batch = batch
        self._state: State | None = None
        self._notice = model.notice

    def __call__(self, x: Tensors) -> dict[str, Array]:
        """Run the model from the kept state."""
        try:
            answer, self._state = self._model.step(x, self._state or self._start(x))
        except StateLostError:
            # The state was lost with the device, so the CPU starts from a new one.
            answer, self._state = self._model.step(x, self._start(x))
        return answer

    def reset(self) -> None:
        """Begin again from an empty state."""
        self._state = None

    def take_notices(self) -> list[str]:
        """Notices for the user since the last call."""
        before, self._notice = self._notice, self._model.notice
        return [self._notice] if self._notice and self._notice != before else []

    def _start(self, x: Tensors) -> State:
        return self._model.start_for(x) if self._batch is None else self._model.start(self._batch)


def open_stream(path: str, provider: str = "auto", batch: int = 1) -> Callable[[Tensors], dict[str, Array]]:
    """The maker for a `ProcessWorker` that runs a recurrent model.

        ProcessWorker("addon.inference.recurrent:open_stream", {"path": path}, name, "every", recurrent=True)

    Raises:
        ModelError: As `open_recurrent`.
    """
    return stream(open_recurrent(Path(path), choose_here(provider, None)), batch)


def _has_nan(array: Array) -> bool:
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def _check(
    name: str,
    pairs: tuple[tuple[str, str], ...],
    inputs: Mapping[str, TensorInfo],
    outputs: Mapping[str, TensorInfo],
) -> None:
    for given, made in pairs:
        if given not in inputs or made not in outputs:
            raise ModelError(
                f"{name}: the state {given!r} from {made!r} is not in it; it takes {', '.join(inputs)} and "
                f"gives {', '.join(outputs)}"
            )
        before, after = signatures([inputs[given], outputs[made]])
        if not may_be_same(before, after):
            raise ModelError(
                f"{name}: its output {made!r}, {after.type} of shape {list(after.shape)}, cannot be fed to "
                f"{given!r}, {before.type} of shape {list(before.shape)}"
            )


def _zeros(info: TensorInfo, batch: int, sizes: Mapping[str, int] | None = None) -> Array:
    free = sizes or {}
    shape = [size if isinstance(size, int) else free.get(size or "", batch) for size in info.shape]
    return np.zeros(shape, info.dtype)


def constant_array(info: TensorInfo, value: float) -> Array:
    """An input that always gets the same number, each free size being 1."""
    return np.full([size if isinstance(size, int) else 1 for size in info.shape], value, info.dtype)
