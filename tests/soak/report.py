"""What the frames of a soak cost, and whether that is good enough."""

from dataclasses import dataclass
from typing import Any

import numpy as np

SLOW = 0.1
SETTLED = 180.0
"""Seconds after which memory has to be flat."""

Waits = list[tuple[float, float]]
Collections = list[tuple[float, float, int]]


@dataclass(frozen=True)
class Goal:
    """A figure that a soak has to reach, and what it reached; None if the show was too short for it."""

    name: str
    most: float
    found: float | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.name}: not measured in so short a show"
        word = "reached" if self.found <= self.most else "NOT REACHED"
        return f"{self.name}: {self.found:.4g}, at most {self.most:g}: {word}"


def goals(found: dict[str, Any]) -> list[Goal]:
    """The goals of a show, given its figures."""
    own = sum(1 for frame in found["over_100_ms"] if frame["idle_waited_ms"] < frame["took_ms"] - 1e3 * SLOW)
    return [
        Goal("frame_p99_ms", 20.0, found["ms_p50_p99_max"][1]),
        Goal("frames_over_100_ms_that_an_idle_process_did_not_have", 0.0, float(own)),
        Goal("memory_growth_percent", 2.0, found["memory_growth_percent"]),
        Goal("edits_not_swapped_in", 0.0, float(found["edits"] - found["reloads"])),
    ]


def figures(notes: Any, collections: Collections, waits: Waits, swaps: list[float]) -> dict[str, Any]:
    """What the frames cost, and what happened during those over 100 ms.

    Args:
        notes: Shape (n, 4): see `SoakShow.notes`.
        collections: Of the garbage collector: begin and length in seconds, generation.
        waits: When the concurrent process was done, and how many seconds late.
        swaps: When each model was loaded.
    """
    began = float(notes[0, 0])
    collections = [one for one in collections if one[0] > began]
    slow = [
        {
            "at_s": round(at - began, 1),
            "took_ms": round(1e3 * took),
            "ran_ms": round(1e3 * ran),
            "collector_ms": round(
                1e3 * sum(long for then, long, _ in collections if at - took <= then <= at)
            ),
            "idle_waited_ms": round(
                1e3 * sum(late for woke, late in waits if at - took <= woke <= at + 0.02)
            ),
            "after_swap_s": round(at - max((swap for swap in swaps if swap < at), default=0.0), 2),
        }
        for at, took, ran, _ in notes[notes[:, 1] > SLOW].tolist()
    ]
    minutes = [notes[(notes[:, 0] - began) // 60 == minute] for minute in range(_minutes(notes))]
    return {
        "frames": len(notes),
        "per_second": round(len(notes) / float(notes[:, 1].sum()), 1),
        "ms_p50_p99_max": [round(1e3 * float(x), 1) for x in np.percentile(notes[:, 1], (50, 99, 100))],
        "ran_ms_p50_p99_max": [round(1e3 * float(x), 1) for x in np.percentile(notes[:, 2], (50, 99, 100))],
        "ms_p50_by_minute": [round(1e3 * float(np.median(part[:, 1])), 1) for part in minutes if len(part)],
        "collector_ms_max_by_generation": [
            round(1e3 * max((long for _, long, kind in collections if kind == which), default=0.0), 1)
            for which in range(3)
        ],
        "idle_late_ms_max": round(1e3 * max((late for _, late in waits), default=0.0)),
        "swaps": len(swaps),
        "resident_mb_by_minute": [round(float(np.median(part[:, 3]))) for part in minutes if len(part)],
        "memory_growth_percent": memory_growth(notes[:, 0] - began, notes[:, 3]),
        "over_100_ms": slow,
    }


def _minutes(notes: Any) -> int:
    return int((notes[-1, 0] - notes[0, 0]) // 60) + 1


def memory_growth(seconds: Any, megabytes: Any) -> float | None:
    """Percent by which memory grew from the minute after `SETTLED` to the last minute.

    None if the show was too short.

    Args:
        seconds: Shape (n,), increasing, since the show began.
        megabytes: Shape (n,).
    """
    if seconds[-1] < SETTLED + 120:
        return None
    first = np.median(megabytes[(seconds >= SETTLED) & (seconds < SETTLED + 60)])
    last = np.median(megabytes[seconds >= seconds[-1] - 60])
    return round(float(100 * (last / first - 1)), 2)
