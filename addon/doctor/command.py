"""What `inkloop doctor` does, once its arguments are read."""

import json
from pathlib import Path

from rich.console import Console

from addon.doctor.examiner import TIMEOUT, Examiner
from addon.doctor.findings import runs
from addon.doctor.show import show


def doctor(path: Path, as_json: bool, provider: str, seconds: float) -> int:
    """Examine a file and print what was found on standard output.

    Args:
        path: The ONNX file.
        as_json: Print one JSON document.
        provider: "auto", "cuda" or "cpu".
        seconds: To spend on measuring.

    Returns:
        The exit code: 0 if it runs, 1 if not.

    Raises:
        ValueError: The time is none.
    """
    with Examiner(provider, seconds, TIMEOUT + seconds) as examiner:
        found = examiner.examine(path)
    if as_json:
        print(json.dumps(found))
    else:
        # Sizes and times are no code to be colored, and names from a file are no markup.
        show(found, Console(highlight=False, markup=False, emoji=False))
    return 0 if runs(found) else 1
