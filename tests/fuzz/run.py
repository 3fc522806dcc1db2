"""Damaged model files through the doctor and through the pen's loader, each in a child process."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import onnx

from addon.doctor.examiner import Examiner
from addon.doctor.findings import Findings
from tests.fuzz.damage import damaged, generator
from tests.models import make_model
from tests.onnx_files import classifier, recurrent, two_layers, with_weights_in

ROOT = Path(__file__).parents[2]
THEIRS = Path(onnx.__file__).parent / "backend" / "test" / "data"
TIMEOUT = 20.0
PENS_AGAIN = 10
HUNG = TIMEOUT + 5.0
"""Seconds after which an answer would be no answer."""


@dataclass
class Tally:
    """What came of it.

    Attributes:
        outcomes: How often each, by "doctor" or "pen" and the verdict.
        damages: How often each kind of damage was done.
        odd: Files that crashed a child or took too long, with what was said.
        unsaid: Refusals without a reason, or with one of several lines.
        slowest: Seconds of the slowest answer.
        processes: Child processes that were started.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    damages: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    slowest: float = 0.0
    processes: int = 0

    @property
    def hung(self) -> bool:
        """Whether there was no answer for longer than the limit."""
        return self.slowest > HUNG


def seeds() -> list[bytes]:
    """Sound files: ours, small ones of every kind, onnx's quicker classifiers and single nodes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_model(folder / "small.onnx", hidden=16)
        make_model(folder / "deep.onnx", layers=2, hidden=8)
        for make in (two_layers, recurrent, classifier):
            make(folder / f"{make.__name__}.onnx")
        with_weights_in(folder / "outside.onnx", "weights.bin")
        paths = [*sorted(folder.glob("*.onnx")), *sorted((ROOT / "models").glob("*.onnx"))]
        light = ("bvlc_alexnet", "shufflenet", "squeezenet", "densenet121", "inception_v1")
        paths += [THEIRS / "light" / f"light_{name}.onnx" for name in light]
        paths += sorted(path for path in THEIRS.rglob("*.onnx") if path.parent.parent.name != "light")[::3]
        found = [path.read_bytes() for path in paths]
        # So that about every third file is one that the pen's loader looks at closely.
        pens = [path for path in paths if path.stem in ("small", "deep", "letters")]
        return found + [path.read_bytes() for path in pens] * PENS_AGAIN


def fuzz(count: int, seed: int, keep: Path, say: Callable[[str], None] = print) -> Tally:
    """Damage and open `count` files.

    Args:
        count: Of files.
        seed: Decides them all.
        keep: Folder for those that crash a child or take too long.
        say: Takes a line now and then.
    """
    tally, random, sound = Tally(), generator(seed), seeds()
    with tempfile.TemporaryDirectory() as name, Examiner("cpu", 0.0, TIMEOUT) as examiner:
        (Path(name) / "weights.bin").write_bytes(bytes(24))
        for number in range(count):
            kind, data = damaged(sound, random)
            path = Path(name) / f"{number:05d}.onnx"
            path.write_bytes(data)
            tally.damages.update(kind.split("+"))
            for way, found, seconds in _both(examiner, path):
                _count(tally, way, found, seconds, f"{kind} {path.name}")
                if found["verdict"] in ("crashed", "timed out"):
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}-{path.name}").write_bytes(data)
            path.unlink()
            if (number + 1) % 100 == 0:
                say(f"{number + 1}: {dict(tally.outcomes)}")
        tally.processes = examiner.started
    return tally


def _both(examiner: Examiner, path: Path) -> Iterator[tuple[str, Findings, float]]:
    for way, ask in (("doctor", examiner.examine), ("pen", examiner.load_as_pen)):
        began = time.monotonic()
        found = ask(path)
        yield way, found, time.monotonic() - began


def _count(tally: Tally, way: str, found: Findings, seconds: float, name: str) -> None:
    tally.outcomes[f"{way} {found['verdict']}"] += 1
    tally.slowest = max(tally.slowest, seconds)
    why = found.get("why", "")
    if found["verdict"] in ("crashed", "timed out"):
        tally.odd.append(f"{way} {name}: {why}")
    elif found["verdict"] == "refused" and (not why or not why.isprintable()):
        tally.unsaid.append(f"{way} {name}: {why!r}")


def report(tally: Tally, others: Sequence[str] = ()) -> list[str]:
    """The counts as lines."""
    lines = [f"{outcome:18} {count}" for outcome, count in sorted(tally.outcomes.items())]
    lines += ["", *(f"{damage:18} {count}" for damage, count in sorted(tally.damages.items()))]
    lines += ["", f"{tally.processes} child processes; the slowest answer took {tally.slowest:.1f} s"]
    lines += [*others, *tally.odd, *(f"NOT SAID: {line}" for line in tally.unsaid)]
    return lines
