"""The test vectors of the pen format are what Inkloop answers."""

import json

import fastjsonschema
import numpy as np
import pytest

from tests.unit.model.test_pen_schema import SCHEMA
from tests.vectors import FOLDER, MAKERS, vectors

valid = fastjsonschema.compile(json.loads(SCHEMA.read_text("utf-8")))


@pytest.mark.parametrize("name", MAKERS)
def test_vectors_are_what_inkloop_answers(name: str) -> None:
    kept, fresh = json.loads((FOLDER / f"{name}.json").read_text("utf-8")), vectors(name)
    assert len(kept["inks"]) == len(fresh["inks"])
    for ours, theirs in zip(kept["inks"], fresh["inks"], strict=True):
        assert (ours["name"], ours["strokes"]) == (theirs["name"], theirs["strokes"])
        for one, other in zip(ours["steps"], theirs["steps"], strict=True):
            assert [one[key] for key in ("stroke", "point", "held", "decided")] == [
                other[key] for key in ("stroke", "point", "held", "decided")
            ]
            np.testing.assert_allclose(one["rows"], other["rows"], rtol=0, atol=1e-6)
            for key in ("probabilities", "progress", "unknown"):
                np.testing.assert_allclose(one[key], other[key], rtol=0, atol=2e-5)


def test_they_show_what_a_reader_may_get_wrong() -> None:
    kept = {name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in MAKERS}
    steps = [step for one in kept.values() for ink in one["inks"] for step in ink["steps"]]
    rows = np.concatenate([step["rows"] for step in steps])
    assert max(len(step["rows"]) for step in steps) == 64
    assert np.abs(rows[:, :4]).max() == 50
    assert rows[:, 4].any()
    assert rows[:, 5].any()
    assert {True, False} == {step["decided"] for step in steps}
    assert any(
        step["held"] != one["metadata"]["labels"][int(np.argmax(step["probabilities"]))]
        for one in (kept["taught"],)
        for ink in one["inks"]
        for step in ink["steps"]
    )
    unknowns = [step["unknown"] for ink in kept["taught"]["inks"] for step in ink["steps"]]
    assert min(unknowns) < 0.1
    assert max(unknowns) > 0.9
    valid(kept["small"]["pen"]["metadata"])
    valid(kept["taught"]["metadata"])
