"""The reader of the web page, in Node: right by the test vectors, and strict with what it is given."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import MAKERS
from tests.web.node import READER, checked, run_node
from tests.web.pens import kept, pen_of


def test_the_reader_agrees_with_the_test_vectors(tmp_path: Path) -> None:
    vectors = [kept(name) for name in MAKERS]
    checks = [{"pen": pen_of(one), "inks": one["inks"]} for one in vectors]
    for name, one, off in zip(MAKERS, vectors, checked(checks, tmp_path), strict=True):
        assert off["wrong"] == [], name
        assert off["steps"] == sum(len(ink["steps"]) for ink in one["inks"])
        assert off["rows"] <= 1e-6, name
        assert max(off["probabilities"], off["progress"], off["unknown"]) <= 1e-4, (name, off)


def changed(pen: dict[str, Any], *path: str, to: Any = None) -> dict[str, Any]:
    """A copy of a pen with one value changed; None takes it out."""
    other = copy.deepcopy(pen)
    at = other
    for key in path[:-1]:
        at = at[key]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return other


REFUSED: dict[str, tuple[tuple[str, ...], Any]] = {
    'its kind is "image"': (("metadata", "kind"), "image"),
    "its format is 2; this page reads 1": (("metadata", "format"), 2),
    "its columns are": (("metadata", "columns"), ["x", "y"]),
    'its recipe has "smoothing"': (("metadata", "recipe", "smoothing"), 1),
    "spacing must be 0.005..1": (("metadata", "recipe", "spacing"), 3),
    "scale must be": (("metadata", "recipe", "scale"), None),
    "layers must be 1 or more": (("metadata", "layers"), 0),
    "two of its labels are equal": (("metadata", "labels"), ["A", "A", "B"]),
    "it has no labels": (("metadata", "labels"), []),
    "the tensor score_head.W is missing": (("tensors", "score_head.W"), None),
    "score_head.W has the shape [8,3]; needed is [8,2]": (("metadata", "labels"), ["A", "B"]),
    "the tensor project.W is missing": (("metadata", "embedding"), 9),
    'the type of lstm_0.W is "int8"': (("tensors", "lstm_0.W", "type"), "int8"),
    "lstm_0.W has 0 bytes": (("tensors", "lstm_0.W", "data"), ""),
    "it has no tensors": (("tensors",), 7),
    "it has no metadata": (("metadata",), None),
}


def test_what_it_cannot_read_it_refuses_in_one_line(tmp_path: Path) -> None:
    small = pen_of(kept("small"))
    pens = [changed(small, *path, to=to) for path, to in REFUSED.values()]
    (tmp_path / "pens.json").write_text(json.dumps(pens), encoding="utf-8")
    script = tmp_path / "refuse.js"
    script.write_text(
        """
        const { open } = require(process.argv[2]);
        console.log(JSON.stringify(require(process.argv[3]).map((pen) => {
          try { open(pen); return "read"; } catch (error) { return error.message; }
        })));
        """,
        encoding="utf-8",
    )
    messages = json.loads(run_node(script, READER, tmp_path / "pens.json"))
    for why, message in zip(REFUSED, messages, strict=True):
        assert why in message
        assert "\n" not in message


@pytest.mark.parametrize("point", [("NaN", "0"), ("0", "Infinity")])
def test_a_point_that_is_not_finite_is_left_out(tmp_path: Path, point: tuple[str, str]) -> None:
    (tmp_path / "pen.json").write_text(json.dumps(pen_of(kept("small"))), encoding="utf-8")
    script = tmp_path / "points.js"
    script.write_text(
        f"""
        const reader = require(process.argv[2]).open(require(process.argv[3]));
        reader.point(0, 0);
        const before = JSON.stringify(reader.answer);
        const fed = reader.point({point[0]}, {point[1]});
        console.log(fed, JSON.stringify(reader.answer) === before, reader.point(100, 0));
        """,
        encoding="utf-8",
    )
    assert run_node(script, READER, tmp_path / "pen.json").split() == ["false", "true", "true"]
