"""Stroke models by other people, drawn through a sketch, against plain ONNX Runtime on their own preparation.

The models and their preparation (`prep.py`, which knows nothing of Inkloop) are in `cases/models` next to the
real data. Inks that no model was trained on are drawn by pointer events at three sizes.
"""

import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

import sketch
from addon import Recognizer
from addon.dataset.corpus import inks
from addon.features.scale import ink_size
from sketch.synthetic_hand.player import ScriptPlayer, draw
from tests.real_pens import data_folder, real_corpus, with_times

INKS = 200
SIZES = (60.0, 180.0, 420.0)
WINDOW = (640, 480)
PAUSE = 0.2  # seconds after which an ink is closed
ROUNDS = 3
SECONDS = 5.0

DIGITS = 'labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]\n'
CLASSES = f'[output]\nis = "classes"\n{DIGITS}'
STEPS = """[input]
is = "ink"
columns = [{is = "dx", factor = 20}, {is = "dy", factor = 20}, "pen up"]
points = 100
"""

Answer = Callable[[Any, Any, Any], str]
"""The person's own answer: from a session, `prep.py` and the strokes, (n, 2) each, to a label."""


@dataclass(frozen=True)
class Case:
    """A model by someone else.

    Attributes:
        file: Its name, without the suffix.
        description: The TOML that is put next to it.
        answer: What the person's own code answers.
    """

    file: str
    description: str
    answer: Answer


def by_steps(session: Any, prep: Any, strokes: Any) -> str:
    """All of the ink in one run."""
    return _label(_run(session, prep.feats(strokes)[None])[0])


def by_state(session: Any, prep: Any, strokes: Any) -> str:
    """Row by row, with the state kept."""
    first, *states = session.get_inputs()
    kept = [np.zeros([size if isinstance(size, int) else 1 for size in each.shape], "f4") for each in states]
    scores = None
    for row in prep.feats(strokes):
        fed = {first.name: row[None, None]}
        fed |= {each.name: array for each, array in zip(states, kept, strict=True)}
        scores, *kept = session.run(None, fed)
    return _label(scores)


def by_picture(session: Any, prep: Any, strokes: Any) -> str:
    """A picture of the ink."""
    return _label(_run(session, prep.raster(strokes)[None, None])[0])


def by_forest(session: Any, prep: Any, strokes: Any) -> str:
    """All x, then all y; the first output is the label."""
    return str(_run(session, prep.flat(strokes)[None])[0][0])


CASES = {
    "a": Case("a_lstm_fixed_ts", STEPS + CLASSES, by_steps),
    "b": Case("b_lstm_dyn_ts", STEPS + CLASSES, by_steps),
    "c": Case("c_step_hc_ts", STEPS + "replay = true\n" + CLASSES, by_state),
    "f": Case("f_transformer_ts", STEPS + CLASSES, by_steps),
    "g": Case("g_cnn1d_ts", STEPS + CLASSES, by_steps),
    "h": Case(
        "h_cnn28_ts",
        f'[input]\nis = "ink image"\nsize = 28\nline_width = 1.6\nmargin = 3\n{CLASSES}',
        by_picture,
    ),
    "rf": Case(
        "rf_nozip",
        '[input]\nis = "ink"\ncolumns = ["x", "y"]\npoints = 32\norigin = "mean"\nlayout = "N(CT)"\n'
        f'[output]\nname = "probabilities"\nis = "classes"\nscores = "probabilities"\n{DIGITS}',
        by_forest,
    ),
}


class Page(sketch.Sketch):
    """Keeps the answer to each ink; changes to the model under test in the middle of an ink.

    Args:
        model: The file.
        other: A model that reads the first half of each ink; None for none.
    """

    window = sketch.Window(size=WINDOW)
    ink_pause = PAUSE
    ink_reopens = 0.0

    def __init__(self, model: Path, other: Path | None) -> None:
        super().__init__()
        self.model, self.other = model, other
        self.answers: list[str] = []
        self.left = -1

    def setup(self) -> None:
        """Attach the recogniser."""
        self.eye = self.use(Recognizer(self.other or self.model))

    def on_stroke_point(self, point: Any, pointer_id: int) -> None:
        """Change the model once half of the ink is there."""
        self.left -= 1
        if self.left == 0 and self.other is not None:
            self.eye.rollback()

    def on_ink(self, strokes: Any, pointer_id: int) -> None:
        """Take the answer to all of the ink."""
        self.answers.append(self.eye.wait_answer(timeout=60.0).label)
        self.ink.clear()


def agreement(case: Case, folder: Path, swapped: bool) -> float:
    """The share of inks whose answer is the person's own."""
    prep = prepared(folder.parent / "source")
    model = folder / f"{case.file}.onnx"
    given = drawn_inks()
    other = "g_cnn1d_ts" if case.file == "a_lstm_fixed_ts" else "a_lstm_fixed_ts"
    page = Page(model, folder / f"{other}.onnx" if swapped else None)

    def script() -> Iterator[Any]:
        yield lambda: page.eye.ready
        if swapped:
            page.eye.load(model)
            yield lambda: page.eye.model_path == model
        for ink in given:
            if swapped:
                page.eye.rollback()
                page.left = sum(map(len, ink)) // 2
            yield draw(ink, rest=2 * PAUSE)

    sketch.run(page, headless=True, player=ScriptPlayer(script()), home=folder / "home")
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    theirs = [case.answer(session, prep, [stroke[:, :2].astype(float) for stroke in ink]) for ink in given]
    assert len(page.answers) == len(theirs), f"{len(page.answers)} answers to {len(theirs)} inks"
    return float(np.mean([one == other for one, other in zip(page.answers, theirs, strict=True)]))


def drawn_inks() -> list[list[np.ndarray]]:
    """Held-out pendigits inks, at three sizes in the middle of the window, each drawn in half a second."""
    corpus = real_corpus("pendigits")
    held_out = np.flatnonzero(corpus.split == "test")
    chosen = np.random.default_rng(1).choice(held_out, INKS, replace=False)
    return [_placed(with_times(ink), SIZES[at % 3]) for at, ink in enumerate(inks(corpus, chosen))]


def _placed(ink: tuple[np.ndarray, ...], size: float) -> list[np.ndarray]:
    every = np.concatenate(ink)
    middle = (every[:, :2].min(axis=0) + every[:, :2].max(axis=0)) / 2
    placed: list[np.ndarray] = []
    for stroke in ink:
        points = stroke.copy()
        points[:, :2] = (stroke[:, :2] - middle) * (size / ink_size(ink)) + np.array(WINDOW) / 2
        points[:, 2] *= 0.5 / max(float(every[-1, 2]), 1e-6)
        placed.append(points)
    return placed


def described_rows() -> list[dict[str, Any]]:
    """A row for each model, drawn from the first point and after a swap, and the frame's ratio."""
    source = data_folder().parent / "cases" / "models"
    names = [f"{name}{suffix}_agreement" for suffix in ("", "_swapped") for name in CASES]
    if not source.is_dir():
        reason = "there is no cases/models next to the data"
        return [_row(name, None, "share", 0.99, reason) for name in names]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "models"
        folder.mkdir()
        (Path(work) / "source").symlink_to(source.resolve())
        for case in CASES.values():
            shutil.copy(source / f"{case.file}.onnx", folder)
            (folder / f"{case.file}.toml").write_text(case.description)
        for swapped in (False, True):
            for name, case in CASES.items():
                share = agreement(case, folder, swapped)
                rows.append(_row(f"{name}{'_swapped' * swapped}_agreement", share, "share", 0.99))
        rows.append(frame_row(folder))
    return rows


def frame_row(folder: Path) -> dict[str, Any]:
    """99th percentile of the frame with a whole-ink model of 100 points, over that with no model."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for with_model in (False, True):
            times[with_model] += frames(folder / "f_transformer_ts.onnx" if with_model else None, folder)
    ratio = float(np.percentile(times[True], 99) / np.percentile(times[False], 99))
    return _row("whole_ink_frame_p99_ratio", ratio, "ratio", 1.2)


class Paper(sketch.Sketch):
    """A page with ink, and a model or none."""

    def __init__(self, model: Path | None) -> None:
        super().__init__()
        self.model = model

    def setup(self) -> None:
        """Attach the model."""
        self.eye = None if self.model is None else self.use(Recognizer(self.model))

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw the ink and the answer."""
        canvas.background(12)
        canvas.ink(self.ink)
        # Without a model as large a letter is drawn, so that the model alone makes the difference.
        label = "" if self.eye is None else self.eye.prediction.label
        canvas.text(label or "0", 40, 600, size=200)


def frames(model: Path | None, folder: Path) -> list[float]:
    """Milliseconds of the frames while a pen draws at 240 samples a second."""
    page = Paper(model)
    angle = np.arange(int(240 * SECONDS)) / 40.0
    x, y, t = 640 + 300 * np.cos(angle), 360 + 200 * np.sin(1.3 * angle), np.arange(len(angle)) / 240
    pen = np.stack([x, y, t, np.full(len(angle), 0.5)]).T.astype(np.float32)
    # As many inks as a hand writes: the ink of one sign stays short.
    strokes = np.array_split(pen, int(SECONDS))
    times: list[float] = []

    def view(_: Any) -> None:
        if page.frame > 20:
            times.append(page.frame_times.last_ms)

    def script() -> Iterator[Any]:
        for stroke in strokes:
            points = stroke.copy()
            points[:, 2] -= points[0, 2]
            yield draw([points], rest=0.9)

    player = ScriptPlayer(script(), paced=lambda: True)
    sketch.run(page, headless=True, player=player, viewer=view, home=folder / "home")
    return times


def prepared(source: Path) -> Any:
    """The person's own preparation, `prep.py`."""
    spec = importlib.util.spec_from_file_location("prep", source / "prep.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(session: Any, array: np.ndarray) -> Any:
    return session.run(None, {session.get_inputs()[0].name: array.astype(np.float32)})


def _label(scores: Any) -> str:
    return str(int(np.asarray(scores).argmax()))


def _row(figure: str, value: float | None, unit: str, goal: float | None, reason: str = "") -> dict[str, Any]:
    return {
        "bench": "models",
        "figure": figure,
        "value": value,
        "unit": unit,
        "goal": goal,
        "better": "higher" if unit == "share" else "lower",
        "peer": {},
        **({"reason": reason} if reason else {}),
    }
