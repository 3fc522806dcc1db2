import numpy as np
import pytest

from sketch.render.strokes import bands as band_module
from sketch.render.strokes.bands import bandable, bands, outline_of
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.rows import laid_out
from tests.gl.coverage import stroke_coverage

SIZE = (120, 120)


@pytest.fixture
def banded(monkeypatch):
    monkeypatch.setattr(band_module, "_FEW", 0)
    counted = []
    monkeypatch.setattr(
        band_module.BandPainter, "draw", _noting(counted, band_module.BandPainter.draw), raising=True
    )
    return counted


def _noting(counted, draw):
    def noting(self, made, run, size):
        counted.append(made.between(run.first, run.first + run.count)[1])
        draw(self, made, run, size)

    return noting


def spiral(count=90, step=0.14):
    turn = np.arange(count) * step
    return 60 + (8 + 3.5 * turn)[:, None] * np.column_stack((np.cos(turn), np.sin(turn)))


def wave(count=80):
    x = np.linspace(10, 110, count)
    return np.column_stack((x, 60 + 14 * np.sin(x / 14)))


def scribble(count=80):
    rng = np.random.default_rng(4)
    heading = np.cumsum(rng.normal(0, 0.25, count)) + np.arange(count) * 0.06
    xy = (4 * np.column_stack((np.cos(heading), np.sin(heading)))).cumsum(axis=0)
    return xy - (xy.min(axis=0) + xy.max(axis=0)) / 2 + 60


VARIED = 6 + 4 * np.sin(np.arange(80) / 11)


@pytest.mark.parametrize(
    ("points", "width"),
    [(spiral(), 2.0), (wave(), 7.0), (scribble(), VARIED)],
    ids=["spiral", "wave", "scribble"],
)
def test_a_long_stroke_in_bands_covers_what_its_discs_cover(draw, banded, points, width):
    drawn = draw(SIZE, lambda canvas: canvas.stroke(points, width, 255))[..., 0]
    assert sum(banded) > 0
    error = np.abs(drawn - stroke_coverage(points, width, SIZE))
    assert error.mean() < 0.003
    assert error.max() < 0.15


def test_half_as_many_bands_as_segments_where_the_line_turns_little(draw, banded):
    draw(SIZE, lambda canvas: canvas.stroke(spiral(), 4, 255))
    assert 44 < sum(banded) < 52


def test_bands_of_a_translucent_stroke_neither_overlap_nor_leave_gaps(draw, banded):
    def paint(canvas):
        canvas.stroke(wave(), 9, (255, 255, 255, 128))

    drawn = draw(SIZE, paint)[..., 0]
    assert sum(banded) > 0
    inside = stroke_coverage(wave(), 6, SIZE) == 1
    assert np.abs(drawn[inside] - 0.5).max() < 0.01


def test_strokes_drawn_in_bands_stay_in_order_with_others(draw, banded):
    def paint(canvas):
        canvas.stroke(wave(), 9, (255, 0, 0))
        canvas.stroke([(0, 60), (120, 60)], 12, (0, 0, 255))
        canvas.stroke(wave()[:, ::-1], 9, (0, 255, 0))

    drawn = draw(SIZE, paint)
    assert drawn[60, 5, :3].tolist() == [0, 0, 1]
    assert (drawn[stroke_coverage(wave()[:, ::-1], 7, SIZE) == 1][:, :3] == (0, 1, 0)).all()


def test_no_band_is_made_of_what_it_cannot_be():
    def able(points, radius: float | np.ndarray = 3.0):
        rows = laid_out([PixelStroke(np.array(points, np.float32), radius, (1.0, 1.0, 1.0, 1.0))]).rows
        return bandable(outline_of(rows), 0.75).tolist()

    assert able([(0, 0), (30, 0), (60, 4)]) == [True, True]
    assert able([(0, 0), (30, 0), (5, 8)]) == [True, False]  # looks back
    assert able([(5, 5)]) == [False]  # a dot
    assert able([(0, 0), (30, 0)], 0.5) == [False]  # thin
    assert able([(0, 0), (10, 0)], np.array((1, 9), np.float32)) == [False]  # widens suddenly


def test_a_segment_round_at_both_ends_is_two_bands_that_meet():
    rows = laid_out([PixelStroke(np.array(((0, 0), (30, 0)), np.float32), 3.0, (1.0, 0.5, 0.0, 0.5))]).rows
    line = outline_of(rows)
    made = bands(rows, line, bandable(line, 0.75))
    assert made.at.tolist() == [0, 0]
    assert np.allclose(made.rows[:, 8:10], (15, 0))
    assert np.allclose(made.rows[0, 14:16], -made.rows[1, 14:16])
    assert np.allclose(made.rows[:, 16:], (0.5, 0.25, 0.0, 0.5))
