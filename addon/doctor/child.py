"""The child process that opens untrusted files: `python -m addon.doctor.child`.

It reads one request a line and answers each with one line, both JSON. What native libraries print goes to
standard error. It ends and deletes its folder when its input ends, even in the middle of a file; it ends when
a request takes too long; and a file may crash it. None of that affects the parent process.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from addon.background.limits import end_within, limit_this_process
from addon.background.parent_watch import claim_stdout, end_with_parent, run_and_leave
from addon.doctor.examine import examine, load_pen
from addon.doctor.examiner import FOLDER_PREFIX
from addon.doctor.findings import Findings

SPARE_SECONDS = 5.0
"""This process ends itself this much later than its parent would."""

MOST_SAID = 8 * 1024**2
"""Characters of an answer."""


def main() -> None:
    """Answer requests until the input ends."""
    answers = claim_stdout()
    limit_this_process()
    end_with_parent(_tidy)
    serve(sys.stdin, answers)
    # The parent does the same, unless it has ended.
    _tidy()


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer each line of `requests` with a line of `answers`."""
    for line in requests:
        request: dict[str, Any] = json.loads(line)
        # Temporary files are deleted with the folder, too.
        tempfile.tempdir = request["folder"]
        end_within(float(request["timeout"]) + SPARE_SECONDS)
        answer = json.dumps(_answer(request))
        end_within(0.0)
        if len(answer) > MOST_SAID:
            too_long = Findings(
                file=Path(request["path"]).name,
                verdict="refused",
                why=f"its metadata take more than {MOST_SAID // 1024**2} MB",
            )
            answer = json.dumps(too_long)
        answers.write(answer + "\n")


def _tidy() -> None:
    # Only the folder made for this child, never another one.
    if tempfile.tempdir is not None and Path(tempfile.tempdir).name.startswith(FOLDER_PREFIX):
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)


def _answer(request: dict[str, Any]) -> Findings:
    path = Path(request["path"])
    if request["as_pen"]:
        return load_pen(path, request["provider"])
    return examine(
        path,
        Path(request["folder"]),
        provider=request["provider"],
        seconds=float(request["seconds"]),
        limit=int(request["limit"]),
    )


if __name__ == "__main__":
    run_and_leave(main)
