"""Small pictures of an ink, as classifiers of drawings are trained on them."""

import numpy as np
import pytest

from addon.features.ink_image import coverage, ink_image
from addon.features.ink_input import InkImage

BAR = np.array([[100.0, 50.0, 0.0, 0.5, 0.0], [100.0, 250.0, 0.1, 0.5, 1.0]])
DOT = BAR[:1]


def test_a_bar_stands_in_the_middle_within_the_margin():
    made = coverage(InkImage(size=(28, 28), line_width=2.0, margin=4.0), BAR)
    assert made.shape == (28, 28)
    inked = np.argwhere(made > 0.5)
    assert inked[:, 1].min() in (13, 14)
    assert inked[:, 1].max() in (13, 14)
    # 4 pixels of margin, and half a line's width beyond the box.
    assert 3 <= inked[:, 0].min() <= 4
    assert 23 <= inked[:, 0].max() <= 24


def test_the_size_of_the_drawing_does_not_matter():
    small = BAR * [0.1, 0.1, 1, 1, 1]
    assert np.array_equal(coverage(InkImage(), BAR), coverage(InkImage(), small))


def test_a_dot_is_a_disk_in_the_middle():
    made = coverage(InkImage(line_width=4.0), DOT)
    assert made[14, 14] == 1.0
    assert made.sum() == pytest.approx(np.pi * 4, rel=0.15)


def test_the_center_of_mass_is_in_the_middle():
    hook = np.array([[0, 0, 0, 0.5, 0], [0, 200, 0, 0.5, 0], [90, 200, 0, 0.5, 1]], dtype=float)
    made = coverage(InkImage(center="mass", margin=6.0), hook)
    rows, columns = np.arange(28) + 0.5, np.arange(28) + 0.5
    assert (made.sum(axis=1) * rows).sum() / made.sum() == pytest.approx(14.0, abs=0.15)
    assert (made.sum(axis=0) * columns).sum() / made.sum() == pytest.approx(14.0, abs=0.15)


def test_strokes_are_not_joined():
    apart = np.array(
        [[0, 0, 0, 0.5, 0], [0, 100, 0, 0.5, 1], [100, 0, 0, 0.5, 0], [100, 100, 0, 0.5, 1]], dtype=float
    )
    assert coverage(InkImage(), apart)[:, 12:16].max() == 0.0


def test_ground_range_and_normalisation():
    made = ink_image(InkImage(invert=True, span=(0.0, 255.0), mean=127.5, std=127.5), BAR)
    assert made.max() == 1.0
    assert made.min() == -1.0
    assert made[0, 0, 0, 0] == 1.0


def test_a_transposed_picture_has_rows_and_columns_exchanged():
    plain, turned = ink_image(InkImage(), BAR), ink_image(InkImage(transposed=True), BAR)
    assert np.array_equal(plain[0, 0].T, turned[0, 0])


def test_without_antialiasing_there_are_two_values():
    assert set(np.unique(coverage(InkImage(antialias=False), BAR))) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("layout", "channels", "shape"),
    [
        ("NCHW", 3, (1, 3, 20, 30)),
        ("NHWC", 1, (1, 20, 30, 1)),
        ("CHW", 1, (1, 20, 30)),
        ("HWC", 3, (20, 30, 3)),
        ("NHW", 1, (1, 20, 30)),
        ("HW", 1, (20, 30)),
        ("N(HW)", 1, (1, 600)),
    ],
)
def test_each_layout(layout, channels, shape):
    ink = InkImage(size=(20, 30), layout=layout, channels=channels)
    assert ink_image(ink, BAR).shape == shape
