"""How well signs are recognised that were drawn once or a few times: other people's pens, point by point.

Accuracy is the mean over writers and three draws, by `inkloop evaluate`; peers are asked a part of the same
inks, so their figures are given separately, not in the mean. The fifth of UNIPEN's writers is the one that
pretraining set apart.
"""

import sys
import tempfile
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, NamedTuple

import numpy as np

from addon import Recognizer
from addon.dataset.corpus import Corpus, inks
from addon.evaluation.measure import Plan, measure
from addon.evaluation.model import open_model
from addon.evaluation.peers.compare import PEERS, compare
from addon.evaluation.report import document
from addon.inference.loaded_model import LoadedModel
from tests.bench._row import table_row
from tests.bench.fine_tuning import fine_tuning
from tests.bench.held_out import held_out_writers, of_writers
from tests.encoders import inline_steps
from tests.real_pens import data_folder, real_corpus

LIFTED = "lifted"


class Case(NamedTuple):
    """What is measured on one file: goals for accuracy by where it is read, and for other figures."""

    data: str
    protocol: str
    shots: int
    accuracy: dict[str, float]
    others: dict[str, float]
    peers: tuple[str, ...] = ("DTW-1NN", "open-end DTW")


SLOW = ("$1", "$P")
CASES = (
    Case(
        "pendigits",
        "wd",
        1,
        {LIFTED: 0.993, "0.25": 0.70, "0.5": 0.90, "0.75": 0.96},
        {"progress_mae": 0.05},
        (*SLOW, "DTW-1NN", "open-end DTW", "LSTM on these examples"),
    ),
    Case("pendigits", "wd", 5, {LIFTED: 0.998}, {"unknown_auroc": 0.97}),
    Case("pendigits", "wi", 5, {LIFTED: 0.985}, {}),
    Case("uji1", "wd", 1, {LIFTED: 0.91, "0.5": 0.62}, {"evaluate_s": 60.0}),
    Case("uji1", "wi", 5, {LIFTED: 0.78}, {}),
    Case(
        "dollar1",
        "wd",
        1,
        {LIFTED: 0.993, "0.5": 0.93},
        {"progress_mae": 0.05},
        (*SLOW, "DTW-1NN", "open-end DTW"),
    ),
    Case("dollar1", "wi", 5, {LIFTED: 0.988}, {}),
    Case("unipen_upper", "wd", 1, {LIFTED: 0.97, "0.5": 0.80}, {"point_ratio": 1.5}),
    Case("unipen_lower", "wd", 1, {LIFTED: 0.97, "0.5": 0.80}, {}),
)
TEACH_MS = 5.0
FINETUNE_S, FINETUNE_P99_RATIO = 60.0, 1.5


def rows() -> list[dict[str, Any]]:
    """Measure every case."""
    model = open_model("encoder")
    made = [row for case in CASES for row in measured(model, case)]
    return [*made, table_row("recognition", "teach_ms", teach_ms(), "ms", TEACH_MS, "lower", {}), *tuning()]


def tuning() -> list[dict[str, Any]]:
    """The rows of adapting the encoder."""
    found = fine_tuning()
    return [
        table_row("recognition", "finetune_s", found.seconds, "s", FINETUNE_S, "lower", {}),
        table_row(
            "recognition", "finetune_p99_ratio", found.frames, "ratio", FINETUNE_P99_RATIO, "lower", {}
        ),
    ]


def measured(model: LoadedModel, case: Case) -> list[dict[str, Any]]:
    """The rows of one case."""
    corpus = _corpus(case.data)
    plan = Plan(case.protocol, case.shots)
    began = monotonic()
    # What `inkloop evaluate` does is timed whole; elsewhere what no row asks for is left out.
    whole = not {"unknown_auroc", "evaluate_s"}.isdisjoint(case.others)
    found = document(case.data, corpus, plan, measure(model, corpus, plan, _aside, unknown=whole))
    found["evaluate_s"] = monotonic() - began
    found["point_ratio"] = found["point_us"]["p50"] / found["point_us"]["bare_p50"]
    found |= compare(model, corpus, plan, _aside, [peer for peer in PEERS if peer.name in case.peers])
    _aside(f"  {case.data} {case.protocol} {case.shots}: {found}")
    name = f"{case.data}_{case.protocol}{case.shots}"
    accuracy = [
        table_row(
            "recognition",
            f"{name}_{_place(where)}",
            found["accuracy"][where],
            "share",
            goal,
            "higher",
            _peers(found, where),
        )
        for where, goal in case.accuracy.items()
    ]
    return [*accuracy, *(_other(name, found, figure, goal) for figure, goal in case.others.items())]


def _other(name: str, found: dict[str, Any], figure: str, goal: float) -> dict[str, Any]:
    value = found[figure]
    if figure == "progress_mae":
        peers = {peer: row["progress_mae"] for peer, row in found["peers"].items() if row["progress_mae"]}
        return table_row("recognition", f"{name}_progress_error", value, "share", goal, "lower", peers)
    if figure == "unknown_auroc":
        softmax = {"softmax": found["unknown_auroc_softmax"]}
        return _share(f"{name}_unknown_auroc", value, goal, softmax)
    if figure == "point_ratio":
        return table_row("recognition", "point_ratio", value, "ratio", goal, "lower", found["point_us"])
    return table_row("recognition", f"{name}_evaluate_s", value, "s", goal, "lower", {})


def _corpus(name: str) -> Corpus:
    corpus = real_corpus(name)
    if not name.startswith("unipen"):
        return corpus
    return of_writers(corpus, held_out_writers(data_folder()))


def _place(where: str) -> str:
    return where if where == LIFTED else f"at_{round(100 * float(where))}"


def _peers(found: dict[str, Any], where: str) -> dict[str, float]:
    shares = {name: row["accuracy"] and row["accuracy"][where] for name, row in found["peers"].items()}
    return {name: share for name, share in shares.items() if share is not None}


def teach_ms() -> float:
    """Half of the examples take at most so many milliseconds until they count, with 124 in the end."""
    corpus = real_corpus("uji1")
    mine = np.flatnonzero(corpus.writers == corpus.writers[0])
    times: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        recognizer = Recognizer("encoder", provider="cpu")
        recognizer.setup(Path(home))
        with inline_steps():  # in a worker, teaching would return before it counts
            assert recognizer.wait_ready(), recognizer.messages()
        for label, strokes in zip(corpus.labels[mine].tolist(), inks(corpus, mine), strict=True):
            given = tuple(np.nan_to_num(stroke) for stroke in strokes)
            began = perf_counter()
            recognizer.teach(label, given)
            times.append(1000 * (perf_counter() - began))
        recognizer.exit()
    return float(np.median(times))


def _share(figure: str, value: float, goal: float, peer: dict[str, Any]) -> dict[str, Any]:
    return table_row("recognition", figure, value, "share", goal, "higher", peer)


def _aside(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
