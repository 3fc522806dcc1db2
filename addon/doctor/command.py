"""The command `inkloop doctor`, after its arguments are parsed."""

import json
import sys
from pathlib import Path

from rich.console import Console

from addon.doctor.examiner import TIMEOUT, Examiner
from addon.doctor.findings import Findings, runs
from addon.doctor.show import show
from addon.errors import ModelError
from addon.inference.wheels import wheels_at_odds
from addon.model.adaptor import adaptor_path
from addon.text import escaped


def doctor(
    path: Path, as_json: bool, provider: str, seconds: float, adaptor: bool, everything: bool = False
) -> int:
    """Examine a file and print the findings on standard output.

    Args:
        path: The ONNX file.
        as_json: Print one JSON document.
        provider: "auto", "cuda" or "cpu".
        seconds: Time to spend on measuring.
        adaptor: Write a first draft of the description next to it; an existing one is never changed.
        everything: Print more than a screenful.

    Returns:
        The exit code: 0 if it runs, 1 if not.

    Raises:
        ModelError: There is a description, or nothing to put into one.
    """
    with Examiner(provider, seconds, TIMEOUT + seconds) as examiner:
        found = examiner.examine(path)
    at_odds = wheels_at_odds()
    if at_odds:
        found["advice"] = [at_odds, *found.get("advice", [])]
    if as_json:
        print(json.dumps(found))
    else:
        # Sizes and times must not be highlighted as code, nor names from a file be read as markup.
        show(found, Console(highlight=False, markup=False, emoji=False), everything)
    if adaptor:
        written = write_draft(path, found)
        print(f"wrote the draft {escaped(str(written))}: check each of its lines", file=sys.stderr)
    return 0 if runs(found) else 1


def write_draft(path: Path, found: Findings) -> Path:
    """Write a first draft of the description of a model.

    Args:
        path: The ONNX file.
        found: The findings about it.

    Returns:
        The file that was written, next to the model.

    Raises:
        ModelError: There is one already, or nothing to put into one.
    """
    description = adaptor_path(path)
    draft = found.get("draft", "")
    if not draft:
        why = found.get("why", "") or "it has no strokes, no pictures and no state"
        raise ModelError(f"{path.name}: no description can be drafted; {escaped(why)}")
    try:
        with description.open("x", encoding="utf-8") as file:
            file.write(draft)
    except FileExistsError as error:
        raise ModelError(
            f"{description.name}: it already exists and was not changed; move it away first"
        ) from error
    except OSError as error:
        raise ModelError(f"{description.name}: it cannot be written ({error.strerror})") from error
    return description
