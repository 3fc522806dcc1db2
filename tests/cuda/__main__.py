"""What a GPU of NVIDIA's does with Inkloop: `python3 dev.py cuda [--json FILE]`.

Each step is a process with a time limit of its own, and one that fails stops none of the others. At the end
comes one table, and the rows as `dev.py bench` writes them. Standard library alone, so that it says what is
missing in place of ending with it.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
CHECKS = (
    "inline_step",
    "state_on_device",
    "several_pens",
    "swap",
    "captured_graph",
    "image_model",
    "auto",
    "render",
)
CHECK_SECONDS, BENCH_SECONDS = 90.0, 240.0
STARTING_SECONDS, PRETRAIN_SECONDS = 120.0, 60.0
"""For pretraining; as much again goes by until it begins and for its measuring, which may be cut off."""


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        name: For the table.
        command: Arguments of Python.
        limit: Seconds that it may take.
        rows: The file it leaves its rows in; for pretraining the file of its losses.
    """

    name: str
    command: tuple[str, ...]
    limit: float
    rows: Path


@dataclass(frozen=True)
class Outcome:
    """How a step went: "passed", "failed" or "timed out", its seconds, its rows, and why in one line."""

    verdict: str
    seconds: float
    rows: list[Row]
    why: str = ""


def steps(provider: str, folder: Path, data: Path, seconds: float = PRETRAIN_SECONDS) -> list[Step]:
    """Everything there is to do, the short first.

    Args:
        provider: "cuda", or "cpu" to try the steps themselves.
        folder: For what they leave.
        data: Inks to pretrain on.
        seconds: Of pretraining.
    """
    made: list[Step] = []
    for name in CHECKS:
        rows = folder / f"{name}.json"
        command = ("-m", "tests.cuda.checks", name, "--provider", provider, "--json", str(rows))
        made.append(Step(name, command, CHECK_SECONDS, rows))
    losses = folder / "losses.txt"
    pretrain = (
        "-m",
        "addon.pretraining",
        "--data",
        str(data),
        "--out",
        str(folder / "encoder.onnx"),
    )
    length = ("--minutes", f"{seconds / 60:.4f}", "--losses", str(losses))
    made.append(Step("pretrain", (*pretrain, *length), STARTING_SECONDS + 2 * seconds, losses))
    rows = folder / "bench.json"
    bench = ("-m", "tests.bench", "inference", "--provider", provider, "--json", str(rows))
    return [*made, Step("bench inference", bench, BENCH_SECONDS, rows)]


def run(step: Step, provider: str) -> Outcome:
    """Run one step to its end or its limit; what it prints appears as it is printed."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"} if provider == "cpu" else dict(os.environ)
    began = time.monotonic()
    said = ""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", *step.command], cwd=ROOT, env=environment, stderr=errors
        )
        try:
            code: int | None = process.wait(step.limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()
    seconds = time.monotonic() - began
    rows = pretrained(step.rows) if step.name == "pretrain" else read_rows(step.rows)
    if code == 0:
        return Outcome("passed", seconds, rows)
    if code is None:
        return Outcome("timed out", seconds, rows, f"it did not end within {step.limit:.0f} seconds")
    return Outcome("failed", seconds, rows, said.splitlines()[-1][:200] if said else f"exit code {code}")


def read_rows(path: Path) -> list[Row]:
    """The rows that a step has left; none if it left none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def pretrained(path: Path) -> list[Row]:
    """How many steps of training there were, by the file of losses; those of the last half by their pace."""
    try:
        losses = [float(line.split()[-1]) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError):
        return []
    if len(losses) < 2:
        return []
    tenth = max(1, len(losses) // 10)
    first, last = sum(losses[:tenth]) / tenth, sum(losses[-tenth:]) / tenth
    made = [("pretrain_steps", float(len(losses)), "steps", "higher", {})]
    made.append(("pretrain_loss", last, "loss", "lower", {"at_first": first}))
    return [
        {
            "bench": "cuda",
            "figure": name,
            "value": value,
            "unit": unit,
            "goal": None,
            "better": better,
            "peer": peer,
        }
        for name, value, unit, better, peer in made
    ]


def table(outcomes: dict[str, Outcome]) -> str:
    """How each step went, and below it every figure, as Markdown."""
    lines = ["| step | | s | |", "| --- | --- | --- | --- |"]
    for name, outcome in outcomes.items():
        lines.append(
            f"| {name} | {outcome.verdict} | {outcome.seconds:.1f} | {outcome.why.replace('|', '/')} |"
        )
    lines += ["", "| bench | figure | value | unit | peers |", "| --- | --- | --- | --- | --- |"]
    for outcome in outcomes.values():
        for row in outcome.rows:
            peers = ", ".join(f"{name} {_shown(value)}" for name, value in row.get("peer", {}).items())
            value = _shown(row["value"]) if row["value"] is not None else row.get("reason", "not measured")
            lines.append(f"| {row['bench']} | {row['figure']} | {value} | {row['unit']} | {peers} |")
    return "\n".join(lines)


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def machine() -> str:
    """What it ran on, in one line."""
    said = [f"Python {sys.version.split()[0]}"]
    for name in ("torch", "onnxruntime", "numpy"):
        if importlib.util.find_spec(name) is None:
            said.append(f"no {name}")
            continue
        version = f"import {name}; print({name}.__version__)"
        told = subprocess.run([sys.executable, "-c", version], capture_output=True, text=True)
        said.append(f"{name} {told.stdout.strip() or 'that cannot be imported'}")
    return ", ".join(said)


def device() -> str:
    """The GPU as ONNX Runtime will be asked for it, or why it will not be."""
    ask = (
        "from addon.inference.providers import probe_this_machine as p; c = p(); print(c.missing or c.device)"
    )
    told = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True)
    return told.stdout.strip() or (told.stderr.strip().splitlines() or ["nothing was said"])[-1]


def data_for(folder: Path) -> Path:
    """Inks to pretrain on: those of the data folder if it is there, else some that are written here."""
    given = Path(os.environ.get("INKLOOP_DATA", ROOT / "../shared/data"))
    if given.is_dir():
        return given
    write = (
        "import pathlib, sys; from tests.pretraining import write_data; write_data(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", write, str(folder / "data")]
    # What is missing for it, pretraining says itself.
    subprocess.run(command, cwd=ROOT, check=False, stderr=subprocess.DEVNULL)
    return folder / "data"


def main() -> int:
    """Run every step; 0 if all passed, else 1."""
    parser = argparse.ArgumentParser(prog="dev.py cuda", description="Measure Inkloop on a GPU of NVIDIA's.")
    parser.add_argument(
        "--json", type=Path, default=ROOT / "out" / "cuda.json", metavar="FILE", help="the rows"
    )
    parser.add_argument("--only", nargs="*", metavar="STEP", help="these steps alone")
    parser.add_argument("--seconds", type=float, default=PRETRAIN_SECONDS, help="of pretraining; 60")
    parser.add_argument("--wheels", metavar="DIR", help="install from this folder, not from an index")
    parser.add_argument("--provider", default="cuda", choices=("cuda", "cpu"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    outcomes: dict[str, Outcome] = {}
    print(machine(), flush=True)
    print(device(), flush=True)
    with tempfile.TemporaryDirectory(prefix="inkloop-cuda-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        todo = steps(chosen.provider, folder, data_for(folder), chosen.seconds)
        for step in todo:
            if chosen.only and step.name not in chosen.only:
                continue
            print(f"== {step.name}, at most {step.limit:.0f} s", flush=True)
            outcomes[step.name] = outcome = run(step, chosen.provider)
            print(f"   {outcome.verdict} after {outcome.seconds:.1f} s {outcome.why}".rstrip(), flush=True)
            # After each step: what ends this process then still leaves what was measured.
            chosen.json.parent.mkdir(parents=True, exist_ok=True)
            rows = [row for each in outcomes.values() for row in each.rows]
            chosen.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print(table(outcomes), flush=True)
    if chosen.provider == "cpu":
        print("These are figures of the CPU, by which the steps were tried; none is of CUDA.", flush=True)
    return 0 if all(outcome.verdict == "passed" for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
