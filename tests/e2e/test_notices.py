"""Lines on screen: they stay within the window, however long they are."""

import numpy as np

import sketch

GROUND = 120


def shown(*lines: str, size: tuple[int, int] = (900, 300)) -> np.ndarray:
    """Which pixels a frame has other than the ground, shape (height, width)."""
    frames = []

    class Said(sketch.Sketch):
        shows_messages = True

        def setup(self):
            for line in lines:
                self.send_message(line)

        def draw(self, canvas):
            canvas.background(GROUND)

    sketch.run(Said, headless=True, frames=2, viewer=lambda frame: frames.append(frame.copy()), size=size)
    return (frames[-1] != GROUND).any(axis=2)


def test_a_line_wider_than_the_window_continues_below_and_none_lies_on_another():
    long = "large.onnx: " + "it cannot be opened for one reason and another; " * 6
    short, wide, both = shown("third"), shown(long), shown(long, "third")
    assert not wide[:, -10:].any()
    assert wide.any(axis=1).sum() > 2 * short.any(axis=1).sum()
    # Two boxes may share the row of pixels in which one ends and the other begins.
    assert both.any(axis=1).sum() >= wide.any(axis=1).sum() + short.any(axis=1).sum() - 1


def test_by_default_the_picture_has_no_message():
    frames = []

    class Quiet(sketch.Sketch):
        def setup(self):
            self.send_message("no such library")

        def draw(self, canvas):
            canvas.background(GROUND)

    sketch.run(Quiet, headless=True, frames=2, viewer=lambda frame: frames.append(frame.copy()))
    assert (frames[-1] == GROUND).all()


def test_a_window_too_narrow_for_a_word_is_no_error():
    assert shown("no such file", size=(20, 60)).any()
