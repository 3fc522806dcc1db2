"""The kind of a model, judged by its inputs and outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np

from addon.doctor.findings import Kind, Value
from addon.inference import recurrent_state
from addon.inference.graph import DTYPES
from addon.inference.stroke_guess import StrokeGuess, guess_strokes
from addon.model.adaptor import Layout, OutputKind
from addon.model.picture_outputs import NAMES_OF_FEATURES, output_kind

Sizes = Mapping[str, Sequence[int]]

_CHANNELS = (1, 3, 4)
_MANY = 100
_SIDE = 16
_LINE = 64  # most pixels of the height of a line of text


@dataclass(frozen=True, slots=True)
class Judgement:
    """The kind of a model.

    Attributes:
        kind: The kind.
        can: What Inkloop can do with it, in a sentence.
        state: Pairs of an input and the output that feeds it in the next step.
        strokes: How it may read strokes; None if it does not look like it.
    """

    kind: Kind
    can: str
    state: tuple[tuple[str, str], ...] = ()
    strokes: StrokeGuess | None = None


def judge(inputs: Sequence[Value], outputs: Sequence[Value], fed: Sizes, answered: Sizes) -> Judgement:
    """Judge the kind of a model.

    Args:
        inputs: The inputs that the model declares.
        outputs: The outputs that it declares.
        fed: Sizes of the inputs that were fed, by name.
        answered: Sizes of the outputs, by name.
    """
    strokes = guess_strokes(signatures_of(inputs), signatures_of(outputs, answered))
    if strokes is not None:
        return Judgement("stroke model", _can_read(strokes), strokes.state, strokes)
    state = state_pairs(inputs, outputs)
    if state:
        pairs = ", ".join(f"{given} from {made}" for given, made in state)
        return Judgement("recurrent", f"it runs step by step, its state is explicit ({pairs})", state)
    picture = next((value["name"] for value in inputs if is_picture(fed.get(value["name"], ()))), "")
    if picture:
        return _of_pictures(outputs, answered, fed[picture])
    closed = next((value for value in inputs if not value["type"].startswith("tensor(")), None)
    if closed is not None:
        return Judgement(
            "unknown",
            f"ONNX Runtime runs it, but Inkloop feeds only plain tensors: it cannot feed {closed['name']!r}, "
            f"which is {closed['type']}",
        )
    square = next((each for value in inputs if (each := _square(fed.get(value["name"], ())))), 0)
    if square:
        return Judgement(
            "unknown",
            f"Model runs it in its own process, fed arrays by name; if they are gray pictures of {square} × "
            f"{square}, ImageClassifier can use it",
        )
    return Judgement(
        "unknown", "Model runs it in its own process, fed arrays by name; Inkloop has no view for it"
    )


def _can_read(strokes: StrokeGuess) -> str:
    """What Inkloop can do with a model that may read strokes."""
    if strokes.columns:
        rows = "one row at a time" if strokes.rows == 1 else f"{strokes.rows or 'any number of'} rows"
        what = f"it may read an ink: {rows} of {strokes.columns} columns ({strokes.layout})"
        if strokes.state:
            what += f", with its state explicit ({', '.join(f'{a} from {b}' for a, b in strokes.state)})"
    else:
        height, width = strokes.size
        what = f"it may read a gray picture of an ink, {height} × {width} ({strokes.layout})"
    other = "open_recurrent" if strokes.state else "Model" if strokes.columns else "ImageClassifier"
    numbers = "other numbers" if strokes.columns else "other pictures"
    return (
        f"{what}. Recognizer(model=…) takes it once a .toml says how (--adaptor drafts it); for {numbers} "
        f"use {other}"
    )


def _square(sizes: Sequence[int]) -> int:
    side = isqrt(sizes[1]) if len(sizes) == 2 else 0
    return side if side >= _SIDE and side * side == sizes[1] else 0


def is_picture(sizes: Sequence[int]) -> bool:
    """Whether sizes are those of a picture, or a batch of pictures, with channels first or last."""
    if len(sizes) not in (3, 4):
        return False
    inner = sizes[-3:]
    return (inner[0] in _CHANNELS and min(inner[1:]) >= 8) or (inner[2] in _CHANNELS and min(inner[:2]) >= 8)


def state_pairs(inputs: Sequence[Value], outputs: Sequence[Value]) -> tuple[tuple[str, str], ...]:
    """Pairs of inputs and outputs that are one state before and after a step, see `recurrent_state`."""
    return recurrent_state.state_pairs(signatures_of(inputs), signatures_of(outputs))


def signatures_of(values: Sequence[Value], sizes: Sizes | None = None) -> list[recurrent_state.Signature]:
    """Names, shapes and types; shapes are those of a run where there are `sizes` that tell more."""
    return [
        recurrent_state.Signature(
            value["name"], (sizes or {}).get(value["name"]) or value["shape"], value["type"]
        )
        for value in values
    ]


def kinds_of(outputs: Sequence[Value], answered: Sizes, fed: Sequence[int]) -> dict[str, OutputKind]:
    """What each output of a picture model is by its form; the first row of scores is its classes.

    Args:
        outputs: The outputs that it declares.
        answered: Sizes of the outputs, by name.
        fed: Sizes of the picture that was fed.
    """
    layout = layout_of(fed)
    picture = fed[layout.index("H")], fed[layout.index("W")]
    made: dict[str, OutputKind] = {}
    for value in outputs:
        kind = output_kind(
            value["name"], answered.get(value["name"], ()), _dtype(value["type"]), picture, layout
        )
        made[value["name"]] = "features" if kind == "classes" and "classes" in made.values() else kind
    return made


def layout_of(sizes: Sequence[int]) -> Layout:
    """The order of the axes of a picture, or a batch of pictures, of these sizes."""
    first = sizes[-3] in _CHANNELS
    if len(sizes) == 4:
        return "NCHW" if first else "NHWC"
    return "CHW" if first else "HWC"


def _dtype(name: str) -> np.dtype[Any]:
    """The type of the elements of a tensor, in ONNX Runtime's or numpy's notation; object if it has none."""
    plain = name.removeprefix("tensor(").removesuffix(")")
    return DTYPES.get(plain, np.dtype(np.float32 if plain == "float32" else object))


def _of_pictures(outputs: Sequence[Value], answered: Sizes, fed: Sequence[int]) -> Judgement:
    sizes = {value["name"]: tuple(answered.get(value["name"], ())) for value in outputs}
    first, name = next(iter(sizes.values()), ()), next(iter(sizes), "")
    by_form = kinds_of(outputs, answered, fed).get(name)
    read = list(first)
    places = _text_places(read, fed)
    if places:
        return Judgement(
            "text recogniser",
            f"it reads a line of text: scores of {read[2]} characters at {places} places along it, which "
            "need decoding (CTC); they are in the answer's outputs",
        )
    detector = Judgement(
        "detector", "it detects objects in a picture; a description (--adaptor) names its outputs"
    )
    # Before the maps: a network that proposes boxes at each place scores each place, too.
    if len(sizes) > 1 and any(map(has_four, sizes.values())):
        return detector
    if by_form == "map":
        return Judgement("map", "a number for each pixel, such as a depth, drawn with a color map")
    if by_form == "class map":
        classes = f"one of {_classes(first, fed)} classes" if _classes(first, fed) else "a class"
        return Judgement("class map", f"{classes} for each pixel, drawn with a palette")
    if any(map(_is_table, sizes.values())):
        return detector
    if len(first) == 4 and is_picture(first):
        channels = first[1] if first[1] in _CHANNELS else first[3]
        if channels == 1:
            return Judgement("heat map", "a heat map over a picture, drawn with a color map")
        return Judgement("image to image", "a picture in, a picture out, frame by frame")
    flat = [size for size in first[1:] if size != 1]
    if len(first) in (1, 2, 4) and len(flat) == 1:
        if NAMES_OF_FEATURES.search(name):
            return Judgement("features", f"{flat[0]} features of a picture, to compare pictures by")
        return Judgement(
            "image classifier", f"one of {flat[0]} classes for a picture, with its layers to look into"
        )
    return Judgement(
        "unknown",
        "it takes pictures, but the form of its answer is unknown; describe it in a .toml",
    )


def _classes(answer: Sequence[int], fed: Sequence[int]) -> int:
    """How many classes the scores of a class map are for; 0 if it has the classes themselves."""
    layout = layout_of(fed)
    return answer[layout.index("C")] if len(answer) == len(layout) and answer[layout.index("C")] > 1 else 0


def _text_places(answer: Sequence[int], fed: Sequence[int]) -> int:
    """At how many places a line of text is read; 0 if it is not such a model."""
    height, width = fed[-2:] if fed[-3] in _CHANNELS else fed[-3:-1]
    if len(answer) != 3 or height > _LINE or width < height or 1 not in answer[:2]:
        return 0
    places = max(answer[:2])
    # There is an answer every two to sixteen pixels of the width.
    return places if answer[2] > 10 and 2 <= width / places <= 16 else 0


def _is_table(shape: Sequence[int]) -> bool:
    """Whether a shape is that of one table with a row for each candidate: its box and its scores."""
    return len(shape) == 3 and max(shape[1:]) >= _MANY and 5 <= min(shape[1:]) <= 2 * _MANY


def has_four(shape: Sequence[int]) -> bool:
    """Whether a shape has an axis of four numbers, as boxes have."""
    return len(shape) >= 2 and (shape[-1] == 4 or (len(shape) == 4 and shape[1] == 4))
