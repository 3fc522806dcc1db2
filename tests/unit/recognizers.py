"""What the tests of the recogniser share: strokes to write with, and frames to write them in."""

from itertools import pairwise

import numpy as np

from addon import Recognizer
from tests.waiting import until

CAPITALS = ("A", "B", "C", "D")


def stroke(*corners: tuple[float, float], seed: int = 0) -> np.ndarray:
    """A hand that goes from corner to corner, 20 points each."""
    legs = [np.linspace(a, b, 20) for a, b in pairwise(corners)]
    points = np.zeros((20 * len(legs), 4), dtype=np.float32)
    points[:, :2] = np.concatenate(legs) + np.random.default_rng(seed).normal(0, 2, (len(points), 2))
    points[:, 2], points[:, 3] = np.arange(len(points)) / 60, 0.5
    return points


def bar(seed: int = 0) -> list[np.ndarray]:
    return [stroke((100, 100), (100, 300), seed=seed)]


def hook(seed: int = 0) -> list[np.ndarray]:
    return [stroke((100, 100), (300, 100), (300, 300), seed=seed)]


def write(recognizer: Recognizer, strokes: list[np.ndarray], pointer_id: int = 0) -> None:
    for points in strokes:
        for point in points:
            recognizer.on_stroke_point(point, pointer_id)
        recognizer.on_stroke(points, pointer_id)


def frames_until(recognizer: Recognizer, condition) -> list[str]:
    """Run frames until a condition holds; everything that was said."""
    said = recognizer.messages()

    def frame() -> None:
        recognizer.update(1 / 60)
        said.extend(recognizer.messages())

    until(condition, frame)
    return said


def taught(recognizer: Recognizer, examples: int = 3) -> Recognizer:
    for seed in range(examples):
        recognizer.teach("I", bar(seed))
        recognizer.teach("7", hook(seed))
    return recognizer
