import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

import addon
from addon import ProviderError, Recognizer
from addon.inference.loader import ModelLoader
from addon.inference.providers import Cuda
from addon.model import registry
from sketch.plugin import hooks_of
from tests.models import make_model
from tests.unit.recognizers import CAPITALS, bar, frames_until, hook, taught, write
from tests.waiting import PATIENCE


def test_it_is_an_addon_without_importing_one():
    assert hooks_of(Recognizer()) == {
        "setup", "update", "on_stroke_point", "on_stroke", "on_ink", "on_ink_reopened", "messages", "exit",
    }  # fmt: skip


def test_importing_the_addon_loads_nothing_heavy():
    script = """
import sys
import addon
assert not {"numpy", "onnxruntime"} & set(sys.modules)
from addon import Recognizer
heavy = {"torch", "onnx", "onnxruntime", "pyglet", "moderngl", "sketch"} & set(sys.modules)
assert not heavy, heavy
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_every_name_that_is_offered_is_there():
    assert list(addon.__all__) == sorted(addon.__all__)
    for name in addon.__all__:
        assert getattr(addon, name).__name__ == name
    assert set(addon.__all__) <= set(dir(addon))
    with pytest.raises(AttributeError, match="Recogniser"):
        addon.Recogniser  # noqa: B018


@pytest.mark.parametrize(
    "arguments",
    [{"model": "../x"}, {"provider": "gpu"}, {"require": "tpu"}, {"preset": "huge"}, {"model": ""}],
)
def test_a_wrong_argument_raises_at_the_call(arguments):
    with pytest.raises(ValueError, match=r"model|provider|require|preset"):
        Recognizer(**arguments)


def test_it_says_what_to_do_before_it_is_set_up(tmp_path):
    recognizer = Recognizer()
    assert recognizer.prediction.label == ""
    with pytest.raises(RuntimeError, match="setup"):
        recognizer.teach("A", bar())
    recognizer.exit()


def test_setting_up_does_not_wait_for_the_model(make, monkeypatch):
    go = threading.Event()

    def slow(path, choice):
        assert go.wait(PATIENCE)
        raise addon.ModelError("slow.onnx: refused")

    monkeypatch.setattr("addon.inference.model_manager.ModelLoader", lambda vet=None: ModelLoader(slow, vet))
    recognizer = make()
    assert not recognizer.ready
    assert recognizer.model is None
    assert recognizer.provider == ""
    assert np.isnan(recognizer.timings.p50)
    go.set()


def test_every_point_gives_an_answer(make):
    recognizer = make()
    assert recognizer.wait_ready()
    assert recognizer.model is not None
    assert recognizer.model.labels == CAPITALS
    assert recognizer.provider == "cpu"
    seen = set()
    for point in hook()[0]:
        recognizer.on_stroke_point(point, 0)
        seen.add(recognizer.prediction.rows)
        assert recognizer.prediction.label in CAPITALS
        assert recognizer.prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert 0 <= recognizer.prediction.opacity <= 1
    assert len(seen) > 15
    assert recognizer.timings.points > 15
    assert recognizer.timings.p50 > 0


def test_the_model_that_ships_is_found_by_its_name_and_the_users_own_comes_first(make, tmp_path):
    assert make().wait_ready()
    own = tmp_path / "home" / "letters" / "models"
    own.mkdir(parents=True)
    make_model(own / "mine.onnx", ("x", "y"), hidden=8)
    mine = make()
    assert mine.wait_ready()
    assert mine.model is not None
    assert mine.model.labels == ("x", "y")


def test_a_path_is_a_model_too(make, tmp_path):
    make_model(tmp_path / "given.onnx", ("p", "q"), hidden=8)
    for model in (tmp_path / "given.onnx", str(tmp_path / "given.onnx")):
        recognizer = make(model)
        assert recognizer.name == "given"
        assert recognizer.wait_ready()
        assert recognizer.model_path == tmp_path / "given.onnx"


def test_falling_back_to_the_cpu_is_reported_once(make, shipped):
    recognizer = make()
    assert recognizer.wait_ready()
    said = recognizer.messages()
    recognizer.load(shipped / "letters.onnx")
    said += frames_until(recognizer, lambda: recognizer.model_path == shipped / "letters.onnx")
    frames_until(recognizer, lambda: not recognizer._manager.busy)
    said += recognizer.messages()
    expected = 0 if recognizer.provider == "cuda" else 1
    assert len([line for line in said if "recognition runs on the CPU" in line]) == expected


def test_requiring_cuda_raises_where_there_is_none(monkeypatch, tmp_path):
    missing = Cuda("missing: libcublasLt.so.13", "install it with: pip")
    monkeypatch.setattr("addon.inference.providers.probe_this_machine", lambda: missing)
    recognizer = Recognizer(require="cuda")
    with pytest.raises(ProviderError, match=r"libcublasLt\.so\.13.*pip"):
        recognizer.setup(tmp_path)
    recognizer.exit()


def test_a_missing_model_is_a_message_and_teaching_continues(make):
    recognizer = make("nothing")
    assert not recognizer.wait_ready(0.2)
    (line,) = recognizer.messages()
    assert "'nothing'" in line
    write(recognizer, hook())
    assert recognizer.prediction.label == ""
    recognizer.teach("A", hook())
    assert recognizer.flush()
    assert recognizer.labels == {"A": 1}


def test_a_broken_model_of_the_user_gives_way_to_the_one_that_ships_and_is_reported(make, tmp_path):
    models = tmp_path / "home" / "letters" / "models"
    models.mkdir(parents=True)
    (models / "letters-0001.onnx").write_text("no model")
    recognizer = make()
    assert recognizer.wait_ready()
    assert recognizer.model is not None
    assert recognizer.model.labels == CAPITALS
    assert any(line.startswith("letters-0001.onnx: it is not an ONNX file") for line in recognizer.messages())


def test_a_broken_file_swapped_in_leaves_the_old_model_playing(make, tmp_path):
    recognizer = make()
    assert recognizer.wait_ready()
    recognizer.messages()
    (tmp_path / "bad.onnx").write_bytes(b"\x00" * 500)
    recognizer.load(tmp_path / "bad.onnx")
    said = frames_until(recognizer, lambda: not recognizer._manager.busy)
    assert any(line.startswith("bad.onnx") for line in said)
    write(recognizer, hook())
    assert recognizer.prediction.label in CAPITALS


def test_a_model_swapped_in_mid_stroke_answers_as_if_it_had_been_there_all_along(make, tmp_path):
    make_model(tmp_path / "other.onnx", ("x", "y", "z"), layers=2, hidden=24, seed=9, scale=90.0)
    swapped, fresh = make(), make(tmp_path / "other.onnx")
    assert swapped.wait_ready()
    assert fresh.wait_ready()
    points = hook()[0]
    for point in points[:25]:
        swapped.on_stroke_point(point, 3)
    swapped.load(tmp_path / "other.onnx")
    frames_until(swapped, lambda: swapped.model_path == tmp_path / "other.onnx")
    swapped.on_stroke_point(points[25], 3)
    for point in points[:26]:
        fresh.on_stroke_point(point, 3)
    assert swapped.prediction.rows == fresh.prediction.rows
    np.testing.assert_allclose(swapped.prediction.probabilities, fresh.prediction.probabilities, atol=1e-5)
    assert swapped.prediction.progress == pytest.approx(fresh.prediction.progress, abs=1e-5)


def test_two_hands_are_two_inks(make):
    recognizer = make()
    assert recognizer.wait_ready()
    for one, two in zip(hook()[0], bar(1)[0], strict=False):
        recognizer.on_stroke_point(one, 1)
        recognizer.on_stroke_point(two, 2)
    assert set(recognizer.predictions) == {1, 2}
    assert recognizer.prediction is recognizer.predictions[2]
    one, two = (recognizer.predictions[pointer_id].probabilities for pointer_id in (1, 2))
    assert not np.array_equal(one, two)


def test_the_answer_stays_when_the_ink_is_closed(make):
    recognizer = make()
    assert recognizer.wait_ready()
    write(recognizer, hook())
    answer = recognizer.prediction
    recognizer.on_ink(hook(), 0)
    recognizer.update(0.1)
    assert recognizer.prediction is answer
    recognizer.on_stroke_point(bar()[0][0], 0)
    assert recognizer.prediction.rows == 1


def test_teaching_shows_what_is_saved_and_comes_back(make):
    recognizer = make()
    example = recognizer.teach("A", hook())
    assert not example.saved
    frames_until(recognizer, lambda: example.saved)
    recognizer.teach("B", bar())
    removed = recognizer.remove_last()
    assert removed is not None
    assert recognizer.labels == {"A": 1}
    assert recognizer.restore() is removed
    recognizer.exit()
    again = make()
    assert again.labels == {"A": 1, "B": 1}
    assert again.unsaved == 0


def test_a_damaged_taught_set_is_a_message_and_the_rest_continues(make, tmp_path):
    folder = tmp_path / "home" / "letters"
    folder.mkdir(parents=True)
    (folder / "taught.sqlite3").write_bytes(b"not a database at all" * 200)
    recognizer = make()
    assert recognizer.wait_ready()
    assert any("damaged" in line for line in recognizer.messages())
    example = recognizer.teach("A", hook())
    frames_until(recognizer, lambda: example.saved)


def test_a_home_that_vanishes_loses_nothing_that_is_taught(make, tmp_path):
    recognizer = taught(make())
    assert recognizer.flush()
    shutil.rmtree(tmp_path / "home")
    example = recognizer.teach("A", hook())
    frames_until(recognizer, lambda: example.saved)
    recognizer.exit()
    assert len(make().examples) == 7


def test_a_home_of_its_own_is_used_instead_of_the_sketchs(make, tmp_path):
    recognizer = make(home=tmp_path / "elsewhere")
    recognizer.teach("A", hook())
    assert recognizer.flush()
    assert (tmp_path / "elsewhere" / "letters" / "taught.sqlite3").is_file()
    assert not (tmp_path / "home").exists()


def test_the_folder_of_models_that_ship_is_found():
    assert registry.shipped_models().name == "models"
