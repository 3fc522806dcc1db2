"""Likely mistakes in the description of a stroke model, each undone, with the line that would be written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from addon.features.ink_input import Box, Column, ColumnName, InkImage, InkInput, Layout, Preparation

_SWAPPED: Mapping[ColumnName, ColumnName] = {
    "x": "y",
    "y": "x",
    "dx": "dy",
    "dy": "dx",
    "cos": "sin",
    "sin": "cos",
}
_UPRIGHT: frozenset[ColumnName] = frozenset(("y", "dy", "sin", "curvature"))
_PLACES: frozenset[ColumnName] = frozenset(("x", "y"))
_LENGTHS: frozenset[ColumnName] = frozenset(("x", "y", "dx", "dy"))
_PENS: tuple[ColumnName, ...] = ("pen up", "pen down", "stroke start")
_OTHER_PLACES: Mapping[ColumnName, ColumnName] = {"x": "dx", "y": "dy", "dx": "x", "dy": "y"}
_FACTORS = (1.0, 10.0, 20.0, 100.0)
_POINTS = (32, 50, 64, 100, 128, 200)
_LAYOUTS: Mapping[Layout, Layout] = {
    "N(CT)": "N(TC)",
    "N(TC)": "N(CT)",
    "(CT)": "(TC)",
    "(TC)": "(CT)",
    "NCT": "NTC",
    "NTC": "NCT",
    "CT": "TC",
    "TC": "CT",
}


class Mistake(NamedTuple):
    """A change of a description.

    Attributes:
        name: What is changed, in a few words.
        line: The line of the TOML that would be written.
        ink: The changed preparation.
    """

    name: str
    line: str
    ink: Preparation


def mistakes(ink: Preparation) -> Iterator[Mistake]:
    """Likely mistakes in how an ink is prepared; some may not fit the model's shape."""
    return _of_image(ink) if isinstance(ink, InkImage) else _of_rows(ink)


def _of_rows(ink: InkInput) -> Iterator[Mistake]:
    names = [column.name for column in ink.columns]
    if _UPRIGHT & set(names):
        up = not ink.y_up
        yield Mistake("y the other way", f'y = "{"up" if up else "down"}"', replace(ink, y_up=up))
    if set(names) & set(_SWAPPED):
        yield _renamed(ink, "x and y exchanged", _SWAPPED)
    yield from _of_factors(ink)
    for pen in _PENS:
        for other in _PENS:
            if pen in names and other not in names:
                yield _renamed(ink, f"{other} instead of {pen}", {pen: other})
    if set(names) & {"dx", "dy"} and not set(names) & {"x", "y"}:
        yield _renamed(ink, "places instead of differences", _OTHER_PLACES)
    if set(names) & {"x", "y"} and not set(names) & {"dx", "dy"}:
        yield _renamed(ink, "differences instead of places", _OTHER_PLACES)
    if set(names) & _PLACES:
        for origin in ("first", "center", "corner", "mean"):
            if origin != ink.origin:
                yield Mistake(f"{origin} is the origin", f'origin = "{origin}"', replace(ink, origin=origin))
    for scale in ("larger side", "height", "width", "diagonal"):
        if scale != ink.scale and set(names) & _LENGTHS:
            yield Mistake(f"{scale} is the scale", f'scale = "{scale}"', replace(ink, scale=scale))
    if (ink.points or ink.spacing or ink.seconds) and set(names) & _LENGTHS:
        box: Box = "ink" if ink.measures_rows else "rows"
        yield Mistake(f"measured on the {box}", f'box = "{box}"', replace(ink, box=box))
    if ink.points:
        for points in _POINTS:
            if points != ink.points:
                yield Mistake(f"{points} points", f"points = {points}", replace(ink, points=points))
        # With another sampling each stroke is sampled by itself, and lifts says nothing.
        lifts = "apart" if ink.lifts == "joined" else "joined"
        yield Mistake(f"strokes {lifts}", f'lifts = "{lifts}"', replace(ink, lifts=lifts))
    if ink.spacing:
        for times in (0.5, 2.0):
            spacing = float(f"{ink.spacing * times:.6g}")
            yield Mistake(f"spacing {spacing:g}", f"spacing = {spacing}", replace(ink, spacing=spacing))
    if ink.layout in _LAYOUTS:
        layout = _LAYOUTS[ink.layout]
        yield Mistake(f"axes {layout}", f'layout = "{layout}"', replace(ink, layout=layout))
    if ink.length:
        at = "end" if ink.pad_start else "start"
        yield Mistake(f"padded at the {at}", f'pad_at = "{at}"', replace(ink, pad_start=not ink.pad_start))


def _of_factors(ink: InkInput) -> Iterator[Mistake]:
    given = {column.factor for column in ink.columns if column.name in _LENGTHS}
    if not given:
        return
    kinds = sorted({column.name for column in ink.columns if column.name in _LENGTHS})
    for factor in _FACTORS:
        if given != {factor}:
            columns = tuple(
                replace(column, factor=factor) if column.name in _LENGTHS else column
                for column in ink.columns
            )
            name = "not scaled" if factor == 1 else f"× {factor:g}"
            yield Mistake(f"{', '.join(kinds)} {name}", *_with_columns(ink, columns))


def _renamed(ink: InkInput, name: str, others: Mapping[ColumnName, ColumnName]) -> Mistake:
    columns = tuple(replace(column, name=others.get(column.name, column.name)) for column in ink.columns)
    return Mistake(name, *_with_columns(ink, columns))


def _with_columns(ink: InkInput, columns: tuple[Column, ...]) -> tuple[str, InkInput]:
    return columns_line(columns), replace(ink, columns=columns)


def columns_line(columns: Sequence[Column]) -> str:
    """The line of a description for columns."""
    return f"columns = [{', '.join(map(_column, columns))}]"


def _column(column: Column) -> str:
    factor = f", factor = {column.factor:g}" if column.factor != 1 else ""
    offset = f", offset = {column.offset:g}" if column.offset else ""
    return f'{{is = "{column.name}"{factor}{offset}}}' if factor or offset else f'"{column.name}"'


def _of_image(ink: InkImage) -> Iterator[Mistake]:
    yield Mistake(
        "rows and columns exchanged" if not ink.transposed else "rows and columns not exchanged",
        f"transposed = {_flag(not ink.transposed)}",
        replace(ink, transposed=not ink.transposed),
    )
    ground = "light on dark" if ink.invert else "dark on light"
    yield Mistake(ground, f"invert = {_flag(not ink.invert)}", replace(ink, invert=not ink.invert))
    for span in ((0.0, 1.0), (0.0, 255.0), (-1.0, 1.0)):
        if span != ink.span:
            low, high = span
            yield Mistake(f"values {low:g} to {high:g}", f"range = [{low}, {high}]", replace(ink, span=span))
    if (ink.mean, ink.std) != (0.1307, 0.3081):
        yield Mistake(
            "mean and std of MNIST", "mean = 0.1307 and std = 0.3081", replace(ink, mean=0.1307, std=0.3081)
        )
    if (ink.mean, ink.std) != (0.5, 0.5):
        yield Mistake("mean and std of 0.5", "mean = 0.5 and std = 0.5", replace(ink, mean=0.5, std=0.5))
    if (ink.mean, ink.std) != (0.0, 1.0):
        yield Mistake("without mean and std", "mean = 0.0 and std = 1.0", replace(ink, mean=0.0, std=1.0))
    center = "mass" if ink.center == "box" else "box"
    yield Mistake(f"centered by {center}", f'center = "{center}"', replace(ink, center=center))
    for times in (0.5, 2.0):
        width = round(ink.line_width * times, 2)
        yield Mistake(f"lines {width:g} wide", f"line_width = {width}", replace(ink, line_width=width))
    for margin in (0.0, 2.0, 4.0):
        if margin != ink.margin and margin < min(ink.size) / 2 - 1:
            yield Mistake(f"margin {margin:g}", f"margin = {margin}", replace(ink, margin=margin))


def _flag(value: bool) -> str:
    return "true" if value else "false"
