import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import onnx
import pytest

from addon.doctor.examiner import Examiner
from addon.model.adaptor import read_adaptor
from addon.model.registry import shipped_models
from tests.models import make_model
from tests.onnx_files import classifier, endless, greedy, one_node, recurrent, saved, two_layers

ROOT = Path(__file__).parents[2]
THEIRS = Path(onnx.__file__).parent / "backend" / "test" / "data"
NAMED = ("operator", "opset", "tensor(")


@pytest.fixture
def examiner():
    with Examiner("cpu", seconds=0.01, timeout=30) as examiner:
        yield examiner


def doctor(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sketch.cli", "doctor", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def found_by(*arguments: str | Path) -> dict[str, Any]:
    return json.loads(doctor(*arguments, "--json", "--provider", "cpu", "--seconds", "0.01").stdout)


def test_every_model_that_comes_with_onnx_runs_or_is_refused_by_name():
    # With a shorter limit for vgg19 than a person would have: it takes a second a run.
    with Examiner("cpu", seconds=0.0, timeout=60) as examiner:
        found = {path: examiner.examine(path) for path in sorted(THEIRS.rglob("*.onnx"))}
        assert examiner.started == 1
    assert len(found) >= 149
    verdicts = [answer.get("verdict") for answer in found.values()]
    assert verdicts.count("runs") >= 100
    assert set(verdicts) <= {"runs", "refused"}
    reasons = [answer.get("why", "") for answer in found.values() if answer.get("verdict") == "refused"]
    assert [why for why in reasons if not any(word in why for word in NAMED) or "\n" in why] == []
    light = [answer for path, answer in found.items() if path.name.startswith("light_")]
    assert {answer.get("kind") for answer in light} == {"image classifier"}


def test_our_own_model_tells_all_it_knows_and_shows_what_it_was_taught(tmp_path):
    path = tmp_path / "mine.onnx"
    made = make_model(path, hidden=16)
    document = json.loads(onnx.load(path).metadata_props[0].value)
    document["thumbnails"] = {"A": [[[0, 255], [127, 0], [255, 255]], [[60, 130], [195, 130]]]}
    changed = onnx.load(path)
    changed.metadata_props[0].value = json.dumps(document)
    done = doctor(saved(path, changed), "--seconds", "0.01", "--all")
    assert done.returncode == 0, done.stderr
    for said in ("pen model", "A B C D", "hidden", "versions", "inkloop", "taught", "▀"):
        assert said in done.stdout
    pen = found_by(path)["pen"]
    assert pen["labels"] == list(made.labels)
    assert pen["thumbnails"] == document["thumbnails"]


def test_anybodys_model_is_reported_in_words_and_in_json(tmp_path):
    path = classifier(tmp_path / "pictures.onnx")
    found = found_by(path)
    assert (found["verdict"], found["kind"]) == ("runs", "image classifier")
    assert found["inputs"] == [
        {"name": "picture", "shape": ["batch", 3, "height", "width"], "type": "tensor(float)"}
    ]
    assert found["anatomy"]["operators"] == {"GlobalAveragePool": 1, "Flatten": 1, "MatMul": 1}
    assert found["anatomy"]["opsets"] == {"ai.onnx": 17}
    assert found["anatomy"]["parameters"] == 15
    assert found["speed"]["inputs"] == {"picture": [1, 3, 224, 224]}
    assert 0 < found["speed"]["median_ms"] <= found["speed"]["p99_ms"]
    assert set(found["placement"]["parts"]) == {"cpu"}
    said = doctor(path, "--provider", "cpu").stdout
    for words in ("runs", "image classifier", "batch × 3 × height × width", "cpu, all of it", "MatMul 1"):
        assert words in said


def test_exit_codes_tell_what_runs_from_what_is_refused_and_from_a_slip(tmp_path):
    assert doctor(two_layers(tmp_path / "fine.onnx"), "--seconds", "0.01").returncode == 0
    refused = doctor(one_node(tmp_path / "odd.onnx", "Sparkle"))
    assert refused.returncode == 1
    assert "operator Sparkle" in refused.stdout
    assert doctor(tmp_path / "nowhere.onnx").returncode == 1
    assert doctor(tmp_path / "fine.onnx", "--provider", "abacus").returncode == 2
    assert doctor().returncode == 2


def test_a_draft_of_the_description_can_be_read_and_is_never_written_over(tmp_path):
    path = classifier(tmp_path / "pictures.onnx")
    assert doctor(path, "--adaptor", "--seconds", "0.01").returncode == 0
    described = read_adaptor(path.with_suffix(".toml"))
    assert described.input.name == "picture"
    assert (described.input.layout, described.input.size) == ("NCHW", (224, 224))
    assert [(output.name, output.kind) for output in described.outputs] == [("scores", "classes")]
    again = doctor(path, "--adaptor", "--seconds", "0.01")
    assert again.returncode == 1
    assert "it already exists" in again.stderr


def test_a_draft_for_a_recurrent_model_pairs_its_state(tmp_path, examiner):
    path = recurrent(tmp_path / "step.onnx")
    found = examiner.examine(path)
    assert (found["kind"], found["state"]) == ("recurrent", [["h", "h_next"]])
    assert any("frozen" in sentence for sentence in found["advice"])
    path.with_suffix(".toml").write_text(found["draft"])
    assert read_adaptor(path.with_suffix(".toml")).state == (("h", "h_next"),)
    assert examiner.examine(path)["verdict"] == "runs"


def test_a_model_that_never_ends_is_ended_and_the_next_one_is_answered(tmp_path):
    with Examiner("cpu", seconds=0.0, timeout=3) as examiner:
        found = examiner.examine(endless(tmp_path / "endless.onnx"))
        assert (found["verdict"], found.get("why")) == ("timed out", "it did not end within 3 seconds")
        assert examiner.examine(two_layers(tmp_path / "fine.onnx"))["verdict"] == "runs"
        assert examiner.started == 2


def test_a_process_left_with_a_model_that_never_ends_ends_itself(tmp_path):
    path = endless(tmp_path / "endless.onnx")
    wish = {"provider": "cpu", "seconds": 0, "timeout": -4, "limit": 10**9, "as_pen": False}
    request = {"path": str(path), "folder": str(tmp_path), **wish}
    child = [sys.executable, "-P", "-m", "addon.doctor.child"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(child, stdin=subprocess.PIPE, env=environment, text=True) as running:
        assert running.stdin is not None
        running.stdin.write(json.dumps(request) + "\n")
        running.stdin.flush()
        assert running.wait(30) == -signal.SIGALRM


def test_a_crash_is_a_line_and_the_next_one_is_answered(tmp_path, examiner):
    fine = two_layers(tmp_path / "fine.onnx")
    assert examiner.examine(fine)["verdict"] == "runs"
    left = set(Path(tempfile.gettempdir()).glob("inkloop-doctor-*"))
    threading.Timer(1.0, os.kill, (examiner.pid, signal.SIGSEGV)).start()
    found = examiner.examine(endless(tmp_path / "endless.onnx"))
    assert found["verdict"] == "crashed"
    assert f"signal {signal.SIGSEGV.value}" in found["why"]
    assert len([folder for folder in left if folder.exists()]) < len(left)
    assert examiner.examine(fine)["verdict"] == "runs"
    assert examiner.started == 2


def test_a_model_that_takes_more_memory_than_it_is_given_is_refused(tmp_path, examiner):
    found = examiner.examine(greedy(tmp_path / "greedy.onnx"))
    assert found["verdict"] == "refused"
    assert "Range" in found["why"] or "memory" in found["why"] or "alloc" in found["why"]
    assert examiner.started == 1


def test_the_process_loads_neither_torch_nor_onnx_nor_a_window():
    script = "import sys, addon.doctor.child; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"torch", "onnx", "pyglet", "moderngl", "rich"}.isdisjoint(done.stdout.split())


def test_cuda_that_is_asked_for_runs_or_the_reason_is_given(tmp_path):
    with Examiner("cuda", seconds=0.0, timeout=60) as examiner:
        found = examiner.examine(two_layers(tmp_path / "fine.onnx"))
    placement = found.get("placement")
    assert placement is not None
    assert placement["asked"] == "cuda"
    assert placement["runs"] == "cuda" or "not on CUDA" in placement["notice"]
    assert sum(placement["parts"][placement["runs"]].values()) == 3


def test_names_in_a_file_give_no_orders_to_the_terminal(tmp_path):
    path = classifier(tmp_path / "pictures.onnx")
    loud = onnx.load(path)
    loud.metadata_props.add(key="\x1b[2J", value="[bold]\x1b]0;mine\x07[/bold]")
    loud.producer_name = "\x1b[31mred"
    said = doctor(saved(path, loud), "--seconds", "0.01").stdout
    assert "\x1b" not in said
    assert "[bold]" in said


def test_a_large_description_is_a_screenful_and_all_of_it_is_had_by_asking():
    path = shipped_models() / "letters.onnx"
    few, every = doctor(path, "--seconds", "0"), doctor(path, "--seconds", "0", "--all")
    assert len(few.stdout.splitlines()) <= 40
    assert "--all shows" in few.stdout
    assert len(every.stdout.splitlines()) > 60
    assert sha256(path.read_bytes()).hexdigest() in every.stdout
