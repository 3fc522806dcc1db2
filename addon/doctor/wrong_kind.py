"""The message for a model of another kind that was loaded as a pen model: it says what can use it."""

from collections.abc import Sequence

from addon.doctor.findings import Kind, Value
from addon.doctor.kinds import judge
from addon.inference.graph import TensorInfo, open_file
from addon.inference.opening import ModelFile
from addon.inference.providers import Choice

_SIDE = 224
_EYE = "use it with ImageClassifier"
_TAKERS: dict[Kind, tuple[str, str]] = {
    "recurrent": ("a recurrent model", "use it with open_recurrent"),
    "image classifier": ("an image classifier", _EYE),
    "image to image": ("a picture in, a picture out", _EYE),
    "heat map": ("a heat map over a picture", _EYE),
    "detector": ("a detector", _EYE),
    "text recogniser": ("a reader of lines of text", _EYE),
    "features": ("features of a picture", _EYE),
}
"""For each kind, what it is and what can use it."""


def other_kind_message(file: ModelFile, choice: Choice) -> str:
    """The message about a valid model of another kind, judged by its signature.

    Args:
        file: The model.
        choice: The providers to use.

    Raises:
        ModelError: It cannot be opened.
    """
    graph = open_file(file, choice)
    fed = {info.name: _sizes(info) for info in graph.inputs}
    answered = {info.name: _sizes(info) for info in graph.outputs}
    kind = judge(_values(graph.inputs), _values(graph.outputs), fed, answered).kind
    if kind not in _TAKERS:
        return f"{file.path.name}: not a pen model of Inkloop; inkloop doctor shows what is in it"
    what, who = _TAKERS[kind]
    return f"{file.path.name}: {what}, not a pen model: {who}"


def _values(infos: Sequence[TensorInfo]) -> list[Value]:
    return [Value(name=info.name, shape=list(info.shape), type=str(info.dtype)) for info in infos]


def _sizes(info: TensorInfo) -> list[int]:
    """Its shape; free sizes become 1 for the batch and a picture's side for the others."""
    made_up = [1, *[_SIDE] * len(info.shape)]
    return [
        size if isinstance(size, int) and size > 0 else free
        for size, free in zip(info.shape, made_up, strict=False)
    ]
