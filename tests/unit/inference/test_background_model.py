"""Any model in a process of its own: fed by name, checked, never waited for, and started again."""

import importlib.util
import os
import signal
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper

from addon import Model
from addon.background.child_process import ChildProcess
from addon.errors import ModelError
from addon.inference.model_process import STREAM, ServedModel, found_function
from tests.onnx_files import model, one_node, recurrent, saved, value
from tests.waiting import until

MAKERS = """
import os
import signal
import time
from pathlib import Path


def twice(gate=""):
    def run(given):
        if gate:
            Path(gate + ".reached").touch()
            while not Path(gate).exists():
                time.sleep(0.002)
        if "die" in given:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"y": 2 * given["x"], "words": ["a", "b"], "number": 3}

    return run


class Sum:
    def __init__(self):
        self.total = 0.0

    def __call__(self, given):
        self.total = self.total + given["x"]
        return {"total": self.total}

    def reset(self):
        self.total = 0.0


def listing():
    return lambda given: [1, 2]


def nothing():
    return None
"""


@pytest.fixture
def run(tmp_path):
    """Start a model as a sketch in `tmp_path` does: `run("file.onnx")`."""
    made = []

    def start(*arguments, **options):
        made.append(Model(*arguments, **options))
        made[-1].setup(tmp_path / "inkloop-data")
        return made[-1]

    yield start
    for each in made:
        each.exit()


def answer(running, /, **arrays):
    """Feed it and wait for the answer, as frames do."""
    before = running.answered
    assert running.feed(**arrays)
    until(lambda: running.answered > before, lambda: running.update(0.0))
    return running.latest


def loaded(running):
    until(lambda: running.open or running.refusal, lambda: running.update(0.0))
    return running


def depth(folder, name="depth.onnx"):
    """The mean of the channels of a picture [1, 3, 2, 4], and a class for each pixel."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["depth"], axes=[1], keepdims=0),
        helper.make_node("ArgMax", ["image"], ["classes"], axis=1, keepdims=0),
    ]
    outputs = [value("depth", [1, 2, 4]), value("classes", [1, 2, 4], TensorProto.INT64)]
    return saved(folder / name, model(nodes, [value("image", [1, 3, 2, 4])], outputs))


def ones(*shape):
    return np.ones(shape, np.float32)


def said(running):
    """Its messages, but for where it runs."""
    return [line for line in running.messages() if "runs on the CPU" not in line]


def test_a_file_next_to_the_sketch_is_fed_by_name_and_answers_by_name(run, tmp_path):
    depth(tmp_path)
    running = run("depth.onnx")
    assert (running.inputs, running.latest, running.ready, running.recurrent) == ((), {}, False, None)
    # Held while it loads, without a look at what it takes: the newest alone.
    assert running.feed(picture=ones(3))
    assert running.feed(image=5 * ones(1, 3, 2, 4))
    until(lambda: running.ready, lambda: running.update(0.0))
    np.testing.assert_array_equal(running.latest["depth"], 5 * ones(1, 2, 4))
    assert running.latest["classes"].dtype == np.int64
    assert not running.ready
    assert (running.dropped, running.recurrent, running.provider, running.refusal) == (1, False, "cpu", "")
    assert [info.name for info in running.inputs] == ["image"]
    assert [info.name for info in running.outputs] == ["depth", "classes"]
    with pytest.raises(ValueError, match=r"^depth.onnx: it takes image; got picture$"):
        running.feed(picture=ones(3))
    with pytest.raises(ValueError, match=r"declared float32 1 × 3 × 2 × 4; got float32 of shape \(2, 4, 3\)"):
        running.feed(image=ones(2, 4, 3))
    made = answer(running, image=np.full((1, 3, 2, 4), 7, np.uint8))
    np.testing.assert_array_equal(made["depth"], 7 * ones(1, 2, 4))
    assert running.timings.points == running.busy_timings.points == 2
    assert said(running) == []


def test_what_was_held_and_does_not_fit_is_a_line(run, tmp_path):
    depth(tmp_path)
    running = run("depth.onnx")
    assert running.feed(picture=ones(3))
    assert said(loaded(running)) == ["depth.onnx: it takes image; got picture"]


def test_a_recurrent_model_answers_each_in_order_and_its_stream_begins_where_it_is_told(run, tmp_path):
    recurrent(tmp_path / "ear.onnx")
    running = run("ear.onnx")
    # h_next = tanh(x + h), y is its double.
    once, twice = np.tanh(1.0), np.tanh(1.0 + np.tanh(1.0))
    for _ in range(2):
        assert running.feed(x=ones(1, 4))
    until(lambda: running.answered == 2, lambda: running.update(0.0))
    assert running.recurrent
    assert [info.name for info in running.inputs] == ["x"]
    assert set(running.latest) == {"y"}
    np.testing.assert_allclose(running.latest["y"], 2 * twice * ones(1, 4), rtol=1e-6)
    running.reset()
    assert running.latest == {}
    np.testing.assert_allclose(answer(running, x=ones(1, 4))["y"], 2 * once * ones(1, 4), rtol=1e-6)
    # Its process dies: another one begins with the next input, from an empty state, and a message says so.
    assert running._worker is not None
    child: ChildProcess | None = running._worker._child
    assert child is not None
    os.kill(child.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    until(lambda: running._worker._child is None, lambda: running.update(0.0))
    np.testing.assert_allclose(answer(running, x=ones(1, 4))["y"], 2 * once * ones(1, 4), rtol=1e-6)
    lines = said(running)
    assert len(lines) == 2
    assert "its process ended (signal 9); another one starts with the next input" in lines[0] + lines[1]
    assert "its state was lost with its process; its stream begins again" in lines[0] + lines[1]


def test_a_state_may_be_named_and_left_to_the_author(run, tmp_path):
    nodes = [helper.make_node("Add", ["x", "past"], ["sum"])]
    saved(
        tmp_path / "sum.onnx", model(nodes, [value("x", ["n"]), value("past", ["n"])], [value("sum", ["n"])])
    )
    named = run("sum.onnx", state=[("past", "sum")])
    own = run("sum.onnx", recurrent=False)
    unseen = run("sum.onnx", recurrent=True)
    unknown = run("sum.onnx", state=[("past", "future")])
    assert "no state was found in it; name it, as in state=[" in loaded(unseen).refusal
    assert "the state 'past' from 'future' is not in it" in loaded(unknown).refusal
    assert set(answer(own, x=ones(2), past=ones(2))) == {"sum"}
    assert not own.recurrent
    # It has no other output than its state, which is empty at first and as long as the input.
    assert loaded(named).recurrent
    assert named.outputs == ()
    assert answer(named, x=ones(2)) == {}


@pytest.mark.parametrize("as_text", [True, False])
def test_a_function_next_to_the_sketch_makes_it(run, tmp_path, monkeypatch, as_text):
    (tmp_path / "effects_here.py").write_text(MAKERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    maker = "effects_here:twice" if as_text else __import__("effects_here").twice
    running = run(maker=maker)
    made = answer(running, x=[1.0, 2.0])
    assert made["y"].tolist() == [2.0, 4.0]
    assert (made["words"].tolist(), int(made["number"])) == (["a", "b"], 3)
    assert (running.inputs, running.recurrent, said(running)) == ((), False, [])
    sys.modules.pop("effects_here", None)


def test_a_function_in_the_sketch_itself_makes_it_whatever_the_file_is_called(run, tmp_path):
    path = tmp_path / "statistics.py"
    path.write_text(MAKERS)
    spec = importlib.util.spec_from_file_location("_inkloop_statistics", path)
    assert spec is not None
    assert spec.loader is not None
    sketch = importlib.util.module_from_spec(spec)
    sys.modules["_inkloop_statistics"] = sketch
    spec.loader.exec_module(sketch)
    running = run(maker=sketch.Sum, recurrent=True)
    assert answer(running, x=[1.0])["total"].tolist() == [1.0]
    assert answer(running, x=[1.0])["total"].tolist() == [2.0]
    running.reset()
    assert answer(running, x=[1.0])["total"].tolist() == [1.0]
    del sys.modules["_inkloop_statistics"]


def test_no_frame_waits_for_a_slow_one_and_what_it_skips_is_counted(run, tmp_path):
    (tmp_path / "effects_slow.py").write_text(MAKERS)
    gate = tmp_path / "gate"
    running = loaded(run(maker="effects_slow:twice", arguments={"gate": str(gate)}))
    assert running.feed(x=[0.0])
    until((tmp_path / "gate.reached").exists)
    for number in range(1, 6):
        assert running.feed(x=[float(number)])
        running.update(0.0)
    assert (running.dropped, running.waiting, running.answered) == (4, 1, 0)
    in_order = run(maker="effects_slow:twice", arguments={"gate": str(gate)}, policy="every", bound=2)
    assert [in_order.feed(x=[0.0]) for _ in range(3)] == [True, True, False]
    loaded(in_order)
    assert not in_order.feed(x=[0.0])
    assert said(in_order) == [
        "effects_slow:twice: it is slower than it is fed: 2 inputs wait, so feed returns False; feed it less "
        "often"
    ]
    gate.touch()
    until(lambda: running.answered == 2, lambda: running.update(0.0))
    assert running.latest["y"].tolist() == [10.0]


def test_one_that_dies_is_a_line_and_starts_again(run, tmp_path):
    (tmp_path / "effects_dying.py").write_text(MAKERS)
    running = run(maker="effects_dying:twice")
    answer(running, x=[1.0])
    # Twice, the second time at the first input of its new process: it has answered before.
    for _ in range(2):
        assert running.feed(x=[1.0], die=1)
        until(lambda: running._worker._child is None, lambda: running.update(0.0))
    assert answer(running, x=[2.0])["y"].tolist() == [4.0]
    line = "effects_dying:twice: its process ended (signal 9); another one starts with the next input"
    assert said(running) == [line, line]


def test_what_is_not_finite_is_a_line_and_the_answer_is_there(run, tmp_path):
    one_node(tmp_path / "log.onnx", "Log")
    running = run("log.onnx")
    for _ in range(2):
        made = answer(running, x=[[-1.0, 1.0, 0.0]])["y"]
        np.testing.assert_array_equal(made, [[np.nan, 0.0, -np.inf]])
    assert said(running) == ["log.onnx: its output 'y' has numbers that are not finite (NaN)"]


def test_text_goes_in_and_comes_out(run, tmp_path):
    node = helper.make_node("Identity", ["words"], ["same"])
    kind = TensorProto.STRING
    saved(tmp_path / "echo.onnx", model([node], [value("words", ["n"], kind)], [value("same", ["n"], kind)]))
    running = run("echo.onnx")
    assert answer(running, words=["ab", "ç"])["same"].tolist() == ["ab", "ç"]


def test_constants_of_a_description_need_not_be_fed(run, tmp_path):
    node = helper.make_node("Mul", ["x", "gain"], ["y"])
    path = saved(
        tmp_path / "gain.onnx", model([node], [value("x", [2]), value("gain", [])], [value("y", [2])])
    )
    path.with_suffix(".toml").write_text("[constants]\ngain = 3\n")
    running = run("gain.onnx")
    assert answer(running, x=[1.0, 2.0])["y"].tolist() == [3.0, 6.0]
    assert [info.name for info in running.inputs] == ["x"]


def test_the_keys_of_maps_are_named(run, tmp_path):
    kind = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    )
    node = helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[20, 3])
    made = model([node], [value("x", [None, 2])], [helper.make_value_info("y", kind)], domains=["ai.onnx.ml"])
    saved(tmp_path / "forest.onnx", made)
    running = run("forest.onnx")
    made = answer(running, x=[[0.75, 0.25]])["y"]
    assert (running.classes, made.tolist(), made.dtype) == ({"y": ("3", "20")}, [[0.25, 0.75]], np.float32)


def test_what_cannot_be_opened_is_one_line_and_nothing_raises(run, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    (tmp_path / "effects_bad.py").write_text(MAKERS)
    (tmp_path / "statistics.py").write_text(MAKERS)
    for running, words in (
        (run("missing.onnx"), f"missing.onnx: there is no such file in {tmp_path}"),
        (run("broken.onnx"), "broken.onnx: it cannot be opened (it is not an ONNX file, or truncated"),
        (run(maker="effects_gone:make"), "there is no module 'effects_gone' next to the sketch"),
        (run(maker="effects_bad:make"), "there is no function 'make' in 'effects_bad'"),
        (run(maker="effects_bad:nothing"), "returns NoneType; it must return a function from arrays by name"),
        (run(maker="statistics:twice"), "statistics.py next to the sketch is hidden by another module"),
    ):
        loaded(running)
        (line,) = said(running)
        assert words in line
        assert running.refusal == line
        assert not running.feed(x=1)
        assert (running.latest, said(running), running.wait_ready(0)) == ({}, [], False)


def test_an_answer_of_another_kind_is_named():
    for made, words in (
        ([1, 2], "effect: its answer is of type list; it must be a dict of arrays"),
        ({"y": object()}, "effect: its output 'y' is of type object, which is no array of numbers or text"),
    ):
        served = ServedModel(lambda given, made=made: made, "effect", {})  # type: ignore[arg-type]
        with pytest.raises(ModelError, match=words):
            served({STREAM: np.array(0)})


def test_a_module_that_another_one_hides_is_named(tmp_path):
    with pytest.raises(ModelError, match="there is no function 'nope' in 'json'"):
        found_function("json:nope", "", str(tmp_path))
    (tmp_path / "json.py").touch()
    with pytest.raises(ModelError, match=r"json\.py next to the sketch is hidden by another module"):
        found_function("json:dumps", "", str(tmp_path))


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        ((), {}, "of a file, as Model\\('depth.onnx'\\), or of a maker="),
        (("a.onnx",), {"maker": "a:b"}, "give one"),
        (("depth",), {}, "a model is the path of an .onnx file"),
        (("a.onnx",), {"policy": "newest"}, "policy must be one of latest, every; got 'newest'"),
        (("a.onnx",), {"policy": "latest", "recurrent": True}, "policy 'latest' is refused"),
        (("a.onnx",), {"bound": 0}, "bound must be at least 1"),
        (("a.onnx",), {"patience": 0}, "patience must be more than 0"),
        (("a.onnx",), {"state": ["h", "hn", "c"]}, "state is pairs of an input and the output"),
        (("a.onnx",), {"provider": "gpu"}, "provider"),
        ((), {"maker": "a.b"}, "a function or \"module:function\"; got 'a.b'"),
        ((), {"maker": 3}, 'a function or "module:function"; got 3'),
        ((), {"maker": lambda: None}, "a function at the top of a file"),
        ((), {"maker": "a:b", "arguments": {"x": np.zeros(2)}}, "arguments must be what JSON can hold"),
    ],
)
def test_options_that_cannot_work_are_refused(given, options, words):
    with pytest.raises((ValueError, TypeError), match=words):
        Model(*given, **options)
