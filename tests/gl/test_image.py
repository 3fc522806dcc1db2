import os

import numpy as np
import pytest
from PIL import Image

from sketch.render.image import ImageCache

RED_OVER_GREEN = np.array([[[255, 0, 0]] * 2, [[0, 255, 0]] * 2], dtype=np.uint8)


def test_a_picture_stands_the_right_way_up_at_its_own_size(draw):
    drawn = draw((6, 6), lambda c: c.image(RED_OVER_GREEN, 2, 3))
    assert drawn[3, 2, :3].tolist() == drawn[3, 3, :3].tolist() == [1, 0, 0]
    assert drawn[4, 2, :3].tolist() == [0, 1, 0]
    assert drawn[..., :3].sum() == 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"width": 8}, (8, 4)), ({"height": 8}, (16, 8)), ({"width": 6, "height": 9}, (6, 9))],
)
def test_a_side_left_out_follows_from_the_other(draw, given, expected):
    white = np.full((2, 4, 3), 255, np.uint8)
    drawn = draw((20, 20), lambda c: c.image(white, 0, 0, **given))[..., 0]
    assert (int(drawn[0].sum()), int(drawn[:, 0].sum())) == expected


def test_alpha_of_the_picture_and_of_the_call_multiply(draw):
    half = np.full((4, 4, 4), (255, 255, 255, 128), np.uint8)
    drawn = draw((4, 4), lambda c: c.image(half, 0, 0, alpha=0.5))
    assert drawn[2, 2, 0] == pytest.approx(0.25, abs=1.5 / 255)


def test_the_color_does_not_tint(draw):
    drawn = draw((4, 4), lambda c: (c.color(0, 0, 255), c.image(RED_OVER_GREEN, 0, 0)))
    assert drawn[0, 0, :3].tolist() == [1, 0, 0]


def test_an_array_that_changes_is_drawn_as_it_is_now(draw):
    frame = np.zeros((2, 2, 3), np.uint8)

    def paint(canvas):
        canvas.image(frame, 0, 0)
        frame[:] = 255
        canvas.image(frame, 2, 0)

    drawn = draw((4, 2), paint)
    assert drawn[0, 0, 0] == 0
    assert drawn[0, 2, 0] == 1


def test_a_transparent_edge_does_not_bleed_the_color_beneath(draw):
    picture = np.zeros((2, 2, 4), np.uint8)
    picture[:, 0] = (255, 0, 0, 255)
    picture[:, 1] = (0, 255, 0, 0)
    assert draw((40, 40), lambda c: c.image(picture, 0, 0, 40, 40))[..., 1].max() == 0


def test_files_are_read_again_only_when_they_were_written_since(ctx, tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(RED_OVER_GREEN).save(path)
    cache = ImageCache(ctx)
    first = cache.texture(path)
    assert cache.texture(str(path)) is first
    Image.fromarray(RED_OVER_GREEN[::-1]).save(path)
    os.utime(path, ns=(1, 1))
    assert cache.texture(path).read()[:3] == bytes((0, 255, 0))
    cache.release()


def test_a_pillow_image_of_any_mode_is_drawn(draw):
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK"):
        picture = Image.new("RGB", (3, 3), "white").convert(mode)
        assert draw((3, 3), lambda c, p=picture: c.image(p, 0, 0))[..., :3].min() == 1


def test_a_truncated_file_is_refused_by_name(draw, tmp_path):
    path = tmp_path / "broken.png"
    Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"broken\.png"):
        draw((4, 4), lambda c: c.image(path, 0, 0))


def test_the_cache_stays_within_its_bytes(ctx):
    cache = ImageCache(ctx, limit=1000)
    for side in range(2, 30):
        cache.texture(np.zeros((side, side, 3), np.uint8))
        assert cache.bytes <= max(1000, side * side * 3)
    cache.release()
