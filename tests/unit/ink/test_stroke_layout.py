import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.stroke_layout import MOST_DASHES, lay
from sketch.ink.style import StrokeStyle
from tests.awkward import AWKWARD

LINE = np.array([(0, 0), (60, 0), (60, 40)], dtype=np.float32)
DASHES = st.lists(st.floats(0.5, 40), min_size=1, max_size=4).map(tuple)


def pieces(laid):
    edges = np.append(np.flatnonzero(laid.starts), len(laid.along))
    return [(laid.along[a], laid.along[b - 1]) for a, b in itertools.pairwise(edges)]


def test_a_plain_stroke_is_laid_down_as_it_is():
    laid = lay(LINE, StrokeStyle())
    assert laid.xy.tolist() == LINE.tolist()
    assert laid.along.tolist() == [0, 60, 100]
    assert laid.starts is None


def test_dashes_go_on_around_a_corner():
    laid = lay(LINE, StrokeStyle(dash=(10, 15)))
    assert pieces(laid) == [(0, 10), (25, 35), (50, 60), (75, 85)]
    assert pieces(lay(LINE, StrokeStyle(dash=(30, 10)))) == [(0, 30), (40, 70), (80, 100)]
    corner = lay(LINE, StrokeStyle(dash=(30, 10)))
    assert [60.0, 0.0] in corner.xy.tolist()


def test_an_offset_moves_the_pattern_and_an_odd_pattern_is_repeated():
    assert pieces(lay(LINE, StrokeStyle(dash=(10, 15), dash_offset=5))) == [
        (0, 5),
        (20, 30),
        (45, 55),
        (70, 80),
        (95, 100),
    ]
    odd = pieces(lay(LINE, StrokeStyle(dash=(10, 20, 30))))
    assert odd == [(0, 10), (30, 60), (70, 90)]


@given(DASHES, st.floats(-100, 100), st.sampled_from(AWKWARD))
def test_dashes_cover_what_their_pattern_says(dash, offset, stroke):
    style = StrokeStyle(dash=dash, dash_offset=offset)
    laid = lay(stroke.points, style)
    whole = lay(stroke.points, StrokeStyle())
    length = whole.along[-1]
    assert np.isfinite(laid.xy).all()
    if length == 0:
        return
    pattern = np.array(dash * (1 + len(dash) % 2))
    sums = np.concatenate(((0,), np.cumsum(pattern)))
    places = np.linspace(0, length, 500)[1:-1]
    phase = (places + offset) % sums[-1]
    edge = np.abs(phase[:, None] - sums).min(axis=1) < 1e-6
    on = np.searchsorted(sums, phase, side="right") % 2 == 1
    drawn = np.array([any(a <= place <= b for a, b in pieces(laid)) for place in places])
    assert (on == drawn)[~edge].all()


def test_a_stroke_that_lies_in_a_gap_has_nothing():
    assert len(lay(LINE, StrokeStyle(dash=(5, 500), dash_offset=100)).xy) == 0


def test_dashes_too_short_to_be_seen_are_lengthened():
    line = np.array([(0, 0), (1e6, 0)], dtype=np.float32)
    laid = lay(line, StrokeStyle(dash=(0.1, 0.1)))
    assert laid.starts is not None
    assert 10_000 < laid.starts.sum() <= MOST_DASHES
    assert len(pieces(lay(LINE, StrokeStyle(dash=(1e-9, 3e-9))))) == pytest.approx(400, abs=1)


def test_a_taper_swells_from_nothing_and_fades_to_it():
    laid = lay(LINE, StrokeStyle(taper_start=30, taper_end=20))
    share = np.asarray(laid.share)
    assert share[0] < 0.01
    assert share[-1] < 0.01
    assert (share[(laid.along >= 30) & (laid.along <= 80)] > 0.999).all()
    assert (np.diff(share[laid.along <= 30]) > 0).all()


def test_tapers_longer_than_the_stroke_share_it():
    laid = lay(LINE, StrokeStyle(taper_start=300, taper_end=100))
    assert laid.along[np.argmax(laid.share)] == pytest.approx(75)
    assert np.max(laid.share) == pytest.approx(1)


def test_what_was_given_for_each_point_is_interpolated():
    laid = lay(LINE, StrokeStyle(dash=(30, 10)))
    assert laid.values(np.array([0, 6, 10], dtype=np.float32)).tolist() == pytest.approx(
        [0, 3, 4, 6, 7, 8, 10]
    )
    both = laid.values(np.array([(0, 1), (6, 1), (10, 1)], dtype=np.float32))
    assert both[:, 1].tolist() == pytest.approx([1] * 7)


def test_points_are_put_down_as_far_apart_as_a_brush_wants():
    laid = lay(LINE, StrokeStyle(), spacing=8)
    assert np.diff(laid.along).tolist() == [8] * 12 + [4]


@pytest.mark.parametrize(
    "wrong",
    [
        {"cap": "flat"},
        {"join": "mitre"},
        {"overlap": "over"},
        {"dash": (np.nan, 1)},
        {"dash_offset": np.inf},
        {"taper_start": np.inf},
        {"miter_limit": np.nan},
        {"taper_end": np.nan},
    ],
    ids=str,
)
def test_a_style_that_cannot_be_drawn_is_refused(wrong):
    name = next(iter(wrong))
    with pytest.raises(ValueError, match=name):
        StrokeStyle(**wrong)


def test_lengths_of_a_style_are_magnitudes_and_a_dash_of_nothing_is_none():
    style = StrokeStyle(miter_limit=-3, dash=(-4, 0), taper_start=-2, taper_end=True)
    assert (style.miter_limit, style.dash, style.taper_start, style.taper_end) == (1, (4, 0), 2, 1)
    assert StrokeStyle(dash=(0, -0.0)).dash == ()
    with pytest.raises(TypeError, match="dash must be a sequence of lengths"):
        StrokeStyle(dash=3)  # type: ignore[arg-type]
