"""A step on a device such as a GPU: the recurrent state stays there, and only rows and answers are copied."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from addon.arrays import Floats
from addon.inference.step import StepOutputs, answer_sizes
from addon.model.metadata import ModelSpec


class DeviceState(NamedTuple):
    """Two ONNX Runtime values on the device; a step makes new ones and does not change these."""

    h: Any
    c: Any
    batch: int = 1


class Share(NamedTuple):
    """The state of one ink in a batch; the state of the batch stays in one piece on the device."""

    whole: DeviceState
    place: int


Held: TypeAlias = DeviceState | Share


class DeviceStep:
    """A `StepSession` whose states are values that ONNX Runtime keeps on the device.

    Args:
        session: An `onnxruntime.InferenceSession` of a model that `spec` describes.
        spec: The model's description.
        provider: The provider that the session reports.
        values: `onnxruntime.OrtValue`, or a substitute for it.
        device: ONNX Runtime's name for the device.
        device_id: The number of the device among those with this name.
    """

    def __init__(
        self,
        session: Any,
        spec: ModelSpec,
        provider: str,
        values: Any,
        device: str = "cuda",
        device_id: int = 0,
    ) -> None:
        self.spec = spec
        self.provider = provider
        self._session = session
        self._values = values
        self._device = device
        self._device_id = device_id
        self._answers = tuple(answer_sizes(spec))
        self._starts: dict[int, DeviceState] = {}

    def start(self, batch: int = 1) -> DeviceState:
        """The state before the first row: zeros, sent to the device once for each batch size."""
        if batch not in self._starts:
            zeros = np.zeros((self.spec.layers, batch, self.spec.hidden), dtype=np.float32)
            self._starts[batch] = DeviceState(self._sent(zeros), self._sent(zeros), batch)
        return self._starts[batch]

    def step(self, rows: Floats, state: Held) -> tuple[StepOutputs, DeviceState]:
        """Run rows of shape (batch, time, features) from a state."""
        if isinstance(state, Share):
            state = self.join([state])
        # Each step has its own binding: the outputs of a reused binding would overwrite the previous state.
        binding = self._session.io_binding()
        binding.bind_cpu_input("features", np.ascontiguousarray(rows))
        binding.bind_ortvalue_input("h", state.h)
        binding.bind_ortvalue_input("c", state.c)
        for name in ("h_next", "c_next"):
            binding.bind_output(name, self._device, self._device_id)
        for name in self._answers:
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding)
        h, c, *answers = binding.get_outputs()
        named = zip(self._answers, (value.numpy() for value in answers), strict=True)
        return StepOutputs(**dict(named)), DeviceState(h, c, len(rows))

    def join(self, states: Sequence[Held]) -> DeviceState:
        """Join the states of single inks into the state of a batch.

        The state of inks that were together in the previous step stays on the device unchanged. Only if an
        ink joins or leaves are the numbers joined on the CPU and sent to the device.
        """
        first = states[0]
        if isinstance(first, DeviceState):
            if len(states) == 1:
                return first
        elif list(states) == [Share(first.whole, place) for place in range(first.whole.batch)]:
            return first.whole
        parts = [state if isinstance(state, Share) else Share(state, 0) for state in states]
        wholes = {id(part.whole): part.whole for part in parts}
        brought = {key: (whole.h.numpy(), whole.c.numpy()) for key, whole in wholes.items()}
        h, c = (
            np.concatenate(
                [brought[id(part.whole)][which][:, part.place : part.place + 1] for part in parts], axis=1
            )
            for which in (0, 1)
        )
        return DeviceState(self._sent(h), self._sent(c), len(parts))

    def split(self, state: DeviceState) -> list[Held]:
        """Split the state of a batch into the states of its inks, in order; nothing leaves the device."""
        return [state] if state.batch == 1 else [Share(state, place) for place in range(state.batch)]

    def _sent(self, array: Floats) -> Any:
        return self._values.ortvalue_from_numpy(array, self._device, self._device_id)
