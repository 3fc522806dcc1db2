"""The gallery's pieces are there, play the same twice, and end up on the sheet."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

import sketch
from sketch.gallery import CELL, COLUMNS, PIECES, chosen, contact_sheet, perform
from sketch.load import load_sketch

EXAMPLES = Path(sketch.__file__).parent / "examples"


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_a_piece_is_short_and_plays_the_same_twice(piece):
    assert piece.still < piece.seconds
    assert len((EXAMPLES / f"{piece.name}.py").read_text().splitlines()) < 60

    def play():
        frames = []
        kind = load_sketch(EXAMPLES / f"{piece.name}.py")
        sketch.run(kind, headless=True, frames=3, size=(320, 180), viewer=lambda f: frames.append(f.copy()))
        return frames

    first, second = play(), play()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.ptp(first[-1]) > 40


def test_a_piece_leaves_its_film_and_its_still(tmp_path):
    said = []
    piece = replace(chosen(["sunflower"])[0], seconds=0.2, still=0.1)
    still = perform(piece, tmp_path, said.append)
    assert still.shape == (720, 1280, 3)
    assert said == ["filming sunflower: 0 s"]
    with av.open(str(tmp_path / "sunflower.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 6


def test_the_sheet_holds_every_still_under_its_name():
    stills = [(f"piece {shade}", np.full((720, 1280, 3), shade, np.uint8)) for shade in (60, 120, 180, 240)]
    sheet = np.asarray(contact_sheet(stills))
    for _, still in stills:
        assert (sheet == still[0, 0]).all(axis=2).sum() >= CELL[0] * CELL[1]
    assert sheet.shape[1] > COLUMNS * CELL[0]
    assert sheet.shape[0] > 2 * CELL[1]


def test_a_piece_nobody_knows_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="no piece is called nothing; there are silk"):
        chosen(["nothing"])
