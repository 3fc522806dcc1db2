"""A step on a device such as a GPU: the recurrent state stays there, and only rows and answers travel."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from addon.arrays import Floats
from addon.inference.step import StepOutputs, answer_sizes
from addon.model.metadata import ModelSpec


class DeviceState(NamedTuple):
    """Two ONNX Runtime values on the device; a step makes new ones and leaves these as they are."""

    h: Any
    c: Any
    batch: int = 1


class Share(NamedTuple):
    """The state of one ink of a batch, which stays in one piece on the device."""

    whole: DeviceState
    place: int


Held: TypeAlias = DeviceState | Share


class DeviceStep:
    """A `StepSession` whose state are values that ONNX Runtime keeps on the device.

    Args:
        session: An `onnxruntime.InferenceSession` of a model that `spec` describes.
        spec: What the model says about itself.
        provider: What the session says it runs on.
        values: `onnxruntime.OrtValue`, or what stands in for it.
        device: The device's name, as ONNX Runtime has it.
        device_id: Which one of them.
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
        """The state before the first row: zeros, which are sent once for each size of a batch."""
        if batch not in self._starts:
            zeros = np.zeros((self.spec.layers, batch, self.spec.hidden), dtype=np.float32)
            self._starts[batch] = DeviceState(self._sent(zeros), self._sent(zeros), batch)
        return self._starts[batch]

    def step(self, rows: Floats, state: Held) -> tuple[StepOutputs, DeviceState]:
        """Take rows of shape (batch, time, features) on from a state."""
        if isinstance(state, Share):
            state = self.join([state])
        # A binding of its own for each step: outputs of one that is used again would overwrite the state
        # before.
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
        told = zip(self._answers, (value.numpy() for value in answers), strict=True)
        return StepOutputs(**dict(told)), DeviceState(h, c, len(rows))

    def join(self, states: Sequence[Held]) -> DeviceState:
        """The state of a batch, of states of one ink each.

        Pens that were together in the step before stay on the device as they are; only where one comes or
        goes are their numbers put together here and sent.
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
        """The states of a batch's inks, in order; nothing leaves the device."""
        return [state] if state.batch == 1 else [Share(state, place) for place in range(state.batch)]

    def _sent(self, array: Floats) -> Any:
        return self._values.ortvalue_from_numpy(array, self._device, self._device_id)
