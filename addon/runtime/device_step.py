"""A step on a device such as a GPU: the recurrent state stays there, and only rows and answers travel."""

from typing import Any, NamedTuple

import numpy as np

from addon.runtime.step import Floats, StepOutputs, answer_sizes
from addon.spec import ModelSpec


class DeviceState(NamedTuple):
    """Two ONNX Runtime values on the device; a step makes new ones and leaves these as they are."""

    h: Any
    c: Any


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

    def start(self, batch: int = 1) -> DeviceState:
        """The state before the first row: zeros, the only numbers of a state that are ever sent."""
        zeros = np.zeros((self.spec.layers, batch, self.spec.hidden), dtype=np.float32)
        return DeviceState(self._sent(zeros), self._sent(zeros))

    def step(self, rows: Floats, state: DeviceState) -> tuple[StepOutputs, DeviceState]:
        """Take rows of shape (batch, time, features) on from a state."""
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
        return StepOutputs(**dict(told)), DeviceState(h, c)

    def _sent(self, array: Floats) -> Any:
        return self._values.ortvalue_from_numpy(array, self._device, self._device_id)
