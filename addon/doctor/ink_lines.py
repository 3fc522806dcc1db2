"""A description of an ink as lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

_PAD = {False: "end", True: "start"}


def ink_lines(ink: Mapping[str, Any]) -> list[str]:
    """Lines about how an ink is prepared.

    Args:
        ink: An `InkInput` or an `InkImage` as a dictionary, as in the findings.
    """
    asking = ink["asking"]
    asked = [f"{asking['points']} points"] * bool(asking["points"])
    asked += [f"{asking['seconds']:g} s"] * bool(asking["seconds"])
    last = [f"asked every {' and '.join(asked)}, and when the pen is lifted"] if asked else []
    return (_rows(ink) if "columns" in ink else _image(ink)) + last


def _rows(ink: Mapping[str, Any]) -> list[str]:
    made = ["columns " + ", ".join(_column(column) for column in ink["columns"])]
    made.append(_sampling(ink))
    scale = ink["scale"]
    lengths = f"its {scale}" if isinstance(scale, str) else _numbers(scale) + " pixels"
    lengths = "the size of the taught inks" if scale == "taught" else lengths
    made.append(f"lengths of 1 are {lengths}; x, y from {_ORIGINS[ink['origin']]}; y grows {_up(ink)}")
    if ink["length"]:
        cut = "end" if ink["keep_end"] else "beginning"
        made.append(
            f"{ink['length']} rows: padded at the {_PAD[ink['pad_start']]} with {_numbers(ink['pad'])}, "
            f"or cut to the {cut}"
        )
    made.append(f"axes {ink['layout']}")
    made += [f"{ink['lengths']} gets the number of rows"] if ink["lengths"] else []
    made += [f"{ink['mask']} gets 1 for rows of the ink, 0 for padding"] if ink["mask"] else []
    return made + (["the ink so far is read again at each answer (replay)"] if ink["replay"] else [])


_ORIGINS = {
    "first": "its first point",
    "center": "the center of its box",
    "corner": "the corner of its box",
    "mean": "the mean of its rows",
    "window": "the window's corner",
}


def _column(column: Mapping[str, Any]) -> str:
    factor = f" × {column['factor']:g}" if column["factor"] != 1 else ""
    offset = f" {column['offset']:+g}" if column["offset"] else ""
    return f"{column['name']}{factor}{offset}"


def _sampling(ink: Mapping[str, Any]) -> str:
    joined = " from stroke to stroke too" if ink["lifts"] == "joined" else " without the ways between strokes"
    if ink["points"]:
        rows = f"{ink['points']} points along the whole ink,{joined}"
    elif ink["spacing"]:
        rows = f"a row every {ink['spacing']:g} along each stroke"
    elif ink["seconds"]:
        rows = f"a row every {ink['seconds']:g} s"
    else:
        rows = "the samples of the pen as they come"
    return rows + (", the first row left out" if ink["drop_first"] else "")


def _up(ink: Mapping[str, Any]) -> str:
    return "upward" if ink["y_up"] else "downward"


def _numbers(given: float | Sequence[float]) -> str:
    return f"{given:g}" if isinstance(given, int | float) else ", ".join(f"{each:g}" for each in given)


def _image(ink: Mapping[str, Any]) -> list[str]:
    height, width = ink["size"]
    colors = "dark ink on a light ground" if ink["invert"] else "light ink on a dark ground"
    edges = "" if ink["antialias"] else ", without smooth edges"
    turned = ", rows and columns exchanged" if ink["transposed"] else ""
    low, high = ink["span"]
    norm = f", less {ink['mean']:g}, divided by {ink['std']:g}" if (ink["mean"], ink["std"]) != (0, 1) else ""
    return [
        f"a picture of {height} × {width}, {colors}{edges}{turned}; axes {ink['layout']}",
        f"lines {ink['line_width']:g} wide, margin {ink['margin']:g}, centered by {ink['center']}",
        f"values {low:g} to {high:g}{norm}",
    ]
