"""Measure peers on the same splits, and Inkloop on the same inks as the peers."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from addon.dataset.corpus import Corpus, inks
from addon.dataset.splits import Task
from addon.errors import said
from addon.evaluation.measure import Plan, Say, asked, planned
from addon.evaluation.metrics import mean_over_groups
from addon.evaluation.outcomes import NAMES
from addon.evaluation.peers.peer import Peer, PeerAnswer
from addon.evaluation.peers.templates import teach_one, teach_p
from addon.evaluation.peers.trained import teach_network
from addon.evaluation.peers.warping import teach_nearest, teach_open_end
from addon.evaluation.replay import Stopwatch
from addon.evaluation.report import accuracy
from addon.inference.loaded_model import LoadedModel

WRITERS = 5
INKS = 200

PEERS = (
    Peer("$1", "dollar_one_recognizer_py", "dollar-one-recognizer-py", teach_one),
    Peer("$P", "dollarpy", "dollarpy", teach_p),
    Peer("DTW-1NN", "dtaidistance", "dtaidistance", teach_nearest),
    Peer("open-end DTW", "dtaidistance", "dtaidistance", teach_open_end),
    Peer("LSTM on these examples", "torch", "torch", teach_network),
)


def compare(
    model: LoadedModel, corpus: Corpus, plan: Plan, say: Say, peers: Sequence[Peer] = PEERS
) -> dict[str, Any]:
    """Measure every installed peer, and Inkloop, on a few writers of the first seed.

    Returns:
        Two entries for the document: "peers" by name, and "on_peers_inks", which is Inkloop's own row.
    """
    few = few_inks(corpus, planned(corpus, plan)[0])
    watch = Stopwatch()
    own = [one for task in few for one in asked(model, corpus, task, 0, watch)]
    rows: dict[str, Any] = {}
    for peer in peers:
        rows[peer.name] = compared(peer, corpus, few)
        say(f"{peer.name}: {rows[peer.name].get('reason', 'measured')}")
    row = {
        "inks": len(own),
        "accuracy": accuracy(own),
        "progress_mae": round(float(np.mean([one.progress_error for one in own])), 4),
        "ms": round(float(np.mean(watch.points)) / 1e6, 4) if watch.points else None,
    }
    return {"on_peers_inks": row, "peers": rows}


def few_inks(corpus: Corpus, tasks: Sequence[Task]) -> list[Task]:
    """The tasks reduced to at most `WRITERS` tested writers with equally many inks, at most `INKS` in all."""
    writers = list(dict.fromkeys(str(corpus.writers[ink]) for task in tasks for ink in task.asked))[:WRITERS]
    chance = np.random.default_rng(0)
    few: list[Task] = []
    for task in tasks:
        chosen = [
            chance.permutation(task.asked[corpus.writers[task.asked] == writer])[: INKS // len(writers)]
            for writer in writers
        ]
        kept = np.sort(np.concatenate(chosen))
        if len(kept):
            few.append(Task(task.taught, kept))
    return few


def compared(peer: Peer, corpus: Corpus, tasks: Sequence[Task]) -> dict[str, Any]:
    """A peer's row; if it is not installed, or fails, the row has a reason instead of figures."""
    if find_spec(peer.module) is None:
        return _no_row(f"not installed; pip install {peer.package}")
    try:
        return _asked(peer, corpus, tasks)
    except Exception as error:  # a failing peer must not cost the figures of the others
        return _no_row(f"failed ({type(error).__name__}: {said(error)})")


def _no_row(reason: str) -> dict[str, Any]:
    return {"accuracy": None, "progress_mae": None, "ms": None, "reason": reason}


def _asked(peer: Peer, corpus: Corpus, tasks: Sequence[Task]) -> dict[str, Any]:
    answers: list[PeerAnswer] = []
    truth: list[tuple[str, str]] = []
    for task in tasks:
        ask = peer.teach(inks(corpus, task.taught), corpus.labels[task.taught].tolist())
        answers += [ask(strokes) for strokes in inks(corpus, task.asked)]
        truth += [(str(corpus.writers[ink]), str(corpus.labels[ink])) for ink in task.asked]
    return _row(answers, truth)


def _row(answers: Sequence[PeerAnswer], truth: Sequence[tuple[str, str]]) -> dict[str, Any]:
    right = np.array(
        [[each == label for each in one.answers] for one, (_, label) in zip(answers, truth, strict=True)],
        float,
    )
    shares = mean_over_groups(right, [writer for writer, _ in truth]).round(4).tolist()
    errors = [one.progress_error for one in answers if one.progress_error is not None]
    seconds = [each for one in answers for each in one.seconds]
    return {
        "accuracy": {
            name: share if answer is not None else None
            for name, share, answer in zip(NAMES, shares, answers[0].answers, strict=True)
        },
        "progress_mae": round(float(np.mean(errors)), 4) if errors else None,
        "ms": round(1000 * float(np.mean(seconds)), 4),
    }
