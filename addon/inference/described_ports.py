"""What of a model by someone else gets the ink, and what gives the answer, by its description."""

from dataclasses import dataclass, field, replace

import numpy as np

from addon.arrays import Array
from addon.errors import ModelError
from addon.features.ink_input import InkImage, InkInput
from addon.inference.graph import GraphSession, TensorInfo, signatures
from addon.inference.recurrent_state import state_pairs
from addon.model.adaptor import Adaptor, Output
from addon.text import quoted


@dataclass(slots=True)
class Ports:
    """The inputs and outputs of a described model.

    Attributes:
        ink: The input that gets the ink.
        state: Pairs of an input and the output that is fed to it in the next step.
        constants: Arrays that are fed at each run.
        scores: The output with the classes, as "classes", "label" or "text"; None if it has none.
        progress, unknown, embedding: Outputs of these kinds, or None.
        others: Names of the outputs that nothing describes.
    """

    ink: TensorInfo
    state: tuple[tuple[str, str], ...] = ()
    constants: dict[str, Array] = field(default_factory=dict[str, Array])
    scores: Output | None = None
    progress: Output | None = None
    unknown: Output | None = None
    embedding: Output | None = None
    others: tuple[str, ...] = ()


def ports_of(graph: GraphSession, adaptor: Adaptor) -> Ports:
    """Find what a description names in a model, and what it leaves to be found.

    Raises:
        ModelError: An input would not be fed, or the shape of the ink's input does not fit the description.
    """
    ink = adaptor.ink
    assert ink is not None
    inputs = {info.name: info for info in graph.inputs}
    found = adaptor.state or state_pairs(signatures(graph.inputs), signatures(graph.outputs))
    fixed = dict(adaptor.constants)
    constants = {name: filled(inputs[name], value) for name, value in fixed.items()}
    helpers = {*dict(found), *fixed, *((ink.lengths, ink.mask) if isinstance(ink, InkInput) else ())}
    free = [name for name in inputs if name not in helpers]
    name = ink.name or (free[0] if free else next(iter(inputs)))
    unfed = [each for each in free if each != name]
    if unfed:
        raise ModelError(
            f"it wants an input that nothing feeds: {quoted(unfed[0])}; name it under state, [constants], "
            "lengths or mask in its description"
        )
    ports = Ports(inputs[name], tuple(found), constants)
    _assign_outputs(ports, graph, adaptor, {made for _, made in found})
    _check_shape(ink, inputs[name], bool(found))
    return ports


def _assign_outputs(ports: Ports, graph: GraphSession, adaptor: Adaptor, states: set[str]) -> None:
    names = [info.name for info in graph.outputs if info.name not in states]
    described = list(adaptor.outputs) or [Output(kind="classes")]
    taken: set[str] = set()
    for output in described:
        name = output.name or next((each for each in names if each not in taken), "")
        taken.add(name)
        named = replace(output, name=name)
        match output.kind:
            case "classes" | "text":
                ports.scores = named
            case "label":
                ports.scores = ports.scores or named
            case "progress":
                ports.progress = named
            case "unknown":
                ports.unknown = named
            case "embedding":
                ports.embedding = named
            case _:
                continue
    used = {each.name for each in (ports.scores, ports.progress, ports.unknown, ports.embedding) if each}
    ports.others = tuple(name for name in names if name not in used)
    if ports.scores is None and ports.embedding is None:
        raise ModelError(
            'its description names no output of classes: one must be "classes", "label", "text" or '
            '"embedding"'
        )


def _check_shape(ink: InkInput | InkImage, info: TensorInfo, recurrent: bool) -> None:
    """Refuse a description that does not fit the input's declared shape.

    Raises:
        ModelError: It does not fit; the message has both shapes.
    """
    if info.dtype.kind not in "fiub":
        raise ModelError(f"its input {info.name!r} takes {info.dtype}; an ink is numbers")
    if isinstance(ink, InkImage):
        given = _image_shape(ink)
        what = "an ink image"
    else:
        reason = ink.whole_ink
        if recurrent and reason and not ink.replay:
            raise ModelError(
                f"it is recurrent, and {reason} changes earlier rows while the ink grows; write replay = "
                "true to let it read the ink so far again at each answer, or choose a scale, an origin and a "
                "sampling that stay"
            )
        given = _rows_shape(ink)
        what = f"{len(ink.columns)} columns as {ink.layout}"
    wanted = list(info.shape)
    if not _fits(given, wanted):
        if isinstance(ink, InkInput) and takes_one_row(ink, info):
            return
        shown = ["any" if size is None else size for size in given]
        declared = ["any" if not isinstance(size, int) else size for size in wanted]
        raise ModelError(
            f"its input {info.name!r} has the shape {declared}; its description makes {shown} ({what})"
        )


def _fits(given: list[int | None], declared: list[int | str | None]) -> bool:
    """Whether no size contradicts a declared one; None, and a name, stand for any."""
    pairs = zip(given, declared, strict=False)
    return len(given) == len(declared) and all(
        one is None or not isinstance(other, int) or one == other for one, other in pairs
    )


def _rows_shape(ink: InkInput) -> list[int | None]:
    columns = len(ink.columns)
    count = ink.length or (ink.points - int(ink.drop_first) if ink.points else None)
    flat = None if count is None else count * columns
    shapes: dict[str, list[int | None]] = {
        "NTC": [1, count, columns],
        "NCT": [1, columns, count],
        "TNC": [count, 1, columns],
        "TC": [count, columns],
        "CT": [columns, count],
        "N(TC)": [1, flat],
        "N(CT)": [1, flat],
        "(TC)": [flat],
        "(CT)": [flat],
    }
    return shapes[ink.layout]


def _image_shape(ink: InkImage) -> list[int | None]:
    height, width = ink.size
    sizes = {"N": 1, "C": ink.channels, "H": height, "W": width}
    if ink.layout == "N(HW)":
        return [1, height * width]
    return [sizes[axis] for axis in ink.layout]


def takes_one_row(ink: InkInput | InkImage, info: TensorInfo) -> bool:
    """Whether a model takes one row at a time."""
    if isinstance(ink, InkImage):
        return False
    single = _rows_shape(InkInput(columns=ink.columns, length=1, layout=ink.layout))
    many = _rows_shape(ink)
    return (
        len(single) == len(info.shape)
        and all(size == want for size, want in zip(info.shape, single, strict=True) if isinstance(size, int))
        and any(
            isinstance(size, int) and size == one and (several is None or several != one)
            for size, one, several in zip(info.shape, single, many, strict=True)
        )
    )


def filled(info: TensorInfo, value: float) -> Array:
    """An array for an input, of its type and declared sizes, each free size 1, filled with one number."""
    return np.full([size if isinstance(size, int) else 1 for size in info.shape], value, info.dtype)
