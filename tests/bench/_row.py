"""One row of the table of measurements."""

from collections.abc import Mapping
from typing import Any


def table_row(
    bench: str,
    figure: str,
    value: float | None,
    unit: str,
    goal: float | None,
    better: str = "lower",
    peer: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A figure with its goal; `better` is "lower" or "higher", `peer` what else was measured with it."""
    return {
        "bench": bench,
        "figure": figure,
        "value": value,
        "unit": unit,
        "goal": goal,
        "better": better,
        "peer": dict(peer or {}),
    }
