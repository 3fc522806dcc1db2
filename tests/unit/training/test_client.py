"""What a recogniser makes from its base encoder in the background: an adapted one, and an exported file."""

import pytest

from addon import Recognizer
from addon.training.protocol import Cancelled, Exported, Kept
from addon.training.trainer_process import TrainerProcess
from tests.encoders import make_encoder
from tests.models import make_model
from tests.unit.recognizers import bar, frames_until, hook, taught, write


@pytest.fixture
def signs(make, shipped):
    """A recogniser over a base encoder."""
    make_encoder(shipped / "signs.onnx")
    recognizer = make("signs", provider="cpu")
    assert recognizer.wait_ready()
    return recognizer


def trained(recognizer: Recognizer, **options) -> list[str]:
    assert recognizer.train(**options), recognizer.messages()
    return frames_until(recognizer, lambda: not recognizer.training.active)


def test_training_adapts_the_encoder_and_says_both_figures(signs):
    said = trained(taught(signs), iterations=40)
    status = signs.training
    assert status.state == "done", status
    assert status.message in said
    assert status.message.count("%") == 2
    assert status.iterations == 40
    assert signs.model is not None
    assert signs.model.scoring is not None
    write(signs, hook(9))
    assert signs.prediction.label == "7"


class Scripted:
    def __init__(self, event):
        self.events = [event]

    def poll(self):
        events, self.events = self.events, []
        return events

    def cancel(self):
        pass

    def stop(self):
        pass


def scripted(monkeypatch, make_event):
    jobs = []

    def start(job):
        jobs.append(job)
        return Scripted(make_event(job))

    monkeypatch.setattr(TrainerProcess, "start", start)
    return jobs


def test_an_adapted_encoder_comes_in_and_is_not_adapted_further(signs, monkeypatch):
    def adapted(job):
        from addon.training.adapting import export_adapted
        from addon.training.encoder_import import read_encoder

        export_adapted(read_encoder(job.model)[0], job.model, job.name, {"before": 0.5}, job.out)
        return Exported(job.out, 0.75, 3.0, 0.5)

    jobs = scripted(monkeypatch, adapted)
    said = trained(taught(signs))
    assert said[-1] == ("adapted to I, 7 in 3 s; cross-validated accuracy 75.0%, 50.0% before")
    assert signs.model_path == jobs[0].out
    assert signs.model is not None
    assert signs.model.training["adapted"] == {"before": 0.5}
    base = jobs[0].model.read_bytes()
    trained(signs)
    assert jobs[1].model.read_bytes() == base
    jobs[1].model.unlink()
    assert "load one that is not adapted" in trained(signs)[-1]


def test_an_encoder_that_is_no_better_adapted_stays(signs, monkeypatch):
    scripted(monkeypatch, lambda job: Kept(0.75, 0.75, 2.0))
    before = signs.model_path
    said = trained(taught(signs), resume=True)
    assert "an encoder is adapted from its first state each time" in said
    assert said[-1] == ("the encoder stays as it is: cross-validated accuracy 75.0%, 75.0% if it is adapted")
    assert (signs.training.state, signs.training.stays, signs.model_path) == ("done", True, before)


def test_adapting_can_be_cancelled(signs, monkeypatch):
    scripted(monkeypatch, lambda job: Cancelled(3))
    trained(taught(signs))
    assert (signs.training.state, signs.training.iteration) == ("cancelled", 3)


def test_with_one_example_of_each_there_is_nothing_to_adapt_to(signs):
    signs.teach("I", bar())
    signs.teach("7", hook())
    assert not signs.train()
    assert signs.messages()[-1].startswith("one example of each is known already")
    signs.teach("7", hook(1))
    assert signs.refusal == ""


def test_a_preset_trains_from_scratch_whatever_is_in(make, shipped):
    make_encoder(shipped / "signs.onnx")
    recognizer = make("signs", provider="cpu", preset="lstm_short")
    assert recognizer.wait_ready()
    trained(taught(recognizer), iterations=20)
    assert recognizer.training.message.startswith("learned I, 7")
    assert recognizer.model is not None
    assert recognizer.model.scoring is None


def test_a_model_that_is_still_being_loaded_is_waited_for(make, shipped):
    make_encoder(shipped / "signs.onnx")
    recognizer = taught(make("signs", provider="cpu"))
    if not recognizer.ready:
        assert not recognizer.train()
        assert "still being loaded" in recognizer.messages()[-1]


def exported(recognizer: Recognizer, path) -> str:
    recognizer.messages()
    assert recognizer.export(path), recognizer.messages()
    lines: list[str] = []

    def said() -> bool:
        recognizer.update(1 / 60)
        lines.extend(line for line in recognizer.messages() if "export" in line)
        return bool(lines)

    frames_until(recognizer, said)
    return lines[0]


def test_what_is_taught_is_exported_in_the_background_and_answers_by_itself(signs, make, tmp_path):
    taught(signs)
    path = tmp_path / "new" / "mine.onnx"
    assert exported(signs, path) == f"exported 2 classes of 6 examples to {path}"
    alone = make(path, provider="cpu")
    assert alone.wait_ready()
    assert alone.examples == ()
    for strokes in (hook(7), bar(8)):
        write(signs, strokes)
        write(alone, strokes)
        assert alone.prediction.labels == signs.prediction.labels == ("I", "7")
        assert alone.prediction.probabilities == pytest.approx(signs.prediction.probabilities, abs=1e-5)
        assert alone.prediction.progress == pytest.approx(signs.prediction.progress, abs=1e-5)
        assert alone.prediction.unknown == pytest.approx(signs.prediction.unknown, abs=1e-5)


def test_a_model_that_knows_its_classes_is_copied(make, tmp_path):
    recognizer = make()
    assert not recognizer.export(tmp_path / "early.onnx")
    assert "no model to export yet" in recognizer.messages()[-1]
    assert recognizer.wait_ready()
    path = tmp_path / "copy.onnx"
    assert exported(recognizer, path) == f"exported 4 classes to {path}"
    assert path.read_bytes() == recognizer.model_path.read_bytes()


def test_an_export_that_cannot_begin_says_why(signs, tmp_path):
    assert not signs.export(tmp_path / "mine.onnx")
    assert "nothing is taught yet" in signs.messages()[-1]
    with pytest.raises(ValueError, match=r"ending in .onnx"):
        signs.export(tmp_path / "mine.txt")
    taught(signs)
    (tmp_path / "file").write_text("no folder")
    assert "export cannot begin" in exported(signs, tmp_path / "file" / "mine.onnx")
    assert signs.export(tmp_path / "mine.onnx")
    assert not signs.export(tmp_path / "other.onnx")
    assert "an export is running" in signs.messages()[-1]


def test_an_export_to_a_folder_is_refused_at_once(signs, tmp_path):
    taught(signs)
    (tmp_path / "mine.onnx").mkdir()
    assert not signs.export(tmp_path / "mine.onnx")
    assert "mine.onnx is a folder" in signs.messages()[-1]


def test_an_export_that_is_not_done_when_the_sketch_ends_is_reported(signs, tmp_path):
    taught(signs)
    assert signs.export(tmp_path / "mine.onnx")
    signs.exit()
    said = signs.messages()[-1]
    assert "mine.onnx" in said
    # It may have been done at that moment: what is said is what is there.
    there = (tmp_path / "mine.onnx").exists()
    assert ("ended before it was done" in said, "exported" in said) == (not there, there)


def test_a_system_that_opens_no_more_files_is_a_line(signs, tmp_path, monkeypatch):
    def full(*given):
        raise OSError(24, "Too many open files")

    taught(signs)
    for name in ("train", "export"):
        monkeypatch.setattr(signs._client, name, full)
    assert not signs.train()
    assert signs.messages()[-1] == "training cannot begin (Too many open files)"
    assert not signs.export(tmp_path / "mine.onnx")
    assert signs.messages()[-1] == "the export cannot begin (Too many open files)"


def test_a_file_that_was_replaced_is_neither_exported_nor_adapted(signs, shipped, tmp_path):
    taught(signs)
    make_encoder(shipped / "signs.onnx", seed=9)
    assert "cannot begin (signs.onnx: the file was replaced" in exported(signs, tmp_path / "mine.onnx")
    assert not (tmp_path / "mine.onnx").exists()
    trained(signs, iterations=1)
    assert "the file was replaced after it was loaded" in signs.training.message


def test_a_copy_of_a_file_that_was_replaced_is_not_made(make, shipped, tmp_path):
    make_model(shipped / "own.onnx", ("A", "B"))
    recognizer = make("own", provider="cpu")
    assert recognizer.wait_ready()
    make_model(shipped / "own.onnx", ("C", "D"))
    assert "cannot begin (own.onnx: the file was replaced" in exported(recognizer, tmp_path / "mine.onnx")
    assert not (tmp_path / "mine.onnx").exists()
