"""Read the `[input]` table of a model that takes an ink: its columns, or a small picture of it.

    [input]
    is = "ink"
    columns = [{is = "dx", factor = 20}, {is = "dy", factor = 20}, "pen up"]
    points = 100

    [input]
    is = "ink image"
    size = 28
    line_width = 1.6

`docs/own-models.md` has all keys; what they mean is in `addon.features.ink_input`.
"""

from addon.errors import ModelError
from addon.features.ink_input import (
    BOXES,
    CENTERS,
    COLUMN_NAMES,
    LAYOUTS,
    LIFTS,
    ORIGINS,
    SIDES,
    Asking,
    Box,
    Column,
    ColumnName,
    InkImage,
    InkInput,
    Side,
)
from addon.model.toml_table import Table

MOST_COLUMNS = 64
MOST_POINTS = 4096
LARGEST_IMAGE = 512
ANY = 1e9

IMAGE_LAYOUTS = ("NCHW", "NHWC", "CHW", "HWC", "NHW", "HW", "N(HW)")

ASKED_EACH = 4
"""A model that reads the whole ink is asked after so many samples of the pen."""


def ink_input(table: Table) -> InkInput:
    """Read columns of an ink.

    Raises:
        ModelError: A key has a value that is not allowed, or keys contradict each other.
    """
    columns = tuple(_column(table, each) for each in table.items("columns"))
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise table.error(
            f"columns must be a list of 1 to {MOST_COLUMNS} of {', '.join(COLUMN_NAMES)}; got {len(columns)}"
        )
    plain = InkInput()
    points = table.whole("points", 0, 2, MOST_POINTS) if table.has("points") else _absent(table, "points", 0)
    spacing, seconds = table.amount("spacing"), table.amount("time_step")
    if sum(map(bool, (points, spacing, seconds))) > 1:
        raise table.error("points, spacing and time_step are three ways to sample an ink; give one of them")
    length = table.whole("length", 0, 0, MOST_POINTS)
    made = InkInput(
        name=table.text("name"),
        columns=columns,
        points=points,
        spacing=spacing,
        seconds=seconds,
        lifts=table.choice("lifts", LIFTS, plain.lifts),
        scale=_scale(table),
        origin=table.choice("origin", ORIGINS, plain.origin),
        box=_box(table),
        y_up=table.choice("y", ("down", "up"), "down") == "up",
        drop_first=table.flag("drop_first", False),
        length=length,
        pad=table.one_or_each("pad", len(columns), plain.pad),
        pad_start=table.choice("pad_at", ("end", "start"), "end") == "start",
        keep_end=table.choice("keep", ("start", "end"), "start") == "end",
        layout=table.choice("layout", LAYOUTS, plain.layout),
        lengths=table.text("lengths"),
        mask=table.text("mask"),
        replay=table.flag("replay", False),
        asking=Asking(table.whole("ask_points", 0, 0, 1000), table.number("ask_seconds", 0.0, 0.0, 60.0)),
    )
    table.finish()
    return made


def asking_of(ink: InkInput, whole: bool) -> Asking:
    """When a model is asked: as described, else by what it reads: the `whole` ink, or its new rows."""
    points = ink.asking.points or (ASKED_EACH if whole and not ink.asking.seconds else 1)
    return Asking(points, ink.asking.seconds)


def ink_image(table: Table) -> InkImage:
    """Read a picture of an ink.

    Raises:
        ModelError: A key has a value that is not allowed.
    """
    plain = InkImage()
    size = table.size("size", LARGEST_IMAGE) or plain.size
    made = InkImage(
        name=table.text("name"),
        size=size,
        line_width=table.amount("line_width", plain.line_width),
        margin=table.number("margin", plain.margin, 0.0, min(size) / 2 - 1),
        center=table.choice("center", CENTERS, plain.center),
        invert=table.flag("invert", plain.invert),
        transposed=table.flag("transposed", plain.transposed),
        antialias=table.flag("antialias", plain.antialias),
        span=table.span("range") or plain.span,
        mean=table.number("mean", plain.mean, -ANY, ANY),
        std=table.amount("std", plain.std),
        channels=3 if table.choice("color", ("gray", "RGB"), "gray") == "RGB" else 1,
        layout=table.choice("layout", IMAGE_LAYOUTS, plain.layout),
        asking=Asking(
            table.whole("ask_points", plain.asking.points, 1, 1000),
            table.number("ask_seconds", 0.0, 0.0, 60.0),
        ),
    )
    table.finish()
    return made


def _absent(table: Table, key: str, default: int) -> int:
    table.take(key, None)
    return default


def _box(table: Table) -> Box:
    if not table.has("box"):
        table.take("box", None)
        return ""
    box: Box = table.choice("box", BOXES, "ink")
    return box


def _column(table: Table, given: object) -> Column:
    entry = table.entry("columns", {"is": given} if isinstance(given, str) else given)
    if not entry.has("is"):
        raise entry.error(f"a column must be one of {', '.join(COLUMN_NAMES)}; got {given!r}")
    name: ColumnName = entry.choice("is", COLUMN_NAMES, COLUMN_NAMES[0])
    made = Column(name, entry.number("factor", 1.0, -ANY, ANY), entry.number("offset", 0.0, -ANY, ANY))
    entry.finish()
    return made


def _scale(table: Table) -> Side | float | tuple[float, float]:
    if not table.has("scale"):
        table.take("scale", None)
        return "larger side"
    given = table.take("scale", None)
    if isinstance(given, str):
        side: Side = table.choice("scale", SIDES, "larger side")
        return side
    try:
        numbers = table.one_or_each("scale", 2, ())
    except ModelError:
        numbers = ()
    if not numbers or min(numbers) <= 0:
        raise table.error(
            f"scale must be one of {', '.join(SIDES)}, or one or two numbers of pixels above 0; got {given!r}"
        )
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])
