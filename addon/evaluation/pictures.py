"""Draw confusions: the matrix, and the inks of the worst pairs.

A class is shown by one of its inks, since its name may be in any script.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from addon.dataset.corpus import Corpus, inks
from addon.evaluation.confusions import Confusions, Pair
from addon.evaluation.drawing import INK, PALE, PAPER, RULE, put_ink, put_text, weaker
from addon.evaluation.outcomes import Outcome
from addon.features.points import Strokes
from addon.features.scale import ink_size

RIGHT, WRONG = (38, 92, 190), (206, 48, 36)

SIDE = 1100
SMALLEST, LARGEST = 14, 56
NUMBERED = 24

CARD, CARDS, GAP = 84, 8, 10


def draw_all(
    folder: Path, corpus: Corpus, outcomes: Sequence[Outcome], found: Confusions, pairs: Sequence[Pair]
) -> list[Path]:
    """Write `confusions.png` and `pairs.png` into a folder, which is created if needed.

    Raises:
        OSError: It cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    matrix(corpus, outcomes, found).save(folder / "confusions.png")
    sheet(corpus, outcomes, pairs).save(folder / "pairs.png")
    return [folder / "confusions.png", folder / "pairs.png"]


def matrix(corpus: Corpus, outcomes: Sequence[Outcome], found: Confusions) -> Image.Image:
    """Draw the matrix: rows are true classes, columns the answers; blue is right, red is wrong."""
    classes = len(found.labels)
    cell = int(np.clip(SIDE // (classes + 1), SMALLEST, LARGEST))
    side = cell * (classes + 1) + 1
    picture = Image.new("RGB", (side, side), PAPER)
    pen = ImageDraw.Draw(picture)
    _fill_cells(pen, found, cell)
    for line in range(0, side, cell):
        pen.line((line, 0, line, side), fill=RULE)
        pen.line((0, line, side, line), fill=RULE)
    for place, strokes in enumerate(_typical(corpus, outcomes, found.labels), 1):
        if strokes is not None:
            put_ink(picture, strokes, (place * cell, 0), cell, INK)
            put_ink(picture, strokes, (0, place * cell), cell, INK)
    return picture


def _fill_cells(pen: ImageDraw.ImageDraw, found: Confusions, cell: int) -> None:
    shares = found.counts / np.maximum(found.counts.sum(axis=1, keepdims=True), 1)
    for row, column in np.argwhere(found.counts).tolist():
        share, x, y = float(shares[row, column]), (column + 1) * cell, (row + 1) * cell
        color = weaker(RIGHT if row == column else WRONG, share)
        pen.rectangle((x, y, x + cell, y + cell), fill=color)
        if cell >= NUMBERED:
            middle = x + cell / 2, y + cell / 2
            put_text(pen, middle, str(found.counts[row, column]), INK if share < 0.5 else PAPER, cell * 0.3)


def sheet(corpus: Corpus, outcomes: Sequence[Outcome], pairs: Sequence[Pair]) -> Image.Image:
    """Draw a row for each pair: mistaken inks, each next to the same writer's ink of the answered class."""
    shown = [(pair, _mistaken(outcomes, pair)) for pair in pairs]
    cards = max((len(some) for _, some in shown), default=0)
    size = 2 * CARD + max(cards, 1) * (2 * CARD + GAP), max(len(shown), 1) * (CARD + GAP)
    picture = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(picture)
    if not shown:
        put_text(pen, (size[0] / 2, size[1] / 2), "no class was mistaken for another", INK, 18)
    for row, (pair, some) in enumerate(shown):
        y = row * (CARD + GAP)
        for line, name in enumerate((pair.first, pair.second)):
            put_text(pen, (CARD, y + CARD * (0.2 + 0.3 * line)), name, INK, 20, 2 * CARD - GAP)
        put_text(pen, (CARD, y + CARD * 0.8), f"{pair.mistaken} of {pair.asked}", PALE, 15)
        for place, one in enumerate(some):
            _put_card(picture, corpus, one, (2 * CARD + place * (2 * CARD + GAP), y))
    return picture


def _put_card(picture: Image.Image, corpus: Corpus, one: Outcome, corner: tuple[int, int]) -> None:
    x, y = corner
    ImageDraw.Draw(picture).rectangle((x, y, x + 2 * CARD, y + CARD), outline=RULE)
    drawn, other = inks(corpus, [one.ink])[0], _by_same_writer(corpus, one)
    # Both at one scale, since letters often differ in size.
    size = max(ink_size(ink) for ink in (drawn, other) if ink is not None)
    put_ink(picture, drawn, corner, CARD, INK, size)
    if other is not None:
        put_ink(picture, other, (x + CARD, y), CARD, PALE, size)


def _mistaken(outcomes: Sequence[Outcome], pair: Pair) -> list[Outcome]:
    either = {(pair.first, pair.second), (pair.second, pair.first)}
    # The same ink may be tested with several seeds; it is shown once.
    found = {one.ink: one for one in outcomes if (one.label, one.answers[-1]) in either}
    return list(found.values())[:CARDS]


def _by_same_writer(corpus: Corpus, one: Outcome) -> Strokes | None:
    same = np.flatnonzero((corpus.writers == one.writer) & (corpus.labels == one.answers[-1]))
    return inks(corpus, same[:1])[0] if len(same) else None


def _typical(corpus: Corpus, outcomes: Sequence[Outcome], labels: Sequence[str]) -> list[Strokes | None]:
    recognised = {one.label: one.ink for one in reversed(outcomes) if one.answers[-1] == one.label}
    drawn = {one.label: one.ink for one in outcomes} | recognised
    return [inks(corpus, [drawn[label]])[0] if label in drawn else None for label in labels]
