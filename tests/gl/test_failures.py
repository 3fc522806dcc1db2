"""Errors of a sketch in a window: the last good picture stays, with the error over it."""

import gc
import logging
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest

import sketch
from sketch.failures import SECONDS, Failures, _printable
from sketch.host.offscreen import read_pixels
from sketch.input.events import KeyEvent, PointerEvent, ResizeEvent
from sketch.loop import Stage, begin, end, run_frame
from sketch.render.canvas import Canvas

SIZE = (640, 360)


class Copied:
    """The last good picture, as a window keeps it."""

    def __init__(self, ctx: moderngl.Context, target: moderngl.Framebuffer) -> None:
        self._ctx, self._target, self._texture = ctx, target, ctx.texture(target.size, 4)
        self._framebuffer = ctx.framebuffer([self._texture])
        self._is_there = False

    def keep(self, *, now: bool = False) -> None:
        self._ctx.copy_framebuffer(self._framebuffer, self._target)
        self._is_there = True

    def texture(self) -> moderngl.Texture | None:
        return self._texture if self._is_there else None

    def release(self) -> None:
        self._framebuffer.release()
        self._texture.release()


class Show:
    """A sketch on a stage that keeps running after errors."""

    def __init__(self, ctx: moderngl.Context, instance: Any, size: tuple[int, int] = SIZE) -> None:
        self.target = ctx.simple_framebuffer(size, components=4)
        self.last = Copied(ctx, self.target)
        failures = Failures(Path(__file__))
        self.stage = Stage(instance, Canvas(ctx, size), failures=failures, last=self.last)
        begin(self.stage)

    def frame(self, *events: Any) -> np.ndarray:
        for event in events:
            self.stage.queue.put(event)
        run_frame(self.stage, self.stage.now + 0.02, self.target)
        return read_pixels(self.target).copy()

    @property
    def shown(self) -> str:
        shown = self.stage.failures.shown if self.stage.failures else None
        return f"{shown.place}|{shown.message}" if shown else ""

    def close(self) -> None:
        end(self.stage)
        self.stage.canvas.release()
        # moderngl goes back to the framebuffer in use after it made one, even if that was released meanwhile.
        self.target.ctx.detect_framebuffer(0).use()
        self.last.release()
        self.target.release()


@pytest.fixture
def show(ctx):
    shows: list[Show] = []

    def make(instance: Any, size: tuple[int, int] = SIZE) -> Show:
        shows.append(Show(ctx, instance, size))
        return shows[-1]

    yield make
    for each in shows:
        each.close()


class Failing(sketch.Sketch):
    """Fails in one hook, in the frames that are given; its picture says which frame it is of."""

    def __init__(self, hook: str = "draw", frames: range = range(2, 4), error: Any = None) -> None:
        super().__init__()
        self.hook, self.frames, self.calls = hook, frames, []
        self.error = error or ValueError("a radius of -3 cannot be")

    def at(self, hook: str) -> None:
        self.calls.append(hook)
        if hook == self.hook and self.frame in self.frames:
            raise self.error

    def update(self, dt: float) -> None:
        self.at("update")

    def draw(self, canvas: Any) -> None:
        canvas.background(0, min(255, 40 * self.frame), 0)
        canvas.push_matrix()
        canvas.scale(0.1)
        canvas.color("#ff0000")
        canvas.rect(0, 0, 2000, 3590)
        with canvas.clip(0, 0, 50, 50):
            self.at("draw")
        canvas.pop_matrix()

    def key_pressed(self, key: str) -> None:
        self.at("key_pressed")


def green(picture: np.ndarray) -> int:
    return int(picture[-1, -1, 1])


@pytest.mark.parametrize("hook", ["update", "draw"])
def test_the_last_good_picture_stays_with_the_error_over_it_until_a_frame_goes_well(show, hook):
    live = show(Failing(hook))
    pictures = [live.frame() for _ in range(6)]
    assert [green(picture) for picture in pictures] == [0, 40, 40, 40, 160, 200]
    assert [bool((picture[:60] > 240).all(axis=2).any()) for picture in pictures] == [
        False, False, True, True, False, False,
    ]  # fmt: skip
    assert (pictures[3][-40:-2, :64, 0] == 255).all()


def test_what_is_shown_says_file_line_hook_and_message(show):
    live = show(Failing())
    for _ in range(3):
        live.frame()
    line = Failing.at.__code__.co_firstlineno + 3
    assert live.shown == f"test_failures.py, line {line}, in draw|ValueError: a radius of -3 cannot be"


def test_the_log_has_each_error_once(show, caplog):
    live = show(Failing(frames=range(2, 50)))
    with caplog.at_level(logging.ERROR, "inkloop"):
        for _ in range(10):
            live.frame()
    assert [record.message.splitlines()[0] for record in caplog.records] == ["draw failed:"]
    assert "a radius of -3 cannot be" in caplog.text


def test_an_error_in_an_event_is_shown_over_the_live_picture_for_some_seconds(show):
    live = show(Failing("key_pressed", range(50)))
    assert green(live.frame()) == 0
    picture = live.frame(KeyEvent("down", "a"), KeyEvent("down", "b"), ResizeEvent(*SIZE))
    assert live.stage.sketch.calls.count("key_pressed") == 2
    assert "in key_pressed" in live.shown
    assert green(picture) == 40
    assert green(live.frame()) == 80
    live.stage.now += SECONDS
    live.frame()
    assert live.shown == ""


class Addon:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_stroke(self, points: Any, pointer_id: int) -> None:
        self.heard.append("stroke")
        raise KeyError("of the addon")

    def update(self, dt: float) -> None:
        self.heard.append("update")
        raise OSError("of the addon, too")


def test_addons_are_heard_all_and_an_ink_is_kept_whatever_each_raises(show):
    instance = Failing("none")
    first, second = instance.use(Addon()), instance.use(Addon())
    live = show(instance)
    live.frame(
        PointerEvent("down", 10, 10, 0.0, button="left"),
        PointerEvent("move", 90, 90, 0.01, button="left"),
        PointerEvent("up", 90, 90, 0.02, button="left"),
    )
    assert first.heard == second.heard == ["stroke", "update"]
    assert "OSError: of the addon, too" in live.shown
    assert len(instance.ink.strokes) == 1


def test_a_sketch_that_cannot_begin_stays_in_its_window_and_escape_closes_it(show):
    class Unready(Failing):
        def setup(self) -> None:
            raise FileNotFoundError("there is no pictures/sun.png")

    instance = Unready()
    live = show(instance)
    live.frame(KeyEvent("down", "a"))
    assert "in setup" in live.shown
    assert "ESC closes" in live.shown
    assert "no pictures/sun.png" in live.shown
    assert instance.calls == []
    live.frame(KeyEvent("down", "escape"))
    assert instance.wants_to_quit


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_an_interrupt_ends_the_show(show, error):
    live = show(Failing(error=error))
    live.frame()
    live.frame()
    with pytest.raises(type(error)):
        live.frame()


def test_nothing_that_a_frame_left_half_way_is_in_the_next(show, ctx):
    class Leaving(sketch.Sketch):
        def setup(self) -> None:
            self.fbo = sketch.Fbo(50, 50)
            self.left: list[Any] = []

        def draw(self, canvas: Any) -> None:
            if self.frame == 1:
                canvas.push_style()
                canvas.push_matrix()
                canvas.rotate(1.0)
                canvas.blend_mode("multiply")
                for entered in (canvas.pushed(), canvas.into(self.fbo), canvas.clip(0, 0, 9, 9)):
                    entered.__enter__()
                    self.left.append(entered)
                ctx.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
                ctx.wireframe = True
                raise ValueError("half way")
            if self.frame == 3:
                self.left.clear()
                gc.collect()
            canvas.background(10)
            canvas.rect(100, 100, 200, 200)

    live = show(Leaving())
    first, _, *others = [live.frame() for _ in range(5)]
    assert live.shown == ""
    assert all(np.array_equal(first, each) for each in others)


def test_an_error_each_frame_takes_no_more_memory_and_no_more_of_the_gpu(show, ctx):
    class Always(sketch.Sketch):
        def draw(self, canvas: Any) -> None:
            canvas.circle(10, 10, 5)
            raise ValueError(f"something else each time: {self.frame // 20}")

    live = show(Always())

    kinds = (Exception, moderngl.Texture, moderngl.Buffer, moderngl.Framebuffer, moderngl.VertexArray)

    def held() -> list[int]:
        gc.collect()
        found = gc.get_objects()
        return [sum(issubclass(type(each), kind) for each in found) for kind in kinds]

    for _ in range(180):  # a line of text that nobody writes any more is forgotten after 120 frames
        live.frame()
    before = held()
    for _ in range(60):
        live.frame()
    assert all(now <= then + 2 for now, then in zip(held(), before, strict=True))


def test_a_shader_that_does_not_compile_is_an_error_like_another(show, tmp_path):
    (tmp_path / "mine.frag").write_text("void main() { nonsense }\n", encoding="utf-8")

    class Shaded(sketch.Sketch):
        def draw(self, canvas: Any) -> None:
            canvas.background(0)
            canvas.post(sketch.Shade(str(tmp_path / "mine.frag")))

    live = show(Shaded())
    live.frame()
    assert "ShaderError" in live.shown


def test_a_window_without_height_is_drawn_at_nothing_and_comes_back(show):
    instance = Failing("none")
    live = show(instance)
    live.frame()
    live.frame(ResizeEvent(640, 0))
    live.frame()
    assert instance.calls == ["update", "draw", "update", "update"]
    assert (instance.width, instance.height) == SIZE
    live.frame(ResizeEvent(*SIZE))
    assert instance.calls[-1] == "draw"


@pytest.mark.parametrize("size", [(1, 1), (3, 300), (300, 3)])
def test_an_error_fits_whatever_window_there_is(show, size):
    live = show(Failing(frames=range(0, 9), error=ValueError("x" * 5000)), size)
    live.frame()
    assert "ValueError" in live.shown


def test_an_error_in_exit_is_logged(show, caplog):
    class Leaving(sketch.Sketch):
        def exit(self) -> None:
            raise ValueError("too late")

    live = show(Leaving())
    with caplog.at_level(logging.ERROR, "inkloop"):
        end(live.stage)
    assert "too late" in caplog.text


def test_long_paths_are_shortened_and_what_cannot_be_written_is_a_space():
    path = "/" + "/".join(["a_folder"] * 6)
    assert _printable(f"no {path}/sun.png here") == "no …/a_folder/sun.png here"
    assert _printable("1\t2\r\n\x1b[31m3") == "1   2\n [31m3"
    assert _printable("1/2 of a/b") == "1/2 of a/b"


@pytest.mark.parametrize("ground", [0, 255])
def test_an_error_can_be_read_over_any_picture(show, ground):
    class Plain(Failing):
        def draw(self, canvas: Any) -> None:
            canvas.background(ground)
            self.at("draw")

    live = show(Plain(frames=range(1, 9)))
    live.frame()
    picture = live.frame()
    band = picture[:40, 10:].max(axis=2)
    assert band.min() < 50
    assert band.max() == 255
    assert (picture[-60:] == ground).all()
