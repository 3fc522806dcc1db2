"""What a stroke model by someone else reads: columns along the ink, or a small picture of it.

The description of such a model (`addon.model.ink_table` reads it) becomes an `InkInput` or an `InkImage`;
`addon.features.ink_columns` and `addon.features.ink_image` prepare an ink accordingly.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

ColumnName: TypeAlias = Literal[
    "x",
    "y",
    "dx",
    "dy",
    "t",
    "dt",
    "pressure",
    "speed",
    "cos",
    "sin",
    "curvature",
    "pen down",
    "pen up",
    "stroke start",
    "end of ink",
]
Side: TypeAlias = Literal["larger side", "height", "width", "diagonal", "taught"]
Origin: TypeAlias = Literal["first", "center", "corner", "mean", "window"]
Layout: TypeAlias = Literal["NTC", "NCT", "TNC", "TC", "CT", "N(TC)", "N(CT)", "(TC)", "(CT)"]
Lifts: TypeAlias = Literal["joined", "apart"]
Center: TypeAlias = Literal["box", "mass"]
Box: TypeAlias = Literal["", "ink", "rows"]

COLUMN_NAMES: tuple[ColumnName, ...] = get_args(ColumnName)
SIDES: tuple[Side, ...] = get_args(Side)
ORIGINS: tuple[Origin, ...] = get_args(Origin)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
LIFTS: tuple[Lifts, ...] = get_args(Lifts)
CENTERS: tuple[Center, ...] = get_args(Center)
BOXES: tuple[Box, ...] = ("ink", "rows")

LOOKS_AHEAD: frozenset[ColumnName] = frozenset(("pen down", "pen up", "end of ink"))
"""Columns whose value is known only when the next sample comes, or the pen is lifted."""

UNTAUGHT_SIZE = 200.0
"""Size in logical pixels that "taught" stands for until something is taught."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `factor * value + offset`.

    Attributes:
        name: What it holds; lengths are in units of the scale, times in seconds, flags 0 or 1.
        factor: Any number.
        offset: Any number.
    """

    name: ColumnName
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Asking:
    """When a model is asked again while its ink grows; it is always asked when the pen is lifted.

    Attributes:
        points: After so many samples of the pen; 0 for the default of what the model reads.
        seconds: At most once in so many seconds of drawing; 0 for no limit.
    """

    points: int = 1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class InkInput:
    """How an ink becomes rows of columns.

    Attributes:
        name: Name of the graph's input; empty for its first.
        columns: At least one.
        points: So many rows along the whole ink, at least 2; 0 for another sampling.
        spacing: Distance of the rows in units of the scale; 0 for another sampling.
        seconds: Time between two rows; 0 for another sampling. Without any of the three the rows are the
            samples of the pen as they come.
        lifts: "joined" if the way from one stroke to the next is sampled like ink, "apart" if it is not.
        scale: What a length of 1 is: a side of the ink so far, a number of logical pixels, or two, for x
            and for y.
        origin: Where x and y are 0: the ink's first point, the center or upper left corner of its box, the
            mean of its rows, or the window's corner.
        box: What the scale and the origin are measured on: the samples of the "ink" or the "rows" made of it;
            empty for the rows of an ink that is resampled by `points`, else for the ink.
        y_up: Whether y grows upward.
        drop_first: Whether the first row is left out, as where rows are differences between points.
        length: Rows after padding or cutting; 0 for as many as there are.
        pad: Values of the rows that are added: one number, or one a column.
        pad_start: Whether they are added before the ink instead of after it.
        keep_end: Whether the end of an ink that is too long is kept instead of its beginning.
        layout: Order of the axes: batch, time, column; (TC) is one axis, row after row, (CT) column after
            column.
        lengths: Name of an input that gets the number of rows; empty for none.
        mask: Name of an input that gets 1 for each row of the ink and 0 for padding; empty for none.
        replay: Whether a recurrent model reads the ink so far again from its first row at each answer.
        asking: When it is asked.
    """

    name: str = ""
    columns: tuple[Column, ...] = ()
    points: int = 0
    spacing: float = 0.0
    seconds: float = 0.0
    lifts: Lifts = "joined"
    scale: Side | float | tuple[float, float] = "larger side"
    origin: Origin = "first"
    box: Box = ""
    y_up: bool = False
    drop_first: bool = False
    length: int = 0
    pad: tuple[float, ...] = (0.0,)
    pad_start: bool = False
    keep_end: bool = False
    layout: Layout = "NTC"
    lengths: str = ""
    mask: str = ""
    replay: bool = False
    asking: Asking = Asking(points=0)

    @property
    def measures_rows(self) -> bool:
        """Whether the scale and the origin are measured on the rows, as most people do after resampling."""
        return self.box == "rows" or (not self.box and bool(self.points))

    @property
    def looks_ahead(self) -> bool:
        """Whether the last row may change with the next sample."""
        return any(column.name in LOOKS_AHEAD for column in self.columns)

    @property
    def whole_ink(self) -> str:
        """Why earlier rows change while the ink grows; empty if they stay."""
        if self.points:
            return f"points = {self.points} along the whole ink"
        if isinstance(self.scale, str) and self.scale != "taught":
            return f'scale = "{self.scale}"'
        if self.origin in ("center", "corner", "mean"):
            return f'origin = "{self.origin}"'
        return "length" if self.length else ""


@dataclass(frozen=True, slots=True)
class InkImage:
    """How an ink becomes a small picture.

    Attributes:
        name: Name of the graph's input; empty for its first.
        size: Height and width in pixels, at least 4.
        line_width: In pixels, above 0.
        margin: Pixels around the ink's box.
        center: Whether the middle of the box or the center of mass of the ink (as in MNIST and EMNIST) is in
            the middle of the picture.
        invert: Whether the ink is dark on a light ground; else light on dark.
        transposed: Whether rows and columns are exchanged, as in EMNIST's files.
        antialias: Whether edges are smooth.
        span: Values of ground and ink, before `mean` and `std`.
        mean: Is subtracted.
        std: Divides, above 0.
        channels: Copies of the picture, 1 or 3.
        layout: Order of the axes.
        asking: When the model is asked.
    """

    name: str = ""
    size: tuple[int, int] = (28, 28)
    line_width: float = 2.0
    margin: float = 2.0
    center: Center = "box"
    invert: bool = False
    transposed: bool = False
    antialias: bool = True
    span: tuple[float, float] = (0.0, 1.0)
    mean: float = 0.0
    std: float = 1.0
    channels: int = 1
    layout: Literal["NCHW", "NHWC", "CHW", "HWC", "NHW", "HW", "N(HW)"] = "NCHW"
    asking: Asking = Asking(points=4)


Preparation: TypeAlias = InkInput | InkImage
