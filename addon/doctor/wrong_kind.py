"""What a model is that was taken for a pen model and is none: so that its refusal says who takes it."""

from collections.abc import Sequence

from addon.doctor.findings import Kind, Value
from addon.doctor.kinds import judge
from addon.inference.graph import TensorInfo, open_file
from addon.inference.opening import ModelFile
from addon.inference.providers import Choice

_SIDE = 224
_EYE = "ImageClassifier looks with it"
_TAKERS: dict[Kind, tuple[str, str]] = {
    "recurrent": ("a recurrent model", "open_recurrent feeds it step by step"),
    "image classifier": ("an image classifier", _EYE),
    "image to image": ("a picture in, a picture out", _EYE),
    "heat map": ("a heat map over a picture", _EYE),
    "detector": ("a detector", _EYE),
    "text recogniser": ("a reader of lines of text", _EYE),
    "features": ("features of a picture", _EYE),
}
"""Of each kind, what it is and who takes it, in words."""


def said_of_foreign(file: ModelFile, choice: Choice) -> str:
    """One line about a sound model of another kind, judged by what it declares.

    Args:
        file: The model.
        choice: Providers to ask for.

    Raises:
        ModelError: It cannot be opened.
    """
    graph = open_file(file, choice)
    fed = {info.name: _sizes(info) for info in graph.inputs}
    answered = {info.name: _sizes(info) for info in graph.outputs}
    kind = judge(_values(graph.inputs), _values(graph.outputs), fed, answered).kind
    if kind not in _TAKERS:
        return f"{file.path.name}: no pen model of Inkloop's; inkloop doctor says what is in it"
    what, who = _TAKERS[kind]
    return f"{file.path.name}: {what}, and no pen model: {who}"


def _values(infos: Sequence[TensorInfo]) -> list[Value]:
    return [Value(name=info.name, shape=list(info.shape), type=str(info.dtype)) for info in infos]


def _sizes(info: TensorInfo) -> list[int]:
    """Its sizes, the free ones made up: 1 for a batch, a picture's side for what follows."""
    made_up = [1, *[_SIDE] * len(info.shape)]
    return [
        size if isinstance(size, int) and size > 0 else free
        for size, free in zip(info.shape, made_up, strict=False)
    ]
