"""Arrays of numbers as pictures: greys and floats, color maps, and classes by a palette."""

import numpy as np
import pytest
from PIL import Image

from sketch.render.drawing.color_tables import KEPT, ColorTables, class_table
from sketch.render.images.fbo import Fbo
from sketch.render.post.colormaps import colormap

RAMP = np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(4, axis=0)


def levels(drawn):
    return np.rint(255 * drawn[..., :3]).astype(int)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_of_two_axes_are_a_grey_and_what_is_outside_is_clamped(draw, kind):
    given = np.array([[-3, 0, 0.5, 1, 40, np.inf, -np.inf]], kind)
    drawn = levels(draw((7, 1), lambda c: c.image(given, 0, 0)))
    assert drawn[0].tolist() == [[each] * 3 for each in (0, 0, 128, 255, 255, 255, 0)]


def test_other_greys_are_uint8_booleans_and_one_channel(draw):
    for given, expected in (
        (np.array([[0, 9, 255]], np.uint8), [0, 9, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[[0.0], [1.0]]]), [0, 255]),
    ):
        drawn = levels(draw((given.shape[1], 1), lambda c, g=given: c.image(g, 0, 0)))
        assert drawn[0].tolist() == [[each] * 3 for each in expected]


def test_floats_of_three_and_four_channels_are_colors(draw):
    rgba = np.array([[[1.0, 0.5, 0.0, 1.0], [1.0, 1.0, 1.0, 0.5]]])
    drawn = levels(draw((2, 1), lambda c: c.image(rgba, 0, 0)))
    assert drawn[0].tolist() == [[255, 128, 0], [128, 128, 128]]
    drawn = levels(draw((2, 1), lambda c: c.image(rgba[..., :3], 0, 0)))
    assert drawn[0].tolist() == [[255, 128, 0], [255, 255, 255]]


@pytest.mark.parametrize("shape", [(1, 2), (1, 2, 3), (1, 2, 4)])
@pytest.mark.parametrize("colors", [None, "sea"])
def test_a_pixel_with_a_nan_is_transparent(draw, shape, colors):
    given = np.ones(shape, np.float32)
    given[0, 0] = np.nan
    drawn = levels(draw((2, 1), lambda c: (c.background(10, 20, 30), c.image(given, 0, 0, colors=colors))))
    assert drawn[0, 0].tolist() == [10, 20, 30]
    assert drawn[0, 1].min() > 200


@pytest.mark.parametrize("colors", ["jet", "ember", "sea"])
def test_a_color_map_colors_by_brightness_as_its_table_does(draw, colors):
    for given in (RAMP, np.rint(255 * RAMP).astype(np.uint8)):
        drawn = levels(draw((256, 4), lambda c, g=given: c.image(g, 0, 0, colors=colors)))
        assert np.abs(drawn[1] - colormap(colors)).max() <= 1


def test_a_color_map_colors_files_and_fbos_too(draw, tmp_path):
    path, fbo = tmp_path / "ramp.png", Fbo(256, 4, pixel_ratio=1.0)
    Image.fromarray(np.rint(255 * RAMP).astype(np.uint8)).save(path)

    def paint(canvas):
        with canvas.into(fbo):
            canvas.image(RAMP, 0, 0)
        canvas.image(path, 0, 0, colors="sea")
        canvas.image(fbo, 0, 4, colors="sea")

    drawn = levels(draw((256, 8), paint))
    assert np.abs(drawn[[1, 6]] - colormap("sea")[None]).max() <= 1


def test_colors_of_a_map_may_be_transparent_and_alpha_multiplies(draw):
    half = np.full((2, 2), 0.5, np.float32)
    stops = [(255, 0, 0, 0), (255, 0, 0, 255)]
    drawn = draw((2, 2), lambda c: c.image(half, 0, 0, colors=stops, alpha=0.5))
    assert drawn[0, 0, 0] == pytest.approx(0.25, abs=2 / 255)


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.int64])
def test_whole_numbers_are_classes_by_the_palette(draw, kind):
    given = np.arange(100, dtype=kind).reshape(10, 10)
    drawn = levels(draw((10, 10), lambda c: c.image(given, 0, 0)))
    assert (drawn == class_table()[given.astype(int), :3]).all()


def test_an_own_palette_starts_again_and_a_negative_class_is_transparent(draw):
    given = np.array([[0, 1, 2, 3, -1, 10**12]])
    palette = ["#ff0000", (0, 255, 0), 255]
    drawn = levels(draw((6, 1), lambda c: c.image(given, 0, 0, colors=palette)))
    red, green, white = [255, 0, 0], [0, 255, 0], [255, 255, 255]
    assert drawn[0].tolist() == [red, green, white, red, [0, 0, 0], green]


def test_classes_are_not_mixed_where_they_are_enlarged(draw):
    given = np.array([[1, 3]])
    drawn = levels(draw((40, 20), lambda c: c.image(given, 0, 0, 40, 20)))
    assert {tuple(each) for each in drawn.reshape(-1, 3).tolist()} == {
        tuple(class_table()[each, :3].tolist()) for each in (1, 3)
    }


def test_uint8_is_a_grey_unless_classes_are_asked_for(draw):
    given = np.array([[0, 1, 255]], np.uint8)
    drawn = levels(draw((3, 1), lambda c: c.image(given, 0, 0, colors="classes")))
    assert (drawn[0] == class_table()[[0, 1, 255], :3]).all()


def test_neighboring_classes_are_far_apart_in_color():
    table = class_table()[:40, :3].astype(int)
    apart = np.abs(table[:, None] - table[None]).sum(axis=2) + 1000 * np.eye(40, dtype=int)
    assert apart.min() > 20
    assert np.abs(np.diff(table, axis=0)).sum(axis=1).min() > 120


@pytest.mark.parametrize(
    ("given", "colors", "words"),
    [
        (RAMP, "rainbow", r"one of jet, ember, sea, or a sequence of colors; got 'rainbow'"),
        (RAMP, ["red"], r"a color is"),
        (RAMP, [0], r"two colors or more; got 1"),
        (RAMP, "classes", r"classes are whole numbers of shape \(h, w\); got float32 of shape \(4, 256\)"),
        (np.zeros((2, 2), int), "jet", r'"classes" or a sequence of colors; got \'jet\''),
        (np.zeros((2, 2), int), [], r"a palette has 1 to 256 colors; got 0"),
        (np.zeros((2, 2, 3), int), None, r"got int64 of shape \(2, 2, 3\)"),
        (np.zeros((3, 8, 8), np.float32), None, r"channels come first: a.transpose\(1, 2, 0\)"),
        (np.zeros((1, 8, 8, 3), np.float32), None, r"a batch: draw one of its pictures"),
        (np.zeros((0, 4)), None, r"shape \(0, 4\)"),
        (np.array(1.0), None, r"got float64 of shape \(\)"),
        (np.zeros((2, 2), complex), None, r"got complex128"),
        (np.broadcast_to(np.int64(1), (10**6, 10**6)), None, r"an image may measure .* got 1000000"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_was_given(draw, given, colors, words):
    with pytest.raises((ValueError, TypeError), match=words):
        draw((4, 4), lambda c: c.image(given, 0, 0, colors=colors))


def test_tables_of_an_animated_palette_do_not_pile_up(ctx):
    tables = ColorTables(ctx)
    kept = [tables.color_map([0, (each, 0, 0)]) for each in range(2 * KEPT)]
    assert len(tables._textures) == KEPT
    assert tables.color_map([0, (2 * KEPT - 1, 0, 0)]) is kept[-1]
    tables.release()
