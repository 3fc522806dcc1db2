"""Passes over the whole frame, pixel by pixel."""

import math

import numpy as np
import pytest

from sketch.render.canvas import Canvas
from sketch.render.images.fbo import Fbo
from sketch.render.post.passes import Bloom, Blur, ColorMap, Trails
from tests.gl.conftest import pixels_of, release

STEP = 1 / 255


def half(canvas):
    canvas.color(255)
    canvas.rect(-10, -10, 10 + canvas.width / 2, 20 + canvas.height)


@pytest.mark.parametrize("sigma", [0.6, 1.2, 2.0, 3.1, 6.0, 13.0])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_blurred_edge_is_the_bell_added_up(film, sigma, ratio):
    def paint(canvas):
        half(canvas)
        canvas.post(Blur(sigma))

    (pixels,) = film((120, 30), paint, ratio=ratio)
    across = (np.arange(120 * ratio) + 0.5) / ratio - 60
    expected = [0.5 * (1 - math.erf(x / (sigma * math.sqrt(2)))) for x in across]
    away_from_the_border = slice(int(20 * ratio), int(-20 * ratio))
    row = pixels[pixels.shape[0] // 2, :, 0]
    # Small pictures, enlarged, follow the curve in straight steps; full ones add half a pixel's own width.
    assert np.abs(row - expected)[away_from_the_border].max() < 0.035
    assert np.ptp(pixels[:, :, 0], axis=0).max() <= 2 * STEP


def test_a_blur_keeps_all_the_light(film):
    def paint(canvas):
        canvas.color(255)
        canvas.circle(100, 70, 30)
        canvas.post(Blur(5))

    def bare(canvas):
        canvas.color(255)
        canvas.circle(100, 70, 30)

    blurred, sharp = film((200, 140), paint, bare)
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=0.01)


def disc(canvas, level=255):
    canvas.color(level)
    canvas.circle(64, 64, 10)


def test_bright_things_light_what_is_around_them_and_dark_ones_do_not(film):
    def bright(canvas):
        disc(canvas)
        canvas.post(Bloom(0.8, threshold=0.5, radius=10))

    def dark(canvas):
        disc(canvas, 60)
        canvas.post(Bloom(0.8, threshold=0.5, radius=10))

    lit, unlit = film((128, 128), bright, dark)
    outward = lit[64, 78:120, 0]
    assert outward[0] > 0.15
    assert outward[-1] < 0.05
    assert (np.diff(outward) <= STEP).all()
    assert lit[64, 64, 0] == 1
    assert np.abs(lit[:, :, 0] - lit[::-1, :, 0]).max() <= 3 * STEP
    (plain,) = film((128, 128), lambda canvas: disc(canvas, 60))
    assert np.array_equal(unlit, plain)


def test_a_trail_fades_by_the_same_share_each_frame_and_is_gone_in_the_end(film):
    def trails(canvas):
        canvas.post(Trails(0.8))

    def first(canvas):
        disc(canvas)
        trails(canvas)

    frames = film((128, 128), first, *[trails] * 40)
    for age in range(1, 8):
        assert frames[age][64, 64, 0] == pytest.approx(0.8**age, abs=4 * STEP)
    assert frames[-1][:, :, :3].max() <= STEP


def test_on_paper_trails_fade_to_paper(film):
    paper = (240, 230, 220)

    def trails(canvas):
        canvas.background(*paper)
        canvas.post(Trails(0.8, ground=paper))

    def first(canvas):
        canvas.background(*paper)
        disc(canvas, 20)
        canvas.post(Trails(0.8, ground=paper))

    frames = film((128, 128), first, *[trails] * 40)
    one = frames[1][64, 64, :3] * 255
    assert one == pytest.approx(np.array(paper) + 0.8 * (20.0 - np.array(paper)), abs=2)
    assert np.abs(frames[-1][:, :, :3] * 255 - paper).max() <= 1


@pytest.mark.parametrize(
    ("trails", "there"),
    [
        (Trails(1, shift=(20, 10)), (104, 74)),
        (Trails(1, zoom=1.5), (94, 64)),
        (Trails(1, turn=math.pi / 2), (64, 84)),
    ],
)
def test_what_lingers_moves_as_the_screen_has_it(film, trails, there):
    def first(canvas):
        canvas.color(255)
        canvas.circle(84, 64, 3)
        canvas.post(trails)

    frames = film((128, 128), first, lambda canvas: canvas.post(trails))
    weight = frames[1][:, :, 0]
    rows, columns = np.indices(weight.shape) + 0.5
    center = ((columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum())
    assert center == pytest.approx(there, abs=0.2)


def test_trails_that_rested_for_a_frame_begin_again(film):
    def first(canvas):
        disc(canvas)
        canvas.post(Trails(0.9))

    frames = film((128, 128), first, lambda _: None, lambda canvas: canvas.post(Trails(0.9)))
    assert frames[2][:, :, :3].max() == 0


def test_a_color_map_goes_by_brightness_and_leaves_what_is_clear(film):
    def ramp(canvas):
        for level in range(256):
            canvas.color(level)
            canvas.rect(level, 0, 1, 4)
        canvas.post(ColorMap("jet"))

    (pixels,) = film((256, 4), ramp)
    along = np.arange(256)[:, None] / 255
    jet = np.clip(1.5 - np.abs(4 * along - (3, 2, 1)), 0, 1)
    assert np.abs(pixels[2, :, :3] - jet).max() < 2.5 * STEP

    def clear(canvas):
        canvas.background(0, 0)
        canvas.post(ColorMap("jet"))

    assert film((8, 8), clear)[0].max() == 0


def test_no_amount_of_a_map_changes_nothing(film):
    def mapped(canvas):
        disc(canvas, 200)
        canvas.post(ColorMap("ember", amount=0))

    assert np.array_equal(*film((128, 128), mapped, lambda canvas: disc(canvas, 200)))


def test_passes_run_in_the_order_they_are_given(film):
    def together(canvas):
        disc(canvas)
        canvas.post(Blur(3), ColorMap("sea"))

    def apart(canvas):
        disc(canvas)
        canvas.post(Blur(3))
        canvas.post(ColorMap("sea"))

    def other_way(canvas):
        disc(canvas)
        canvas.post(ColorMap("sea"), Blur(3))

    first, second, third = film((128, 128), together, apart, other_way)
    assert np.abs(first - second).max() <= STEP
    assert np.abs(first - third).max() > 10 * STEP


def test_what_is_drawn_later_stays_sharp(film):
    def paint(canvas):
        canvas.post(Blur(8))
        canvas.color(255)
        canvas.rect(20, 20, 40, 40)

    (pixels,) = film((80, 80), paint)
    assert set(np.unique(pixels[:, :, 0])) == {0, 1}


def test_what_is_no_pass_is_refused(film):
    with pytest.raises(TypeError, match="a pass is a Blur"):
        film((8, 8), lambda canvas: canvas.post("bloom"))


CHAIN = (Blur(1), Bloom(0.5), Trails(0.9), ColorMap("ember"))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (37, 23)])
def test_any_size_and_any_change_of_it_does(film, size):
    def paint(canvas):
        canvas.background(90)
        canvas.post(*CHAIN, Blur(12))

    for _ in range(2):
        (pixels,) = film(size, paint)
        assert np.ptp(pixels, axis=(0, 1)).max() <= 2 * STEP
        (pixels,) = film((64, 64), paint)
        assert np.ptp(pixels, axis=(0, 1)).max() <= 2 * STEP


def test_nothing_is_made_after_the_second_frame_and_all_is_released(ctx, monkeypatch):
    made = []
    for name in ("buffer", "texture", "framebuffer", "vertex_array", "program"):
        make = getattr(ctx, name)
        monkeypatch.setattr(
            type(ctx), name, lambda _, *a, make=make, **k: made.append(make(*a, **k)) or made[-1]
        )
    framebuffer = ctx.framebuffer([ctx.texture((64, 64), 4)])
    given = set(map(id, (framebuffer, *framebuffer.color_attachments)))
    canvas = Canvas(ctx, (64, 64))
    counts = []
    for frame in range(6):
        canvas.begin(framebuffer)
        canvas.background(0)
        disc(canvas)
        canvas.post(*CHAIN, Bloom(frame / 10), Trails(0.5 + frame / 20))
        canvas.end()
        counts.append(len(made))
    assert len(set(counts[1:])) == 1
    canvas.release()
    left = [
        thing for thing in made if id(thing) not in given and type(thing.mglo).__name__ != "InvalidObject"
    ]
    assert left == []
    release(framebuffer)


def test_a_multisampled_frame_is_taken_too(ctx):
    framebuffer = ctx.framebuffer([ctx.renderbuffer((64, 64), 4, samples=4)])
    plain = ctx.framebuffer([ctx.texture((64, 64), 4)])
    canvas = Canvas(ctx, (64, 64))
    canvas.begin(framebuffer)
    canvas.background(0)
    half(canvas)
    canvas.post(Trails(0.9), ColorMap((0, "#00ff00")))
    canvas.end()
    ctx.copy_framebuffer(plain, framebuffer)
    pixels = pixels_of(plain)
    assert pixels[32, 10, :3].tolist() == [0, 1, 0]
    assert pixels[32, 50, :3].tolist() == [0, 0, 0]
    canvas.release()
    release(plain)
    framebuffer.color_attachments[0].release()
    framebuffer.release()


def test_drawing_continues_as_before_after_a_post(film):
    def paint(canvas):
        canvas.color(255, 0, 0)
        canvas.translate(30, 30)
        canvas.blend_mode("add")
        canvas.post(Bloom())
        canvas.circle(0, 0, 10)
        canvas.color(0, 255, 0)
        canvas.circle(0, 0, 10)

    (pixels,) = film((64, 64), paint)
    assert pixels[30, 30, :3].tolist() == [1, 1, 0]


def test_a_slow_trail_fades_as_slowly_as_it_should(film):
    def trails(canvas):
        canvas.post(Trails(0.99))

    def first(canvas):
        canvas.background(120)
        trails(canvas)

    frames = film((64, 64), first, *[trails] * 150)
    for age in (50, 100, 150):
        mean = frames[age][:, :, 0].mean() * 255
        assert mean == pytest.approx(120 * 0.99**age, abs=1.5)


def test_within_a_clip_only_the_rectangle_is_replaced(film):
    def paint(canvas):
        canvas.background(100)
        disc(canvas)
        with canvas.clip(0, 0, 64, 128):
            canvas.post(Trails(0.9, ground=100), ColorMap((0, "#00ff00")))

    for frame in film((128, 128), paint, paint):
        assert np.ptp(frame[:, :64, 0]) == 0
        assert frame[64, 60, :3].tolist() == [0, 1, 0]
        assert frame[64, 68, :3].tolist() == [1, 1, 1]
        assert frame[10, 100, :3] * 255 == pytest.approx(100)


def test_a_blur_within_a_clip_takes_in_what_is_around_it(film):
    def paint(canvas):
        half(canvas)
        with canvas.clip(60, 0, 60, 30):
            canvas.post(Blur(6))

    (pixels,) = film((120, 30), paint)
    assert pixels[15, 59, 0] == 1
    assert pixels[15, 60, 0] == pytest.approx(0.5, abs=0.06)


def test_within_an_fbo_its_own_picture_is_replaced_and_nothing_is_made_again(film, ctx, monkeypatch):
    fbo, made = Fbo(50, 40), []

    def paint(canvas):
        with canvas.into(fbo):
            canvas.background(0)
            canvas.color(255)
            canvas.circle(25, 20, 10)
            canvas.post(Trails(0.9), ColorMap((0, "#ff0000")))
        canvas.image(fbo, 5, 5)
        canvas.post(Trails(0.9))
        made.append(len(textures))

    textures = []
    make = ctx.texture
    monkeypatch.setattr(type(ctx), "texture", lambda _, *a, **k: textures.append(1) or make(*a, **k))
    frames = film((100, 80), *[paint] * 4)
    assert frames[-1][25, 30, :3].tolist() == [1, 0, 0]
    assert frames[-1][60, 80, :3].max() == 0
    assert made[1] == made[-1]
