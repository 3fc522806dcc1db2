import os
import threading
from pathlib import Path

import pytest

from addon.errors import ModelError
from addon.inference.loader import ModelLoader
from addon.inference.opening import ModelFile
from addon.inference.providers import CPU, Choice
from addon.model import registry
from addon.model.registry import find_folder, find_models, model_name, next_model_path, shipped_models
from tests.models import make_model
from tests.waiting import PATIENCE, until

ON_CPU = Choice((CPU,))


def model_files(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in names]
    for index, path in enumerate(paths):
        path.touch()
        os.utime(path, (1000 + index, 1000 + index))
    return paths


def test_the_users_own_models_come_first_and_the_newest_before_all(tmp_path):
    own = model_files(tmp_path / "own", "letters-0001.onnx", "letters-0002.onnx", "dropped.onnx")
    (ships,) = model_files(tmp_path / "shipped", "letters.onnx")
    assert find_models("letters", tmp_path / "own", tmp_path / "shipped") == [*reversed(own), ships]


def test_two_models_of_one_moment_are_distinguished_by_their_number(tmp_path):
    for path in model_files(tmp_path, "letters-0009.onnx", "letters-0010.onnx"):
        os.utime(path, (5, 5))
    assert registry.newest_first(tmp_path)[0].name == "letters-0010.onnx"


def test_half_written_files_and_other_files_are_not_models(tmp_path):
    model_files(tmp_path, ".letters.onnx.12.part", ".hidden.onnx", "notes.txt")
    (tmp_path / "folder.onnx").mkdir()
    assert registry.newest_first(tmp_path) == []
    assert registry.newest_first(tmp_path / "nowhere") == []


def test_a_path_is_taken_as_it_is(tmp_path):
    names = ("mine.onnx", "digits (1).onnx", "MODEL.ONNX", "буквы v2.1 [final]+.onnx", "-x.onnx", "модель")
    for path in model_files(tmp_path, *names):
        assert find_models(path, tmp_path, tmp_path) == [path]
        if path.suffix:
            assert find_models(str(path), tmp_path, tmp_path) == [path]


def test_a_path_where_nothing_is_says_where_it_was_looked_for(tmp_path):
    for path in (tmp_path / "gone (2).onnx", str(tmp_path / "gone.ONNX"), tmp_path / "gone"):
        with pytest.raises(ModelError, match=rf"gone.*: there is no such file in {tmp_path}; check the path"):
            find_models(path, tmp_path, tmp_path)


def test_a_name_that_no_model_has_is_refused_with_those_that_ship(tmp_path):
    model_files(tmp_path / "shipped", "letters.onnx", "digits.onnx")
    with pytest.raises(ModelError, match=r"'lettres'.*\(digits, letters\)"):
        find_models("lettres", tmp_path / "own", tmp_path / "shipped")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("letters", "letters"),
        ("a/b/Mine 2.onnx", "Mine 2"),
        (Path("x.onnx"), "x"),
        ("буквы", "буквы"),
        ("digits (1).onnx", "digits (1)"),
        (Path("b.v2.1.ONNX"), "b.v2.1"),
        ("-x[1]+&é.onnx", "-x[1]+&é"),
        ('a:b?"c"*.onnx', "a_b__c__"),
        ("up\x1b[A.onnx", "up_x1b[A"),
        (Path("a/ ... .onnx"), "model"),
        (Path("weights"), "weights"),
    ],
)
def test_a_model_has_a_name(model, name):
    assert model_name(model) == name


@pytest.mark.parametrize("model", ["", "../letters", "a/b", ".onnx", "."])
def test_a_name_that_cannot_be_a_folder_is_refused(model):
    with pytest.raises(ValueError, match="name"):
        model_name(model)


def test_a_name_longer_than_a_file_s_is_refused_and_a_stem_shortened():
    with pytest.raises(ValueError, match=r"may have 240 bytes; .* has 300"):
        model_name("x" * 300)
    assert model_name(Path("é" * 300 + ".onnx")) == "é" * 120


def test_a_path_that_no_file_can_have_is_missing(tmp_path):
    with pytest.raises(ModelError, match="there is no such file"):
        find_models("x" * 300 + ".onnx", tmp_path, tmp_path, tmp_path)
    with pytest.raises(ModelError, match="there is no model"):
        find_models("x" * 300, tmp_path / ("x" * 300), tmp_path)


def test_shipped_models_are_in_a_checkout_and_within_an_installed_package(tmp_path, monkeypatch):
    package = tmp_path / "addon"
    (package / "model").mkdir(parents=True)
    monkeypatch.setattr(registry, "__file__", str(package / "model" / "registry.py"))
    assert shipped_models() == tmp_path / "models"
    (package / "_data" / "models").mkdir(parents=True)
    assert shipped_models() == package / "_data" / "models"


def test_a_new_model_never_replaces_an_old_one(tmp_path):
    assert next_model_path(tmp_path, "a.b").name == "a.b-0001.onnx"
    model_files(tmp_path, "a.b-0007.onnx", "axb-0050.onnx", "a.b-old.onnx")
    assert next_model_path(tmp_path, "a.b").name == "a.b-0008.onnx"


def result_of(loader: ModelLoader):
    results = []
    until(lambda: results or results.extend(filter(None, [loader.poll()])))
    return results[0]


def test_a_model_is_loaded_and_warmed_in_a_thread_of_its_own(tmp_path):
    make_model(tmp_path / "step.onnx", hidden=8)
    loader = ModelLoader()
    assert not loader.busy
    number = loader.request([tmp_path / "step.onnx"], lambda: ON_CPU)
    assert loader.busy
    result = result_of(loader)
    assert result.number == number
    assert result.model is not None
    assert result.model.timings.p50 > 0
    assert not loader.busy
    assert loader.poll() is None
    loader.close()


def test_a_file_that_cannot_be_loaded_gives_way_to_the_next_and_is_reported(tmp_path):
    (tmp_path / "bad.onnx").write_text("no model")
    make_model(tmp_path / "good.onnx", hidden=8)
    loader = ModelLoader()
    loader.request([tmp_path / "bad.onnx", tmp_path / "good.onnx"], lambda: ON_CPU)
    result = result_of(loader)
    assert result.model is not None
    assert result.model.path.name == "good.onnx"
    assert len(result.refused) == 1
    assert result.refused[0].startswith("bad.onnx")
    loader.request([tmp_path / "bad.onnx"], lambda: ON_CPU)
    assert result_of(loader).model is None
    loader.close()


def test_the_frame_does_not_wait_for_a_slow_load_and_requests_keep_their_order(tmp_path):
    go, seen = threading.Event(), []

    def load(path, choice):
        assert go.wait(PATIENCE)
        seen.append(path.name)
        raise ModelError(f"{path.name}: refused")

    loader = ModelLoader(load)
    # A request or a look that waited for the load would wait for `go`, which comes after them.
    for name in ("a", "b", "c"):
        loader.request([tmp_path / name], lambda: ON_CPU)
        assert loader.poll() is None
    go.set()
    assert [result_of(loader).number for _ in range(3)] == [1, 2, 3]
    assert seen == ["a", "b", "c"]
    loader.close()


def test_whatever_goes_wrong_in_the_thread_is_an_answer_too(tmp_path):
    def broken():
        raise MemoryError("no room")

    loader = ModelLoader()
    loader.request([tmp_path / "a.onnx"], broken)
    result = result_of(loader)
    assert result.model is None
    assert "no room" in result.refused[0]
    loader.request([tmp_path / "a.onnx"], lambda: ON_CPU)
    assert "no such file" in result_of(loader).refused[0]
    loader.close()


def test_a_relative_path_is_searched_next_to_the_sketch_and_then_in_the_current_folder(tmp_path, monkeypatch):
    sketch, shell = tmp_path / "sketch", tmp_path / "shell"
    for folder in (sketch, shell):
        folder.mkdir()
    monkeypatch.chdir(shell)
    own = shipped = tmp_path / "none"
    with pytest.raises(ModelError) as refused:
        find_models("mine.onnx", own, shipped, sketch)
    assert f"no such file in {sketch} or in {shell}" in str(refused.value)
    (shell / "mine.onnx").write_bytes(b"")
    assert find_models("mine.onnx", own, shipped, sketch) == [Path("mine.onnx")]
    (sketch / "mine.onnx").write_bytes(b"")
    assert find_models("mine.onnx", own, shipped, sketch) == [sketch / "mine.onnx"]
    assert find_models(shell / "mine.onnx", own, shipped, sketch) == [shell / "mine.onnx"]


def test_a_folder_to_watch_is_next_to_the_sketch_or_in_the_current_folder(tmp_path, monkeypatch):
    sketch, shell = tmp_path / "sketch", tmp_path / "shell"
    for folder in (sketch, shell):
        folder.mkdir()
    monkeypatch.chdir(shell)
    assert find_folder("stage/models", sketch) == sketch / "stage/models"
    (shell / "stage/models").mkdir(parents=True)
    assert find_folder("stage/models", sketch) == shell / "stage/models"
    (sketch / "stage/models").mkdir(parents=True)
    assert find_folder("stage/models", sketch) == sketch / "stage/models"
    assert find_folder(shell / "stage", sketch) == shell / "stage"


def test_a_file_that_fails_in_an_unforeseen_way_is_named_and_the_next_is_tried(tmp_path):
    one, two = model_files(tmp_path, "one.onnx", "two.onnx")
    tried = []

    def vet(path: Path) -> ModelFile:
        tried.append(path)
        raise OSError(28, "No space left on device")

    loader = ModelLoader(vet=vet)
    loader.request([one, two], lambda: Choice((CPU,)), untrusted=True)
    result = result_of(loader)
    loader.close()
    assert tried == [one, two]
    why = "it cannot be loaded ([Errno 28] No space left on device)"
    assert result.refused == (f"one.onnx: {why}", f"two.onnx: {why}")


@pytest.mark.parametrize("model", [None, 3, b"letters"])
def test_what_is_neither_a_name_nor_a_path_is_named(model):
    with pytest.raises(TypeError, match="a model is a name such as 'letters'"):
        model_name(model)
