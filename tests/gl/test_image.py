import gc
import os

import numpy as np
import pytest
from PIL import Image

from sketch.render.images.cache import ImageCache
from sketch.render.images.image import Image as OwnImage

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


def test_an_image_is_uploaded_again_only_after_it_changed(ctx):
    cache = ImageCache(ctx)
    image = OwnImage(np.zeros((2, 3, 3), np.uint8))
    first = cache.texture(image)
    with image.edit() as pixels:
        pixels[:] = 200
    assert cache.texture(image) is first
    assert first.read(alignment=1) == bytes([200] * 18)
    image.pixels = np.full((4, 4, 4), 255, np.uint8)
    assert cache.texture(image).size == (4, 4)
    cache.release()


def test_the_texture_of_an_image_that_is_gone_is_given_back(ctx):
    cache = ImageCache(ctx)
    image = OwnImage(np.zeros((2, 3, 3), np.uint8))
    cache.texture(image)
    cache.forget()
    assert cache.bytes == 18
    del image
    gc.collect()
    cache.forget()
    assert cache.bytes == 0


def test_pixels_go_there_and_back_without_a_copy():
    array = np.zeros((4, 5, 4), np.uint8)
    image = OwnImage(array)
    assert np.shares_memory(image.pixels, array)
    with image.edit() as pixels:
        assert np.shares_memory(pixels, array)
    assert (image.width, image.height, image.revision) == (5, 4, 1)
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0] = 1


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "webp"])
def test_an_image_saved_and_loaded_is_the_same(tmp_path, ending):
    pixels = np.random.default_rng(1).integers(0, 256, (9, 7, 4)).astype(np.uint8)
    pixels[..., 3] = 255
    path = tmp_path / f"saved.{ending}"
    OwnImage(pixels).save(path)
    loaded = OwnImage.load(path)
    if ending != "webp":
        assert (loaded.pixels == pixels).all()
    with loaded.edit() as again:
        again[:] = 0
    assert loaded.pixels.max() == 0


def test_an_image_that_cannot_be_read_or_written_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read the image .*gone\.png"):
        OwnImage.load(tmp_path / "gone.png")
    image = OwnImage(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match=r"cannot write the image .*picture\.doc"):
        image.save(tmp_path / "picture.doc")
    with pytest.raises(ValueError, match=r"cannot write the image .*no/folder"):
        image.save(tmp_path / "no/folder.png")
    with pytest.raises(ValueError, match=r"float64 of shape \(3,\)"):
        OwnImage(np.zeros(3))  # type: ignore[arg-type]


def test_an_image_is_drawn_as_its_pixels_are(draw):
    drawn = draw((6, 6), lambda c: c.image(OwnImage(RED_OVER_GREEN), 2, 3))
    assert (drawn == draw((6, 6), lambda c: c.image(RED_OVER_GREEN, 2, 3))).all()


def test_a_name_too_long_and_rows_of_different_lengths_are_refused_by_name(draw):
    with pytest.raises(ValueError, match="cannot read the image"):
        draw((6, 6), lambda c: c.image("x" * 5000, 0, 0))
    with pytest.raises(ValueError, match="rows of equal length"):
        draw((6, 6), lambda c: c.image([[1, 2], [3]], 0, 0))


def test_a_pillow_image_that_is_damaged_is_refused_by_name(draw, tmp_path):
    Image.new("RGB", (64, 64), (1, 200, 3)).save(tmp_path / "whole.bmp")
    whole = (tmp_path / "whole.bmp").read_bytes()
    (tmp_path / "half.bmp").write_bytes(whole[: len(whole) // 2])
    with (
        Image.open(tmp_path / "half.bmp") as picture,
        pytest.raises(ValueError, match="cannot read the Pillow image"),
    ):
        draw((6, 6), lambda c: c.image(picture, 0, 0))


def test_a_picture_without_an_end_is_refused_before_it_is_copied(canvas, framebuffer):
    endless = np.broadcast_to(np.uint8(255), (10**6, 10**6, 3))
    canvas.begin(framebuffer)
    for picture in (endless, OwnImage(endless)):
        with pytest.raises(ValueError, match=r"an image may measure .* got 1000000 x 1000000"):
            canvas.image(picture, 0, 0, 10, 10)
    canvas.end()
