import numpy as np
import pytest

from sketch.render.text.lines import RESTING, TextCache


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
    first = cache.line("first", None, 32.0)
    for index in range(100):
        cache.line(f"line {index}", None, 32.0)
        assert cache.line("first", None, 32.0) is first
        assert cache.bytes <= 40_000
    assert 2 < len(cache._lines) < 50
    cache.release()
    assert cache.bytes == 0


def test_a_line_larger_than_the_cache_is_drawn_all_the_same(ctx):
    cache = TextCache(ctx, limit=10)
    assert cache.line("large", None, 50.0).texture is not None
    cache.release()


def test_a_wrapped_text_is_its_lines_one_by_one(draw):
    words = "the pen writes and the line breaks"

    def paint(canvas):
        width, height = canvas.text_size(words, 14, width=90)
        assert width <= 90
        assert height > 2 * 14 * 1.25
        canvas.text(words, 50, 20, 14, width=90, align="center")

    def by_hand(canvas):
        lines = canvas._texts.wrapped(words, None, 14, 90)
        assert len(lines) >= 3
        canvas.text("\n".join(lines), 50, 20, 14, align="center")

    assert (draw((100, 90), paint) == draw((100, 90), by_hand)).all()


def test_a_width_without_room_is_refused(canvas, framebuffer):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match="width must be more than 0; got 0"):
        canvas.text("a", 0, 0, width=0)
    canvas.end()


def test_lines_that_nobody_writes_any_more_are_forgotten_and_those_that_stay_are_not(ctx):
    cache = TextCache(ctx)
    stays = cache.line("stays", None, 20).texture
    for number in range(3 * RESTING):
        cache.begin_frame()
        assert cache.line("stays", None, 20).texture is stays
        cache.line(f"{number}", None, 20)
    most = cache.bytes
    for number in range(3 * RESTING, 6 * RESTING):
        cache.begin_frame()
        cache.line("stays", None, 20)
        cache.line(f"{number}", None, 20)
    assert cache.bytes <= 1.02 * most
    for _ in range(2 * RESTING):
        cache.begin_frame()
    assert cache.bytes == 0
    cache.release()


@pytest.mark.parametrize("size", [6000, 1e6, 1e30])
def test_letters_that_nothing_can_hold_are_refused_by_their_size(canvas, framebuffer, size):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match="pixels"):
        canvas.text("W", 0, 0, size)
    canvas.end()


def test_a_number_is_no_text_and_the_error_says_so(canvas, framebuffer):
    canvas.begin(framebuffer)
    with pytest.raises(TypeError, match=r"text must be a string, as str\(12\) is; got 12"):
        canvas.text(12, 0, 20)
    canvas.end()
