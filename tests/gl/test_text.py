import math
import unicodedata

import numpy as np
import pytest

from sketch.render.text.lines import RESTING, TextCache


def written(cache, text, size, font=None):
    """The textures of a line, and that the cache knows it was used."""
    line = cache.line(text, font, size)
    return [cache.piece(piece, size).texture for piece in line.pieces]


def box_of(pixels):
    rows, columns = np.nonzero(pixels[..., 0] > 0.1)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_letters_stand_on_the_baseline_from_where_they_start(draw):
    left, top, right, bottom = box_of(draw((100, 80), lambda c: c.text("H", 20, 60, size=40)))
    assert bottom == 60
    assert 28 <= bottom - top <= 30  # a capital is about 0.72 sizes high
    assert 20 <= left <= 25
    assert right < 60


@pytest.mark.parametrize(("align", "center"), [("left", 70), ("center", 50), ("right", 30)])
def test_each_line_is_aligned_to_the_same_point(draw, align, center):
    drawn = draw((100, 80), lambda c: c.text("HHH\nH", 50, 30, size=20, align=align))
    wide, narrow = box_of(drawn[:32]), box_of(drawn[32:])
    assert narrow[3] + 32 == 30 + 1.25 * 20
    if align == "left":
        assert abs(wide[0] - narrow[0]) <= 1
    elif align == "right":
        assert abs(wide[2] - narrow[2]) <= 1
    else:
        assert abs(wide[0] + wide[2] - 100) <= 3
        assert abs(narrow[0] + narrow[2] - 100) <= 3


def test_alpha_multiplies_the_alpha_of_the_color(draw):
    def paint(canvas):
        canvas.color(255, 0, 0, 127.5)
        canvas.text("I", 10, 70, size=80, alpha=0.5)

    drawn = draw((40, 80), paint)
    assert drawn[..., 0].max() == pytest.approx(0.25, abs=1 / 255)
    assert drawn[..., 1].max() == 0


def test_text_is_measured_in_logical_pixels(draw):
    sizes = []
    for ratio in (1.0, 2.0):
        draw((10, 10), lambda c: sizes.append(c.text_size("Inkloop\nlo", 30)), ratio)
    (width, height), fine = sizes
    assert fine == pytest.approx((width, height), rel=0.03)  # letters are fitted to whole pixels
    assert 80 < width < 120
    assert 60 < height < 80


def test_a_high_dpi_letter_is_drawn_finer_not_blown_up(draw):
    plain = draw((40, 40), lambda c: c.text("o", 5, 35, size=40))
    fine = draw((40, 40), lambda c: c.text("o", 5, 35, size=40), 4.0)
    soft = ((fine > 0.02) & (fine < 0.98)).any(axis=2).mean()
    assert soft < 0.4 * ((plain > 0.02) & (plain < 0.98)).any(axis=2).mean()


def test_a_scaled_letter_is_as_sharp_as_a_large_one(draw):
    def paint(canvas):
        canvas.scale(8)
        canvas.text("g", 1, 6, size=8)

    scaled, large = draw((70, 80), paint), draw((70, 80), lambda c: c.text("g", 8, 48, size=64))
    assert np.abs(scaled - large).mean() < 0.01


def test_text_in_any_script_is_drawn_even_if_only_as_boxes(draw):
    for text in ("Ωμέγα", "Привет", "שלום", "नमस्ते", "你好", "\U0001f58b", "\u0000\u200d", "a\tb"):
        drawn = draw((200, 60), lambda c, text=text: c.text(text, 5, 40, size=24))
        assert np.isfinite(drawn).all()
    assert draw((50, 50), lambda c: c.text("你", 5, 40, size=24))[..., 0].max() > 0.5


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_nothing_to_write_writes_nothing(draw, text):
    assert draw((50, 50), lambda c: c.text(text, 5, 40))[..., :3].max() == 0


def test_the_cache_keeps_what_was_used_last_within_its_bytes(ctx):
    cache = TextCache(ctx, limit=40_000)
    first = written(cache, "first", 32.0)[0]
    for index in range(100):
        written(cache, f"line {index}", 32.0)
        assert written(cache, "first", 32.0)[0] is first
        assert cache.bytes <= 40_000
    assert 2 < len(cache._pieces) < 50
    cache.release()
    assert cache.bytes == 0


def test_a_line_larger_than_the_cache_is_drawn_all_the_same(ctx):
    cache = TextCache(ctx, limit=10)
    assert written(cache, "large", 50.0)[0] is not None
    cache.release()


def test_a_wrapped_text_is_its_lines_one_by_one(draw):
    words = "the pen writes and the line breaks"

    def paint(canvas):
        width, height = canvas.text_size(words, 14, width=90)
        assert width <= 90
        assert height > 2 * 14 * 1.25
        canvas.text(words, 50, 20, 14, width=90, align="center")

    def by_hand(canvas):
        lines = canvas._texts.rows(words, None, 14, 90)
        assert len(lines) >= 3
        canvas.text("\n".join(lines), 50, 20, 14, align="center")

    assert (draw((100, 90), paint) == draw((100, 90), by_hand)).all()


@pytest.mark.parametrize("turn", [0.0, 0.8, math.pi])
def test_rows_out_of_sight_are_not_laid_out_and_change_nothing(draw, turn):
    rows = [f"row {number}" for number in range(60)]

    def place(canvas):
        canvas.translate(60, 40)
        canvas.rotate(turn)
        canvas.scale(0.7)

    def whole(canvas):
        place(canvas)
        canvas.text("\n".join(rows), -20, -30 * 20, 16)
        laid = [key for key in canvas._texts._lines if key[0].startswith("row ")]
        assert turn or 4 < len(laid) < 40

    def one_by_one(canvas):
        place(canvas)
        for number, row in enumerate(rows):
            canvas.text(row, -20, -30 * 20 + 20 * number, 16)

    np.testing.assert_array_equal(draw((120, 80), whole), draw((120, 80), one_by_one))


def test_of_a_long_narrow_text_only_what_is_seen_is_laid_out(canvas, framebuffer):
    text = "word " * 5000
    canvas.begin(framebuffer)
    canvas.text(text, 5, 100, 16, width=1)
    width, height = canvas.text_size(text, 16, width=1)
    canvas.end()
    assert width < 16
    assert height == pytest.approx(20_000 * 20, abs=20)
    assert len(canvas._texts._lines) < 10


def test_a_font_that_is_none_is_reported_out_of_sight(canvas, framebuffer):
    canvas.begin(framebuffer)
    for y in (-1e4, 1e4):
        with pytest.raises(ValueError, match="font="):
            canvas.text("unseen", 0, y, font="none.ttf")
    canvas.end()


def test_a_width_without_room_leaves_a_letter_a_line(draw):
    narrow = draw((60, 60), lambda canvas: canvas.text("Hi", 5, 20, width=0))
    assert (narrow == draw((60, 60), lambda canvas: canvas.text("H\ni", 5, 20))).all()


def test_lines_that_nobody_writes_any_more_are_forgotten_and_those_that_stay_are_not(ctx):
    cache = TextCache(ctx)
    stays = written(cache, "stays", 20)
    for number in range(3 * RESTING):
        cache.begin_frame()
        assert written(cache, "stays", 20) == stays
        written(cache, f"{number}", 20)
    most, lines = cache.bytes, len(cache._lines)
    for number in range(3 * RESTING, 6 * RESTING):
        cache.begin_frame()
        written(cache, "stays", 20)
        written(cache, f"{number}", 20)
    assert cache.bytes <= 1.02 * most
    assert len(cache._lines) <= lines
    for _ in range(2 * RESTING):
        cache.begin_frame()
    assert cache.bytes == len(cache._lines) == 0
    cache.release()


@pytest.mark.parametrize("size", [0.01, 6000, 1e6, 1e30])
def test_letters_of_any_size_are_drawn(draw, size):
    assert np.isfinite(draw((40, 40), lambda c: c.text("W", 0, 40, size))).all()


def test_a_letter_that_is_larger_than_the_picture_is_stretched(draw):
    drawn = draw((60, 60), lambda c: c.text("I", -700, 3000, size=6000))[..., 0]
    assert drawn.max() == 1


@pytest.mark.parametrize("size", [9, 48, 480])
def test_a_line_of_any_length_is_drawn_and_only_what_is_seen_of_it(ctx, size):
    from sketch.render.canvas import Canvas

    canvas, framebuffer = Canvas(ctx, (200, 100)), ctx.simple_framebuffer((200, 100))
    text = "recognised " * 9000
    canvas.begin(framebuffer)
    width, _ = canvas.text_size(text, size)
    assert width == pytest.approx(9000 * canvas.text_size("recognised ", size)[0], rel=0.01)
    canvas.text(text, -width / 2, 90, size)
    pieces = canvas._texts._pieces
    canvas.end()
    assert framebuffer.read(components=1) != bytes(200 * 100)
    assert 1 <= len(pieces) <= 3
    canvas.release()
    ctx.detect_framebuffer(0).use()
    framebuffer.release()


def test_a_line_in_pieces_looks_like_one(ctx, draw):
    whole = draw((300, 40), lambda c: c.text("the pen writes and the line breaks", 4, 30, 16))

    def in_pieces(canvas):
        kept, canvas._texts._longest = canvas._texts._longest, 64
        canvas._texts._lines.clear()
        line = canvas._texts.line("the pen writes and the line breaks", None, 16.0)
        assert len(line.pieces) > 3
        canvas.text("the pen writes and the line breaks", 4, 30, 16)
        canvas._texts._longest = kept
        canvas._texts._lines.clear()

    assert np.abs(whole - draw((300, 40), in_pieces)).mean() < 0.02


def test_a_tower_of_marks_and_a_letter_that_is_a_sentence_are_drawn(draw):
    for text in ("a" + "\u0301\u0323" * 500, "\ufdfd" * 3):
        assert np.isfinite(draw((100, 60), lambda c, text=text: c.text(text, 5, 40, size=480))).all()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a\tb", "a b"),
        ("one\r\ntwo", "one\ntwo"),
        ("one\rtwo", "one\ntwo"),
        ("one\u2028two", "one\ntwo"),
        (unicodedata.normalize("NFD", "Café müde"), "Café müde"),
        ("a\u0000\u0007b\u00ad", "ab"),
        ("\ufeffa\u200bb", "ab"),
        ("a\ufe0f", "a"),
        ("a\u2003b", "a b"),
    ],
)
def test_what_is_written_in_another_way_looks_the_same(draw, text, same):
    pictures = [draw((120, 80), lambda c, t=each: c.text(t, 5, 30, size=24)) for each in (text, same)]
    np.testing.assert_array_equal(*pictures)


def test_what_is_measured_is_what_is_drawn(draw):
    for size in (9.0, 12.5, 16.0, 19.0, 24.0, 48.0):
        for text in ("totoggle", "1 1letters", "AVATAR", "é ñ → ×", "שלום"):
            measured = []

            def paint(canvas, text=text, size=size, measured=measured):
                measured.append(canvas.text_size(text, size)[0])
                canvas.text(text, 10, 60, size)

            left, _, right, _ = box_of(draw((400, 80), paint))
            assert right - left == pytest.approx(measured[0], abs=2 + 0.2 * size)


@pytest.mark.parametrize("text", ["totoggle", "1 1letters", "illicit"])
def test_small_letters_are_as_far_apart_as_large_ones(draw, text):
    small = draw((80, 20), lambda c: c.text(text, 2, 15, 12))[..., 0]
    large = draw((800, 200), lambda c: c.text(text, 20, 150, 120))[..., 0]
    shrunk = large.reshape(20, 10, 80, 10).mean(axis=(1, 3))
    assert np.abs(small - shrunk).max() < 0.25  # a letter a third of a pixel off differs by more


def test_what_no_font_has_is_a_box_that_is_reported_once(ctx):
    cache = TextCache(ctx)
    for _ in range(3):
        written(cache, "a\U00013000b", 20)
    (notice,) = cache.notices()
    assert "U+13000" in notice
    assert "\n" not in notice
    assert cache.notices() == []
    cache.release()


def test_a_number_is_no_text_and_the_error_says_so(canvas, framebuffer):
    canvas.begin(framebuffer)
    with pytest.raises(TypeError, match=r"text must be a string, such as str\(12\); got 12"):
        canvas.text(12, 0, 20)
    canvas.end()
