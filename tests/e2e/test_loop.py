"""The loop on a real offscreen surface: an author's methods are called, in order, as they should be."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sketch
from sketch.hooks import HOOKS, SketchError
from sketch.input.events import FilesEvent, FocusEvent, KeyEvent, MessageEvent, PointerEvent, ResizeEvent
from sketch.synthetic_hand.player import ScriptPlayer, draw, press

SMALL = sketch.Window(size=(320, 200))


def run(kind, events=(), frames: int | None = 3, **options) -> Any:
    """Run a sketch headless with all events in the queue before its first frame."""
    waiting = list(events)

    def player(now, queue):
        while waiting:
            queue.put(waiting.pop(0))
        return True

    return sketch.run(kind, headless=True, frames=frames, player=player, **options)


class Recording(sketch.Sketch):
    window = SMALL

    def __init__(self):
        super().__init__()
        self.calls = []

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if name in RECORDED:
            return lambda *arguments: (self.calls.append((name, *arguments)), value(*arguments))[1]
        return value


RECORDED = frozenset(HOOKS)


def names(instance):
    return [name for name, *_ in instance.calls]


def test_a_sketch_is_set_up_updated_drawn_and_ended():
    assert names(run(Recording, frames=2)) == ["setup", "update", "draw", "update", "draw", "exit"]


def test_time_moves_by_the_same_step_at_every_frame():
    instance = run(Recording, frames=4, fps=50)
    steps = [dt for name, dt in (call[:2] for call in instance.calls if call[0] == "update")]
    assert steps == pytest.approx([0, 0.02, 0.02, 0.02])


def test_every_event_reaches_its_method_in_order():
    events = [
        PointerEvent("enter", 1, 2, 0.0),
        PointerEvent("move", 3, 4, 0.0),
        PointerEvent("scroll", 3, 4, 0.0, scroll_y=1.0),
        PointerEvent("down", 5, 6, 0.0, button="right"),
        PointerEvent("move", 7, 8, 0.0, button="right"),
        PointerEvent("up", 7, 8, 0.0, button="right"),
        PointerEvent("exit", 9, 9, 0.0),
        KeyEvent("down", "z", frozenset({"ctrl"})),
        KeyEvent("up", "z"),
        FilesEvent(("a.onnx",), 10, 20),
        MessageEvent("hello"),
        ResizeEvent(400, 300),
    ]
    instance = run(Recording, events, frames=1)
    assert instance.calls[1:-3] == [
        ("mouse_entered", 1, 2),
        ("mouse_moved", 3, 4),
        ("pen_hovered", 3, 4, 0),
        ("mouse_scrolled", 3, 4, 0.0, 1.0),
        ("mouse_pressed", 5, 6, "right"),
        ("mouse_dragged", 7, 8, "right"),
        ("mouse_released", 7, 8, "right"),
        ("mouse_exited", 9, 9),
        ("key_pressed", "z"),
        ("key_released", "z"),
        ("files_dropped", [Path("a.onnx")], 10, 20),
        ("message", "hello"),
        ("window_resized", 400, 300),
    ]
    assert (instance.width, instance.height) == (400, 300)


def test_a_pen_gives_points_strokes_and_an_ink():
    script = iter([draw([np.array([(10, 10, 0, 0.2), (20, 10, 0.01, 0.8)], dtype=np.float32)], rest=1.0)])
    instance: Any = sketch.run(Recording, headless=True, player=ScriptPlayer(script))
    pen = [name for name in names(instance) if name.startswith(("pen_", "on_")) and name != "pen_hovered"]
    assert pen == [
        "pen_pressed",
        "on_stroke_point",
        "pen_dragged",
        "on_stroke_point",
        "pen_released",
        "on_stroke",
        "on_ink",
    ]
    points = next(call[1] for call in instance.calls if call[0] == "on_stroke")
    assert np.allclose(points, [(10, 10, 0, 0.2), (20, 10, 0.01, 0.8)], atol=1e-3)
    assert len(instance.ink) == 1


def test_an_ink_written_slowly_is_closed_again_as_a_whole():
    class Slow(Recording):
        def on_ink(self, strokes, pointer_id):
            self.calls.append(("amends", self.ink_amends, len(strokes), len(self.open_inks)))

        def on_ink_reopened(self, strokes, pointer_id):
            self.calls.append(("continues", len(strokes)))

    roof = np.array([(10, 60, 0, 0.5), (30, 10, 0.1, 0.5), (50, 60, 0.2, 0.5)], dtype=np.float32)
    bar = np.array([(15, 40, 1.1, 0.5), (45, 40, 1.2, 0.5)], dtype=np.float32)
    script = ScriptPlayer(iter([draw([roof, bar], rest=1.0)]))
    instance: Any = sketch.run(Slow, headless=True, player=script)
    seen = [call for call in instance.calls if call[0] in ("amends", "continues")]
    assert seen == [("amends", False, 1, 1), ("continues", 1), ("amends", True, 2, 1)]
    assert not instance.ink_amends


def test_the_ink_of_a_sketch_that_asks_for_it_is_there_the_next_time(tmp_path):
    class Kept(sketch.Sketch):
        window = SMALL
        keeps_ink = True

    line = np.array([(10, 10, 0, 0.2), (20, 10, 0.01, 0.8)], dtype=np.float32)
    first = sketch.run(Kept, headless=True, player=ScriptPlayer(iter([draw([line])])), home=tmp_path)
    again = sketch.run(Kept, headless=True, frames=1, home=tmp_path)
    np.testing.assert_array_equal(again.ink.strokes[0].points, first.ink.strokes[0].points)


def test_a_stroke_that_is_still_wet_at_the_end_is_not_lost():
    down = PointerEvent("down", 10, 10, 0.0, button="left")
    instance = run(Recording, [down, PointerEvent("move", 60, 60, 0.1, button="left")], frames=1)
    assert names(instance)[-3:] == ["on_stroke", "on_ink", "exit"]
    assert len(instance.ink.strokes[0].points) == 2


def test_a_sketch_can_close_an_ink_at_once():
    class Closing(Recording):
        def key_pressed(self, key):
            self.close_inks()
            self.calls.append("after")

    events = [
        PointerEvent("down", 10, 10, 0.0, button="left"),
        PointerEvent("up", 50, 10, 0.1, button="left"),
    ]
    calls = run(Closing, [*events, KeyEvent("down", "b")], frames=1).calls
    names = [call if isinstance(call, str) else call[0] for call in calls]
    assert names.index("on_ink") < names.index("after")


def test_ink_cleared_in_mid_stroke_continues():
    class Clearing(sketch.Sketch):
        window = SMALL

        def on_stroke_point(self, point, pointer_id):
            if point[0] == 20:
                self.ink.clear()

    events = [PointerEvent("down", 10, 10, 0.0, button="left")]
    events += [PointerEvent("move", x, 10, 0.01 * x, button="left") for x in (20, 30, 40)]
    events.append(PointerEvent("up", 40, 10, 0.5, button="left"))
    assert run(Clearing, events).ink.strokes[0].points[:, 0].tolist() == [30, 40]


class Counter:
    """An addon that somebody else wrote: it imports nothing of Inkloop."""

    def __init__(self):
        self.points = 0

    def on_stroke_point(self, point, pointer_id):
        self.points += 1

    def draw(self, canvas):
        canvas.text(str(self.points), 40, 40)


def test_an_addon_of_ten_lines_takes_part():
    class Host(sketch.Sketch):
        window = SMALL

        def setup(self):
            self.counter = self.use(Counter())

    events = [
        PointerEvent("down", 10, 10, 0.0, button="left"),
        PointerEvent("move", 20, 10, 0.1, button="left"),
    ]
    assert run(Host, events).counter.points == 2


def test_a_run_without_a_window_waits_until_its_addons_are_ready(caplog):
    class Slow:
        def __init__(self, comes):
            self.comes = comes
            self.calls = []

        def update(self, dt):
            self.calls.append("update")

        def wait_ready(self, timeout):
            self.calls.append("wait_ready")
            return self.comes

    class Waiting(sketch.Sketch):
        window = SMALL

        def setup(self):
            self.one, self.other = self.use(Slow(True)), self.use(Slow(False))

    made = run(Waiting, frames=2)
    assert made.one.calls == made.other.calls == ["wait_ready", "update", "update"]
    assert [record.getMessage() for record in caplog.records if "ready" in record.getMessage()] == [
        "Slow is not ready; the frames start without it"
    ]


def test_an_object_with_no_hook_is_refused():
    with pytest.raises(TypeError, match="object is not an addon"):
        sketch.Sketch().use(object())


def test_a_hook_with_other_arguments_than_it_is_given_is_refused_where_the_addon_is_attached():
    class Meter:
        def on_stroke(self, points): ...

    wanted = r"Meter\.on_stroke is called with \(points, pointer_id\); it is written with \(points\)"
    with pytest.raises(TypeError, match=wanted):
        sketch.Sketch().use(Meter())
    with pytest.raises(TypeError, match="use an instance"):
        sketch.Sketch().use(Counter)


def test_a_frame_whose_drawing_fails_is_ended_all_the_same():
    class Careless(sketch.Sketch):
        window = SMALL

        def draw(self, canvas):
            self.canvas = canvas
            canvas.push_style()
            raise RuntimeError("my mistake")

    instance = Careless()
    with pytest.raises(RuntimeError, match="my mistake"):
        run(instance)
    with pytest.raises(RuntimeError, match=r"outside a frame|begin"):
        instance.canvas.circle(1, 1, 1)


def test_an_addons_messages_are_reported_and_shown():
    class Talker:
        def messages(self):
            return ["the model is in"]

    class Host(Recording):
        shows_messages = True

        def setup(self):
            self.use(Talker())

    frames = []
    instance = run(Host, frames=1, viewer=frames.append)
    assert ("message", "the model is in") in instance.calls
    assert frames[0][-60:, :220].max() > 150


def test_an_error_in_the_sketch_still_ends_addons_and_sketch():
    ended = []

    class Saver:
        def exit(self):
            ended.append("addon")

    class Failing(sketch.Sketch):
        window = SMALL

        def setup(self):
            self.use(Saver())

        def draw(self, canvas):
            raise RuntimeError("my mistake")

        def exit(self):
            ended.append("sketch")

    with pytest.raises(RuntimeError, match="my mistake"):
        run(Failing)
    assert ended == ["addon", "sketch"]


def test_one_addon_that_fails_to_end_does_not_keep_the_others_from_ending():
    ended = []

    class Broken:
        def exit(self):
            raise OSError("disk full")

    class Saver:
        def exit(self):
            ended.append("saved")

    class Host(sketch.Sketch):
        window = SMALL

        def setup(self):
            self.use(Broken())
            self.use(Saver())

    with pytest.raises(OSError, match="disk full"):
        run(Host)
    assert ended == ["saved"]


def test_the_same_script_gives_the_same_frames_twice():
    class Drawing(sketch.Sketch):
        window = SMALL

        def draw(self, canvas):
            canvas.background(12)
            canvas.ink(self.ink)

    stroke = np.array([(20 + 10 * i, 100 + 40 * np.sin(i), i / 60, 0.5) for i in range(25)], dtype=np.float32)

    def frames():
        seen = []
        sketch.run(
            Drawing,
            headless=True,
            player=ScriptPlayer(iter([draw([stroke]), press("a")])),
            viewer=seen.append,
        )
        return seen

    first, second = frames(), frames()
    assert len(first) == len(second) > 20
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert first[-1].max() > 200


def test_a_film_is_left_with_every_frame(tmp_path):
    import av

    sketch.run(Recording, headless=True, frames=10, record=tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 10


class Talking(sketch.Sketch):
    window = SMALL
    shows_messages = True

    def setup(self):
        self.send_message("this machine is slow")

    def draw(self, canvas):
        canvas.background(60)


@pytest.mark.parametrize("filmed", [True, False])
def test_what_is_reported_is_on_screen_but_in_no_film_that_nobody_watches(tmp_path, filmed):
    seen = []
    sketch.run(
        Talking, headless=True, frames=3, record=tmp_path / "a.mp4" if filmed else None, viewer=seen.append
    )
    assert bool(np.ptp(seen[-1])) != filmed


def test_wrong_options_are_refused_before_anything_opens():
    with pytest.raises(ValueError, match="size"):
        sketch.run(Recording, size=(float("nan"), 10), headless=True, frames=1)
    with pytest.raises(TypeError, match="titel"):
        sketch.run(Recording, titel="x", headless=True, frames=1)
    with pytest.raises(TypeError, match="takes a Sketch class"):
        run(42)


class Tips(sketch.Sketch):
    window = SMALL

    def __init__(self):
        super().__init__()
        self.seen = []
        self.tips = []

    def on_stroke_point(self, point, pointer_id):
        self.seen.append(tuple(point[:2].tolist()))

    def draw(self, canvas):
        self.tips += [stroke.tip for stroke in self.ink.wet.values() if len(stroke.tip)]
        canvas.background(0)
        canvas.ink(self.ink)


@pytest.mark.parametrize("predicts", [True, False])
def test_the_tip_of_a_moving_pen_is_drawn_and_never_kept(predicts):
    line = np.array([(20 + 2 * i, 100, i / 120, 0.5) for i in range(60)], dtype=np.float32)
    instance = Tips()
    instance.predicts_pen = predicts
    pictures = []
    script = ScriptPlayer(iter([draw([line], rest=0.5)]))
    sketch.run(instance, headless=True, player=script, viewer=lambda frame: pictures.append(frame.copy()))
    assert bool(instance.tips) == predicts
    (stroke,) = instance.ink.strokes
    assert instance.seen == [tuple(row) for row in stroke.points[:, :2].tolist()]
    assert not any(tuple(tip[0, :2].tolist()) in instance.seen for tip in instance.tips)
    inked = [int(np.flatnonzero(frame.any(axis=(0, 2))).max(initial=0)) for frame in pictures]
    assert max(inked) <= 20 + 2 * 59 + 4
    assert inked[-1] == 20 + 2 * 59 + 2


def test_a_pen_that_rests_has_no_tip():
    events = [PointerEvent("down", 20, 100, 0.0, pointer_id=1, button="left")]
    events += [
        PointerEvent("move", 20 + 5 * i, 100, i / 120, pointer_id=1, button="left") for i in range(1, 9)
    ]
    instance = run(Tips, events, frames=10)
    assert len(instance.tips) == 2


def test_an_instance_that_ran_runs_again_from_its_beginning():
    class Quitting(Recording):
        def setup(self):
            self.counter = self.use(Counter())

        def update(self, dt):
            if self.frame == 2:
                self.quit()

    instance = Quitting()
    assert (run(instance, frames=None).frame, names(instance).count("draw")) == (3, 3)
    assert (run(instance, frames=None).frame, names(instance).count("draw")) == (3, 6)
    assert len(instance.addons) == 1


def test_an_instance_that_cannot_run_says_why():
    class Nested(sketch.Sketch):
        window = SMALL

        def setup(self):
            run(self)

    with pytest.raises(SketchError, match="is already running"):
        run(Nested())
    instance = sketch.Sketch()
    instance.use(Counter())
    run(instance, size=(32, 20))
    with pytest.raises(SketchError, match="attach them in setup"):
        run(instance)


def test_events_that_cannot_be_are_left_out_reported_once_and_counted(caplog):
    nan = float("nan")
    bad = [
        PointerEvent("scroll", 1, 1, 0.0, scroll_y=nan),
        ResizeEvent(400, 300, nan),
        FilesEvent(("a",), nan, 0),
    ]
    events = [PointerEvent("move", nan, 4, 0.0), *bad, PointerEvent("move", 3, 4, 0.0)]
    with caplog.at_level("INFO", "inkloop"):
        instance = run(Recording, events, frames=2)
    assert [name for name in names(instance) if name.startswith(("mouse", "files", "window"))] == [
        "mouse_moved"
    ]
    assert names(instance).count("message") == 1
    assert "4 events with impossible numbers were dropped" in caplog.text


def test_modifiers_and_the_place_of_a_key_are_known_in_every_hook():
    class Held(sketch.Sketch):
        window = SMALL

        def __init__(self):
            super().__init__()
            self.heard: list[Any] = []

        def key_pressed(self, key):
            self.heard.append((key, self.key_code, sorted(self.modifiers)))

        def mouse_pressed(self, x, y, button):
            self.heard.append((button, sorted(self.modifiers)))

    ctrl = frozenset({"ctrl"})
    click = PointerEvent("down", 1, 1, 0.0, button="right")
    key = KeyEvent("down", "é", ctrl, code="Digit2")
    lost = [replace(click, modifiers=ctrl), FocusEvent(False), click]
    assert run(Held, [key, click, replace(click, modifiers=frozenset()), *lost]).heard == [
        ("é", "Digit2", ["ctrl"]),
        ("right", ["ctrl"]),
        ("right", []),
        ("right", ["ctrl"]),
        ("right", []),
    ]


def test_a_message_sent_at_the_end_is_in_the_log(caplog):
    class Leaving(sketch.Sketch):
        window = SMALL

        def exit(self):
            self.send_message("the last word")

    with caplog.at_level("INFO", "inkloop"):
        run(Leaving, frames=1)
    assert "the last word" in caplog.messages
