"""The bench `inference` runs whole and has every row that it is asked for, here in miniature."""

import math

import pytest

from addon.inference.providers import probe_this_machine
from tests.bench import _concurrent, _swaps, batching, inference, point
from tests.bench.__main__ import measure

WANTED = {
    "inline_p50_ratio",
    "inline_p99_ratio",
    "worker_overhead_ms",
    "worker_frame_p99_ratio",
    "swap_p99_ratio",
    "swap1000_memory_percent",
    "batch64_ratio",
    "cuda_step_us",
}


def test_every_row_is_there_and_is_a_number_or_says_why_not(monkeypatch):
    small = {
        point: {"WINDOWS": 3, "POINTS": 20},
        _concurrent: {"SHAPES": 200, "SIZE": 64},
        _swaps: {"HIDDEN": 64, "SECONDS": 0.5, "ROUNDS": 1, "SWAPS": 6, "SETTLED": 3},
        batching: {"WINDOWS": 2, "STEPS": 5},
        inference: {"FRAMES": 120},
    }
    for module, values in small.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    rows = {row["figure"]: row for row in inference.rows()}
    assert set(rows) >= WANTED
    for row in rows.values():
        assert row["bench"] == "inference"
        if row["value"] is None:
            assert row["reason"]
        else:
            assert math.isfinite(row["value"])


def test_without_a_device_no_figure_is_given_for_one():
    if not probe_this_machine().missing:
        pytest.skip("there is a device here")
    rows = measure(["inference"], "cuda")
    assert {row["figure"] for row in rows} >= WANTED
    assert all(row["value"] is None and row["reason"] == "not measured: no device" for row in rows)
