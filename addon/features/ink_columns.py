"""Rows of columns from the samples of an ink so far, as an `InkInput` describes them.

The whole ink so far is prepared each time, by one function, so that live drawing and a batch give the same
numbers. A recurrent model is fed only the rows that are new.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot
from typing import TypeAlias

import numpy as np

from addon.arrays import Array, Doubles, Floats
from addon.features.ink_input import UNTAUGHT_SIZE, ColumnName, InkInput

MOST_ROWS = 20_000
"""Rows of one ink; a jump across all screens must not fill the memory."""

FLATTEST = 0.02
"""A side counts as at least this share of the diagonal of the ink's box."""

_TINY = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """An ink as points in order, or as the rows made of it.

    Attributes:
        x, y: Float64 arrays of shape (n,), y growing downward.
        t: Seconds since the ink began, shape (n,).
        pressure: 0..1, shape (n,).
        starts: Whether a stroke starts at a point, shape (n,).
        ends: Whether a stroke ends at a point, shape (n,).
    """

    x: Doubles
    y: Doubles
    t: Doubles
    pressure: Doubles
    starts: Array
    ends: Array


def track_of(samples: Array, lifted: bool) -> Track:
    """The track of an ink's samples.

    Args:
        samples: Shape (n, 5), n at least 1: x, y, t, pressure, and 1 where the pen was lifted after it.
        lifted: Whether the pen is off the paper now.
    """
    x, y, t, pressure, ups = np.asarray(samples, dtype=np.float64).T
    ends = ups > 0
    starts = np.append(True, ends[:-1])
    ends[-1] = lifted
    clock = np.where(np.isfinite(t), t, 0.0)
    return Track(x, y, clock - clock[0], np.where(np.isfinite(pressure), pressure, 0.5), starts, ends)


def ink_columns(ink: InkInput, samples: Array, lifted: bool, taught: float = UNTAUGHT_SIZE) -> Floats:
    """The rows of an ink so far, without padding: float32 of shape (rows, columns).

    Args:
        ink: What the model reads.
        samples: As for `track_of`.
        lifted: Whether the pen is off the paper; the last row then ends the ink.
        taught: Size in logical pixels that the scale "taught" stands for.
    """
    drawn = track_of(samples, lifted)
    rows = resampled(ink, drawn, taught)
    measured = rows if ink.measures_rows else drawn
    unit_x, unit_y = units(ink, measured, taught)
    x0, y0 = origin(ink, measured)
    x, y = (rows.x - x0) / unit_x, (rows.y - y0) / unit_y
    if ink.y_up:
        # With two numbers for the scale, the window's lower edge is 0.
        y = 1.0 - y if ink.origin == "window" and isinstance(ink.scale, tuple) else -y
    made = _Columns(x, y, rows, lifted)
    table = [column.factor * made.column(column.name) + column.offset for column in ink.columns]
    whole = np.stack(table, axis=1).astype(np.float32)
    # The first point alone is a row, too: no model can be asked about none.
    return whole[1:] if ink.drop_first and len(whole) > 1 else whole


def units(ink: InkInput, track: Track, taught: float = UNTAUGHT_SIZE) -> tuple[float, float]:
    """Logical pixels that a length of 1 stands for, along x and along y."""
    match ink.scale:
        case (across, downward):
            return across, downward
        case "taught":
            size = taught
        case str():
            width, height = float(np.ptp(track.x)), float(np.ptp(track.y))
            sides = {"larger side": max(width, height), "height": height, "width": width}
            diagonal = hypot(width, height)
            # A level line has no height to speak of; divided by it, it would be thousands of rows.
            size = max(sides.get(ink.scale, diagonal), FLATTEST * diagonal)
        case _:
            size = ink.scale
    return max(size, _TINY), max(size, _TINY)


def origin(ink: InkInput, track: Track) -> tuple[float, float]:
    """Where x and y are 0, in logical pixels."""
    x, y = track.x, track.y
    match ink.origin:
        case "window":
            return 0.0, 0.0
        case "first":
            return float(x[0]), float(y[0])
        case "center":
            return (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        case "mean":
            return float(x.mean()), float(y.mean())
        case "corner":
            return x.min(), y.max() if ink.y_up else y.min()


def resampled(ink: InkInput, drawn: Track, taught: float = UNTAUGHT_SIZE) -> Track:
    """The points at which rows are made."""
    along = _along(drawn, ink.lifts == "joined")
    if ink.points:
        wanted = np.linspace(0.0, float(along[-1]), ink.points).astype(np.float64)
        return _at(drawn, along, wanted, joined=ink.lifts == "joined")
    if ink.spacing:
        step = ink.spacing * max(units(ink, drawn, taught))
        return _stepped(drawn, along, step)
    if ink.seconds:
        return _stepped(drawn, np.maximum.accumulate(drawn.t), ink.seconds)
    return drawn


def _along(drawn: Track, joined: bool) -> Doubles:
    """The way to each point; without the ways from stroke to stroke unless they are `joined`."""
    moves = np.hypot(np.diff(drawn.x), np.diff(drawn.y)).astype(np.float64)
    if not joined:
        moves[drawn.starts[1:]] = 0.0
    return np.append(0.0, np.cumsum(moves))


def _at(drawn: Track, along: Doubles, wanted: Doubles, joined: bool) -> Track:
    """The points at these places along an ink."""
    x, y, t, pressure = (
        np.interp(wanted, along, each) for each in (drawn.x, drawn.y, drawn.t, drawn.pressure)
    )
    starts, ends = np.zeros(len(wanted), dtype=bool), np.zeros(len(wanted), dtype=bool)
    last = len(wanted) - 1
    # A stroke ends at the first row that is not before its last point, and starts likewise.
    ends[np.minimum(np.searchsorted(wanted, along[drawn.ends]), last)] = True
    starts[np.minimum(np.searchsorted(wanted, along[drawn.starts]), last)] = True
    if not joined:
        # Where a stroke ends and the next one starts at the same place along, the next row is the start.
        starts = np.append(True, ends[:-1])
    return Track(x, y, t, pressure, starts, ends)


def _stepped(drawn: Track, along: Doubles, step: float) -> Track:
    """Rows at each stroke's first point, at every `step` along it, and at its last point once it ends."""
    first, last = np.flatnonzero(drawn.starts), np.append(np.flatnonzero(drawn.starts)[1:], len(along)) - 1
    step = max(step, (along[-1] or 1.0) / MOST_ROWS)
    parts: list[Track] = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        way = along[begin : end + 1] - along[begin]
        wanted = np.arange(int(way[-1] / step + 1e-9) + 1).astype(np.float64) * step
        done = bool(drawn.ends[end])
        if done and (way[-1] - wanted[-1] > _TINY * step or len(wanted) == 1):
            wanted = np.append(wanted, way[-1])
        own = Track(*(getattr(drawn, name)[begin : end + 1] for name in Track.__slots__))
        x, y, t, p = (np.interp(wanted, way, each) for each in (own.x, own.y, own.t, own.pressure))
        flags = np.zeros((2, len(wanted)), dtype=bool)
        flags[0, 0], flags[1, -1] = True, done
        parts.append(Track(x, y, t, p, flags[0], flags[1]))
    return Track(*(np.concatenate([getattr(part, name) for part in parts]) for name in Track.__slots__))


class _Columns:
    """The columns of the rows of one ink, each computed when it is asked for.

    Args:
        x, y: In units of the scale.
        rows: Their times, pressures and strokes.
        lifted: Whether the pen is off the paper.
    """

    def __init__(self, x: Doubles, y: Doubles, rows: Track, lifted: bool) -> None:
        self._x, self._y, self._rows, self._lifted = x, y, rows, lifted
        self._dx, self._dy = np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0])
        self._dt = np.diff(rows.t, prepend=rows.t[0])

    def column(self, name: ColumnName) -> Doubles:
        """One column, float64 of shape (rows,)."""
        return _MAKERS[name](self)

    def x(self) -> Doubles:
        return self._x

    def y(self) -> Doubles:
        return self._y

    def dx(self) -> Doubles:
        return self._dx

    def dy(self) -> Doubles:
        return self._dy

    def t(self) -> Doubles:
        return self._rows.t

    def dt(self) -> Doubles:
        return self._dt

    def pressure(self) -> Doubles:
        return self._rows.pressure

    def moved(self) -> Doubles:
        return np.hypot(self._dx, self._dy)

    def speed(self) -> Doubles:
        return _divided(self.moved(), self._dt)

    def cos(self) -> Doubles:
        return _divided(self._dx, self.moved())

    def sin(self) -> Doubles:
        return _divided(self._dy, self.moved())

    def curvature(self) -> Doubles:
        """The turn from the move before to the one after a row over their mean length, in radians."""
        dx, dy, length = self._dx, self._dy, self.moved()
        turns = np.zeros(len(dx))
        cross = dx[:-1] * dy[1:] - dy[:-1] * dx[1:]
        dot = dx[:-1] * dx[1:] + dy[:-1] * dy[1:]
        turns[1:] = _divided(np.arctan2(cross, dot), (length[:-1] + length[1:]) / 2)
        return turns

    def pen_up(self) -> Doubles:
        return self._rows.ends.astype(np.float64)

    def pen_down(self) -> Doubles:
        """1 where a line leads on to the next row: not at the end of a stroke, nor between strokes."""
        begun = np.cumsum(self._rows.starts)
        ended = np.cumsum(self._rows.ends)
        return (begun > ended).astype(np.float64)

    def stroke_start(self) -> Doubles:
        return self._rows.starts.astype(np.float64)

    def end_of_ink(self) -> Doubles:
        last = np.zeros(len(self._x))
        last[-1] = self._lifted
        return last


_MAKERS: Mapping[ColumnName, Callable[[_Columns], Doubles]] = {
    "x": _Columns.x,
    "y": _Columns.y,
    "dx": _Columns.dx,
    "dy": _Columns.dy,
    "t": _Columns.t,
    "dt": _Columns.dt,
    "pressure": _Columns.pressure,
    "speed": _Columns.speed,
    "cos": _Columns.cos,
    "sin": _Columns.sin,
    "curvature": _Columns.curvature,
    "pen down": _Columns.pen_down,
    "pen up": _Columns.pen_up,
    "stroke start": _Columns.stroke_start,
    "end of ink": _Columns.end_of_ink,
}


def _divided(top: Doubles, bottom: Doubles) -> Doubles:
    """A quotient that is 0 where the divisor is."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=np.abs(bottom) > 1e-12)


Padded: TypeAlias = tuple[Floats, Floats]


def padded(ink: InkInput, rows: Floats) -> Padded:
    """Pad or cut rows to the described length.

    Returns:
        The rows, shape (length, columns), and 1 for each that is of the ink, shape (length,).
    """
    count = ink.length or len(rows)
    kept = rows[-count:] if ink.keep_end else rows[:count]
    made = np.broadcast_to(np.array(ink.pad, dtype=np.float32), (count, rows.shape[1])).copy()
    mask = np.zeros(count, dtype=np.float32)
    place = slice(count - len(kept), count) if ink.pad_start else slice(0, len(kept))
    made[place], mask[place] = kept, 1.0
    return made, mask


def arranged(ink: InkInput, rows: Floats) -> Floats:
    """Rows of shape (rows, columns) in the order of the model's axes."""
    match ink.layout:
        case "TC":
            return rows
        case "CT":
            return np.ascontiguousarray(rows.T)
        case "NTC":
            return rows[None]
        case "NCT":
            return np.ascontiguousarray(rows.T)[None]
        case "TNC":
            return rows[:, None]
        case "N(TC)":
            return rows.reshape(1, -1)
        case "N(CT)":
            return np.ascontiguousarray(rows.T).reshape(1, -1)
        case "(TC)":
            return rows.reshape(-1)
        case "(CT)":
            return np.ascontiguousarray(rows.T).reshape(-1)
