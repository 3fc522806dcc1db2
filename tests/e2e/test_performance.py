"""The piece for a stage: thirty edits while it plays, and what is left of them."""

import itertools
from pathlib import Path
from typing import Any

from sketch.examples import performance
from sketch.examples.performance_show import SCORE, perform


def test_every_edit_fits_the_text_and_five_of_thirty_are_errors():
    text = Path(performance.__file__).read_text(encoding="utf-8")
    for edit in SCORE:
        text = edit.of(text)
    assert len(SCORE) == 30
    assert sum(1 for edit, after in itertools.pairwise(SCORE) if after == edit.back) == 5
    assert text != Path(performance.__file__).read_text(encoding="utf-8")


def test_the_show_goes_on_through_its_errors_and_ends_with_the_last_edit(tmp_path, caplog):
    seen: list[float] = []
    options: dict[str, Any] = {"scale": 0.2, "viewer": lambda frame: seen.append(float(frame.mean()))}
    edits = SCORE[3:11]
    show = perform(tmp_path, 0.7 * len(edits) / 60, edits, **options)
    assert len(seen) == show.frame > 300
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert ["backgruond" in errors[0], "SyntaxError" in errors[1], len(errors)] == [True, True, 2]
    assert min(seen) > 1.0  # no black frame
