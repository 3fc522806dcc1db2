"""The web page's answers against Inkloop's, and what a point costs in a browser.

Inks that no model was trained on are drawn on the page by Chromium's own mouse, in whole pixels and at three
sizes, and given to a recogniser point by point. The same answer means: the same class held, decided or not,
and probabilities, progress and unknown within 1e-4.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from addon import Prediction, Recognizer
from addon.dataset.corpus import inks
from addon.features.scale import ink_size
from addon.training.export_command import export
from tests.bench._row import table_row
from tests.encoders import inline_steps
from tests.real_pens import real_corpus, with_times
from tests.web.chromium import browser, chromium

INKS = 60
SIZES = (130.0, 200.0, 320.0)
WINDOW = (900, 700)
CLOSE = 1e-4

# A pen that gives a row a point, in batches longer than the browser's clock is coarse.
POINT_US = """
(() => {
  const reader = InkloopReader.open(self.inkloopPen);
  const batch = (points) => {
    reader.begin();
    const began = performance.now();
    for (let k = 0; k < points; k += 1) reader.point(k * 1.001 * reader.recipe.step, 0);
    return 1000 * (performance.now() - began) / points;
  };
  for (let k = 0; k < 5; k += 1) batch(100);
  return Array.from({ length: 40 }, () => batch(100)).sort((a, b) => a - b)[20];
})()
"""


def web_rows() -> list[dict[str, Any]]:
    """The rows `web_agreement` and `web_point_us`."""
    if not chromium():
        reason = "there is no Chromium here"
        return [
            _row("web_agreement", None, "share", 1.0, reason),
            _row("web_point_us", None, "us", None, reason),
        ]
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder) / "profile") as page:
        export("letters", None, Path(folder) / "page", None)
        page.open(Path(folder) / "page" / "index.html", *WINDOW)
        given = drawn_inks()
        theirs = [page.answer([stroke[:, :2].tolist() for stroke in ink]) for ink in given]
        point_us = float(page.value(POINT_US))
        ours = answers(given, Path(folder) / "home")
    same = [is_same(one, other) for one, other in zip(ours, theirs, strict=True)]
    return [
        _row("web_agreement", float(np.mean(same)), "share", 1.0),
        _row("web_point_us", point_us, "us", None),
    ]


def drawn_inks() -> list[list[np.ndarray]]:
    """Held-out inks in the middle of the page, in whole pixels; each stroke of shape (n, 4)."""
    corpus = real_corpus("pendigits")
    held_out = np.flatnonzero(corpus.split == "test")
    chosen = np.random.default_rng(0).choice(held_out, INKS, replace=False)
    return [_placed(with_times(ink), SIZES[at % 3]) for at, ink in enumerate(inks(corpus, chosen))]


def _placed(ink: tuple[np.ndarray, ...], size: float) -> list[np.ndarray]:
    every = np.concatenate(ink)[:, :2]
    middle = (every.min(axis=0) + every.max(axis=0)) / 2
    placed: list[np.ndarray] = []
    for stroke in ink:
        points = stroke.copy()
        points[:, :2] = np.round((stroke[:, :2] - middle) * (size / ink_size(ink)) + np.array(WINDOW) / 2)
        placed.append(points)
    return placed


def answers(given: list[list[np.ndarray]], home: Path) -> list[Prediction]:
    """Inkloop's answers to finished inks."""
    recognizer = Recognizer("letters", provider="cpu")
    recognizer.setup(home)
    found: list[Prediction] = []
    with inline_steps():
        assert recognizer.wait_ready(), recognizer.messages()
    for ink in given:
        for stroke in ink:
            for point in stroke:
                recognizer.on_stroke_point(point, 0)
            recognizer.on_stroke(stroke, 0)
        found.append(recognizer.wait_answer(0))
        recognizer.on_ink(tuple(ink), 0)
    recognizer.exit()
    return found


def is_same(ours: Prediction, theirs: dict[str, Any]) -> bool:
    """Whether the page gives Inkloop's answer."""
    numbers = [*ours.probabilities.tolist(), ours.progress, ours.unknown]
    others = [*theirs["probabilities"], theirs["progress"], theirs["unknown"]]
    held = (ours.held, ours.decided) == (theirs["held"], theirs["decided"])
    return held and bool(np.allclose(numbers, others, rtol=0, atol=CLOSE))


def _row(figure: str, value: float | None, unit: str, goal: float | None, reason: str = "") -> dict[str, Any]:
    row = table_row("models", figure, value, unit, goal, "higher" if unit == "share" else "lower")
    return {**row, "reason": reason} if reason else row
