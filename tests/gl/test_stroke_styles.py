import itertools
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sketch.ink.ink import Ink, Stroke
from sketch.ink.points import as_points
from sketch.ink.style import StrokeStyle
from sketch.render.canvas import Canvas
from tests.awkward import AWKWARD, SIDE

CAPS, JOINS = ("round", "butt", "square"), ("round", "miter", "bevel")
STYLES = st.builds(
    StrokeStyle,
    cap=st.sampled_from(CAPS),
    join=st.sampled_from(JOINS),
    miter_limit=st.floats(1, 6),
    overlap=st.sampled_from(("flat", "build")),
    dash=st.sampled_from(((), (6.0, 3.0), (1.0, 5.0, 9.0))),
    dash_offset=st.floats(-9, 9),
    taper_start=st.sampled_from((0.0, 12.0)),
    taper_end=st.sampled_from((0.0, 25.0)),
    smooth=st.booleans(),
)
LINES = st.lists(st.tuples(st.integers(30, 70), st.integers(30, 70)), min_size=1, max_size=7)
some = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def eight(x, y, size, count=120):
    t = np.linspace(0.4, 0.4 + 2 * math.pi * 0.98, count)
    return np.column_stack((x + size * np.sin(t), y + size * 0.7 * np.sin(2 * t)))


def levels(drawn):
    """How many pixels have each alpha, of 255."""
    return np.bincount(np.round(drawn[..., 0] * 255).astype(int).ravel(), minlength=256)


def test_a_flat_stroke_that_crosses_itself_has_one_alpha_everywhere(draw):
    points = eight(60, 60, 45)
    paint = partial(Canvas.stroke, points=points, width=14, color=(255, 128))
    drawn = draw((120, 120), partial(paint, style=StrokeStyle(overlap="flat")))
    assert drawn[..., 0].max() <= 129 / 255
    inside = draw((120, 120), partial(Canvas.stroke, points=points, width=12))[..., 0] == 1
    assert (np.round(drawn[inside][:, 0] * 255) == 128).all()


def test_a_stroke_that_builds_darkens_where_it_crosses_itself_and_nowhere_else(draw):
    points = eight(60, 60, 45)
    style = StrokeStyle(overlap="build")
    drawn = draw((120, 120), partial(Canvas.stroke, points=points, width=14, color=(255, 128), style=style))
    assert drawn[..., 0].max() == pytest.approx(1 - 0.498**2, abs=0.01)
    once, twice = levels(drawn)[127:130].sum(), levels(drawn)[190:194].sum()
    assert 150 < twice < 500 < 2000 < once


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("cap", CAPS)
@pytest.mark.parametrize("stroke", AWKWARD, ids=str)
def test_no_joint_of_an_awkward_stroke_is_painted_twice_or_left_out(draw, stroke, cap, join):
    def painted(overlap, alpha):
        style = StrokeStyle(cap=cap, join=join, overlap=overlap)
        paint = partial(
            Canvas.stroke, points=stroke.points, width=stroke.width, color=(255, alpha), style=style
        )
        return draw((SIDE, SIDE), paint)[..., 0] * 255 / alpha

    flat = painted("flat", 128)
    assert flat.max() <= 129 / 128
    if stroke.name not in {"figure of eight", "closed by hand", "tiny letter"}:
        # A picture gathered by the greater coverage knows no joints; what looks back agrees with it.
        differs = np.abs(painted("build", 128) - flat) > 0.15
        assert differs.sum() <= 4


def test_ends_are_round_cut_off_or_half_a_width_longer(draw):
    def ends(cap):
        paint = partial(Canvas.stroke, points=[(20, 20), (60, 20)], width=10, style=StrokeStyle(cap=cap))
        return draw((80, 40), paint)[..., 0]

    round_, butt, square = (ends(cap) for cap in CAPS)
    assert butt.sum() == pytest.approx(400, rel=0.002)
    assert square.sum() == pytest.approx(500, rel=0.002)
    assert round_.sum() == pytest.approx(400 + math.pi * 25, rel=0.005)
    assert butt[20, 19] == butt[20, 60] == 0
    assert butt[15:25, 20].min() == square[15:25, 15].min() == 1
    assert square[20, 14] == square[20, 65] == 0


def test_a_corner_is_round_beveled_or_pointed_up_to_its_limit(draw):
    def corner(**style):
        points = [(20, 60), (60, 60), (60, 20)]
        paint = partial(Canvas.stroke, points=points, width=20, style=StrokeStyle(cap="butt", **style))
        return draw((90, 90), paint)[..., 0]

    straight = 2 * 40 * 20 - 100  # two bars that share a square of 10 pixels
    assert corner(join="miter").sum() == pytest.approx(straight + 100, rel=0.002)
    assert corner(join="bevel").sum() == pytest.approx(straight + 50, rel=0.002)
    assert corner(join="round").sum() == pytest.approx(straight + 25 * math.pi, rel=0.002)
    # A right angle's miter is 1.414 widths long.
    assert np.abs(corner(join="miter", miter_limit=1.41) - corner(join="bevel")).max() == 0
    assert np.abs(corner(join="miter", miter_limit=1.42) - corner(join="miter")).max() == 0


def test_a_reversal_ends_as_its_join_says(draw):
    def turned(join):
        style = StrokeStyle(cap="butt", join=join)
        paint = partial(Canvas.stroke, points=[(20, 20), (60, 20), (30, 20)], width=10, style=style)
        return draw((90, 40), paint)[..., 0].sum()

    assert turned("bevel") == pytest.approx(400, rel=0.01)
    assert turned("miter") == pytest.approx(400, rel=0.01)
    assert turned("round") == pytest.approx(400 + math.pi * 12.5, rel=0.01)


@pytest.mark.parametrize(("cap", "area"), [("round", math.pi * 25), ("butt", 0), ("square", 100)])
def test_a_single_point_is_a_dot_in_the_shape_of_its_cap(draw, cap, area):
    drawn = draw((30, 30), lambda c: c.stroke([(15, 15)], width=10, style=StrokeStyle(cap=cap)))
    assert drawn[..., 0].sum() == pytest.approx(area, rel=0.01)


def test_dashes_leave_gaps_of_the_length_that_was_asked_for(draw):
    style = StrokeStyle(cap="butt", dash=(7, 5), dash_offset=3)
    row = draw((80, 20), lambda c: c.stroke([(10, 10), (70, 10)], width=6, style=style))[10, :, 0]
    on = [(place - 10 + 3) % 12 < 7 and 10 <= place < 70 for place in range(80)]
    assert (row == np.array(on)).all()


def test_dashes_are_as_long_on_a_high_resolution_screen(draw):
    style = StrokeStyle(cap="butt", dash=(7, 5))
    paint = partial(Canvas.stroke, points=[(10, 10), (70, 10)], width=6, style=style)
    assert draw((80, 20), paint, 2.0)[..., 0].sum() == pytest.approx(4 * draw((80, 20), paint)[..., 0].sum())


def test_a_taper_ends_in_a_point(draw):
    style = StrokeStyle(taper_start=20, taper_end=30)
    drawn = draw((100, 40), lambda c: c.stroke([(10, 20), (90, 20)], width=16, style=style))[..., 0]
    columns = drawn.sum(axis=0)
    assert columns[:10].max() < 0.1
    assert (np.diff(columns[10:30]) >= 0).all()
    assert columns[31:59] == pytest.approx(np.full(28, 16), abs=0.05)
    assert (np.diff(columns[60:90]) <= 0).all()


def test_a_smooth_stroke_passes_through_its_points(draw):
    points = [(10, 40), (40, 10), (60, 50), (90, 30)]
    drawn = draw((100, 60), lambda c: c.stroke(points, width=3, style=StrokeStyle(smooth=True)))[..., 0]
    straight = draw((100, 60), lambda c: c.stroke(points, width=3))[..., 0]
    assert all(drawn[y, x] > 0.9 for x, y in points)
    assert np.abs(drawn - straight).max() == 1


def hull_reach(points, style, width):
    chord = max((math.dist(a, b) for a, b in itertools.pairwise(points)), default=0)
    limit = style.miter_limit if style.join == "miter" else 1
    tip = max(limit, math.sqrt(2) if style.cap == "square" else 1)
    return width / 2 * tip + (chord / 4 if style.smooth else 0)


@some
@given(LINES, STYLES, st.floats(0.5, 12))
@example([(30, 30), (31, 33), (32, 30)], StrokeStyle(join="miter", miter_limit=1.0), 1.0)
@example([(30, 31), (33, 30), (30, 38)], StrokeStyle(join="miter", miter_limit=1.0, overlap="flat"), 1.0)
@example([(33, 34), (38, 30), (30, 32)], StrokeStyle(join="miter", miter_limit=5.0, overlap="flat"), 1.0)
def test_no_style_paints_further_from_the_hull_than_it_may(draw, points, style, width):
    drawn = draw((100, 100), lambda c: c.stroke(points, width=width, style=style))[..., 0]
    assert np.isfinite(drawn).all()
    y, x = np.nonzero(drawn > 0.02)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    normals = np.vstack((np.cos(angle), np.sin(angle)))
    hull = (np.array(points, dtype=float) @ normals).max(axis=0)
    if len(x):
        painted = (np.column_stack((x + 0.5, y + 0.5)) @ normals).max(axis=0)
        assert (painted - hull).max() <= hull_reach(points, style, width) + 0.75


@some
@given(LINES, STYLES, st.integers(-25, 25), st.integers(-25, 25))
def test_a_moved_stroke_is_the_moved_picture(draw, points, style, x, y):
    def paint(canvas, by=(0, 0)):
        # Far enough from the sides for the longest mitre: what leaves at one would come in at the other.
        canvas.stroke(np.array(points) + 20 + by, width=5, color=(255, 140), style=style)

    here = draw((140, 140), paint)
    there = draw((140, 140), partial(paint, by=(x, y)))
    assert (np.abs(np.roll(here, (y, x), axis=(0, 1)) - there) > 3 / 255).sum() <= 12


@some
@given(LINES, STYLES)
@example([(30, 30), (31, 30), (31, 30)], StrokeStyle(join="miter", miter_limit=1.0))
def test_a_stroke_turned_by_a_right_angle_is_the_turned_picture(draw, points, style):
    here = draw((100, 100), lambda c: c.stroke(points, width=5, style=style))
    turned = [(100 - y, x) for x, y in points]
    there = draw((100, 100), lambda c: c.stroke(turned, width=5, style=style))
    # A corner between pixels may round the other way.
    assert np.abs(np.rot90(here, -1) - there)[..., 0].sum() <= 0.02 * here[..., 0].sum() + 2


def test_an_ink_keeps_the_style_of_its_strokes(draw):
    style = StrokeStyle(cap="butt", dash=(6, 4), overlap="flat")
    stroke = Stroke(as_points(eight(50, 40, 35)), (1, 0.5, 0.2, 0.5), 9.0, style)
    baked = draw((100, 80), lambda c: c.ink(Ink([stroke])))
    color = (255, 127.5, 51, 127.5)
    direct = draw((100, 80), lambda c: c.stroke(stroke.points, 9, color, style=style))
    assert np.abs(baked - direct).max() <= 2.01 / 255


def test_flat_strokes_lie_over_each_other_in_order(draw):
    def paint(canvas):
        style = StrokeStyle(overlap="flat")
        canvas.stroke([(5, 20), (35, 20)], 10, (255, 0, 0), style=style)
        canvas.stroke([(20, 5), (20, 35)], 10, (0, 0, 255, 128), style=style)

    assert draw((40, 40), paint)[20, 20, :3] == pytest.approx((0.498, 0, 0.502), abs=0.005)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": [(0, math.nan)]},
        {"points": [(0, 0)], "width": math.nan},
        {"points": [(0, 0)], "time": math.inf},
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused_at_the_call(canvas, framebuffer, wrong):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match=r"finite|more than 0"):
        canvas.stroke(**wrong)
    canvas.end()
