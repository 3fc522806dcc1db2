"""Views of an image network's answer, each one function of a canvas and an answer."""

import numpy as np

from addon.vision.answer import Answer
from addon.vision.classifier import ImageClassifier
from sketch.arrays import Pixels
from sketch.render.canvas import Canvas
from sketch.render.color import ColorLike
from sketch.render.images.image import Image
from sketch.render.post.passes import ColorMap

ACCENT = (255, 196, 92)
KEYS_LINE = (
    "0 picture  1 label  2 graph  3 parameters  4 outputs  [ ] layer  - + model  C camera  D dream  G grid"
)
OLD = 1.0  # seconds after which the age of an answer is shown
SURE = 0.15  # below it a place in a grid shows no label


class Plate:
    """A picture of maps or weights, uploaded when it changes and not at every frame.

    Args:
        colors: Of the color map for grays, as `ColorMap` takes them; ofxCaffe's by default.
    """

    def __init__(self, colors: str | tuple[ColorLike, ...] = "jet") -> None:
        self._map = ColorMap(colors)
        self._of: Pixels | None = None
        self._image: Image | None = None

    def draw(self, canvas: Canvas, pixels: Pixels, box: tuple[float, float, float, float]) -> None:
        """Draw it to fit a box (left, top, width, height); grays through a color map."""
        if pixels is not self._of or self._image is None:
            gray = pixels.ndim == 2
            shown = (
                np.ascontiguousarray(np.broadcast_to(pixels[:, :, None], (*pixels.shape, 3)))
                if gray
                else pixels
            )
            self._of, self._image = pixels, Image(shown)
        scale = min(box[2] / self._image.width, box[3] / self._image.height)
        width, height = scale * self._image.width, scale * self._image.height
        with canvas.clip(box[0], box[1], width, height):
            canvas.image(self._image, box[0], box[1], width, height)
            if pixels.ndim == 2:
                canvas.post(self._map)


def label_line(canvas: Canvas, answer: Answer, x: float, y: float, size: float) -> None:
    """The likeliest class, as bright as it is likely."""
    if not answer.label:
        return
    canvas.color(255, alpha=0.35 + 0.65 * answer.probability)
    canvas.text(answer.label, x, y, size)
    canvas.color(*ACCENT)
    canvas.text(f"{100 * answer.probability:.0f} %", x, y + 0.62 * size, 0.46 * size)


def probability_graph(canvas: Canvas, answer: Answer, x: float, y: float, width: float, row: float) -> None:
    """The five likeliest classes, a bar each."""
    for index, (label, probability) in enumerate(answer.top(5)):
        top = y + index * row
        canvas.color(255, alpha=0.07)
        canvas.rect(x, top, width, row - 4, radius=3)
        canvas.color(*ACCENT, alpha=0.35 + 0.5 * probability)
        canvas.rect(x, top, max(2.0, width * probability), row - 4, radius=3)
        canvas.color(255, alpha=0.9)
        canvas.text(label, x + 8, top + 0.62 * row, 0.46 * row)


def grid_labels(canvas: Canvas, answer: Answer, x: float, y: float, side: float) -> None:
    """The likeliest class of every place, over a square picture; the more certain, the brighter."""
    rows = answer.grid_labels()
    for row, cells in enumerate(rows):
        step, tall = side / len(cells), side / len(rows)
        for column, (label, probability) in enumerate(cells):
            left, top = x + column * step, y + row * tall
            canvas.color(8, 9, 12, alpha=0.62 - 0.5 * probability)
            canvas.rect(left + 1, top + 1, step - 2, tall - 2, radius=3)
            if probability > SURE:
                canvas.color(*ACCENT, alpha=0.4 + 0.6 * probability)
                canvas.text(label, left + 6, top + 18, 13, width=step - 8)


def answer_maps(canvas: Canvas, answer: Answer, x: float, y: float, width: float, height: float) -> None:
    """What a model answers for each pixel, side by side: its picture, its maps, its classes by a palette."""
    shown = [("picture", answer.picture, None)] if answer.picture is not None else []
    shown += [(name, each, "ember") for name, each in answer.float_maps.items() if each.ndim == 2]
    shown += [(name, each, None) for name, each in answer.class_maps.items()]
    step = width / max(len(shown), 2)
    for index, (name, each, colors) in enumerate(shown):
        scale = min((step - 8) / each.shape[1], (height - 20) / each.shape[0])
        left, tall = x + index * step, scale * each.shape[0]
        canvas.image(each, left, y, scale * each.shape[1], tall, colors=colors)
        canvas.color(255, alpha=0.6)
        canvas.text(name, left, y + tall + 15, 13, width=step - 8)


def layer_plates(
    canvas: Canvas,
    eye: ImageClassifier,
    plates: tuple[Plate, Plate],
    box: tuple[float, float, float, float],
) -> None:
    """The parameters of the chosen layer above its outputs, as far as these views are on."""
    answer, (left, top, width, height) = eye.answer, box
    share = 0.3 if "outputs" in eye.views else 1.0
    if "parameters" in eye.views and answer.layer:
        canvas.color(255, alpha=0.6)
        canvas.text(f"{answer.layer}: parameters", left, top + 12, 13)
        if answer.weights is None:
            canvas.text("this layer has no parameters", left, top + 40, 13)
        else:
            plates[0].draw(canvas, answer.weights, (left, top + 22, width, share * height - 40))
        top, height = top + share * height, (1 - share) * height
    if "outputs" in eye.views and answer.maps is not None:
        sizes = " x ".join(str(size) for size in answer.shape[1:])
        canvas.color(255, alpha=0.6)
        canvas.text(f"{answer.layer}: outputs, {sizes}", left, top + 12, 13)
        plates[1].draw(canvas, answer.maps, (left, top + 22, width, height - 22))


def truth_line(eye: ImageClassifier, age: float = 0.0) -> str:
    """The model, where it runs and how long it takes; or what it is waiting for.

    Args:
        eye: The image classifier.
        age: Seconds since its last answer; shown once it is old.
    """
    if eye.state != "ready" and not eye.answer.about.title:
        return {"making": "the model is being made", "loading": "the model is loading"}.get(
            eye.state, "no model"
        )
    times = eye.timings
    parts = [eye.about.title or eye.answer.about.title, eye.about.provider.upper()]
    if times is not None and times.points:
        parts.append(f"{times.p50 / 1000:.0f} ms a picture, p99 {times.p99 / 1000:.0f}")
    parts.append(f"this answer is {age:.0f} s old" if age > OLD else "")
    parts.append("another model is loading" if eye.state != "ready" else "")
    return "   ".join(part for part in parts if part)
