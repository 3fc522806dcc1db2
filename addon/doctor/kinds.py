"""What a model is for, judged by what goes in and what comes out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

from addon.doctor.findings import Kind, Value
from addon.inference import recurrent_state

Sizes = Mapping[str, Sequence[int]]

_CHANNELS = (1, 3, 4)
_NAMES_OF_FEATURES = re.compile(r"embed|feature|pool|latent|encod", re.I)
_MANY = 100
_SIDE = 16
_LINE = 64  # pixels that a line of text is high at most


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model is for.

    Attributes:
        kind: In a word.
        can: What Inkloop can do with it, a sentence.
        state: Pairs of an input and the output that it is fed from in the next step.
    """

    kind: Kind
    can: str
    state: tuple[tuple[str, str], ...] = ()


def judge(inputs: Sequence[Value], outputs: Sequence[Value], fed: Sizes, answered: Sizes) -> Judgement:
    """What a model is for.

    Args:
        inputs: As the model declares them.
        outputs: Likewise.
        fed: Sizes of what it was fed, by name.
        answered: Sizes of what came out, by name.
    """
    state = state_pairs(inputs, outputs)
    if state:
        pairs = ", ".join(f"{given} from {made}" for given, made in state)
        return Judgement("recurrent", f"it is fed step by step, its state in the open ({pairs})", state)
    picture = next((value["name"] for value in inputs if is_picture(fed.get(value["name"], ()))), "")
    if picture:
        return _of_pictures(outputs, answered, fed[picture])
    closed = next((value for value in inputs if not value["type"].startswith("tensor(")), None)
    if closed is not None:
        return Judgement(
            "unknown",
            f"ONNX Runtime runs it, and Inkloop feeds plain tensors: it cannot feed {closed['name']!r}, "
            f"which takes {closed['type']}",
        )
    square = next((each for value in inputs if (each := _square(fed.get(value["name"], ())))), 0)
    if square:
        return Judgement(
            "unknown",
            f"it can be opened and fed arrays (open_graph); if they are a gray picture "
            f"of {square} × {square}, ImageClassifier looks with it",
        )
    return Judgement(
        "unknown", "it can be opened and fed arrays (open_graph); Inkloop has no view of its own for it"
    )


def _square(sizes: Sequence[int]) -> int:
    side = isqrt(sizes[1]) if len(sizes) == 2 else 0
    return side if side >= _SIDE and side * side == sizes[1] else 0


def is_picture(sizes: Sequence[int]) -> bool:
    """Whether sizes are those of a picture, or a batch of them, in either order of the axes."""
    if len(sizes) not in (3, 4):
        return False
    inner = sizes[-3:]
    return (inner[0] in _CHANNELS and min(inner[1:]) >= 8) or (inner[2] in _CHANNELS and min(inner[:2]) >= 8)


def state_pairs(inputs: Sequence[Value], outputs: Sequence[Value]) -> tuple[tuple[str, str], ...]:
    """Inputs and outputs that are the same state before and after a step; see `inference.recurrent_state`."""
    return recurrent_state.state_pairs(_signatures(inputs), _signatures(outputs))


def _signatures(values: Sequence[Value]) -> list[recurrent_state.Signature]:
    return [recurrent_state.Signature(value["name"], value["shape"], value["type"]) for value in values]


def _of_pictures(outputs: Sequence[Value], answered: Sizes, fed: Sequence[int]) -> Judgement:
    sizes = {value["name"]: tuple(answered.get(value["name"], ())) for value in outputs}
    first, name = next(iter(sizes.values()), ()), next(iter(sizes), "")
    read = list(first)
    places = _text_places(read, fed)
    if places:
        return Judgement(
            "text recogniser",
            f"it reads a line of text: scores of {read[2]} characters at {places} places along it, "
            "to be decoded (CTC); they are in the answer's outputs",
        )
    if _boxes(list(sizes.values())):
        return Judgement(
            "detector", "a detector that looks at a picture; which output holds what, an adaptor says"
        )
    if len(first) == 4 and is_picture(first):
        channels = first[1] if first[1] in _CHANNELS else first[3]
        if channels == 1:
            return Judgement("heat map", "a heat map over a picture, drawn with a color map")
        return Judgement("image to image", "a picture in, a picture out, frame by frame")
    flat = [size for size in first[1:] if size != 1]
    if len(first) in (1, 2, 4) and len(flat) == 1:
        if _NAMES_OF_FEATURES.search(name):
            return Judgement("features", f"{flat[0]} features of a picture, to compare pictures by")
        return Judgement(
            "image classifier", f"one of {flat[0]} classes for a picture, with its layers to look into"
        )
    return Judgement(
        "unknown", "it takes pictures, and its answer is of no form that Inkloop knows; an adaptor can say"
    )


def _text_places(answer: Sequence[int], fed: Sequence[int]) -> int:
    """At how many places a picture of one line is read; 0 if it is no such model."""
    height, width = fed[-2:] if fed[-3] in _CHANNELS else fed[-3:-1]
    if len(answer) != 3 or height > _LINE or width < height or 1 not in answer[:2]:
        return 0
    places = max(answer[:2])
    # Along the picture there is an answer every two to sixteen pixels.
    return places if answer[2] > 10 and 2 <= width / places <= 16 else 0


def _boxes(shapes: Sequence[tuple[int, ...]]) -> bool:
    several = [shape for shape in shapes if shape]
    # Boxes beside scores; or one table with a row for each place where something might be.
    beside = len(several) > 1 and any(_has_four(shape) for shape in several)
    table = any(
        len(shape) == 3 and max(shape[1:]) >= _MANY and 5 <= min(shape[1:]) <= 2 * _MANY for shape in several
    )
    return beside or table


def _has_four(shape: tuple[int, ...]) -> bool:
    return len(shape) >= 2 and (shape[-1] == 4 or (len(shape) == 4 and shape[1] == 4))
