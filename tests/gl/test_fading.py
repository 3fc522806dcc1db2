"""What is kept from frame to frame fades all the way, though eight bits have no small steps."""

import numpy as np
import pytest

from sketch.render.images.fbo import Fbo
from sketch.render.post.passes import Trails

SIDE = 48
FRAMES = 600


def ramps(canvas):
    """Every grey there is, and colors."""
    steps = np.linspace(0, 255, SIDE).round().astype(np.uint8)
    picture = np.stack(np.broadcast_arrays(steps[None, :], steps[:, None], steps[::-1, None]), axis=2)
    canvas.image(np.ascontiguousarray(picture), 0, 0)


def faded(film, ground, alpha, fade=None, frames=FRAMES, start=ramps):
    """The Fbo at its own resolution after it was faded so often, as bytes."""
    fbo = Fbo(SIDE, SIDE)
    kept = []

    def first(canvas):
        with canvas.into(fbo):
            start(canvas)

    def step(canvas):
        with canvas.into(fbo):
            canvas.color(ground, alpha=alpha)
            (fade or (lambda c: c.rect(0, 0, SIDE, SIDE)))(canvas)

    def last(canvas):
        with canvas.into(fbo):
            kept.append(canvas.grab().pixels)

    film((SIDE, SIDE), first, *[step] * frames, last)
    return kept[0].astype(int)


@pytest.mark.parametrize("ground", [0, 255, "#1a2b3c"])
def test_an_fbo_faded_by_a_low_alpha_reaches_its_ground_exactly(film, ground):
    pixels = faded(film, ground, 8 / 255)
    assert (pixels == pixels[0, 0]).all()
    expected = (0x1A, 0x2B, 0x3C) if isinstance(ground, str) else (ground,) * 3
    assert tuple(pixels[0, 0]) == (*expected, 255)


def test_it_fades_as_slowly_as_its_alpha_says(film):
    white = lambda canvas: canvas.background(255)  # noqa: E731
    for frames in (20, 60, 100):
        pixels = faded(film, 0, 8 / 255, frames=frames, start=white)[..., :3]
        assert pixels.mean() == pytest.approx(255 * (1 - 8 / 255) ** frames, abs=0.7)
        assert pixels.max() - pixels.min() <= 6


def test_a_ground_that_was_reached_stays(film):
    pixels = faded(film, 77, 0.02, frames=50, start=lambda canvas: canvas.background(77))
    assert (pixels[..., :3] == 77).all()


def test_multiplying_fades_to_black(film):
    def fade(canvas):
        canvas.blend_mode("multiply")
        canvas.color(245)
        canvas.rect(0, 0, SIDE, SIDE)

    assert faded(film, 0, 1, fade)[..., :3].max() == 0


def test_a_part_that_is_faded_has_the_edges_of_a_rectangle(film):
    def part(canvas):
        canvas.rect(2.5, 3, 40, 40.25)

    white = lambda canvas: canvas.background(255)  # noqa: E731
    pixels = faded(film, 0, 0.2, part, 1, white)[..., 0]
    assert pixels[20, 20] == pytest.approx(204, abs=1)
    assert pixels[20, 2] == pytest.approx(255 - 25.5, abs=1)
    assert pixels[43, 20] == pytest.approx(255 - 12.75, abs=1)
    assert (pixels[:3] == 255).all()
    assert (pixels[:, 43:] == 255).all()


def test_a_quarter_turn_fades_all_the_way_too(film):
    def turned(canvas):
        canvas.translate(SIDE, 0)
        canvas.rotate(np.pi / 2)
        canvas.rect(0, 0, SIDE, SIDE)

    assert faded(film, 0, 8 / 255, turned)[..., :3].max() == 0


def test_a_clip_clips_what_fades(film):
    def part(canvas):
        with canvas.clip(0, 0, 20, SIDE):
            canvas.rect(0, 0, SIDE, SIDE)

    pixels = faded(film, 0, 8 / 255, part, start=lambda canvas: canvas.background(255))[..., 0]
    assert pixels[:, :20].max() == 0
    assert pixels[:, 20:].min() == 255


def test_a_veil_over_what_was_drawn_in_the_same_frame_is_a_shape_as_any(draw):
    fbo = Fbo(8, 8)

    def paint(canvas):
        with canvas.into(fbo):
            canvas.background(100)
            canvas.color(255, alpha=0.25)
            canvas.rect(0, 0, 8, 8)
        canvas.image(fbo, 0, 0)

    assert len(np.unique(draw((8, 8), paint)[..., 0])) == 1


@pytest.mark.parametrize("keep", [0.92, 0.99])
def test_trails_reach_their_ground_exactly(film, keep):
    def step(canvas):
        canvas.background(30)
        canvas.post(Trails(keep, ground=30))

    def first(canvas):
        ramps(canvas)
        canvas.post(Trails(keep, ground=30))

    last = film((SIDE, SIDE), first, *[step] * (FRAMES if keep < 0.95 else 1200))[-1]
    assert (np.rint(last[..., :3] * 255) == 30).all()


def test_a_picture_fed_back_fainter_each_time_goes_out(film):
    now, before = Fbo(SIDE, SIDE), Fbo(SIDE, SIDE)
    fbos = [now, before]
    kept = []

    def first(canvas):
        with canvas.into(fbos[0]):
            ramps(canvas)

    def step(canvas):
        fbos.reverse()
        with canvas.into(fbos[0]):
            canvas.background(0)
            canvas.image(fbos[1], 0, 0, alpha=0.96)
            kept[:] = [canvas.grab().pixels]

    film((SIDE, SIDE), first, *[step] * FRAMES)
    assert kept[0][..., :3].max() == 0
