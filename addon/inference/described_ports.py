"""What of a model by someone else gets the ink, and what gives the answer, by its description."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from addon.arrays import Array
from addon.errors import ModelError
from addon.features.ink_input import InkImage, InkInput, Preparation
from addon.inference.graph import GraphSession, TensorInfo, signatures
from addon.inference.recurrent_state import state_pairs
from addon.inference.stroke_guess import looks_like, may_be_length
from addon.model.adaptor import Adaptor, Output
from addon.text import escaped, quoted


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
        _refuse_other_kind(ink, inputs[name])
        raise ModelError(_unfed(ink, inputs[unfed[0]]))
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
    _refuse_other_kind(ink, info)
    if isinstance(ink, InkInput) and not ink.length and not ink.points:
        fixed = _rows_declared(ink, wanted)
        if fixed > 1:
            raise ModelError(
                f"its input {info.name!r} always takes {fixed} rows, and {_sampling(ink)} makes more or "
                f"fewer; write length = {fixed} under [input] to pad or cut them"
            )
    if not _fits(given, wanted):
        if isinstance(ink, InkInput) and takes_one_row(ink, info):
            return
        help_ = _help(ink, wanted) if isinstance(ink, InkInput) else _image_help(ink, info)
        raise ModelError(
            f"its input {info.name!r} has the shape {_shown(wanted)}; its description makes {_shown(given)} "
            f"({what}){help_}"
        )


def _refuse_other_kind(ink: Preparation, info: TensorInfo) -> None:
    """Refuse a picture that is described as rows, and rows that are described as a picture.

    Raises:
        ModelError: The input's shape looks like the other kind; the message has the section to write.
    """
    shape = list(info.shape)
    if _fits(_image_shape(ink) if isinstance(ink, InkImage) else _rows_shape(ink), shape):
        return
    like = looks_like(signatures([info])[0])
    if like is None or (like.columns > 0) != isinstance(ink, InkImage):
        return
    declared = _shown(shape)
    if like.columns:
        length = f" and length = {like.rows}, or points = {like.rows}" if like.rows > 1 else ""
        raise ModelError(
            f"its input {info.name!r} has the shape {declared}, which looks like rows of {like.columns} "
            f'columns, and it is described as is = "ink image"; write is = "ink" with {like.columns} '
            f"columns{length} under [input]"
        )
    height, width = like.size
    size = f"{height}" if height == width else f"[{height}, {width}]"
    layout = f' and layout = "{like.layout}"' if like.layout != "NCHW" else ""
    raise ModelError(
        f"its input {info.name!r} has the shape {declared}, which looks like a picture of {height} × "
        f'{width}, and it is described as is = "ink"; write is = "ink image" with size = {size}{layout} '
        "under [input]"
    )


def _unfed(ink: Preparation, info: TensorInfo) -> str:
    what = f"it wants an input that nothing feeds: {quoted(info.name)}"
    whole = info.dtype.kind in "iu" and may_be_length(info.shape)
    if isinstance(ink, InkInput) and not ink.lengths and whole:
        return (
            f'{what}; if that is the number of rows, write lengths = "{escaped(info.name)}" under [input], '
            "else name it under [constants]"
        )
    return f"{what}; name it under state, [constants], lengths or mask in its description"


def _shown(sizes: Sequence[int | str | None]) -> list[int | str]:
    return [size if isinstance(size, int) else "any" for size in sizes]


def _rows_declared(ink: InkInput, declared: Sequence[int | str | None]) -> int:
    """How many rows an input declares for the columns of a description; 0 where that is free."""
    axes = ink.layout if "(" not in ink.layout else ("NT" if ink.layout.startswith("N") else "T")
    if len(axes) != len(declared):
        return 0
    size = declared[axes.index("T")]
    if not isinstance(size, int):
        return 0
    columns = len(ink.columns)
    if "(" not in ink.layout:
        return size if declared[axes.index("C")] in (columns, None) else 0
    return size // columns if size % columns == 0 else 0


def _sampling(ink: InkInput) -> str:
    if ink.spacing:
        return f"spacing = {ink.spacing:g}"
    return f"time_step = {ink.seconds:g}" if ink.seconds else "one row for each sample of the pen"


def _help(ink: InkInput, declared: Sequence[int | str | None]) -> str:
    """What to write where a description of rows does not fit; empty if that is not known."""
    rows = _rows_declared(ink, declared)
    count = ink.length or ink.points - int(ink.drop_first)
    if "(" not in ink.layout and len(declared) < 3 and declared[-1] == count * len(ink.columns):
        batch = "N" if len(declared) == 2 else ""
        return f'; write layout = "{batch}(TC)", or "{batch}(CT)" for column after column'
    if sorted(ink.layout) == ["C", "N", "T"] and list(declared[1:]) == [len(ink.columns), count]:
        return '; write layout = "NCT"'
    if rows > 1 and ink.length:
        return f"; write length = {rows}"
    if rows > 1 and ink.points:
        return f"; write points = {rows + int(ink.drop_first)}, or length = {rows} to pad or cut"
    place = ink.layout.find("C") if "(" not in ink.layout else -1
    columns = declared[place] if 0 <= place < len(declared) == len(ink.layout) else None
    return f"; give {columns} columns" if isinstance(columns, int) and columns != len(ink.columns) else ""


def _fits(given: list[int | None], declared: list[int | str | None]) -> bool:
    """Whether no size contradicts a declared one; None, and a name, stand for any."""
    pairs = zip(given, declared, strict=False)
    return len(given) == len(declared) and all(
        one is None or not isinstance(other, int) or one == other for one, other in pairs
    )


def _image_help(ink: InkImage, info: TensorInfo) -> str:
    like = looks_like(signatures([info])[0])
    if like is None or like.columns:
        return ""
    height, width = like.size
    if like.size != ink.size:
        return f"; write size = {height if height == width else [height, width]}"
    return f'; write layout = "{like.layout}"' if like.layout != ink.layout else ""


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
