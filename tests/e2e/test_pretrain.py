"""The command that pretrains: alone, as several processes, stopped, and gone on with."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from addon.inference.providers import choose_here
from addon.inference.session import open_step
from tests.pretraining import write_data
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
COMMAND = ("-m", "addon.pretraining", "--precision", "float32")
TOGETHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pens")
    write_data(folder)
    return folder


def start(folder: Path, data: Path, *options: str, together: bool = False) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    files = ["--out", "encoder.onnx", "--checkpoint", "kept", "--losses", "losses"]
    run = [*TOGETHER, *COMMAND] if together else [*COMMAND]
    return subprocess.Popen(
        [sys.executable, *run, "--data", str(data), *files, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def losses(folder: Path) -> list[float]:
    return [float(line.split()[1]) for line in (folder / "losses").read_text().splitlines()]


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    _, said = finish(start(folder, data, "--steps", "30"))
    assert (folder / "encoder.onnx").is_file(), said
    return folder


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        _, said = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def test_it_writes_a_model_and_its_card(alone: Path) -> None:
    spec = open_step(alone / "encoder.onnx", choose_here("cpu", None)).spec
    card = (alone / "encoder.md").read_text()
    assert spec.training["settings"]["steps"] == 30
    for digest in spec.training["data_sha256"].values():
        assert digest in card
    assert len(losses(alone)) == 30
    assert np.mean(losses(alone)[-10:]) < np.mean(losses(alone)[:10])


def test_two_processes_learn_as_one(alone: Path, data: Path, tmp_path: Path) -> None:
    returned, said = finish(start(tmp_path, data, "--steps", "30", together=True))
    assert returned == 0, said
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=1e-4)


def test_a_killed_worker_ends_the_run_and_it_can_be_gone_on_with(
    alone: Path, data: Path, tmp_path: Path
) -> None:
    process = start(tmp_path, data, "--steps", "30", together=True)
    until(lambda: (tmp_path / "losses").exists() and len(losses(tmp_path)) >= 5)
    os.kill(_worker(process.pid, rank=1), signal.SIGKILL)
    returned, said = finish(process)
    assert returned != 0
    assert re.search(r"stopped after \d+ steps .* --resume", said), said
    (tmp_path / "losses").rename(tmp_path / "before")
    returned, said = finish(start(tmp_path, data, "--steps", "30", "--resume"))
    assert returned == 0, said
    rest = losses(tmp_path)
    assert rest == pytest.approx(losses(alone)[-len(rest) :], abs=1e-3)


def test_going_on_keeps_to_what_was_begun(alone: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes((alone / "kept").read_bytes())
    for given, told in (
        (("--steps", "60"), "kept was started with --steps 30; leave out --steps"),
        (("--seed", "7"), "kept was started with --seed 0; leave out --seed"),
        (("--precision", "bfloat16"), "kept was started with --precision float32; leave out --precision"),
        (("--minutes", "1"), "leave out --minutes"),
    ):
        returned, said = finish(start(tmp_path, data, "--resume", *given))
        assert returned == 1
        assert said.endswith(f"{told}\n"), said
        assert "Traceback" not in said
    (tmp_path / "kept").write_bytes(b"no checkpoint")
    returned, said = finish(start(tmp_path, data, "--resume"))
    assert (returned, said) == (1, "pretrain: kept cannot be read as a checkpoint; leave out --resume\n")


def test_the_command_line_has_it_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sketch.cli", "pretrain", "--data", str(tmp_path), "--steps", "1"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert answer.returncode == 1
    assert answer.stderr.endswith("unipen_digits.npz cannot be read: No such file or directory\n")


def _worker(parent: int, rank: int) -> int:
    for folder in Path("/proc").iterdir():
        try:
            if f"PPid:\t{parent}\n" not in (folder / "status").read_text():
                continue
            if f"\0RANK={rank}\0" in f"\0{(folder / 'environ').read_text()}":
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("there is no such worker")


def test_without_data_it_says_what_is_missing(tmp_path: Path) -> None:
    returned, said = finish(start(tmp_path, tmp_path / "nowhere", "--steps", "1"))
    assert returned == 1
    assert "unipen_digits.npz cannot be read" in said
    assert "Traceback" not in said
