import os
import shutil
from pathlib import Path

import pytest

from addon.model.folder_watch import (
    PATIENCE_SECONDS,
    STILL_SECONDS,
    Back,
    Debounced,
    Debouncer,
    FolderWatch,
    Gone,
    Stamp,
    WatchedFolder,
    is_whole,
    model_folders,
    models_in,
)
from tests.models import make_model
from tests.waiting import until

A, B = Path("a.onnx"), Path("b.onnx")


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "models"
    made.mkdir()
    return made


@pytest.fixture
def model(tmp_path) -> bytes:
    path = tmp_path / "model.onnx"
    make_model(path, hidden=8)
    return path.read_bytes()


@pytest.fixture
def watch():
    watches: list[FolderWatch] = []

    def make(*watched: WatchedFolder) -> FolderWatch:
        watches.append(FolderWatch(watched))
        return watches[-1]

    yield make
    for each in watches:
        each.close()


def events(watch: FolderWatch, count: int = 1) -> list[object]:
    found: list[object] = []
    until(lambda: len(found) >= count, lambda: found.extend(watch.poll()))
    return found


def test_a_file_is_reported_of_once_it_has_been_still_and_once_only():
    ripening = Debouncer({}, lambda path: True)
    assert ripening.look({A: Stamp(10, 1, 1)}, 0.0) == []
    assert ripening.look({A: Stamp(20, 1, 1)}, STILL_SECONDS) == []
    assert ripening.look({A: Stamp(20, 2, 1)}, 2 * STILL_SECONDS) == []
    assert ripening.look({A: Stamp(20, 2, 1)}, 3.1 * STILL_SECONDS) == [A]
    assert ripening.look({A: Stamp(20, 2, 1)}, 99.0) == []
    assert ripening.look({A: Stamp(20, 2, 7)}, 100.0) == []
    assert ripening.look({A: Stamp(20, 2, 7)}, 101.0) == [A]


def test_what_was_there_before_is_known_and_what_goes_away_is_forgotten():
    ripening = Debouncer({A: Stamp(10, 1, 1)}, lambda path: True)
    assert ripening.look({A: Stamp(10, 1, 1), B: Stamp(5, 5, 5)}, 0.0) == []
    assert ripening.look({A: Stamp(10, 1, 1)}, 0.2) == []
    assert ripening.look({A: Stamp(10, 1, 1), B: Stamp(5, 5, 5)}, 9.0) == []
    assert ripening.look({A: Stamp(10, 1, 1), B: Stamp(5, 5, 5)}, 10.0) == [B]


def test_one_that_is_cut_off_is_waited_for_but_not_for_ever():
    ripening = Debouncer({}, lambda path: False)
    look = {A: Stamp(10, 1, 1)}
    assert ripening.look(look, 0.0) == ripening.look(look, PATIENCE_SECONDS - 0.1) == []
    assert ripening.look(look, PATIENCE_SECONDS) == [A]


def test_several_come_in_the_order_of_their_times():
    ripening = Debouncer({}, lambda path: True)
    look = {A: Stamp(10, 9, 1), B: Stamp(10, 3, 2)}
    ripening.look(look, 0.0)
    assert ripening.look(look, 1.0) == [B, A]


def test_a_model_cut_off_anywhere_is_not_whole_and_anything_else_is(tmp_path, model):
    path = tmp_path / "cut.onnx"
    for share in (0.001, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(model[: int(share * len(model))])
        assert not is_whole(path), share
    path.write_bytes(model)
    assert is_whole(path)
    path.write_text("a text file")
    assert is_whole(path)
    path.write_bytes(b"")
    assert not is_whole(path)
    assert not is_whole(tmp_path / "missing.onnx")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_folder_or_a_pipe_of_a_models_name_is_no_model(tmp_path, model):
    folder = tmp_path / "drop"
    (folder / "folder.onnx").mkdir(parents=True)
    os.mkfifo(folder / "pipe.onnx")
    (folder / "dangling.onnx").symlink_to(folder / "gone.onnx")
    (folder / "file.onnx").write_bytes(model)
    (folder / "link.onnx").symlink_to(folder / "file.onnx")
    assert {path.name for path in models_in([WatchedFolder(folder)])} == {"file.onnx", "link.onnx"}


def test_a_new_and_a_changed_model_are_found_and_nothing_else(folder, watch, model):
    (folder / "old.onnx").write_bytes(model)
    watching = watch(WatchedFolder(folder))
    (folder / "notes.txt").write_text("no model")
    (folder / ".new.onnx.part").write_bytes(model)
    (folder / ".hidden.onnx").write_bytes(model)
    (folder / "new.onnx").write_bytes(model)
    assert events(watching) == [Debounced(folder / "new.onnx")]
    os.replace(shutil.copy(folder / "new.onnx", folder / "copy"), folder / "old.onnx")
    assert events(watching) == [Debounced(folder / "old.onnx")]
    # Had anything else been found, it would be told of before what comes later.
    (folder / "last.onnx").write_bytes(model)
    assert events(watching) == [Debounced(folder / "last.onnx")]


def test_a_file_that_is_still_being_written_is_waited_for(folder, watch, model):
    watching = watch(WatchedFolder(folder))
    half = len(model) // 2
    with (folder / "slow.onnx").open("wb", buffering=0) as file:
        file.write(model[:half])
        # This one is whole, and waits for the one that came with it.
        (folder / "other.onnx").write_bytes(model)
        file.write(model[half:])
    assert events(watching) == [Debounced(folder / "slow.onnx", (folder / "other.onnx",))]


def test_a_folder_that_vanishes_is_reported_and_picked_up_again(folder, watch, model):
    watching = watch(WatchedFolder(folder))
    folder.rename(folder.with_name("away"))
    assert events(watching) == [Gone(folder)]
    folder.with_name("away").rename(folder)
    assert events(watching) == [Back(folder)]
    (folder / "new.onnx").write_bytes(model)
    assert events(watching) == [Debounced(folder / "new.onnx")]


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_that_is_not_there_yet_is_looked_for_and_reported_if_somebody_missed_it(
    tmp_path, watch, model, named
):
    later = tmp_path / "later"
    watching = watch(WatchedFolder(later, named=named))
    later.mkdir()
    (later / "new.onnx").write_bytes(model)
    news = [Back(later)] if named else []
    assert events(watching, 1 + len(news)) == [*news, Debounced(later / "new.onnx")]


def test_of_the_models_that_ship_only_the_one_of_the_name_matters(tmp_path):
    own, ships, extra = tmp_path / "own", tmp_path / "ships", tmp_path / "extra"
    watched = model_folders("letters", own, ships, True)
    assert [each.folder for each in watched] == [own, ships]
    assert watched[1].wants("letters.onnx")
    assert not watched[1].wants("encoder.onnx")
    assert [each.named for each in model_folders("letters", own, ships, extra)] == [False, False, True]
    assert len(model_folders("letters", own, ships, ships)) == 2


def test_closing_ends_the_thread(folder):
    watching = FolderWatch([WatchedFolder(folder)])
    watching.close()
    assert not watching._thread.is_alive()


def test_a_disk_that_does_not_answer_counts_as_gone_until_it_does(folder, watch, model, monkeypatch):
    watching = watch(WatchedFolder(folder))
    real = Path.is_dir

    def silent(path: Path) -> bool:
        if path == folder:
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(Path, "is_dir", silent)
    assert events(watching) == [Gone(folder)]
    monkeypatch.setattr(Path, "is_dir", real)
    assert events(watching) == [Back(folder)]
