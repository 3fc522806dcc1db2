"""What a model without a description probably wants and gives, guessed from its shapes, and said so."""

from addon.adaptor import Adaptor, ImageInput, Layout, Output, OutputKind
from addon.errors import ModelError
from addon.runtime.graph import Shape, TensorInfo, signatures
from addon.runtime.pairing import state_pairs

_CHANNELS = (1, 3)


def guessed_adaptor(inputs: tuple[TensorInfo, ...], outputs: tuple[TensorInfo, ...]) -> Adaptor:
    """A description of a model that looks at pictures.

    Args:
        inputs: The graph's.
        outputs: Likewise.

    Raises:
        ModelError: None of its inputs can be a picture, or it is recurrent.
    """
    if state_pairs(signatures(inputs), signatures(outputs)):
        raise ModelError("it has a state and is fed step by step (open_recurrent): it looks at no pictures")
    for info in inputs:
        layout = _layout(info.shape)
        if layout is not None:
            gray = info.shape[_channel_axis(layout)] == 1
            fed = ImageInput(info.name, layout=layout, color="gray" if gray else "RGB")
            return Adaptor(fed, tuple(_output(each, layout) for each in outputs))
    shapes = ", ".join(f"{info.name} {list(info.shape)}" for info in inputs)
    raise ModelError(
        f"none of its inputs is a picture ({shapes or 'it has none'}); describe it in a .toml beside it"
    )


def _layout(shape: Shape) -> Layout | None:
    layouts: dict[int, tuple[Layout, Layout]] = {4: ("NCHW", "NHWC"), 3: ("CHW", "HWC")}
    for layout in layouts.get(len(shape), ()):
        if shape[_channel_axis(layout)] in _CHANNELS:
            return layout
    return None


def _channel_axis(layout: Layout) -> int:
    return layout.index("C")


def _output(info: TensorInfo, layout: Layout) -> Output:
    return Output(info.name, _kind(info.shape, layout), layout=layout)


def _kind(shape: Shape, layout: Layout) -> OutputKind:
    if len(shape) == 2:
        return "classes"
    if len(shape) == len(layout) and shape[_channel_axis(layout)] in _CHANNELS:
        return "heat map" if shape[_channel_axis(layout)] == 1 else "picture"
    return "features"
