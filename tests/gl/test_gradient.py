import numpy as np
import pytest

from sketch.render.gradient import Gradient, placed
from sketch.render.matrix import IDENTITY

ACROSS = Gradient.linear(0, 0, 60, 0, ["#ff0000", "#0000ff"])
CENTERS = np.stack(np.meshgrid(np.arange(60) + 0.5, np.arange(40) + 0.5), axis=2).reshape(-1, 2)
EXPECTED = placed(ACROSS, IDENTITY).at(CENTERS.astype(np.float32)).reshape(40, 60, 4)

WORDS = {
    "rect": lambda c: c.rect(0, 0, 60, 40),
    "ellipse": lambda c: c.ellipse(30, 20, 50, 30),
    "slanted": lambda c: (c.scale(1, 0.5), c.rotate(0.4), c.rect(10, 5, 30, 30)),
    "triangle": lambda c: c.triangle(0, 0, 60, 0, 30, 40),
    "polygon": lambda c: c.polygon([(0, 0), (60, 0), (50, 40), (10, 40)]),
    "line": lambda c: (c.line_width(20), c.line(5, 20, 55, 20)),
    "stroke": lambda c: c.stroke([(-20, 20), (80, 20)], width=20),
    "text": lambda c: c.text("MMM", 0, 36, size=40),
    "circles": lambda c: c.circles([(15, 20), (45, 20)], 12),
}


@pytest.mark.parametrize("word", WORDS)
def test_a_gradient_colors_what_every_word_draws(draw, word):
    def paint(canvas):
        canvas.gradient(ACROSS)
        WORDS[word](canvas)

    drawn = draw((60, 40), paint)
    shape = draw((60, 40), WORDS[word])
    covered = shape[..., 0] == 1
    assert covered.sum() > 200
    # A stroke takes the gradient's color every few pixels and goes evenly in between.
    allowed = 12 if word == "stroke" else 4
    assert np.abs(drawn - EXPECTED)[covered][:, :3].max() < allowed / 255
    assert drawn[shape[..., 0] == 0][:, :3].sum() == 0


def test_a_gradient_lasts_until_the_next_color_and_is_pushed_with_the_style(draw):
    def paint(canvas):
        canvas.color(0, 255, 0)
        with canvas.pushed():
            canvas.gradient(ACROSS)
            canvas.rect(0, 0, 10, 10)
        canvas.rect(10, 0, 10, 10)
        canvas.gradient(ACROSS)
        canvas.color(255)
        canvas.rect(20, 0, 10, 10)

    drawn = draw((30, 10), paint)
    assert drawn[5, 2, 0] > 0.9
    assert drawn[5, 15, :3].tolist() == [0, 1, 0]
    assert drawn[5, 25, :3].tolist() == [1, 1, 1]


def test_a_gradient_stays_where_it_was_put(draw):
    def paint(canvas):
        canvas.gradient(ACROSS)
        canvas.translate(30, 0)
        canvas.rect(0, 0, 30, 40)

    assert np.abs(draw((60, 40), paint) - EXPECTED)[:, 30:, :3].max() < 4 / 255


def test_clear_ends_let_through_what_is_below(draw):
    def paint(canvas):
        canvas.background(0, 255, 0)
        canvas.gradient(Gradient.radial(20, 20, 20, [(255, 255), (255, 0)]))
        canvas.rect(0, 0, 40, 40)

    drawn = draw((40, 40), paint)
    assert drawn[20, 20, :3].min() > 0.95
    assert drawn[0, 0, :3].tolist() == [0, 1, 0]


def test_a_gradient_and_a_color_are_two_draw_calls_in_order(draw):
    def paint(canvas):
        canvas.rect(0, 0, 60, 40)
        canvas.gradient(ACROSS)
        canvas.rect(0, 0, 60, 40)
        canvas.color(0, 255, 0)
        canvas.circles([(30, 20)], 5)
        canvas.gradient(ACROSS)
        canvas.circles([(30, 20)], 3, "#ffffff")

    drawn = draw((60, 40), paint)
    assert drawn[20, 30, :3].tolist() == [1, 1, 1]
    assert drawn[20, 33, :3].tolist() == [0, 1, 0]
    assert drawn[0, 0, 0] > 0.95


def test_where_all_is_squeezed_flat_a_gradient_draws_nothing(draw):
    assert draw((9, 9), lambda c: (c.scale(0), c.gradient(ACROSS), c.rect(0, 0, 9, 9)))[..., :3].max() == 0
