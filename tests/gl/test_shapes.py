import math

import numpy as np
import pytest

from sketch.render.shapes.painter import ROW_FLOATS


def light(pixels):
    return pixels[..., 0].sum()


@pytest.mark.parametrize("radius", [0.2, 0.5, 0.8, 1.5, 4, 20.3])
def test_a_disc_is_as_bright_as_it_is_large(draw, radius):
    drawn = draw((60, 60), lambda c: c.circle(30.3, 29.6, radius))
    assert light(drawn) == pytest.approx(math.pi * radius**2, rel=0.03, abs=0.02)


@pytest.mark.parametrize(("width", "height"), [(40, 20), (50, 6), (7, 44)])
def test_an_ellipse_is_as_large_as_it_should_be_however_it_is_turned(draw, width, height):
    def paint(canvas):
        canvas.translate(30, 30)
        canvas.rotate(0.6)
        canvas.ellipse(0, 0, width, height)

    assert light(draw((60, 60), paint)) == pytest.approx(math.pi * width * height / 4, rel=0.01)


def test_a_rectangle_on_whole_pixels_has_no_soft_edge(draw):
    drawn = draw((20, 20), lambda c: c.rect(3, 4, 10, 7))[..., 0]
    expected = np.zeros((20, 20))
    expected[4:11, 3:13] = 1
    assert (drawn == expected).all()


@pytest.mark.parametrize("size", [(10.5, 7.25), (0.5, 12), (0.3, 0.3), (30, 0.1)])
def test_a_rectangle_anywhere_covers_its_area(draw, size):
    drawn = draw((50, 50), lambda c: c.rect(8.3, 9.6, *size))
    assert light(drawn) == pytest.approx(size[0] * size[1], rel=0.02, abs=0.02)


def test_a_rounded_rectangle_lacks_its_corners(draw):
    drawn = draw((60, 60), lambda c: c.rect(10, 10, 40, 30, 8))
    assert light(drawn) == pytest.approx(40 * 30 - (4 - math.pi) * 64, rel=0.005)


def test_a_radius_too_large_makes_a_pill(draw):
    pill = draw((60, 60), lambda c: c.rect(10, 10, 40, 20, 1000))
    assert (pill == draw((60, 60), lambda c: c.rect(10, 10, 40, 20, 10))).all()


@pytest.mark.parametrize("line", [1, 3, 6.5])
@pytest.mark.parametrize(
    ("outline", "length"),
    [
        (lambda c: c.circle(30, 30, 20), 2 * math.pi * 20),
        (lambda c: c.ellipse(30, 30, 50, 24), 119.64),
        (lambda c: c.rect(10, 12, 40, 30), 140),
        (lambda c: c.rect(10, 12, 40, 30, 9), 140 - (8 - 2 * math.pi) * 9),
        (lambda c: c.triangle(10, 10, 50, 10, 30, 45), 40 + 2 * math.hypot(20, 35)),
        (lambda c: c.polygon([(10, 10), (50, 10), (50, 50), (10, 50)]), 160),
    ],
    ids=["circle", "ellipse", "rect", "rounded rect", "triangle", "polygon"],
)
def test_an_outline_covers_its_length_times_the_line_width(draw, outline, length, line):
    def paint(canvas):
        canvas.no_fill()
        canvas.line_width(line)
        outline(canvas)

    # Round corners stick out less than they overlap inside, by at most a corner of half a line width each.
    assert light(draw((60, 60), paint)) == pytest.approx(length * line, rel=0.01, abs=line**2)


def test_a_triangle_covers_its_area_either_way_round(draw):
    there = draw((60, 60), lambda c: c.triangle(5, 8, 50, 20, 22, 52))
    back = draw((60, 60), lambda c: c.triangle(22, 52, 50, 20, 5, 8))
    assert light(there) == pytest.approx(888, rel=0.01)
    assert np.abs(there - back).max() <= 2 / 255


def test_a_sliver_is_faint_and_not_a_line(draw):
    drawn = draw((60, 60), lambda c: c.triangle(5, 30.1, 55, 30.5, 5, 30.9))
    assert light(drawn) == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_polygon_covers_its_area(draw, turn):
    angles = turn * np.arange(7) * 2 * math.pi / 7
    points = np.column_stack((30 + 22 * np.cos(angles), 30 + 22 * np.sin(angles)))
    area = 7 / 2 * 22**2 * math.sin(2 * math.pi / 7)
    assert light(draw((60, 60), lambda c: c.polygon(points))) == pytest.approx(area, rel=0.01)


def test_a_line_looks_the_same_drawn_as_a_polyline(draw):
    def paint(method, canvas):
        canvas.line_width(5)
        method(canvas)

    line = draw((60, 40), lambda c: paint(lambda c: c.line(8, 9, 51, 28), c))
    polyline = draw((60, 40), lambda c: paint(lambda c: c.polyline([(8, 9), (51, 28)]), c))
    assert np.abs(line - polyline).max() < 0.1
    assert light(line) == pytest.approx(light(polyline), rel=0.01)


def test_a_bezier_curve_goes_through_its_ends_and_middle(draw):
    def paint(canvas):
        canvas.line_width(3)
        canvas.bezier(10, 50, 10, 10, 90, 10, 90, 50)

    drawn = draw((100, 60), paint)[..., 0]
    for x, y in ((10, 50), (90, 50), (50, 20)):
        assert drawn[y, x] == 1


def test_an_arc_goes_clockwise_from_its_start_to_its_end(draw):
    def paint(canvas):
        canvas.line_width(3)
        canvas.arc(50, 50, 30, 0, 1.5 * math.pi)

    drawn = draw((100, 100), paint)[..., 0]
    for x, y in ((80, 50), (50, 80), (20, 50), (50, 20)):
        assert drawn[y, x] == 1
    assert drawn[:48, 52:].max() == 0


def test_an_arc_of_more_than_a_turn_is_the_whole_circle(draw):
    whole = draw((100, 100), lambda c: (c.no_fill(), c.line_width(4), c.circle(50, 50, 30)))
    for turn in (2 * math.pi, -1e6):
        arc = draw((100, 100), lambda c, turn=turn: (c.line_width(4), c.arc(50, 50, 30, 0.3, 0.3 + turn)))
        assert np.abs(arc - whole)[..., 0].max() < 0.1
    point = draw((100, 100), lambda c: (c.line_width(4), c.arc(50, 50, 0, 0, 1)))[..., 0]
    assert point.sum() == pytest.approx(math.pi * 4, rel=0.05)


def test_kinds_of_shapes_keep_their_order(draw):
    def paint(canvas):
        for color, shape in (
            ("#ff0000", lambda: canvas.circle(20, 20, 15)),
            ("#00ff00", lambda: canvas.polygon([(20, 5), (35, 20), (20, 35), (5, 20)])),
            ("#0000ff", lambda: canvas.stroke([(10, 20), (30, 20)], width=12)),
            ("#ffffff", lambda: canvas.rect(18, 18, 4, 4)),
        ):
            canvas.color(color)
            shape()

    drawn = draw((40, 40), paint)
    assert drawn[20, 20, :3].tolist() == [1, 1, 1]
    assert drawn[20, 12, :3].tolist() == [0, 0, 1]
    assert drawn[10, 20, :3].tolist() == [0, 1, 0]
    assert drawn[9, 11, :3].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("alpha", (0.5, 0.5, 0.1)),
        ("add", (0.7, 0.9, 0.3)),
        ("multiply", (0.3, 0.6, 0.1)),
        ("screen", (0.6, 0.7, 0.28)),
    ],
)
def test_each_blend_mode_mixes_as_its_formula_says(draw, mode, expected):
    def paint(canvas):
        canvas.background(51, 102 + 51 * (mode == "multiply"), 51)
        canvas.blend_mode(mode)
        canvas.color(255, 127.5 + 76.5 * (mode != "alpha"), 51, 127.5)
        canvas.rect(0, 0, 10, 10)

    below = np.array((51, 102 + 51 * (mode == "multiply"), 51)) / 255
    paint_color = np.array((255, 127.5 + 76.5 * (mode != "alpha"), 51)) / 255
    formulas = {
        "alpha": below * 0.5 + paint_color * 0.5,
        "add": below + paint_color * 0.5,
        "multiply": below * (0.5 + 0.5 * paint_color),
        "screen": 1 - (1 - below) * (1 - paint_color * 0.5),
    }
    assert draw((10, 10), paint)[5, 5, :3] == pytest.approx(formulas[mode], abs=1.5 / 255)


def test_ten_thousand_circles_are_one_draw_call(ctx, canvas, framebuffer, monkeypatch):
    calls = []
    painter = canvas._batch._shapes
    paint = painter.paint
    monkeypatch.setattr(painter, "paint", lambda rows, *rest: (calls.append(len(rows)), paint(rows, *rest)))
    canvas.begin(framebuffer)
    for index in range(10_000):
        canvas.circle(index % 100, index // 100, 0.4)
    canvas.end()
    assert calls == [10_000 * 4 * ROW_FLOATS]
