"""A model that is always fed arrays of the same sizes: bound once, and on CUDA recorded once.

    run = open_bound(read_model(path), choice, {"image": picture})
    answers = run({"image": next_picture})

Because of the binding, ONNX Runtime does not allocate new outputs at each run. On CUDA the inputs have fixed
addresses, so that the launches of a run can be recorded as one CUDA graph and replayed.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from addon.arrays import Array, Tensors
from addon.errors import ModelError, said
from addon.inference.opening import ModelFile
from addon.inference.ort import onnxruntime
from addon.inference.placement import Placed, may_move, on_cpu, open_placed, or_on_cpu
from addon.inference.providers import CUDA, Choice, Provider
from addon.inference.refusal import without_codes

# The first run allocates, the second is recorded, the third replays the recording.
WARM_RUNS = 3

_log = logging.getLogger(__name__)


class BoundRun:
    """An open model whose inputs and outputs are bound to memory of their own.

    Args:
        placed: The session and its placement.
        name: The model's name, for errors.
        example: An array for each input, with the sizes of all arrays that will be fed; copied.
        device: ONNX Runtime's name for the device that holds the arrays.
        values: `onnxruntime.OrtValue`, or a substitute for it.
        elsewhere: Opens the same model on the CPU, given the reason; None if it may not move there.

    Raises:
        ModelError: It fails on the example.
    """

    def __init__(
        self,
        placed: Placed,
        name: str,
        example: Tensors,
        device: str,
        values: Any,
        elsewhere: "Callable[[str], BoundRun] | None" = None,
    ) -> None:
        session = placed.session
        self.provider = placed.provider
        self.notice = placed.notice
        self._elsewhere = elsewhere
        self._moved: BoundRun | None = None
        self._session = session
        self._name = name
        self._given = {
            # On the CPU such a value shares the array's memory, and every later run writes into it.
            key: values.ortvalue_from_numpy(np.array(array, order="C"), device, 0)
            for key, array in example.items()
        }
        self._sizes = {key: (array.shape, array.dtype) for key, array in example.items()}
        self._outputs: list[str] = [value.name for value in session.get_outputs()]
        self._binding = session.io_binding()
        for key, value in self._given.items():
            self._binding.bind_ortvalue_input(key, value)
        # A first run finds out the sizes of the outputs; from then on they are bound to their own memory.
        for key in self._outputs:
            self._binding.bind_output(key, device, 0)
        self._run()
        for key, value in zip(self._outputs, self._binding.get_outputs(), strict=True):
            self._binding.bind_ortvalue_output(key, value)
        for _ in range(WARM_RUNS):
            self._run()

    def __call__(self, feeds: Tensors) -> dict[str, Array]:
        """Run the model once; the answers are copies, which the caller may change.

        If its device fails, the model runs on the CPU from then on, and `notice` says so.

        Raises:
            ValueError: An array is missing, has another size or type than in the example, or has a name that
                is not in the example.
            ModelError: The model fails.
        """
        if self._moved is not None:
            return self._moved(feeds)
        unknown = sorted(set(feeds) - set(self._sizes))
        if unknown:
            bound = ", ".join(map(repr, self._sizes))
            raise ValueError(f"{self._name}: {unknown[0]!r} is not bound; its example has {bound}")
        for key, (shape, dtype) in self._sizes.items():
            given = feeds.get(key)
            array = None if given is None else np.asarray(given)
            if array is None or array.shape != shape or array.dtype != dtype:
                got = "nothing" if array is None else f"{array.dtype} of shape {array.shape}"
                raise ValueError(f"{self._name}: {key!r} is bound as {dtype} of shape {shape}; got {got}")
        try:
            return self._answer(feeds)
        except ModelError as error:
            if self._elsewhere is None:
                raise
            moved = self._elsewhere(str(error).removeprefix(f"{self._name}: "))
        _log.warning("%s", moved.notice)
        self._moved, self.provider, self.notice = moved, moved.provider, moved.notice
        return moved(feeds)

    def _answer(self, feeds: Tensors) -> dict[str, Array]:
        try:
            # Copied into the bound memory: a recording always reads from there.
            for key in self._sizes:
                self._given[key].update_inplace(_plain(feeds[key]))
            self._run()
            values = self._binding.get_outputs()
            return {key: value.numpy().copy() for key, value in zip(self._outputs, values, strict=True)}
        except ModelError:
            raise
        except Exception as error:  # a copy from or to a failed device
            raise ModelError(f"{self._name}: it fails when it runs ({without_codes(str(error))})") from error

    def _run(self) -> None:
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:
            raise ModelError(f"{self._name}: it fails when it runs ({without_codes(str(error))})") from error


def open_bound(file: ModelFile, choice: Choice, example: Tensors) -> BoundRun:
    """Open a model that will always be fed arrays of the sizes of an example.

    On CUDA it is recorded as a CUDA graph. A model that cannot be recorded (one with a loop, or with
    operators that run on the CPU) runs without a CUDA graph, and `notice` says so.

    Raises:
        ModelError: It cannot be opened, or fails on the example.
        ProviderError: It does not run on the required provider.
    """
    return or_on_cpu(choice, lambda choice: _open(file, choice, example))


def _open(file: ModelFile, choice: Choice, example: Tensors) -> BoundRun:
    if choice.providers[0] != CUDA:
        return _opened(file, choice, choice.providers, example)
    recorded: list[Provider] = [(CUDA, {"enable_cuda_graph": "1"}), *choice.providers[1:]]
    try:
        return _opened(file, choice, recorded, example)
    except ModelError as error:
        plain = _opened(file, choice, choice.providers, example)
        why = f"{file.path.name} runs without a CUDA graph ({said(error)})"
        plain.notice = ". ".join(filter(None, (plain.notice, why)))
        return plain


def _opened(file: ModelFile, choice: Choice, providers: Sequence[Provider], example: Tensors) -> BoundRun:
    placed = open_placed(file, choice, providers=providers)
    _check_bindable(file.path.name, placed.session)
    values = onnxruntime().OrtValue
    name = file.path.name

    def elsewhere(fault: str) -> BoundRun:
        return _open(file, on_cpu(choice, f"{name}: {fault}"), example)

    # If ONNX Runtime did not take CUDA, there is no memory on CUDA either.
    device = "cuda" if placed.provider == "cuda" else "cpu"
    return BoundRun(placed, name, example, device, values, elsewhere if may_move(choice) else None)


def _check_bindable(name: str, session: Any) -> None:
    texts = [value for value in session.get_inputs() if value.type == "tensor(string)"]
    for value in (*session.get_inputs(), *session.get_outputs()):
        if not value.type.startswith("tensor(") or value in texts:
            raise ModelError(
                f"{name}: {value.name!r} is {value.type}, which cannot be bound to memory; open_graph runs it"
            )


def _plain(array: Array) -> Array:
    return np.ascontiguousarray(array)
