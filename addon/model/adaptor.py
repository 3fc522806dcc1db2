"""The description of a model of another kind, in a small TOML next to it: `flowers.toml` for `flowers.onnx`.

    [input]
    size = [224, 224]
    mean = [0.485, 0.456, 0.406]
    std = [0.229, 0.224, 0.225]

    [output]
    is = "classes"
    labels = "flowers.txt"

Every key may be left out; the defaults are those of the classes below. `docs/vision.md` has the table. A
model that takes an ink has another `[input]`, see `addon.model.ink_table`.
"""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from addon.errors import ModelError
from addon.features.ink_input import InkInput, Preparation
from addon.files import NotRegularError, open_regular
from addon.model.ink_table import ink_image, ink_input
from addon.model.toml_table import LONGEST_ERROR, Table
from addon.text import one_line

InputKind: TypeAlias = Literal["image", "features", "ink", "ink image"]
Layout: TypeAlias = Literal["NCHW", "NHWC", "CHW", "HWC"]
ColorOrder: TypeAlias = Literal["RGB", "BGR", "gray"]
Resize: TypeAlias = Literal["stretch", "fit", "crop", "ten", "keep"]
Filter: TypeAlias = Literal["nearest", "area", "bilinear", "bicubic"]
OutputKind: TypeAlias = Literal[
    "classes",
    "picture",
    "heat map",
    "map",
    "class map",
    "boxes",
    "points",
    "features",
    "label",
    "text",
    "progress",
    "unknown",
    "embedding",
]
Scores: TypeAlias = Literal["logits", "probabilities"]
Corners: TypeAlias = Literal["xyxy", "xywh", "center"]

INPUT_KINDS: tuple[InputKind, ...] = get_args(InputKind)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
COLOR_ORDERS: tuple[ColorOrder, ...] = get_args(ColorOrder)
RESIZES: tuple[Resize, ...] = get_args(Resize)
FILTERS: tuple[Filter, ...] = get_args(Filter)
OUTPUT_KINDS: tuple[OutputKind, ...] = get_args(OutputKind)
SCORES: tuple[Scores, ...] = get_args(Scores)
CORNERS: tuple[Corners, ...] = get_args(Corners)

LARGEST_SIDE = 8192
"""Most pixels of a side of a model's picture: beyond it a typing error would fill the memory."""

LARGEST_TEXT = 4 << 20  # bytes of a description or a file of labels
MOST_LABELS = 50_000
LONGEST_LABEL = 200
"""Characters of a label that are kept; the rest is cut."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """How a picture becomes the input of a model.

    A value of 0..255 is mapped to `span`; the model's input is then `(value - mean) * scale`.

    Attributes:
        name: Name of the graph's input; empty for its first.
        kind: "features" for a model that takes something other than pictures, "ink" or "ink image" for one
            that takes an ink; the rest is then ignored.
        layout: Order of the axes.
        color: Order of the channels.
        size: Height and width in pixels where the graph leaves them free; None if it fixes them.
        resize: "stretch" the whole picture, "fit" it whole with a margin, "crop" its middle, "ten" crops (the
            four corners and the middle, each also mirrored), or "keep" its own size.
        share: Share of the shorter side that a crop takes, more than 0, up to 1.
        multiple: Free sides are rounded to a multiple of this, at least 1.
        longest: Most pixels of the longer side where the size is kept; 0 for `LARGEST_SIDE`.
        filter: How pixels are averaged.
        span: What 0 and 255 become; None for the default of the input's type, see `image_arrays.for_type`.
        mean: One number, or one a channel in the model's order.
        scale: One number, or one a channel in the model's order.
        margin: Value, 0..255, around a picture that is fitted.
    """

    name: str = ""
    kind: InputKind = "image"
    layout: Layout = "NCHW"
    color: ColorOrder = "RGB"
    size: tuple[int, int] | None = None
    resize: Resize = "crop"
    share: float = 1.0
    multiple: int = 1
    longest: int = 0
    filter: Filter = "bilinear"
    span: tuple[float, float] | None = None
    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    margin: int = 0

    @property
    def channels(self) -> int:
        """Channels of the model's picture: 1 or 3."""
        return 1 if self.color == "gray" else 3


@dataclass(frozen=True, slots=True)
class Output:
    """The meaning of one output of a model.

    Attributes:
        name: Name of the graph's output; empty for its first.
        kind: What it is.
        scores: Whether classes are given as "logits", before the softmax, or as "probabilities".
        labels: Names of the classes, in the order of the scores; empty if they have no names.
        layout: Order of the axes of a picture or a map.
        color: Order of the channels of a picture.
        span: The values of black and white in a picture, or of cold and hot in a map; None for 0..255 if the
            output is of whole numbers, otherwise 0..1. A "map" that leaves 0..1 is then scaled.
        corners: What a box's four numbers are: two corners, a corner and a size, or a center and a size.
        unit: Whether boxes and points are in 0..1 of the model's picture instead of its pixels.
        threshold: Threshold of a heat map mapped to 0..1: a region is what is above it.
        grow: How far a region's sides move outward, as a factor on its area over its circumference.
        unknown: The class that stands for what is none of the others; empty for none.
        blank: Index of the blank of a text output (CTC).
    """

    name: str = ""
    kind: OutputKind = "features"
    scores: Scores = "logits"
    labels: tuple[str, ...] = ()
    layout: Layout = "NCHW"
    color: ColorOrder = "RGB"
    span: tuple[float, float] | None = None
    corners: Corners = "xyxy"
    unit: bool = False
    threshold: float = 0.3
    grow: float = 0.0
    unknown: str = ""
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Adaptor:
    """The description of a model of another kind.

    Attributes:
        input: Its input.
        outputs: Its outputs, the main one first; empty if the description has none.
        state: Pairs of names: an input and the output that feeds it in the next step.
        constants: Names of inputs that always get the same number, and the number.
        layers: Names of the inner tensors that are worth showing, in order; empty for all.
        title: Its name on screen; empty for the file's name.
        license: License of its weights, as the author of the description gives it.
        ink: How an ink is prepared for it; None for a model that takes no ink.
        lengths: Usual length of the ink of each class, in larger sides of its box; it gives the progress.
    """

    input: ImageInput = ImageInput()
    outputs: tuple[Output, ...] = ()
    state: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, float], ...] = ()
    layers: tuple[str, ...] = ()
    title: str = ""
    license: str = ""
    ink: Preparation | None = None
    lengths: tuple[tuple[str, float], ...] = ()

    @property
    def output(self) -> Output:
        """The main output; features if the description has none."""
        return self.outputs[0] if self.outputs else Output()


def adaptor_path(model: Path) -> Path:
    """The path of a model's description, whether it exists or not."""
    return model.with_suffix(".toml")


def adaptor_of(model: Path) -> Adaptor | None:
    """Read the description of a model file; None if there is none.

    Raises:
        ModelError: As for `read_adaptor`.
    """
    path = adaptor_path(model)
    return read_adaptor(path) if path.exists() else None


def described_by(model: Path) -> dict[str, bytes]:
    """Bytes of a model's description and of the labels it names, by file name, as far as they exist."""
    path = adaptor_path(model)
    found: dict[str, bytes] = {}
    with suppress(ModelError):
        found[path.name] = _bytes(path, path.name)
        for name in label_files(found[path.name]):
            found[name] = _bytes(_neighbor(path, name), name)
    return found


def label_files(description: bytes) -> list[str]:
    """Names of the files of labels in a description; none if it cannot be read."""
    try:
        given: Any = tomllib.loads(description.decode("utf-8-sig"))["output"]
    except (ValueError, RecursionError, KeyError):
        return []
    tables: list[Any] = cast(list[Any], given) if isinstance(given, list) else [given]
    named = [cast(dict[str, Any], each).get("labels") for each in tables if isinstance(each, dict)]
    return [name for name in named if isinstance(name, str) and _is_neighbor(name)]


def read_adaptor(path: Path) -> Adaptor:
    """Read a description.

    Raises:
        ModelError: It cannot be read; one line names the key, its value and what is allowed.
    """
    return adaptor_from(_text(path, path.name), path)


def adaptor_from(text: str, path: Path) -> Adaptor:
    """Read a description from its text.

    Args:
        text: TOML.
        path: Its file: named in errors, and labels are read from the same folder.

    Raises:
        ModelError: As for `read_adaptor`.
    """
    try:
        given = tomllib.loads(text)
    # Numbers of a thousand digits and endless brackets are errors of Python, not of TOML.
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.name}: not valid TOML: {one_line(str(error), LONGEST_ERROR)}") from error
    top = Table(path.name, "", given)
    outputs = top.tables("output")
    fed, ink = _input_from(top.table("input"))
    made = Adaptor(
        fed,
        tuple(_output_from(each, path) for each in outputs),
        top.pairs("state"),
        top.table("constants").numbers(),
        top.texts("layers", "a list of texts"),
        top.text("title"),
        top.text("license"),
        ink,
        top.table("lengths").numbers(),
    )
    top.finish()
    return made


_INK_KEYS = (
    *("columns", "points", "spacing", "time_step", "lifts", "origin", "box", "y", "drop_first", "length"),
    *("pad", "pad_at", "keep", "lengths", "mask", "replay"),
)
_INK_IMAGE_KEYS = ("line_width", "center", "invert", "transposed", "antialias")


def _ask_for_kind(table: Table) -> None:
    """Refuse a table that has keys of an ink but does not say that it takes one."""
    for kind, keys in (("ink", _INK_KEYS), ("ink image", _INK_IMAGE_KEYS)):
        key = next((each for each in keys if table.has(each)), "")
        if key and not table.has("is"):
            raise table.error(
                f'the key is = ... is missing, and "image" has no key {key}; write is = "{kind}" '
                f"(allowed are {', '.join(INPUT_KINDS)})"
            )


def _input_from(table: Table) -> tuple[ImageInput, Preparation | None]:
    _ask_for_kind(table)
    kind: InputKind = table.choice("is", INPUT_KINDS, "image")
    if kind in ("ink", "ink image"):
        ink = ink_input(table) if kind == "ink" else ink_image(table)
        return ImageInput(ink.name, kind), ink
    if kind == "features":
        made = ImageInput(table.text("name"), kind)
        table.finish()
        return made, None
    plain = ImageInput()
    channels = 1 if table.choice("color", COLOR_ORDERS, plain.color) == "gray" else 3
    span = table.span("range")
    std = table.per_channel("std", channels, (), positive=True)
    scale = table.per_channel("scale", channels, ())
    if std and scale:
        raise table.error("scale and std mean the same; give one of them")
    made = ImageInput(
        name=table.text("name"),
        kind=kind,
        layout=table.choice("layout", LAYOUTS, plain.layout),
        color=table.choice("color", COLOR_ORDERS, plain.color),
        size=table.size("size", LARGEST_SIDE),
        resize=table.choice("resize", RESIZES, plain.resize),
        share=table.number("share", plain.share, 0.01, 1),
        multiple=table.whole("multiple", plain.multiple, 1, LARGEST_SIDE),
        longest=table.whole("longest", plain.longest, 0, LARGEST_SIDE),
        filter=table.choice("filter", FILTERS, plain.filter),
        span=span,
        mean=table.per_channel("mean", channels, plain.mean),
        scale=tuple(1 / each for each in std) if std else scale or plain.scale,
        margin=table.whole("margin", plain.margin, 0, 255),
    )
    table.finish()
    return made, None


def _output_from(table: Table, path: Path) -> Output:
    plain = Output()
    made = Output(
        name=table.text("name"),
        kind=table.choice("is", OUTPUT_KINDS, plain.kind),
        scores=table.choice("scores", SCORES, plain.scores),
        labels=_labels(table, path),
        layout=table.choice("layout", LAYOUTS, plain.layout),
        color=table.choice("color", COLOR_ORDERS, plain.color),
        span=table.span("range"),
        corners=table.choice("corners", CORNERS, plain.corners),
        unit=table.flag("unit", plain.unit),
        threshold=table.number("threshold", plain.threshold, 0, 1),
        grow=table.number("grow", plain.grow, 0, 10),
        unknown=table.text("unknown"),
        blank=table.whole("blank", plain.blank, -1, MOST_LABELS),
    )
    table.finish()
    return made


def _labels(table: Table, path: Path) -> tuple[str, ...]:
    given = table.take("labels", [])
    if isinstance(given, str):
        if not _is_neighbor(given):
            raise table.error(f"labels must be a list, or the name of a file next to it; got {given!r}")
        labels = tuple(_text(_neighbor(path, given), f"{path.name}: labels").splitlines())
    else:
        labels = table.texts("labels", "a list of texts, or the name of a file next to it")
    if len(labels) > MOST_LABELS:
        raise table.error(f"labels are {len(labels)}; {MOST_LABELS} are allowed")
    return tuple(label[:LONGEST_LABEL] for label in labels)


def _is_neighbor(name: str) -> bool:
    # An untrusted description may only name a file in its own folder.
    return Path(name).name == name != ""


def _neighbor(path: Path, name: str) -> Path:
    """The path of a file in a description's folder.

    Raises:
        ModelError: It is a link that leads out of the folder.
    """
    file = path.with_name(name)
    try:
        inside = file.resolve().is_relative_to(path.parent.resolve())
    except (OSError, RuntimeError, ValueError):  # a link to itself, or a name that no file can have
        inside = False
    if not inside:
        raise ModelError(f"{path.name}: labels: {name} is a link out of its folder; copy the file there")
    return file


def _text(path: Path, what: str) -> str:
    try:
        # Editors on Windows begin a file with a byte order mark.
        return _bytes(path, what).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(f"{what}: {path.name} is not text in UTF-8") from error


def _bytes(path: Path, what: str) -> bytes:
    try:
        with open_regular(path) as file:
            data = file.read(LARGEST_TEXT + 1)
    except NotRegularError as error:
        # Reading a pipe could wait for ever.
        raise ModelError(f"{what}: {path.name} is not an ordinary file") from error
    except OSError as error:
        raise ModelError(f"{what}: {path.name} cannot be read ({error.strerror})") from error
    except ValueError as error:  # a name with a zero byte
        raise ModelError(f"{what}: {path.name} cannot be the name of a file") from error
    if len(data) > LARGEST_TEXT:
        raise ModelError(f"{what}: {path.name} is larger than {LARGEST_TEXT >> 20} MiB")
    return data


def check_names(adaptor: Adaptor, inputs: Mapping[str, object], outputs: Mapping[str, object]) -> None:
    """Check that a model has the inputs and outputs that its description names.

    Args:
        adaptor: The description.
        inputs: The graph's inputs, by name.
        outputs: The graph's outputs, by name.

    Raises:
        ModelError: One is missing; the message names it, and those that exist.
    """
    fed = [adaptor.input.name, *(pair[0] for pair in adaptor.state), *(name for name, _ in adaptor.constants)]
    if isinstance(adaptor.ink, InkInput):
        fed += [adaptor.ink.lengths, adaptor.ink.mask]
    given = [*(each.name for each in adaptor.outputs), *(pair[1] for pair in adaptor.state)]
    for kind, names, there in (("input", fed, inputs), ("output", given, outputs)):
        for name in names:
            if name and name not in there:
                raise ModelError(
                    f"its description names the {kind} {name!r}; it has {', '.join(there)}; write one "
                    "of these"
                )
