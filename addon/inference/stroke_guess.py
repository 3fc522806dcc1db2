"""Guess from names, types and shapes whether a model reads strokes: rows of columns, or a small picture.

`inkloop doctor` drafts a description from the guess, and `undescribed` says with it what to write.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isqrt
from typing import TypeAlias, TypeGuard

from addon.features.ink_input import Layout
from addon.inference.recurrent_state import Signature, state_pairs

Size: TypeAlias = int | str | None

MOST_COLUMNS = 16
"""Columns of an ink; a longer last axis is probably something else."""

MOST_NUMBERS = 600
"""Numbers of an ink in one axis; more of them are probably something else."""

SMALLEST_IMAGE, LARGEST_IMAGE = 16, 128
"""Pixels a side of a picture of one ink; larger ones are probably photographs."""

_STROKES = re.compile(r"stroke|ink|pen|point|draw|doodle|sketch|handwrit|traject|online", re.I)
_TIME = re.compile(r"time|seq|len|step|^t$|^l$", re.I)
_BATCH = re.compile(r"batch|^(n|b|bs|bsz)$", re.I)
_LENGTHS = re.compile(r"len|count|num", re.I)
_MASK = re.compile(r"mask|valid", re.I)
_MIXTURE = re.compile(r"pi|mu_?[xy12]?|s(igma)?_?[xy12]?|rho|theta|logits_pi", re.I)
_STEP_COLUMNS = (2, 3, 5)


@dataclass(frozen=True, slots=True)
class StrokeGuess:
    """How a model may read strokes.

    Attributes:
        name: The input that takes the ink.
        layout: Order of its axes, as in a description.
        columns: Columns of a row; 0 for a picture.
        rows: Rows that the input has; 0 where that is free, 1 for a model that takes one row at a time.
        size: Height and width of the picture; 0, 0 for rows.
        state: Pairs of an input and the output that feeds it in the next step.
        lengths, mask: Inputs for the number of rows and for their mask; empty for none.
        constants: Inputs of numbers that nothing else explains.
        whole: Whether the input takes whole numbers, as pictures of 0..255.
    """

    name: str
    layout: str
    columns: int = 0
    rows: int = 0
    size: tuple[int, int] = (0, 0)
    state: tuple[tuple[str, str], ...] = ()
    lengths: str = ""
    mask: str = ""
    constants: tuple[str, ...] = ()
    whole: bool = False

    @property
    def flat(self) -> bool:
        """Whether all rows are in one axis."""
        return "(" in self.layout and self.rows > 1


def guess_strokes(inputs: Sequence[Signature], outputs: Sequence[Signature]) -> StrokeGuess | None:
    """Guess how a model may read strokes; None if it does not look like a model that recognises them.

    Args:
        inputs: The inputs that it declares.
        outputs: Its outputs, with the sizes that they declare, or better those of a run.
    """
    state = state_pairs(inputs, outputs)
    made = [each for each in outputs if each.name not in {pair[1] for pair in state}]
    mixture = [each for each in made if _MIXTURE.fullmatch(each.name)]
    # A decoder such as sketch-rnn's draws strokes itself, and has no classes.
    if len(mixture) >= 3 or not any(_may_answer(each) for each in made):
        return None
    free = [each for each in inputs if each.name not in dict(state)]
    for fed in free:
        found = _rows(fed, bool(state)) or _image(fed)
        if found is None or not _floating(fed.type, found.columns == 0):
            continue
        if found.columns == 0 and any(len(each.shape) >= 3 and not _lines(each.shape) for each in made):
            continue
        others = [each for each in free if each.name != fed.name]
        guess = _with_helpers(replace(found, state=state, whole="int8" in fed.type), others)
        same = any(list(each.shape) == list(fed.shape) for each in made)
        if guess is not None and not (same and (found.flat or state)):
            return guess
    return None


def _may_answer(made: Signature) -> bool:
    """Whether an output may be classes, a label or an embedding."""
    if "int" in made.type or "string" in made.type or "object" in made.type or made.type.startswith("seq("):
        return True
    last = made.shape[-1] if made.shape else 1
    return not isinstance(last, int) or last >= 2


def _lines(shape: Sequence[Size]) -> bool:
    """Whether a shape with further axes is still a list of numbers, as in [1, 10, 1, 1]."""
    return sum(1 for size in shape[1:] if size != 1) <= 1


def _floating(kind: str, image: bool) -> bool:
    if kind.startswith(("seq(", "optional(")):
        return False
    return "float" in kind or "double" in kind or (image and "int8" in kind)


def _with_helpers(found: StrokeGuess, others: Sequence[Signature]) -> StrokeGuess | None:
    """Name the other inputs; None if one of them is unexplained."""
    lengths = mask = ""
    constants: list[str] = []
    # A number of rows may have any name; one that is named so has precedence.
    others = sorted(others, key=lambda each: _LENGTHS.search(each.name) is None)
    for each in others:
        whole = "int" in each.type
        if _MASK.search(each.name) and len(each.shape) >= 1:
            mask = each.name
        elif (
            whole
            and not lengths
            and may_be_length(each.shape)
            and (found.columns or _LENGTHS.search(each.name))
        ):
            lengths = each.name
        elif not whole and _floating(each.type, False) and len(each.shape) <= 2:
            constants.append(each.name)
        else:
            return None
    return replace(found, lengths=lengths, mask=mask, constants=tuple(constants))


def may_be_length(shape: Sequence[Size]) -> bool:
    """Whether an input of whole numbers may be the number of rows: one number, or one an ink."""
    return not shape or (len(shape) == 1 and _one_or_free(shape[0]))


def looks_like(fed: Signature) -> StrokeGuess | None:
    """What the shape of one input looks like by itself: a small picture, else rows; None for neither."""
    return _image(fed) or _rows(fed, False)


def _rows(fed: Signature, recurrent: bool) -> StrokeGuess | None:
    shape = list(fed.shape)
    if len(shape) == 3:
        return _three_axes(fed.name, shape)
    if len(shape) == 2:
        first, last = shape
        if _few(last) and recurrent and _one_or_free(first):
            likely = last in _STEP_COLUMNS or _STROKES.search(fed.name)
            return StrokeGuess(fed.name, "N(TC)", last, 1) if likely else None
        if _few(last) and (_fixed(first) >= 8 or _named(first, _TIME)):
            return StrokeGuess(fed.name, "TC", last, _fixed(first))
        if _few(first) and (_fixed(last) >= 8 or _named(last, _TIME)) and first != 1:
            return StrokeGuess(fed.name, "CT", first, _fixed(last))
        if _one_or_free(first):
            return _one_axis(fed.name, "N(CT)", _fixed(last))
    if len(shape) == 1:
        return _one_axis(fed.name, "(CT)", _fixed(shape[0]))
    return None


def _three_axes(name: str, shape: Sequence[Size]) -> StrokeGuess | None:
    first, middle, last = shape
    made: list[tuple[int, Layout, int]] = []
    if _few(last) and _one_or_free(middle) and (_fixed(first) > 1 or _time_first(first, middle)):
        made.append((last, "TNC", _fixed(first)))
    elif _few(last) and _one_or_free(first):
        made.append((last, "NTC", _fixed(middle)))
    if _few(middle) and _one_or_free(first) and last != 1:
        made.append((middle, "NCT", _fixed(last)))
    # There are fewer columns than rows; where the sizes do not tell, columns are last.
    made.sort(key=lambda each: each[0] if each[2] != 1 else 0)
    return StrokeGuess(name, made[0][1], made[0][0], made[0][2]) if made else None


def _time_first(first: Size, middle: Size) -> bool:
    if isinstance(first, int) or _named(first, _BATCH):
        return False
    return _named(first, _TIME) or _named(middle, _BATCH)


def _one_axis(name: str, layout: Layout, numbers: int) -> StrokeGuess | None:
    """An ink in one axis, column after column; a square number is rather a picture."""
    if not SMALLEST_IMAGE <= numbers < MOST_NUMBERS or _side(numbers) >= SMALLEST_IMAGE:
        return None
    columns = next((count for count in (2, 3) if numbers % count == 0), 0)
    return StrokeGuess(name, layout, columns, numbers // columns) if columns else None


def _image(fed: Signature) -> StrokeGuess | None:
    """A small gray picture, rather square; a wide one is rather a line of text."""
    shape = list(fed.shape)
    if not shape or not (len(shape) == 2 or _one_or_free(shape[0]) or len(shape) == 3):
        return None
    if len(shape) == 2 and _one_or_free(shape[0]):
        side = _side(_fixed(shape[1]))
        return StrokeGuess(fed.name, "N(HW)", size=(side, side)) if _may_be_image(side, side) else None
    places = {
        "NCHW": (2, 3) if len(shape) == 4 and shape[1] == 1 else (),
        "NHWC": (1, 2) if len(shape) == 4 and shape[3] == 1 else (),
        "NHW": (1, 2) if len(shape) == 3 and _one_or_free(shape[0]) else (),
        "HWC": (0, 1) if len(shape) == 3 and shape[2] == 1 else (),
        "HW": (0, 1) if len(shape) == 2 else (),
    }
    for layout, axes in places.items():
        if axes and _may_be_image(*(_fixed(shape[axis]) for axis in axes)):
            height, width = (_fixed(shape[axis]) for axis in axes)
            if "C" not in layout and height != width:
                return None  # rather a sequence of long rows
            return StrokeGuess(fed.name, layout, size=(height, width))
    return None


def _may_be_image(height: int, width: int) -> bool:
    low, high = sorted((height, width))
    return low >= SMALLEST_IMAGE and high <= LARGEST_IMAGE and high <= 2 * low


def _side(numbers: int) -> int:
    side = isqrt(max(numbers, 0))
    return side if side * side == numbers else 0


def _few(size: Size) -> TypeGuard[int]:
    return isinstance(size, int) and 2 <= size <= MOST_COLUMNS


def _fixed(size: Size) -> int:
    return size if isinstance(size, int) and size > 0 else 0


def _one_or_free(size: Size) -> bool:
    # Some exporters write -1 or 0 for a free size.
    return not isinstance(size, int) or size <= 1


def _named(size: Size, pattern: re.Pattern[str]) -> bool:
    return isinstance(size, str) and pattern.search(size) is not None
