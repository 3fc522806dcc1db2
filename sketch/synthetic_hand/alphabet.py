"""Single-line alphabets: letters as the strokes that a person would write, without irregularities.

The vector alphabets are A. V. Hershey's (Calligraphy for Computers, US Naval Weapons Laboratory, 1967).
They were made for plotters, which lift the pen between lines that a person draws in one stroke.
"""

from functools import cache
from typing import Any, TypeAlias, cast

import numpy as np
from HersheyFonts import HersheyFonts  # pyright: ignore[reportMissingTypeStubs]

from sketch.arrays import Doubles
from sketch.ink.outline import arc_lengths, distance

Path: TypeAlias = Doubles
"""A line through corners: an array of shape (n, 2), x and y, y growing downward."""

FACES = {"print": "futural", "italic": "timesi", "script": "scripts"}
"""The faces by name, and their names in the library: upright print, italic with curves and long bars, and a
joined script. The italic has doubled stems and serifs; here it keeps one line of each."""

CAP_HEIGHT = 21.0
"""Height of a capital in the alphabets' own units."""

_CAP_LINE = -12.0
_BASE_LINE = 9.0
_TOUCH = 1.5
_PARALLEL = 2.3
_SERIF = 7.0
_RETRACE = 10.0


def letter(character: str, face: str) -> list[Path]:
    """The strokes of one letter, in the order of writing.

    Args:
        character: A single character; a space has no strokes.
        face: A name in `FACES`.

    Returns:
        Arrays of shape (n, 2) in the alphabets' units: the left edge at x = 0, the top of a capital at y = 0,
        its foot at y = `CAP_HEIGHT`.

    Raises:
        ValueError: The face is unknown, or has no such character.
    """
    if face not in FACES:
        raise ValueError(f"face must be one of {', '.join(FACES)}; got {face!r}")
    if len(character) != 1 or not character.isprintable():
        raise ValueError(f"a letter is one printable character; got {character!r}")
    if character == " ":
        return []
    lines = plotted(character, FACES[face])
    if not lines:
        raise ValueError(f"the face {face!r} has no letter {character!r}")
    strokes = joined(single(lines) if face == "italic" else lines)
    corner = np.array([min(float(stroke[:, 0].min()) for stroke in strokes), _CAP_LINE])
    return [stroke - corner for stroke in strokes]


def plotted(character: str, alphabet: str) -> list[Path]:
    """The lines of a character in a Hershey alphabet; none if it has no such character."""
    lines = _read(alphabet).strokes_for_text(character)
    return [np.array(line, dtype=np.float64) for line in lines]


@cache  # Reading an alphabet takes 20 ms, longer than a frame.
def _read(alphabet: str) -> Any:
    reader = cast(Any, HersheyFonts())
    reader.load_default_font(alphabet)
    return reader


def single(lines: list[Path]) -> list[Path]:
    """Leave out serifs, and the shorter ones of parallel lines.

    Args:
        lines: Arrays of shape (n, 2) in the alphabets' units.

    Returns:
        The remaining lines, in their order.
    """
    kept = list(range(len(lines)))
    for index in sorted(kept, key=lambda i: _length(lines[i])):
        others = [lines[i] for i in kept if i != index and _length(lines[i]) >= 0.99 * _length(lines[index])]
        if others and (_is_serif(lines[index], others) or _is_double(lines[index], others)):
            kept.remove(index)
    return [lines[index] for index in kept]


def joined(lines: list[Path]) -> list[Path]:
    """Join lines that touch into strokes, reversing some.

    Args:
        lines: Arrays of shape (n, 2) in the alphabets' units, in the order of drawing.

    Returns:
        New arrays, at most as many.
    """
    strokes: list[Path] = []
    for line in lines:
        together = join(strokes[-1], line) if strokes else None
        if together is None:
            strokes.append(line.copy())
        else:
            strokes[-1] = together
    return strokes


def join(first: Path, second: Path) -> Path | None:
    """Join two lines into one stroke; None if a person would lift the pen between them."""
    if _near(first[-1], second[0]):
        return np.concatenate([first, second[1:]])
    if _near(second[-1], first[0]):
        return np.concatenate([second, first[1:]])
    if _near(first[-1], second[-1]) and len(second) == 2:
        # The foot of a V: down one arm, up the other.
        return np.concatenate([first, second[-2::-1]])
    if _near(first[0], second[0]) and len(first) == 2 and abs(first[0, 0] - first[1, 0]) > _TOUCH:
        # The top of an A: up one leg, down the other. An upright stem is drawn downward instead.
        return np.concatenate([first[::-1], second[1:]])
    if np.hypot(*(first[-1] - second[0])) < _RETRACE and (
        _distance(second[0], first[-2:]) < _TOUCH or _distance(first[-1], second[:2]) < _TOUCH
    ):
        # The waist of a B, the leg of an R: back along what was just drawn.
        return np.concatenate([first, second])
    return None


def _is_serif(line: Path, others: list[Path]) -> bool:
    flat = len(line) == 2 and line[0, 1] == line[1, 1] and line[0, 1] in (_CAP_LINE, _BASE_LINE)
    ends = [end for other in others for end in (other[0], other[-1])]
    return flat and _length(line) <= _SERIF and any(_distance(end, line) < _TOUCH for end in ends)


def _is_double(line: Path, others: list[Path]) -> bool:
    points = np.concatenate(
        [
            start + np.linspace(0.0, 1.0, 9)[:, None] * along
            for start, along in zip(line[:-1], np.diff(line, axis=0), strict=True)
        ]
    )
    return all(min(_distance(point, other) for other in others) <= _PARALLEL for point in points)


def _near(a: Path, b: Path) -> bool:
    return bool(np.hypot(*(a - b)) < _TOUCH)


def _length(line: Path) -> float:
    return float(arc_lengths(line)[-1])


def _distance(point: Path, line: Path) -> float:
    return distance(line, *point.tolist())
