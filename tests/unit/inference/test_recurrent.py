"""Recurrent models that other people made, and models made up to be awkward."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from addon.background.process_worker import ProcessWorker
from addon.background.worker import ThreadWorker
from addon.errors import ModelError
from addon.inference.graph import open_graph
from addon.inference.providers import CPU, Choice
from addon.inference.recurrent import RecurrentModel, open_recurrent, stream
from addon.inference.recurrent_state import Signature, state_pairs
from tests.waiting import until
from tests.wheels import Member, fetched

CHOICE = Choice((CPU,))
SPEECH = Member(
    "silero-vad==6.2.3",
    "silero_vad/data/silero_vad_16k_sequence.onnx",
    "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
)


@pytest.fixture(scope="module")
def speech() -> Path:
    return fetched(SPEECH)


def sound(steps: int) -> np.ndarray:
    """Windows of 32 ms, each with 4 ms of the one before in front: a tone that swells, and noise."""
    rng = np.random.default_rng(0)
    at = np.arange(steps * 512 + 64) / 16000
    wave = 0.4 * np.sin(2 * np.pi * 180 * at) * np.sin(2 * np.pi * 1.5 * at) ** 2 + rng.normal(
        0, 0.02, at.size
    )
    return np.stack([wave[512 * step : 512 * step + 576] for step in range(steps)]).astype(np.float32)


def make_counter(path: Path, batch: int | str = 1, given: str = "past", made: str = "present") -> Path:
    """A model that adds what it is fed, times a gain, to its state, and says the sum."""
    float32 = TensorProto.FLOAT
    nodes = [
        helper.make_node("Mul", ["x", "gain"], ["louder"]),
        helper.make_node("Add", ["louder", given], [made]),
        helper.make_node("Identity", [made], ["sum"]),
    ]
    inputs = [
        helper.make_tensor_value_info("x", float32, [batch, 2]),
        helper.make_tensor_value_info(given, float32, [batch, 2]),
        helper.make_tensor_value_info("gain", float32, [1]),
    ]
    outputs = [helper.make_tensor_value_info(name, float32, [batch, 2]) for name in ("sum", made)]
    graph = helper.make_graph(nodes, "counter", inputs, outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_a_speech_detector_streams_as_it_answers_a_whole_sequence(speech):
    model = open_recurrent(speech, CHOICE)
    assert set(model.pairs) == {("h", "hn"), ("c", "cn")}
    assert [info.name for info in model.inputs] == ["input"]
    windows = sound(60)
    whole, last = model.step({"input": windows}, model.start())
    state, heard = model.start(), []
    for window in windows:
        said, state = model.step({"input": window[None]}, state)
        heard.append(said["speech_probs"][0])
    np.testing.assert_allclose(heard, whole["speech_probs"], atol=1e-5)
    for name in ("h", "c"):
        np.testing.assert_allclose(state[name], last[name], atol=1e-5)
    assert np.ptp(whole["speech_probs"]) > 0.01


def test_its_state_is_never_changed_so_one_can_go_back(speech):
    model = open_recurrent(speech, CHOICE)
    windows = sound(3)
    start = model.start()
    first, after = model.step({"input": windows[:1]}, start)
    model.step({"input": windows[1:]}, after)
    again, _ = model.step({"input": windows[:1]}, start)
    np.testing.assert_array_equal(first["speech_probs"], again["speech_probs"])
    assert not np.any(start["h"])


def test_a_state_that_stays_on_a_device_gives_the_same_answers(speech):
    plain = open_recurrent(speech, CHOICE)
    # The processor's own memory stands in for a device: values of ONNX Runtime all the way.
    device = RecurrentModel(open_graph(speech, CHOICE), plain.pairs, device="cpu")
    one, other = plain.start(), device.start()
    for window in sound(8):
        said, one = plain.step({"input": window[None]}, one)
        told, other = device.step({"input": window[None]}, other)
        np.testing.assert_array_equal(said["speech_probs"], told["speech_probs"])
    assert not isinstance(other["h"], np.ndarray)


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_a_worker_runs_it_and_loses_nothing(speech, kind):
    model = open_recurrent(speech, CHOICE)
    if kind == "thread":
        worker = ThreadWorker(stream(model), model.name, "every", recurrent=True)
    else:
        arguments = {"path": str(speech), "provider": "cpu"}
        maker = "addon.inference.recurrent:open_stream"
        worker = ProcessWorker(maker, arguments, model.name, "every", recurrent=True)
    windows = sound(30)
    whole, _ = model.step({"input": windows}, model.start())
    for window in windows:
        given = {"input": window[None]}
        until(lambda given=given: worker.feed(given))
    until(lambda: worker.answered >= len(windows), lambda: worker.ready)
    told = worker.latest
    assert told is not None
    np.testing.assert_allclose(told["speech_probs"][0], whole["speech_probs"][-1], atol=1e-5)
    assert worker.dropped == 0
    worker.close()


def test_the_description_next_to_it_names_state_and_constants(tmp_path):
    path = make_counter(tmp_path / "counter.onnx", given="memory", made="grown")
    with pytest.raises(ModelError, match=r"counter\.toml.*state ="):
        open_recurrent(path, CHOICE)
    path.with_suffix(".toml").write_text('state = [["memory", "grown"]]\n[constants]\ngain = 3\n')
    model = open_recurrent(path, CHOICE)
    assert [info.name for info in model.inputs] == ["x"]
    state = model.start()
    for _ in range(4):
        said, state = model.step({"x": np.ones((1, 2), np.float32)}, state)
    np.testing.assert_array_equal(said["sum"], [[12, 12]])


def test_a_pair_that_does_not_fit_is_named(tmp_path, speech):
    copy = shutil.copy(speech, tmp_path / "speech.onnx")
    for pairs, reason in (
        ('[["h", "hidden"]]', "'h' from 'hidden' is not in it; it takes input, h, c"),
        ('[["h", "speech_probs"]]', r"of shape \['sequence_length'\], cannot be fed to 'h'"),
    ):
        Path(copy).with_suffix(".toml").write_text(f"state = {pairs}\n")
        with pytest.raises(ModelError, match=reason):
            open_recurrent(Path(copy), CHOICE)


def test_sizes_left_free_take_the_batch(tmp_path):
    path = make_counter(tmp_path / "counter.onnx", "n", "kept_in", "kept_out")
    model = open_recurrent(path, CHOICE)
    state = model.start(5)
    assert state["kept_in"].shape == (5, 2)
    one = {"x": np.ones((5, 2), np.float32), "gain": np.ones(1, np.float32)}
    said, _ = model.step(one, state)
    assert said["sum"].shape == (5, 2)
    with pytest.raises(ValueError, match="batch must be at least 1; got 0"):
        model.start(0)


def test_answers_that_are_no_numbers_are_reported_and_the_state_before_stays_good(tmp_path):
    path = make_counter(tmp_path / "counter.onnx")
    path.with_suffix(".toml").write_text('state = [["past", "present"]]\n[constants]\ngain = 1\n')
    go_on = stream(open_recurrent(path, CHOICE))
    go_on({"x": np.ones((1, 2), np.float32)})
    with pytest.raises(ModelError, match=r"counter\.onnx: its answer 'sum' is not a number"):
        go_on({"x": np.full((1, 2), np.nan, np.float32)})
    np.testing.assert_array_equal(go_on({"x": np.ones((1, 2), np.float32)})["sum"], [[2, 2]])


def test_what_does_not_fit_is_named_in_one_line(speech):
    model = open_recurrent(speech, CHOICE)
    with pytest.raises(ValueError, match="takes input; got audio"):
        model.step({"audio": sound(1)}, model.start())
    with pytest.raises(ModelError, match="fails when it runs") as caught:
        model.step({"input": sound(1)[:, :100]}, model.start())
    assert "\n" not in str(caught.value)


def test_pairs_are_found_by_name_and_shape():
    def signature(name: str, *shape: int | str) -> Signature:
        return Signature(name, shape, "float32")

    x = signature("x", 1, 4)
    for given, made in (("h0", "h_next"), ("state", "stateN"), ("past_key", "present_key"), ("h", "hn")):
        assert state_pairs([x, signature(given, 1, 8)], [signature(made, 1, 8)]) == ((given, made),)
    assert state_pairs([x, signature("h", 1, 8)], [signature("hn", 1, 9)]) == ()
    assert state_pairs([signature("h", 1, 8)], [signature("hn", 1, 8)]) == ()
