"""What tests of models that look at pictures share."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.wheels import Member, fetched

ROOT = Path(__file__).parents[1]
IMAGE_MODEL = ROOT / "out" / "models" / "efficientnet-lite0.onnx"

# A machine that trains, draws and tests at once is slow to start a process.
PATIENCE = 90.0


@cache
def image_model() -> Path:
    """The image model, made once for all tests."""
    from addon.pretraining.image_model import make_image_model

    # Made for each run: what is tested is what this checkout exports.
    make_image_model(IMAGE_MODEL)
    return IMAGE_MODEL


def photograph(member: Member) -> NDArray[np.uint8]:
    """A picture out of a package: uint8 of shape (h, w, 3)."""
    with Image.open(fetched(member)) as picture:
        return np.asarray(picture.convert("RGB"))


def wait_for(reached: Callable[[], object], step: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Take steps, as a sketch's frames do, until something is so.

    Raises:
        AssertionError: It was not so in time.
    """
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < seconds, "it took too long"
        step()
        time.sleep(0.01)
