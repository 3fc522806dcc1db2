import math

import numpy as np
import pytest

RNG = np.random.default_rng(3)
COUNT = 40
XY = RNG.uniform(0, 100, (COUNT, 2))
ENDS = XY + RNG.uniform(-20, 20, (COUNT, 2))
RADII = RNG.uniform(0.3, 12, COUNT)
SIZES = RNG.uniform(0.5, 25, (COUNT, 2))
COLORS = RNG.integers(0, 256, (COUNT, 4))
CORNERS = RNG.uniform(0, 100, (COUNT, 3, 2))


def one_by_one(draw_one):
    def paint(canvas):
        for index in range(COUNT):
            canvas.color(*(int(channel) for channel in COLORS[index]))
            draw_one(canvas, index)

    return paint


CROWDS = {
    "circles": (
        lambda c, i: c.circle(*XY[i], RADII[i]),
        lambda c: c.circles(XY, RADII, COLORS),
    ),
    "rects": (
        lambda c, i: c.rect(*XY[i], *SIZES[i], RADII[i]),
        lambda c: c.rects(XY, SIZES, RADII, COLORS),
    ),
    "sharp rects": (
        lambda c, i: c.rect(*XY[i], 7, 4),
        lambda c: c.rects(XY, (7, 4), color=COLORS),
    ),
    "lines": (
        lambda c, i: (c.line_width(RADII[i]), c.line(*XY[i], *ENDS[i])),
        lambda c: c.lines(XY, ENDS, RADII, COLORS),
    ),
    "triangles": (
        lambda c, i: c.triangle(*CORNERS[i].ravel()),
        lambda c: c.triangles(CORNERS, COLORS),
    ),
    "triangles in one list": (
        lambda c, i: c.triangle(*CORNERS[i].ravel()),
        lambda c: c.triangles(CORNERS.reshape(-1, 2), COLORS),
    ),
}


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize("place", ["plain", "turned", "slanted"])
def test_a_crowd_looks_as_its_shapes_do_one_by_one(draw, crowd, place):
    def placed(paint):
        def run(canvas):
            if place == "turned":
                canvas.translate(60, -20)
                canvas.rotate(0.7)
                canvas.scale(1.2)
            if place == "slanted":
                canvas.scale(1.3, 0.7)
                canvas.rotate(0.4)
            paint(canvas)

        return run

    single, together = CROWDS[crowd]
    expected = draw((100, 100), placed(one_by_one(single)))
    assert expected[..., :3].max() > 0.5
    assert np.abs(draw((100, 100), placed(together)) - expected).max() <= 1.5 / 255


def test_outlined_crowds_look_as_their_shapes_do_one_by_one(draw):
    def single(canvas):
        canvas.no_fill()
        canvas.line_width(2.5)
        for (x, y), radius in zip(XY, RADII, strict=True):
            canvas.circle(x, y, radius)
        for (x, y), (width, height) in zip(XY, SIZES, strict=True):
            canvas.rect(x, y, width, height)

    def together(canvas):
        canvas.no_fill()
        canvas.line_width(2.5)
        canvas.circles(XY, RADII)
        canvas.rects(XY, SIZES)

    assert np.abs(draw((100, 100), together) - draw((100, 100), single)).max() <= 1.5 / 255


def test_one_color_and_one_size_serve_all(draw):
    def paint(canvas):
        canvas.circles([(10, 10), (30, 10)], 5, "#ff0000")
        canvas.circles(np.empty((0, 2)), 5)
        canvas.circles([(50, 10)], 5, (0, 0, 255))

    drawn = draw((60, 20), paint)
    assert drawn[10, 10, :3].tolist() == drawn[10, 30, :3].tolist() == [1, 0, 0]
    assert drawn[10, 50, :3].tolist() == [0, 0, 1]


def test_a_small_disc_under_a_slanted_transform_has_its_area(draw):
    def paint(canvas):
        canvas.translate(30, 30)
        canvas.scale(2, 0.5)
        canvas.rotate(0.5)
        canvas.circle(0, 0, 4)

    assert draw((60, 60), paint)[..., 0].sum() == pytest.approx(math.pi * 16, rel=0.02)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda c: c.circles([(0, 0), (math.nan, 1)], 2), "xy must be finite; row 1"),
        (lambda c: c.circles([0, 1], 2), r"xy needs shape \(n, 2\).*got \(2,\)"),
        (lambda c: c.circles(XY, math.nan), "radius must be finite"),
        (lambda c: c.circles(XY, 1, [(0, 0, math.nan)] * 40), "channels must be finite; row 0"),
        (lambda c: c.lines(XY, ENDS, math.nan), "width must be finite"),
        (lambda c: c.circles(XY, [1, 2]), r"radius needs shape \(\) or \(40,\); got \(2,\)"),
        (lambda c: c.circles(XY, 1, COLORS[:3]), r"need shape \(40, 3\).*got \(3, 4\)"),
        (lambda c: c.rects(XY, 3), r"size needs shape \(2,\) or \(40, 2\); got \(\)"),
        (lambda c: c.rects(XY, (3, math.inf)), "size must be finite"),
        (lambda c: c.lines(XY, ENDS[:5]), "40 starts and 5 ends"),
        (lambda c: c.triangles(XY), r"corners needs shape \(n, 3, 2\) or \(3 n, 2\); got \(40, 2\)"),
        (lambda c: (c.no_fill(), c.triangles(CORNERS)), "one by one"),
    ],
)
def test_a_wrong_crowd_is_refused_at_the_call(canvas, framebuffer, call, says):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match=says):
        call(canvas)
    canvas.end()


def test_ten_thousand_circles_from_arrays_are_one_draw_call(canvas, framebuffer, monkeypatch):
    calls = []
    painter = canvas._batch._shapes
    monkeypatch.setattr(painter, "paint", lambda rows, *_: calls.append(len(rows) // 64))
    canvas.begin(framebuffer)
    canvas.circles(np.zeros((9000, 2)), 3)
    canvas.circle(4, 4, 4)
    canvas.rects(np.zeros((999, 2)), (3, 3))
    canvas.end()
    assert calls == [10_000]
