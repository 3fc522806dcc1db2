"""One table of small image files and the pixels they hold, for the loaders of both halves."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import addon.vision.image_file as addon_loader
import sketch.render.images.image_file as sketch_loader
from addon.vision.sources import SourceError, load_image
from sketch.render.images.image import Image as OwnImage
from sketch.render.images.image import as_pixels

LOADERS = pytest.mark.parametrize("loader", [sketch_loader, addon_loader], ids=["sketch", "addon"])

STEPS = np.array([[0, 257 * 100], [257 * 200, 65535]], np.uint16)
GRAY = np.array([[0, 100], [200, 255]], np.uint8)
L_SHAPE = np.zeros((16, 24, 3), np.uint8)
L_SHAPE[:, :8] = L_SHAPE[:8] = 255
"""White but for the lower right: each of its eight orientations is another picture."""


def opaque(gray):
    return np.dstack((gray, gray, gray, np.full_like(gray, 255)))


def png(path, depth, kind, rows, *chunks):
    """A PNG as the specification says, since Pillow writes no 16-bit colors."""
    height, width = rows.shape[:2]
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)), *chunks]
    parts += [(b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def tiff(path, values, order):
    """An uncompressed gray TIFF of one strip in the byte order "<" or ">"."""
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    height, width = values.shape
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    tags = [(256, width), (257, height), (258, 8 * values.itemsize), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, height), (279, len(data)), (339, kind)]
    rows = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8 + len(data))
    path.write_bytes(head + data + struct.pack(f"{order}H", len(tags)) + rows + bytes(4))


def save(picture, path, **options):
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(path, **options)


def gray_16_png(path):
    save(STEPS, path.with_suffix(".png"))
    return path.with_suffix(".png"), opaque(GRAY)


def gray_12_in_16_png(path):
    save(np.array([[0, 4095]], np.uint16), path.with_suffix(".png"))
    return path.with_suffix(".png"), opaque(np.array([[0, 255]], np.uint8))


def gray_16_tiff_little(path):
    tiff(path, STEPS, "<")
    return path, opaque(GRAY)


def gray_16_tiff_big(path):
    tiff(path, STEPS, ">")
    return path, opaque(GRAY)


def integers_32_tiff(path):
    tiff(path, np.array([[-100000, 0, 100000]], np.int32), "<")
    return path, opaque(np.array([[0, 128, 255]], np.uint8))


def float_tiff(path):
    tiff(path, np.array([[0, 0.25, 0.5]], np.float32), "<")
    return path, opaque(np.array([[0, 64, 128]], np.uint8))


def wide_float_tiff(path):
    tiff(path, np.array([[-10, 0, 10, np.nan, np.inf]], np.float32), ">")
    return path, opaque(np.array([[0, 128, 255, 0, 255]], np.uint8))


def even_float_tiff(path):
    tiff(path, np.full((1, 2), 7, np.float32), "<")
    return path, opaque(np.array([[0, 0]], np.uint8))


def gray_16_with_alpha_png(path):
    png(path, 16, 4, np.array([[[0, 65535], [257 * 90, 257 * 30]]]))
    return path, np.array([[[0, 0, 0, 255], [90, 90, 90, 30]]], np.uint8)


def gray_16_with_a_clear_value_png(path):
    png(path, 16, 0, np.array([[0, 65535]]), (b"tRNS", struct.pack(">H", 0)))
    return path, np.array([[[0, 0, 0, 0], [255, 255, 255, 255]]], np.uint8)


def colors_16_png(path):
    png(path, 16, 2, np.array([[[65535, 257 * 7, 0], [0, 0, 65535]]]))
    return path, np.array([[[255, 7, 0, 255], [0, 0, 255, 255]]], np.uint8)


def palette_with_transparency(path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.putpixel((1, 0), 1)
    save(picture, path.with_suffix(".png"), transparency=bytes((0, 255)))
    return path.with_suffix(".png"), np.array([[[10, 20, 30, 0], [200, 100, 50, 255]]], np.uint8)


def gray_with_alpha(path):
    save(Image.fromarray(np.array([[[50, 255], [60, 0]]], np.uint8), "LA"), path.with_suffix(".png"))
    return path.with_suffix(".png"), np.array([[[50, 50, 50, 255], [60, 60, 60, 0]]], np.uint8)


def cmyk(path):
    save(Image.new("CMYK", (1, 1), (255, 0, 0, 0)), path.with_suffix(".tiff"))
    return path.with_suffix(".tiff"), np.array([[[0, 255, 255, 255]]], np.uint8)


def one_bit(path):
    save(Image.fromarray(np.array([[True, False]])), path.with_suffix(".png"))
    return path.with_suffix(".png"), opaque(np.array([[255, 0]], np.uint8))


def moving_gif(path):
    frames = [Image.new("L", (2, 1), gray) for gray in (200, 20)]
    frames[0].save(path.with_suffix(".gif"), save_all=True, append_images=frames[1:])
    return path.with_suffix(".gif"), opaque(np.full((1, 2), 200, np.uint8))


def webp(path):
    save(
        np.array([[[9, 8, 7, 6], [255, 0, 1, 255]]], np.uint8),
        path.with_suffix(".webp"),
        lossless=True,
        exact=True,
    )
    return path.with_suffix(".webp"), np.array([[[9, 8, 7, 6], [255, 0, 1, 255]]], np.uint8)


def gray_jpeg(path):
    save(np.full((8, 8), 77, np.uint8), path.with_suffix(".jpg"))
    return path.with_suffix(".jpg"), opaque(np.full((8, 8), 77, np.uint8))


TABLE = [
    gray_16_png,
    gray_12_in_16_png,
    gray_16_tiff_little,
    gray_16_tiff_big,
    integers_32_tiff,
    float_tiff,
    wide_float_tiff,
    even_float_tiff,
    gray_16_with_alpha_png,
    gray_16_with_a_clear_value_png,
    colors_16_png,
    palette_with_transparency,
    gray_with_alpha,
    cmyk,
    one_bit,
    moving_gif,
    webp,
    gray_jpeg,
]


@LOADERS
def test_gray_whose_alpha_is_multiplied_in_is_read(loader):
    picture = Image.fromarray(np.array([[[100, 128], [50, 255]]], np.uint8), "LA").convert("La")
    np.testing.assert_allclose(loader.image_pixels(picture)[0], [[100] * 3 + [128], [50] * 3 + [255]], atol=1)


@LOADERS
@pytest.mark.parametrize("make", TABLE, ids=lambda make: make.__name__)
def test_a_file_is_read_as_the_pixels_it_means(loader, make, tmp_path):
    path, expected = make(tmp_path / "picture")
    read = loader.read_image(path)
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("make", TABLE, ids=lambda make: make.__name__)
def test_every_way_to_give_a_picture_shows_the_same(make, tmp_path):
    path, expected = make(tmp_path / "picture")
    np.testing.assert_array_equal(OwnImage.load(path).pixels, expected)
    np.testing.assert_array_equal(load_image(path), expected[..., :3])
    with Image.open(path) as opened:
        np.testing.assert_array_equal(as_pixels(opened)[..., 3], expected[..., 3])
        clear = expected[..., 3] == 255
        np.testing.assert_array_equal(as_pixels(opened)[clear], expected[clear])


@LOADERS
@pytest.mark.parametrize("ending", ["jpg", "png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_its_exif_orientation_says(loader, orientation, ending, tmp_path):
    stored = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.transpose(a, (1, 0, 2)),
        6: lambda a: np.rot90(a, 1),  # a camera turned right by a quarter stores what was left on top
        7: lambda a: np.fliplr(np.rot90(a, 1)),
        8: lambda a: np.rot90(a, -1),
    }[orientation](L_SHAPE)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"picture.{ending}"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    read = loader.read_image(path)
    assert read.shape == (16, 24, 4)
    assert np.abs(read[..., :3].astype(int) - L_SHAPE).max() < 30


def test_what_was_made_of_an_opened_picture_is_not_turned_a_second_time(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (4, 2)).save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as opened:
        assert as_pixels(opened).shape == (4, 2, 4)
        assert as_pixels(opened.transpose(Image.Transpose.ROTATE_270)).shape == (4, 2, 4)


def claims(path, width, height):
    """A PNG that says how large it is and holds nothing."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )
    )


def cut(path):
    save(np.random.default_rng(0).integers(0, 255, (50, 50, 3), np.uint8), path, format="PNG")
    path.write_bytes(path.read_bytes()[:600])


REFUSED = [
    (lambda path: None, "there is no (such )?file"),
    (lambda path: path.mkdir(), "it is a folder"),
    (lambda path: path.write_bytes(b""), "it is empty"),
    (lambda path: path.write_text("no picture"), "it is not an image in a format that Pillow reads"),
    (cut, "it is damaged: "),
    (lambda path: claims(path, 20000, 10000), "it has 200 million pixels; at most 128 million are allowed"),
    (lambda path: claims(path, 13000, 10000), "it has 130 million pixels; at most 128 million are allowed"),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED)
def test_what_cannot_be_read_is_reported_in_one_line_that_says_why(make, reason, tmp_path):
    path = tmp_path / "picture.png"
    make(path)
    with pytest.raises(ValueError, match=reason) as in_sketch:
        OwnImage.load(path)
    with pytest.raises(SourceError, match=reason) as in_addon:
        load_image(path)
    for error in (in_sketch, in_addon):
        assert "picture.png" in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@LOADERS
def test_a_pipe_is_not_waited_for(loader, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(loader.UnreadableImageError, match="it is not a regular file"):
        loader.read_image(tmp_path / "pipe.png")
