"""The panels of the handwriting sketch, each one function of a canvas and what it shows."""

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from addon.dataset.taught import Example
from addon.prediction import Prediction
from addon.recognizer import TrainingStatus
from sketch.examples.palette import INK, bytes_of, label_color
from sketch.ink.points import Points
from sketch.input.pen import OpenInk
from sketch.render.canvas import Canvas

HELP = (
    ("A-Z, 0-9", "choose what to teach (Shift: a small letter), then draw it"),
    ("SPACE", "adapt to your hand: train on what you taught"),
    ("ENTER", "continue the training of a preset"),
    ("F2", "teach or recognise"),
    ("BACKSPACE, Ctrl+Z", "remove the last example, or the one in question"),
    ("DELETE", "remove the example that the coach names"),
    ("Ctrl+Y", "restore the removed example"),
    ("Ctrl+S", "report whether everything is saved (saving is automatic)"),
    ("ESC", "cancel training and teaching, clear the page"),
    ("F4", "previous model, and back"),
    ("F1, F3", "this help, the HUD"),
)


# More classes than this are shown in a grid instead of a list.
MOST_BARS = 16
GRID_COLUMNS = 8
ASH = (150, 152, 160)


COLUMN = 216.0
"""Logical pixels of the panels at the right in a window of ordinary width."""


def column_width(canvas: Canvas) -> float:
    """The width of the panels at the right: narrower in a small window."""
    return min(COLUMN, max(96.0, 0.34 * canvas.width))


def open_rings(canvas: Canvas, inks: Sequence[OpenInk]) -> None:
    """A thin ring at every ink that a stroke may still join; it shrinks as the time runs out."""
    canvas.line_width(2)
    for ink in inks:
        x, y = min(ink.box[2] + 16, canvas.width - 12.0), max(ink.box[1] - 16, 12.0)
        canvas.color(255, alpha=0.12)
        canvas.polyline(arc(x, y, 7, 1.0))
        canvas.color(255, alpha=0.45)
        canvas.polyline(arc(x, y, 7, max(ink.left, 0.02)))


def arc(x: float, y: float, radius: float, share: float) -> Points:
    """A share of a circle, from the top and clockwise; shape (33, 2)."""
    angles = np.linspace(0, 2 * np.pi * share, 33)
    return np.stack([x + radius * np.sin(angles), y - radius * np.cos(angles)], axis=1).astype(np.float32)


def answer_panel(
    canvas: Canvas,
    prediction: Prediction,
    x: float,
    y: float,
    height: float,
    width: float = COLUMN,
) -> None:
    """The probability of each class, and below that of none of them."""
    if height < 40:
        return
    if len(prediction.labels) > MOST_BARS:
        bottom = probability_grid(canvas, prediction, x, y, width, height - 22)
    else:
        row = min(30.0, height / (len(prediction.labels) + 1))
        probability_bars(canvas, prediction, x, y, row, width)
        bottom = y + row * len(prediction.labels)
    if prediction.labels:
        unknown_bar(canvas, prediction.unknown, x, bottom + 8, width)


def shares(prediction: Prediction) -> list[float]:
    """The probability of each class; with the probability of none of them they sum to 1."""
    return (prediction.probabilities * (1.0 - prediction.unknown)).tolist()


def unknown_bar(canvas: Canvas, unknown: float, x: float, y: float, width: float = COLUMN) -> None:
    """The probability of none of the classes."""
    canvas.color(255, alpha=0.06)
    canvas.rect(x + 26, y, width - 26, 14, radius=3)
    if unknown > 0.004:
        canvas.color(*ASH)
        canvas.rect(x + 26, y, max(3.0, (width - 26) * unknown), 14, radius=3)
    canvas.color(255, alpha=0.45 + 0.55 * unknown)
    canvas.text("?", x + 10, y + 12, 13, align="center")


def probability_grid(
    canvas: Canvas,
    prediction: Prediction,
    x: float,
    y: float,
    width: float = COLUMN,
    height: float = COLUMN,
) -> float:
    """A cell for every class, the likelier the brighter; return the y below the grid."""
    rows = -(-len(prediction.labels) // GRID_COLUMNS)
    side = min(width / GRID_COLUMNS, height / rows)
    for index, (label, probability) in enumerate(zip(prediction.labels, shares(prediction), strict=True)):
        row, column = divmod(index, GRID_COLUMNS)
        left, top = x + column * side, y + row * side
        canvas.color(255, alpha=0.05)
        canvas.rect(left, top, side - 3, side - 3, radius=3)
        if probability > 0.004:
            red, green, blue, _ = bytes_of(label_color(label))
            canvas.color(red, green, blue, alpha=min(1.0, 0.12 + probability))
            canvas.rect(left, top, side - 3, side - 3, radius=3)
        canvas.color(
            *(bytes_of(INK)[:3] if probability > 0.5 else (255, 255, 255)), alpha=0.4 + 0.6 * probability
        )
        canvas.text(label, left + (side - 3) / 2, top + 0.63 * side, min(14, 0.56 * side), align="center")
    return y + side * rows


def probability_bars(
    canvas: Canvas,
    prediction: Prediction,
    x: float,
    y: float,
    row: float,
    width: float = COLUMN,
) -> None:
    """A bar for every class, as long as the class is likely, in its color; `row` is a bar's height."""
    size = min(15.0, 0.62 * row)
    for index, (label, probability) in enumerate(zip(prediction.labels, shares(prediction), strict=True)):
        top = y + index * row
        color = bytes_of(label_color(label))
        canvas.color(255, alpha=0.06)
        canvas.rect(x + 26, top, width - 26, row - 4, radius=3)
        if probability > 0.004:
            canvas.color(*color)
            canvas.rect(x + 26, top, max(3.0, (width - 26) * probability), row - 4, radius=3)
        canvas.color(255, alpha=0.45 + 0.55 * probability)
        canvas.text(label, x + 10, top + row / 2 - 2 + size * 0.36, size, align="center")


def training_panel(
    canvas: Canvas, status: TrainingStatus, x: float, bottom: float, width: float = COLUMN
) -> float:
    """The loss curve on a logarithmic scale, and how far the training is; gives where it begins."""
    height, lines = 96.0, "\n".join(training_lines(status))
    top = bottom - height - 14 - canvas.text_size(lines, 13, width=width)[1]
    canvas.color(255, alpha=0.05)
    canvas.rect(x, top, width, height, radius=4)
    curve = loss_curve(status.losses, x + 8, top + 8, width - 16, height - 16)
    if len(curve) > 1:
        canvas.color(255, 196, 92)
        canvas.line_width(1.6)
        canvas.polyline(curve)
    share = 1.0 if status.state == "done" else status.iteration / max(1, status.iterations)
    canvas.color(255, 196, 92, alpha=0.9)
    canvas.rect(x, top + height + 4, max(2.0, width * share), 3)
    canvas.color(255, alpha=0.8)
    canvas.text(lines, x, top + height + 26, 13, width=width)
    return top


def training_lines(status: TrainingStatus) -> tuple[str, str]:
    """The state of the training, and its accuracy or loss."""
    loss = f"loss {status.losses[-1]:.3f}" if len(status.losses) else ""
    match status.state:
        case "waiting":
            return "training starts", loss
        case "running":
            return f"training: {status.iteration} of {status.iterations}", loss
        case "exporting":
            return "exporting the model", loss
        case "done" if status.stays:
            known = f"{status.accuracy or 0:.1%} of left-out inks are right"
            return "nothing to gain: the model stays", known
        case "done":
            return f"trained in {status.seconds:.1f} s", gain(
                status
            ) or f"{status.iteration} iterations, {loss}"
        case state:
            return f"training {state}", loss


def gain(status: TrainingStatus) -> str:
    """The accuracy on left-out inks before and after adapting an encoder; else empty."""
    if status.before is None or status.accuracy is None:
        return ""
    return f"{status.before:.1%} before, {status.accuracy:.1%} now"


def loss_curve(losses: NDArray[np.float32], x: float, y: float, width: float, height: float) -> Points:
    """Points of a polyline, shape (n, 2), at most one a pixel: the losses on a logarithmic scale in a box."""
    if len(losses) < 2:
        return np.empty((0, 2), dtype=np.float32)
    picked = losses[np.linspace(0, len(losses) - 1, min(len(losses), int(width))).astype(int)]
    logs = np.log(np.maximum(picked, 1e-4))
    span = max(float(np.ptp(logs)), 0.5)
    points = np.empty((len(picked), 2), dtype=np.float32)
    points[:, 0] = x + np.linspace(0, width, len(picked))
    points[:, 1] = y + height * (float(logs.max()) - logs) / span
    return points


def example_cards(
    canvas: Canvas,
    examples: Sequence[Example],
    chosen: str,
    x: float,
    y: float,
    width: float,
    odd: Set[str] = frozenset(),
) -> float:
    """A card for every taught label: its last example, their number, and whether they are saved.

    Labels with an `odd` example have a frame. Returns the y below the cards.
    """
    labels = list(dict.fromkeys([example.label for example in examples] + ([chosen] if chosen else [])))
    if not labels:
        return y
    step = min(74.0, width / max(1, len(labels)))
    side = step - 8
    for index, label in enumerate(labels):
        left = x + index * step
        mine = [example for example in examples if example.label == label]
        color = bytes_of(label_color(label))
        canvas.color(255, alpha=0.14 if label == chosen else 0.05)
        canvas.rect(left, y, side, side, radius=5)
        if label in odd:
            canvas.color(255, 196, 92, alpha=0.85)
            canvas.line_width(2)
            corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
            canvas.polyline([(left + across, y + down) for across, down in corners])
        if mine:
            canvas.line_width(max(1.2, side / 34))
            canvas.color(*color)
            for stroke in fitted(mine[-1].strokes, left + 0.2 * side, y + 0.2 * side, 0.6 * side):
                canvas.polyline(stroke)
        saved = all(example.saved for example in mine)
        canvas.color(255, alpha=0.7)
        canvas.text(
            f"{label}   {len(mine)}{'' if saved else '...'}" if side > 40 else label,
            left + side / 2,
            y + side + 15,
            min(12.0, max(6.0, 0.6 * side)),
            align="center",
        )
        if label == chosen:
            canvas.color(*color)
            canvas.rect(left, y + side + 20, side, 2)
    return y + step + 18


def fitted(strokes: Sequence[Points], x: float, y: float, side: float) -> list[Points]:
    """Move and scale strokes to the middle of a square, keeping their proportions."""
    corners = np.concatenate(strokes)[:, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = side / max(float((high - low).max()), 1.0)
    origin = np.array((x + side / 2, y + side / 2)) - (low + high) / 2 * scale
    return [(stroke[:, :2] * scale + origin).astype(np.float32) for stroke in strokes]


def help_panel(canvas: Canvas) -> None:
    """The help with all keys, over everything else."""
    width = min(640.0, canvas.width - 24)
    inner, keys_width = width - 48, min(178.0, 0.34 * width)
    meanings = inner - keys_width
    size = 15.0 if width > 560 else 12.0
    heights = [
        max(
            canvas.text_size(keys, size, width=keys_width - 10)[1],
            canvas.text_size(meaning, size, width=meanings)[1],
        )
        for keys, meaning in HELP
    ]
    title = "Draw letters, teach them, watch each one appear"
    head = canvas.text_size(title, 20, width=inner)[1] + 30
    gap = min(14.0, max(0.0, (canvas.height - 24 - head - sum(heights) - 24) / len(HELP)))
    height = head + sum(heights) + gap * len(HELP) + 24
    left, top = (canvas.width - width) / 2, (canvas.height - height) / 2
    canvas.color(8, 9, 12)
    canvas.rect(left, top, width, height, radius=10)
    canvas.color(255)
    canvas.text(title, left + 24, top + 36, 20, width=inner)
    y = top + head + size + 6
    for (keys, meaning), tall in zip(HELP, heights, strict=True):
        canvas.color(255, 196, 92)
        canvas.text(keys, left + 24, y, size, width=keys_width - 10)
        canvas.color(255, alpha=0.85)
        canvas.text(meaning, left + 24 + keys_width, y, size, width=meanings)
        y += tall + gap
