"""A sketch is told of every answer, of the one that stands, and that it fell."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from addon import Recognizer
from addon.hysteresis import Hold
from addon.inference.events import Events, Listeners
from addon.prediction import Prediction, no_prediction
from tests.encoders import inline_steps, make_encoder
from tests.unit.recognizers import bar, frames_until, hook, write

Said = list[tuple[str, str, int]]
LABELS = ("A", "B")


def answer(place: int = 0, decided: bool = False) -> Prediction:
    return Prediction(LABELS, np.array([0.6, 0.4], np.float32), 0.5, 3, 0.0, Hold(place, 0.0, decided))


def told(*answers: Prediction | None, pointer_id: int = 7) -> Said:
    said: Said = []
    Events().tell([(pointer_id, one) for one in answers], _listeners(said))
    return said


def _listeners(said: Said) -> Listeners:
    def note(what: str) -> Callable[[Prediction, int], None]:
        return lambda prediction, pointer_id: said.append((what, prediction.held, pointer_id))

    return Listeners(note("progress"), note("decide"), note("lost"))


def names(said: Said) -> list[str]:
    return [what for what, _, _ in said]


def test_every_answer_is_reported_with_its_pointer():
    assert told(no_prediction(LABELS), answer(), answer(1)) == [("progress", "A", 7), ("progress", "B", 7)]


def test_a_decision_is_reported_once_an_ink():
    assert names(told(answer(), answer(0, True), answer(0, True))) == [
        "progress", "progress", "decide", "progress",
    ]  # fmt: skip


def test_a_decision_that_falls_is_reported_and_so_is_the_next():
    said = told(answer(0, True), answer(0), answer(1, True))
    assert said == [
        ("progress", "A", 7), ("decide", "A", 7), ("progress", "A", 7), ("lost", "A", 7),
        ("progress", "B", 7), ("decide", "B", 7),
    ]  # fmt: skip


def test_one_decision_in_the_place_of_another_is_a_loss_first():
    assert names(told(answer(0, True), answer(1, True)))[2:] == ["progress", "lost", "decide"]


def test_a_new_ink_is_no_loss_and_is_decided_again():
    assert names(told(answer(0, True), no_prediction(LABELS), answer(0, True))) == [
        "progress", "decide", "progress", "decide",
    ]  # fmt: skip
    assert names(told(answer(0, True), None, answer(0, True)))[-1] == "decide"


def ended(*answers: Prediction, then: tuple[Prediction, ...] = ()) -> list[str]:
    """What is told from the end of an ink on."""
    events, said = Events(), Said()
    events.tell([(7, one) for one in answers], _listeners(said))
    said.clear()
    events.end(7, _listeners(said))
    events.tell([(7, one) for one in then], _listeners(said))
    return names(said)


def test_an_ink_that_is_over_is_decided_if_it_was_not():
    assert ended(answer()) == ["decide"]
    assert ended(answer(), answer(0, True)) == []
    assert ended() == []


def test_an_ink_that_ends_unknown_is_not_decided():
    strange = Prediction(LABELS, np.array([0.6, 0.4], np.float32), 0.5, 3, 0.7, Hold(0, 0.0, False))
    assert ended(answer(), strange) == []


def test_what_an_ink_that_is_over_is_taken_for_changes_only_with_its_class():
    assert ended(answer(), then=(answer(),)) == ["decide", "progress"]
    assert ended(answer(), then=(answer(1),)) == ["decide", "progress", "lost", "decide"]
    assert ended(answer(), then=(no_prediction(LABELS), answer())) == ["decide", "progress"]


def test_pointers_are_distinguished():
    events, said = Events(), Said()
    events.tell([(1, answer(0, True)), (2, answer(1, True)), (1, answer(0, True))], _listeners(said))
    assert [one for one in said if one[0] == "decide"] == [("decide", "A", 1), ("decide", "B", 2)]


def test_what_a_listener_raises_comes_out_as_it_is_and_the_rest_is_reported_later():
    events, seen = Events(), []

    def hear(prediction: Prediction, pointer_id: int) -> None:
        seen.append(pointer_id)
        if pointer_id == 1:
            raise KeyError("of the sketch")

    with pytest.raises(KeyError, match="of the sketch") as caught:
        events.tell([(1, answer()), (2, answer())], Listeners(hear, None, None))
    assert caught.traceback[-1].name == "hear"
    events.tell([], Listeners(hear, None, None))
    assert seen == [1, 2]


@pytest.fixture(params=["inline", "worker"])
def recognizer(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = Recognizer(make_encoder(tmp_path / "encoder.onnx"), provider="cpu", home=tmp_path)
    made.setup(tmp_path)
    if request.param == "worker":
        monkeypatch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", 0.0)
        assert made.wait_ready()
    else:
        with inline_steps():
            assert made.wait_ready()
    made.teach("bar", bar())
    made.teach("hook", hook())
    yield made
    made.exit()


def test_a_recogniser_tells_of_what_is_drawn(recognizer: Recognizer):
    said: Said = []
    recognizer.on_progress, recognizer.on_decide, recognizer.on_lost = _listeners(said)
    write(recognizer, hook(), pointer_id=4)

    def stands(label: str) -> bool:
        told = [one for one in said if one[0] != "progress"]
        return bool(told) and told[-1] == ("decide", label, 4) and said.count(told[-1]) == 1

    frames_until(recognizer, lambda: stands("hook"))
    assert names(said)[0] == "progress"
    assert names(said).count("lost") == names(said).count("decide") - 1
    recognizer.on_ink(hook(), 4)
    said.clear()
    recognizer.teach("hook again", hook(9))
    recognizer.forget(recognizer.examples[1])
    frames_until(recognizer, lambda: stands("hook again"))


def test_an_error_in_a_listener_is_the_sketch_s_own(recognizer: Recognizer):
    def hear(prediction: Prediction, pointer_id: int) -> None:
        raise ZeroDivisionError(f"pointer {pointer_id}")

    recognizer.on_progress = hear

    def show() -> None:
        write(recognizer, hook())
        for _ in range(500):
            frames_until(recognizer, lambda: recognizer.prediction.rows > 5)
            recognizer.update(0.0)

    with pytest.raises(ZeroDivisionError, match="pointer 0") as caught:
        show()
    assert caught.traceback[-1].name == "hear"
    recognizer.on_progress = None
    recognizer.update(0.0)
