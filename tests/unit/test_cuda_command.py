"""`dev.py cuda` without a device: the steps, their limits, and every check on the CPU in the place of one."""

import json
import sys
from pathlib import Path

import pytest

from tests.cuda import __main__ as command
from tests.cuda.checks import CHECKS
from tests.cuda.conftest import collect_ignore_glob

ROWS = {"bench", "figure", "value", "unit", "goal", "better", "peer"}


@pytest.mark.parametrize("name", [name for name in CHECKS if name not in ("render", "swap")])
def test_a_check_passes_on_the_cpu_and_leaves_rows(name: str, capsys: pytest.CaptureFixture[str]):
    rows = CHECKS[name]("cpu")
    assert rows
    for row in rows:
        assert set(row) == ROWS
        assert row["value"] >= 0.0


def test_every_check_is_a_step_with_a_limit_of_its_own(tmp_path: Path):
    steps = command.steps("cuda", tmp_path, tmp_path / "data")
    assert [step.name for step in steps] == [*CHECKS, "pretrain", "bench inference"]
    assert tuple(CHECKS) == command.CHECKS
    assert all(step.limit > 0 for step in steps)
    assert sum("cuda" in step.command for step in steps) == len(CHECKS) + 1


def step(tmp_path: Path, program: str, limit: float = 30.0) -> command.Step:
    return command.Step("one", ("-c", program), limit, tmp_path / "rows.json")


def test_a_step_that_fails_says_why_and_one_that_hangs_is_ended(tmp_path: Path):
    failed = command.run(step(tmp_path, "raise ValueError('no such kernel')"), "cpu")
    assert (failed.verdict, failed.why) == ("failed", "ValueError: no such kernel")
    hung = command.run(step(tmp_path, "import time; time.sleep(1000)", 0.3), "cpu")
    assert hung.verdict == "timed out"
    died = command.run(step(tmp_path, "import os; os._exit(3)"), "cpu")
    assert died.why == "exit code 3"


def test_what_a_step_measured_before_it_failed_is_kept(tmp_path: Path):
    (tmp_path / "rows.json").write_text(json.dumps([{"figure": "a"}]))
    outcome = command.run(step(tmp_path, "import sys; sys.exit(1)"), "cpu")
    assert outcome.rows == [{"figure": "a"}]


def test_a_failing_step_does_not_stop_the_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    rows = tmp_path / "later.json"
    row = {
        "bench": "cuda",
        "figure": "f",
        "value": 1.5,
        "unit": "us",
        "goal": None,
        "better": "lower",
        "peer": {},
    }
    write = f"import json; json.dump([{row!r}], open({str(rows)!r}, 'w'))"
    steps = [
        command.Step("first", ("-c", "import sys; sys.exit('gone')"), 30.0, tmp_path / "first.json"),
        command.Step("later", ("-c", write), 30.0, rows),
    ]
    monkeypatch.setattr(command, "steps", lambda *_: steps)
    monkeypatch.setattr(command, "machine", lambda: "a machine")
    monkeypatch.setattr(command, "device", lambda: "a device")
    monkeypatch.setattr(command, "data_for", lambda folder: folder)
    monkeypatch.setattr(
        sys, "argv", ["cuda", "--provider", "cpu", "--json", str(tmp_path / "out" / "rows.json")]
    )
    assert command.main() == 1
    said = capsys.readouterr().out
    assert "| first | failed |" in said
    assert "| later | passed |" in said
    assert "| cuda | f | 1.5 | us |  |" in said
    assert "none is of CUDA" in said
    assert json.loads((tmp_path / "out" / "rows.json").read_text()) == [row]


def test_pretraining_is_reported_by_its_losses_however_it_ends(tmp_path: Path):
    (tmp_path / "losses").write_text("".join(f"{n} {2.0 - n / 100:.3f}\n" for n in range(100)))
    steps, loss = command.pretrained(tmp_path / "losses")
    assert steps["value"] == 100
    assert loss["value"] < loss["peer"]["at_first"]
    assert command.pretrained(tmp_path / "none") == []


def test_the_tests_of_a_device_are_collected_where_there_is_one():
    from addon.inference.providers import probe_this_machine

    assert bool(collect_ignore_glob) is bool(probe_this_machine().missing)
