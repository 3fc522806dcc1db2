"""The parts of the render benchmark that need no renderer."""

import sys
from contextlib import ExitStack, closing
from statistics import median

import numpy as np
import pytest

from tests.bench.render import STROKES, Times, race, versus
from tests.bench.render_peers import Field
from tests.bench.render_scene import GROUND, SIZE, Lines, circles, error, figures, lines, reference
from tests.bench.renderers.worker import ROOT, Worker, WorkerError, timed

ECHO = """
from tests.bench.renderers.worker import Pipe, serve
pipe = Pipe()
print("said in between")
serve({"nothing": lambda: {"own_ms": 2.0}}, lambda: None, pipe)
"""


def test_the_scene_is_the_one_that_the_goals_are_about():
    scene = lines()
    assert scene.xy.shape == (100, 100, 2)
    assert 2 <= scene.width.min() < 2.1
    assert 11.9 < scene.width.max() <= 12
    assert np.ptp(scene.width, axis=1).min() > 5
    assert all(np.array_equal(a, b) for a, b in zip(scene.xy, lines().xy, strict=True))


def test_shapes_are_of_all_kinds_and_circles_are_round():
    assert set(figures().kind.tolist()) == {0, 1, 2, 3}
    assert set(circles().kind.tolist()) == {0}
    assert (circles().half[:, 0] == circles().half[:, 1]).all()


def test_the_reference_holds_as_much_paint_as_a_capsule_and_a_cone_have():
    xy = np.array([[[100.0, 100.0], [300.0, 140.0]], [[500.0, 300.0], [560.0, 300.0]]])
    width = np.array([[20.0, 20.0], [60.0, 10.0]])
    picture = reference(Lines(xy, width, np.array([[255, 0, 0], [0, 0, 255]], dtype=np.uint8)))
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    share = (picture[:, :, [0, 2]].astype(float) - (GROUND[0], GROUND[2])) / (
        255 - GROUND[0],
        255 - GROUND[2],
    )
    red, blue = share[:250, :, 0].sum(), share[250:, :, 1].sum()
    assert red == pytest.approx(np.hypot(200, 40) * 20 + np.pi * 10**2, rel=0.01)
    lean = np.arcsin(25 / 60)
    cone = 30**2 * (np.pi / 2 + lean) + 5**2 * (np.pi / 2 - lean) + 60 * np.cos(lean) * 35
    assert blue == pytest.approx(cone, rel=0.01)


def test_the_error_is_counted_both_ways():
    black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 4, np.uint8)
    assert error(black, grey) == error(grey, black) == 4


def test_a_ratio_is_the_median_of_the_rounds_and_a_missing_peer_is_named():
    times = {"ours": Times([1, 2, 30], [2, 2, 2]), "p5": Times([10, 10, 60], [8, 8, 8])}
    field = Field(missing={"py5": "there is no Java"})
    row = versus("redraw10k_vs_p5", times, "ours", "p5", 0.2, field)
    assert row["value"] == median([0.1, 0.2, 0.5])
    assert row["peer"]["cpu_ratio"] == 0.25
    absent = versus("redraw10k_vs_py5", times, "ours", "py5", 0.15, field)
    assert absent["value"] is None
    assert absent["reason"] == "py5: there is no Java"


def test_every_frame_is_timed_and_may_say_something():
    answer = timed(lambda: {"calls_ms": 1.5}, 3)
    assert len(answer["wall_ms"]) == 3
    assert answer["calls_ms"] == [1.5] * 3


def test_a_worker_answers_and_other_prints_do_not_disturb_it(tmp_path):
    worker = Worker([sys.executable, "-c", ECHO], tmp_path / "log", {"PYTHONPATH": str(ROOT)})
    try:
        assert worker.hello == {"scenes": ["nothing"]}
        assert worker.ask(scene="nothing", frames=2)["own_ms"] == [2.0, 2.0]
        assert worker.ask(memory=True)["megabytes"] > 1
    finally:
        worker.close()


def test_a_worker_that_breaks_off_says_why(tmp_path):
    with pytest.raises(WorkerError, match="no such thing"):
        Worker([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path / "log", {})


def test_every_renderer_of_strokes_has_a_command():
    from tests.bench.render_peers import COMMANDS

    assert {name for name, _ in STROKES.values()} <= COMMANDS.keys()


def test_a_worker_whose_answer_is_none_is_closed_and_quoted(tmp_path):
    with pytest.raises(WorkerError, match="no answer: b'good morning"):
        Worker([sys.executable, "-c", "print('good morning', flush=True)"], tmp_path / "log", {})


@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_peer_that_breaks_off_in_the_race_is_out_and_named(tmp_path, buffered):
    dies = ECHO.replace('lambda: {"own_ms": 2.0}', "lambda: exit('no more')")
    assert dies != ECHO
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(
                closing(
                    Worker(
                        [sys.executable, "-c", code],
                        tmp_path / f"{name}.log",
                        # Empty counts as not set.
                        {"PYTHONUNBUFFERED": buffered},
                    )
                )
            )
            for name, code in (("ours", ECHO), ("p5", dies))
        }
        field = Field(workers=workers)
        times = race(field, {"a": ("ours", "nothing"), "b": ("p5", "nothing"), "c": ("p5", "nothing")})
        assert list(times) == ["a"]
        assert field.missing == {"p5": "broke off in b: no more"}
