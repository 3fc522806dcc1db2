"""Tests of the sketch: `python -m pytest` in this folder; they need no display."""

from pathlib import Path
from typing import Any

from main import Main  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

import sketch


def test_frames_differ_while_it_moves(tmp_path: Path) -> None:
    """It draws, and it moves."""
    frames: list[Any] = []
    sketch.run(Main, headless=True, frames=5, viewer=frames.append, home=tmp_path)
    assert frames[0].max() > 200
    assert (frames[0] != frames[-1]).any()
