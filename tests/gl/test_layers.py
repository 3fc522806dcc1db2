"""Dry ink that has to be repainted: in slices, with the old picture on screen, and right in the end."""

import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke
from sketch.ink.points import as_points
from sketch.render.canvas import Canvas
from sketch.render.layers.repaint import cost
from tests.bench.frames import resident_bytes
from tests.gl.conftest import new_framebuffer, pixels_of, release
from tests.gl.test_ink import frame, wet_copy

BUDGET = 400


def scribbles(count, size=(100, 80), points=12, alpha=0.6, seed=1):
    """Translucent strokes all over a frame, so that their order and every repeat would show."""
    rng = np.random.default_rng(seed)
    made: list[Stroke] = []
    for _ in range(count):
        steps = np.cumsum(rng.normal(0, 4, (points, 2)), axis=0) + rng.uniform((0, 0), size)
        color = (*rng.uniform(0.2, 1, 3).tolist(), alpha)
        made.append(Stroke(as_points(steps), color, float(rng.uniform(2, 6))))
    return made


def busy(canvas):
    layers = canvas._layers._layers.values()
    return any(layer.repaint is not None or layer.stale or layer.behind for layer in layers)


def settled(canvas, framebuffer, paint, most=200):
    """Draw frames until nothing is left to repaint; return the last one, and how many it took."""
    for count in range(1, most):
        drawn = frame(canvas, framebuffer, paint)
        if not busy(canvas):
            return drawn, count
    raise AssertionError("it never ends")


@pytest.fixture
def slow(canvas):
    """A canvas that repaints little in a frame."""
    canvas._layers.budget = BUDGET
    return canvas


@pytest.fixture
def expenses(slow, monkeypatch):
    """What each call painted, in points."""
    spent: list[int] = []
    paint = slow._ink.paint_dry
    monkeypatch.setattr(
        slow._ink,
        "paint_dry",
        lambda s, look: (spent.append(sum(cost(x, 1.0) for x in s)), paint(s, look))[1],
    )
    return spent


def repainted(canvas, framebuffer, ink, **options):
    """The same strokes as an ink that was never drawn before."""
    return frame(canvas, framebuffer, lambda c: c.ink(Ink(list(ink.strokes)), **options))


def test_undo_and_redo_restore_the_very_pixels(slow, framebuffer):
    ink = Ink(scribbles(30))
    states = [frame(slow, framebuffer, lambda c: c.ink(ink))]
    for stroke in scribbles(4, seed=2):
        ink.add(stroke)
        states.append(frame(slow, framebuffer, lambda c: c.ink(ink)))
    for state in states[-2::-1]:
        ink.undo()
        assert (settled(slow, framebuffer, lambda c: c.ink(ink))[0] == state).all()
    for state in states[1:]:
        ink.redo()
        assert (frame(slow, framebuffer, lambda c: c.ink(ink)) == state).all()


def test_an_erased_stroke_leaves_no_trace_and_comes_back_in_its_place(slow, framebuffer):
    ink = Ink(scribbles(40))
    before = frame(slow, framebuffer, lambda c: c.ink(ink))
    x, y = ink.strokes[7].points[3, :2].tolist()
    while ink.strokes[7:8] and ink.erase(x, y) is not None:
        pass
    assert 0 < len(ink) < 40
    erased, _ = settled(slow, framebuffer, lambda c: c.ink(ink))
    assert (erased == repainted(slow, framebuffer, ink)).all()
    assert (erased != before).any()
    while ink.undo():
        pass
    assert (settled(slow, framebuffer, lambda c: c.ink(ink))[0] == before).all()


def test_clearing_shows_at_once_and_so_much_comes_back_in_slices(slow, framebuffer):
    ink = Ink(scribbles(60))
    before = frame(slow, framebuffer, lambda c: c.ink(ink))
    blank = frame(slow, framebuffer, lambda c: None)
    ink.clear()
    assert (frame(slow, framebuffer, lambda c: c.ink(ink)) == blank).all()
    ink.undo()
    back, frames = settled(slow, framebuffer, lambda c: c.ink(ink))
    assert frames > 3
    assert (back == before).all()


@pytest.mark.parametrize("change", ["resize", "undo", "erase", "move"])
def test_no_frame_paints_more_than_its_budget_and_one_stroke(slow, framebuffer, expenses, change):
    ink = Ink()
    for stroke in scribbles(120):
        ink.add(stroke)
    paint = lambda c: c.ink(ink)  # noqa: E731
    frame(slow, framebuffer, paint)
    if change == "move":
        paint = lambda c: (c.translate(3, 4), c.ink(ink))  # noqa: E731
    elif change == "resize":
        slow.resize((50, 40), 2.0)
    else:
        _ = ink.undo() if change == "undo" else ink.remove(0)
    largest = max(cost(stroke, 2.0) for stroke in ink)
    frames = 0
    while frames == 0 or busy(slow):
        expenses.clear()
        frame(slow, framebuffer, paint)
        assert sum(expenses) <= BUDGET + largest
        frames += 1
    assert frames > (5 if change in ("resize", "move") else 0)


def test_strokes_that_dry_while_the_rest_is_painted_again_show_at_once(slow, framebuffer):
    ink = Ink(scribbles(120))
    frame(slow, framebuffer, lambda c: c.ink(ink))
    ink.remove(0)
    slow.resize((200, 160), 0.5)
    mark = Stroke(as_points([(150, 100), (170, 120)]), (1, 0, 0, 1), 20.0)
    frame(slow, framebuffer, lambda c: c.ink(ink))
    assert busy(slow)
    ink.wet[0] = wet_copy(mark)
    assert frame(slow, framebuffer, lambda c: c.ink(ink))[55, 80].tolist() == [1, 0, 0, 1]
    ink.finish(0)
    while busy(slow):
        assert frame(slow, framebuffer, lambda c: c.ink(ink))[55, 80].tolist() == [1, 0, 0, 1]
    ink.undo()
    slow.resize((100, 80), 1.0)
    assert frame(slow, framebuffer, lambda c: c.ink(ink))[55, 80].tolist() != [1, 0, 0, 1]
    assert (settled(slow, framebuffer, lambda c: c.ink(ink))[0] == repainted(slow, framebuffer, ink)).all()


def test_a_stroke_that_dries_and_is_undone_while_all_is_painted_again_is_gone_at_once(slow, framebuffer):
    ink = Ink(scribbles(120))
    frame(slow, framebuffer, lambda c: c.ink(ink))
    slow.resize((200, 160), 0.5)
    ink.add(Stroke(as_points([(150, 100), (170, 120)]), (1, 0, 0, 1), 20.0))
    assert frame(slow, framebuffer, lambda c: c.ink(ink))[55, 80].tolist() == [1, 0, 0, 1]
    ink.undo()
    assert frame(slow, framebuffer, lambda c: c.ink(ink))[55, 80].tolist() != [1, 0, 0, 1]
    assert busy(slow)
    settled(slow, framebuffer, lambda c: c.ink(ink))
    assert (frame(slow, framebuffer, lambda c: c.ink(ink)) == repainted(slow, framebuffer, ink)).all()


def test_what_is_taken_away_while_all_is_painted_again_is_gone_in_the_end(slow, framebuffer):
    ink = Ink(scribbles(120))
    frame(slow, framebuffer, lambda c: c.ink(ink))
    slow.resize((50, 40), 2.0)
    for index in (100, 50, 3):
        frame(slow, framebuffer, lambda c: c.ink(ink))
        assert busy(slow)
        ink.remove(index)
    drawn, _ = settled(slow, framebuffer, lambda c: c.ink(ink))
    assert (drawn == repainted(slow, framebuffer, ink)).all()


@pytest.mark.parametrize(("size", "ratio"), [((100, 80), 2.0), ((160, 120), 1.0), ((60, 50), 1.0)])
def test_after_a_resize_the_old_picture_shows_where_it_belongs_until_it_is_sharp(ctx, size, ratio):
    ink = Ink(scribbles(150, alpha=1.0))
    canvas = Canvas(ctx, (100, 80))
    small = new_framebuffer(ctx, canvas)
    frame(canvas, small, lambda c: c.ink(ink))
    canvas.resize(size, ratio)
    canvas._layers.budget = BUDGET
    large = new_framebuffer(ctx, canvas)
    first = frame(canvas, large, lambda c: c.ink(ink))
    assert busy(canvas)
    last, frames = settled(canvas, large, lambda c: c.ink(ink))
    expected = repainted(canvas, large, ink)
    assert frames > 3
    assert (last == expected).all()
    shown = slice(0, round(80 * ratio)), slice(0, round(100 * ratio))
    assert np.abs(first - expected)[shown].mean() < 0.05
    for thing in (small, large):
        release(thing)
    canvas.release()


def test_ink_that_moves_every_frame_is_always_shown_where_it_is(slow, framebuffer):
    ink = Ink([*scribbles(100, alpha=1.0), Stroke(as_points([(30, 30), (40, 30)]), (1, 0, 0, 1), 12.0)])
    frame(slow, framebuffer, lambda c: c.ink(ink))
    for x in range(1, 25):
        drawn = frame(slow, framebuffer, lambda c, x=x: (c.translate(x, 0), c.ink(ink)))
        assert drawn[30, 35 + x].tolist() == [1, 0, 0, 1]


def test_much_ink_whose_blend_mode_changes_never_flashes(slow, framebuffer):
    ink = Ink(scribbles(120))

    def paint(c, mode):
        c.blend_mode(mode)
        c.ink(ink)

    before = frame(slow, framebuffer, lambda c: paint(c, "multiply"))
    assert (frame(slow, framebuffer, lambda c: paint(c, "alpha")) == before).all()
    after, _ = settled(slow, framebuffer, lambda c: paint(c, "alpha"))
    assert (after == repainted(slow, framebuffer, ink)).all()


def test_layers_lie_in_the_order_they_are_drawn_with_an_opacity_and_a_blend_of_their_own(canvas, framebuffer):
    red = Ink([Stroke(as_points([(30, 40), (70, 40)]), (1, 0, 0, 1), 40.0)])
    green = Ink([Stroke(as_points([(40, 40), (60, 40)]), (0.2, 0.8, 0.4, 1), 20.0)])

    def middle(paint):
        return frame(canvas, framebuffer, paint)[40, 50, :3]

    assert np.allclose(middle(lambda c: (c.ink(red), c.ink(green))), (0.2, 0.8, 0.4), atol=2.01 / 255)
    assert np.allclose(middle(lambda c: (c.ink(green), c.ink(red))), (1, 0, 0), atol=2.01 / 255)
    faint = middle(lambda c: (c.ink(red), c.ink(green, 0.25)))
    assert np.allclose(faint, (0.8, 0.2, 0.1), atol=2.01 / 255)
    assert np.allclose(
        middle(lambda c: (c.ink(red), c.ink(green, blend="multiply"))), (0.2, 0, 0), atol=2.01 / 255
    )
    assert np.allclose(
        middle(lambda c: (c.ink(red), c.ink(green, blend="add"))), (1, 0.8, 0.4), atol=2.01 / 255
    )
    assert np.allclose(
        middle(lambda c: (c.ink(red), c.ink(green, blend="screen"))), (1, 0.8, 0.4), atol=2.01 / 255
    )
    with pytest.raises(ValueError, match="blend mode must be one of"):
        middle(lambda c: c.ink(red, blend="burn"))


@pytest.mark.parametrize("blend", ["alpha", "multiply", "add", "screen"])
def test_the_strokes_of_a_layer_with_a_blend_cover_each_other_wet_or_dry(canvas, framebuffer, blend):
    first, second = scribbles(2, points=30, alpha=0.7)
    ink = Ink([first], {1: wet_copy(second)})
    wet = frame(canvas, framebuffer, lambda c: c.ink(ink, 0.8, blend=blend))
    ink.finish(1)
    dry = frame(canvas, framebuffer, lambda c: c.ink(ink, 0.8, blend=blend))
    assert np.abs(wet - dry).max() <= 2.01 / 255


@pytest.mark.parametrize("mode", ["alpha", "multiply"])
def test_ink_on_a_plain_ground_looks_the_same_however_it_comes_there(canvas, framebuffer, mode):
    ink = Ink(scribbles(20))

    def paint(c, shape=False):
        c.blend_mode(mode)
        if shape:
            c.color(255, 0)
            c.circle(-50, -50, 1)
        c.ink(ink)

    for change in (lambda: None, lambda: ink.add(scribbles(1, seed=9)[0]), ink.undo, lambda: ink.remove(3)):
        change()
        copied = frame(canvas, framebuffer, paint)
        assert (copied == frame(canvas, framebuffer, lambda c: paint(c, shape=True))).all()


def test_a_ground_that_changes_is_never_an_old_one(canvas, framebuffer):
    ink = Ink([Stroke(as_points([(50, 40)]), (1, 1, 1, 1), 10.0)])
    for grey in (0, 0, 51, 51, 51, 102, 0):
        canvas.begin(framebuffer)
        canvas.background(grey)
        canvas.ink(ink)
        canvas.end()
        assert pixels_of(framebuffer)[5, 5].tolist() == [grey / 255, grey / 255, grey / 255, 1]


def test_what_lies_between_ground_and_ink_stays(canvas, framebuffer):
    ink = Ink([Stroke(as_points([(50, 40)]), (1, 1, 1, 1), 10.0)])
    for _ in range(2):
        drawn = frame(canvas, framebuffer, lambda c: (c.color(255, 0, 0), c.rect(0, 0, 20, 20), c.ink(ink)))
        assert drawn[10, 10].tolist() == [1, 0, 0, 1]
        two = frame(canvas, framebuffer, lambda c: (c.ink(Ink([Stroke(as_points([(10, 10)]))])), c.ink(ink)))
        assert two[10, 10].tolist() == [1, 1, 1, 1]


def test_ink_outside_the_frame_does_no_harm(canvas, framebuffer):
    ink = Ink([Stroke(as_points([(x, y), (x + 5, y)])) for x in (-500, 50, 900) for y in (-500, 40, 900)])
    frame(canvas, framebuffer, lambda c: c.ink(ink))
    ink.remove(0)
    canvas.resize((50, 40), 2.0)
    drawn, _ = settled(canvas, framebuffer, lambda c: c.ink(ink))
    assert (drawn == repainted(canvas, framebuffer, ink)).all()


def test_ten_thousand_frames_at_rest_take_no_memory(ctx, canvas, framebuffer, monkeypatch):
    ink = Ink(scribbles(20), {0: wet_copy(scribbles(1, seed=5)[0])})

    def frames(count):
        for _ in range(count):
            canvas.begin(framebuffer)
            canvas.background(12)
            canvas.ink(ink)
            canvas.end()
        ctx.finish()

    def refuse(*_, **__):
        raise AssertionError("allocated")

    frames(500)
    for name in ("buffer", "texture", "framebuffer", "vertex_array", "program"):
        monkeypatch.setattr(type(ctx), name, refuse)
    before = resident_bytes()
    frames(10_000)
    assert resident_bytes() - before < 1 << 20


def test_a_layer_takes_the_same_memory_on_the_gpu_however_much_is_painted_on_it(ctx, canvas, framebuffer):
    made: list[int] = []
    for count in (10, 2000):
        ink = Ink(scribbles(count))
        settled(canvas, framebuffer, lambda c, ink=ink: c.ink(ink))
        ink.remove(0)
        canvas.resize((100, 80), 1.0)
        settled(canvas, framebuffer, lambda c, ink=ink: c.ink(ink))
        made.append(gpu_bytes(canvas))
        del ink
    assert made[0] == made[1]


def gpu_bytes(canvas):
    """What the layers' textures and the strokes' buffers take."""
    layers, batch = canvas._layers, canvas._batch
    pictures = [layers._spare, layers._scratch]
    for layer in layers._layers.values():
        pictures += [
            layer.picture,
            layer.ground and layer.ground.picture,
            layer.repaint and layer.repaint.picture,
        ]
    textures = sum(4 * picture.size[0] * picture.size[1] for picture in pictures if picture)
    return textures + batch._strokes._buffers.rows.buffer.size


def test_ink_that_is_flattened_to_nothing_comes_back(canvas, framebuffer):
    ink = Ink(scribbles(10))
    before = frame(canvas, framebuffer, lambda c: c.ink(ink))
    frame(canvas, framebuffer, lambda c: (c.scale(0, 1), c.ink(ink)))
    assert (settled(canvas, framebuffer, lambda c: c.ink(ink))[0] == before).all()
