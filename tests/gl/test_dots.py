import numpy as np
import pytest

from sketch.render.gradient import Gradient

RNG = np.random.default_rng(5)
COUNT = 400


def many(canvas):
    for kind, (x, y), (a, b), (red, green, blue) in ROWS:
        canvas.color(red, green, blue, 200)
        if kind == 0:
            canvas.circle(x, y, a)
        elif kind == 1:
            canvas.ellipse(x, y, 2 * a, b)
        elif kind == 2:
            canvas.rect(x, y, a, 2 * b)
        else:
            canvas.triangle(x, y - b, x + a, y + b, x - a, y)


ROWS = list(
    zip(
        RNG.integers(0, 4, COUNT).tolist(),
        RNG.uniform(0, 150, (COUNT, 2)).tolist(),
        RNG.uniform(0.1, 9, (COUNT, 2)).tolist(),
        RNG.integers(0, 256, (COUNT, 3)).tolist(),
        strict=True,
    )
)


def plain(canvas):
    many(canvas)


def turned(canvas):
    canvas.translate(75, 75)
    canvas.rotate(0.7)
    canvas.scale(1.3, -1.3)
    canvas.translate(-75, -75)
    many(canvas)


def stretched(canvas):
    canvas.scale(1.4, 0.6)
    many(canvas)


@pytest.mark.parametrize("paint", [plain, turned, stretched])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_small_shapes_drawn_as_points_look_as_they_do_as_quads(draw, monkeypatch, paint, ratio):
    dots = draw((150, 150), paint, ratio)
    monkeypatch.setattr("sketch.render.shapes.painter._WORTH_A_CALL", 10**9)
    quads = draw((150, 150), paint, ratio)
    assert np.abs(dots - quads).max() <= 5 / 255
    assert np.abs(dots - quads).mean() < 1e-4


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_discs_of_any_size_and_place_look_as_they_do_as_quads(draw, monkeypatch, ratio):
    xy, radius = RNG.uniform(0, 150, (COUNT, 2)), RNG.uniform(0.05, 15, COUNT)
    colors = RNG.integers(0, 256, (COUNT, 4))

    def paint(canvas):
        canvas.circles(xy, radius, colors)

    discs = draw((150, 151), paint, ratio)
    monkeypatch.setattr("sketch.render.shapes.painter._WORTH_A_CALL", 10**9)
    quads = draw((150, 151), paint, ratio)
    assert np.abs(discs - quads).max() <= 5 / 255
    assert np.abs(discs - quads).mean() < 1e-4


def test_points_take_a_gradient_and_a_clip(draw, monkeypatch):
    xy = RNG.uniform(0, 60, (200, 2))

    def paint(canvas):
        canvas.gradient(Gradient.linear(0, 0, 60, 0, ["#ff0000", "#0000ff"]))
        with canvas.clip(10, 10, 40, 40):
            canvas.circles(xy, 5)

    dots = draw((60, 60), paint)
    monkeypatch.setattr("sketch.render.shapes.painter._WORTH_A_CALL", 10**9)
    assert np.abs(dots - draw((60, 60), paint)).max() <= 5 / 255
    assert dots[..., :3].max() > 0.5
    assert dots[:10, :, :3].max() == 0
