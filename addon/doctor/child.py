"""The process in which a stranger's file is opened: `python -m addon.doctor.child`.

It reads one request a line and answers each with one line, both JSON. What native libraries print goes to
standard error. It ends with its input, by itself once a request has taken too long, and by whatever a file
does to it: none of that touches the process that asked.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from addon.doctor.examine import examine, load_pen
from addon.doctor.findings import Findings
from addon.doctor.limits import end_within, limit_this_process

SPARE_SECONDS = 5.0
"""How much later than whoever asked this process ends itself."""


MOST_SAID = 8 * 1024**2
"""Characters of an answer."""


def main() -> None:
    """Answer requests until the input ends."""
    # The answers' pipe becomes one that no library knows of, and its old number leads elsewhere.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    limit_this_process()
    serve(sys.stdin, answers)


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer each line of `requests` with a line of `answers`."""
    for line in requests:
        request: dict[str, Any] = json.loads(line)
        end_within(float(request["timeout"]) + SPARE_SECONDS)
        answer = json.dumps(_answer(request))
        end_within(0.0)
        if len(answer) > MOST_SAID:
            too_long = Findings(
                file=Path(request["path"]).name,
                verdict="refused",
                why=f"what it says of itself takes more than {MOST_SAID // 1024**2} MB",
            )
            answer = json.dumps(too_long)
        answers.write(answer + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> Findings:
    path = Path(request["path"])
    if request["as_pen"]:
        return load_pen(path)
    return examine(
        path,
        Path(request["folder"]),
        provider=request["provider"],
        seconds=float(request["seconds"]),
        limit=int(request["limit"]),
    )


if __name__ == "__main__":
    main()
