"""The results as the document that is printed, and as lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from addon.dataset.corpus import Corpus
from addon.evaluation import described
from addon.evaluation.measure import Measured, Plan
from addon.evaluation.metrics import area, auroc, calibration_error, mean_over_groups, rejection
from addon.evaluation.outcomes import NAMES, NoveltyOutcome, Outcome

Document = dict[str, Any]


def document(name: str, corpus: Corpus, plan: Plan, found: Measured) -> Document:
    """All results as JSON values.

    Args:
        name: Name of the data.
        corpus: The data.
        plan: What was measured.
        found: The results.
    """
    outcomes = found.outcomes
    curve = _averaged(outcomes, "curve")
    return {
        "data": name,
        "protocol": plan.protocol,
        "shots": plan.shots,
        "seeds": plan.seeds,
        "classes": len({str(corpus.labels[one.ink]) for one in outcomes}),
        "writers": found.writers,
        "inks": len(outcomes),
        "accuracy": accuracy(outcomes),
        "spread": spread(outcomes),
        "area": round(area(curve), 4),
        "progress_mae": round(float(_averaged(outcomes, "progress_error")), 4),
        **_unknown(found.novelty_outcomes),
        "ece": round(calibration_error(*_sureness(outcomes)), 4),
        "point_us": _point_us(found),
        "taught_per_s": round(1e9 / float(np.mean(found.watch.taught)), 1),
        "peers": {},
    }


def accuracy(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Mean over writers and seeds, by name."""
    return dict(zip(NAMES, _averaged(outcomes, "right").round(4).tolist(), strict=True))


def spread(outcomes: Sequence[Outcome]) -> Document:
    """Standard deviations of the accuracies over writers and over seeds, by name.

    A writer's accuracy is the mean over the seeds, a seed's the mean over the writers; the value is None if
    there is only one writer or one seed.
    """
    values = np.array([one.right for one in outcomes], dtype=np.float64)
    groups = sorted({(one.seed, one.writer) for one in outcomes})
    place = {group: index for index, group in enumerate(groups)}
    at = np.array([place[one.seed, one.writer] for one in outcomes])
    means = np.stack([values[at == index].mean(axis=0) for index in range(len(groups))])
    return {
        "writers": _deviation(means, [writer for _, writer in groups]),
        "seeds": _deviation(means, [str(seed) for seed, _ in groups]),
    }


def _deviation(means: np.ndarray, names: Sequence[str]) -> dict[str, float] | None:
    """Standard deviation of the means of each name, by name of the accuracy."""
    given = np.array(names)
    each = np.stack([means[given == name].mean(axis=0) for name in np.unique(given)])
    return (
        dict(zip(NAMES, each.std(axis=0, ddof=1).round(4).tolist(), strict=True)) if len(each) > 1 else None
    )


def _averaged(outcomes: Sequence[Outcome], name: str) -> np.ndarray:
    values = np.array([getattr(one, name) for one in outcomes], dtype=np.float64)
    return mean_over_groups(values, [(one.seed, one.writer) for one in outcomes])


def _sureness(outcomes: Sequence[Outcome]) -> tuple[np.ndarray, np.ndarray]:
    confidence = np.concatenate([one.confidence for one in outcomes])
    return confidence, np.concatenate([one.right for one in outcomes])


def _unknown(novelty_outcomes: Sequence[Sequence[NoveltyOutcome]]) -> Document:
    both = [task for task in novelty_outcomes if 0 < sum(one.known for one in task) < len(task)]
    novel = [~np.array([one.known for one in task]) for task in both]
    unknown = [np.array([one.unknown for one in task]) for task in both]
    softmax = [np.array([one.softmax for one in task]) for task in both]
    return {
        "unknown_auroc": _mean([auroc(*pair) for pair in zip(unknown, novel, strict=True)]),
        "unknown_auroc_softmax": _mean([auroc(*pair) for pair in zip(softmax, novel, strict=True)]),
        "unknown_rejected": _mean([rejection(*pair) for pair in zip(unknown, novel, strict=True)]),
        "unknown_rejected_softmax": _mean([rejection(*pair) for pair in zip(softmax, novel, strict=True)]),
        "refused": {
            "known": _mean([float((u > 0.5)[~s].mean()) for u, s in zip(unknown, novel, strict=True)]),
            "unknown": _mean([float((u > 0.5)[s].mean()) for u, s in zip(unknown, novel, strict=True)]),
        },
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _point_us(found: Measured) -> dict[str, float | None]:
    return {
        "p50": _percentile(found.watch.points, 50),
        "p99": _percentile(found.watch.points, 99),
        "bare_p50": _percentile(found.watch.bare, 50),
    }


def _percentile(nanoseconds: Sequence[int], percent: int) -> float | None:
    return round(float(np.percentile(nanoseconds, percent)) / 1000, 2) if nanoseconds else None


def lines(document: Mapping[str, Any]) -> list[str]:
    """A document as lines for people."""
    if "mistakes" in document:
        return described.lines(document)
    counts = f"{document['classes']} classes, {document['writers']} writers, {document['inks']} inks asked"
    return [
        f"{document['data']}, {document['protocol']}, {document['shots']} taught a class, "
        f"{document['seeds']} seeds: {counts}",
        f"right at 25 / 50 / 75 / 100 % of the travel / pen lifted: {_shown(document['accuracy'])} %; "
        f"{100 * document['area']:.1f} % on average over the travel",
        *_spread_lines(document),
        f"progress error {document['progress_mae']:.3f}, calibration error {document['ece']:.3f}",
        *_unknown_lines(document),
        _time_line(document),
        *_peer_lines(document),
    ]


def _spread_lines(document: Mapping[str, Any]) -> list[str]:
    parts = [
        f"{_shown(found)} over {document[over]} {over}"
        for over, found in document["spread"].items()
        if found is not None
    ]
    return [f"standard deviation in points: {'; '.join(parts)}"] if parts else []


def _unknown_lines(document: Mapping[str, Any]) -> list[str]:
    refused = document["refused"]
    figures = ("unknown_auroc", "unknown_auroc_softmax", "unknown_rejected", "unknown_rejected_softmax")
    roc, roc_softmax, rejected, rejected_softmax = (_number(document[figure]) for figure in figures)
    return [
        f"unknown: area under ROC {roc} (softmax {roc_softmax}); where 95 % of the known are accepted, "
        f"rejected {rejected} (softmax {rejected_softmax})",
        f"with its own threshold it rejects {_number(refused['unknown'])} of the unknown "
        f"and {_number(refused['known'])} of the known",
    ]


def _time_line(document: Mapping[str, Any]) -> str:
    p50, p99, bare = (_number(document["point_us"][name], 1) for name in ("p50", "p99", "bare_p50"))
    taught = f"{document['taught_per_s']:.0f} examples taught a second"
    return f"a point {p50} µs (p99 {p99}), a bare run {bare} µs; {taught}"


def _peer_lines(document: Mapping[str, Any]) -> list[str]:
    peers: Mapping[str, Any] = document["peers"]
    if not peers:
        return []
    rows = {"Inkloop": document["on_peers_inks"], **peers}
    width = max(map(len, rows))
    return [
        f"on the {document['on_peers_inks']['inks']} inks that all methods were tested on:",
        *(f"  {name:<{width}}  {_peer_line(row)}" for name, row in rows.items()),
    ]


def _peer_line(row: Mapping[str, Any]) -> str:
    if row["accuracy"] is None:
        return str(row["reason"])
    progress, ms = _number(row["progress_mae"]), _number(row["ms"])
    return f"{_shown(row['accuracy'])}, progress {progress}, {ms} ms an answer"


def _shown(accuracies: Mapping[str, float | None]) -> str:
    return " / ".join("–" if share is None else f"{100 * share:.1f}" for share in accuracies.values())


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
