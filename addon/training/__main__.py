"""The training process: a job comes in on standard input, events go out on standard output.

    python -P -m addon.training

The protocol is in `training.protocol`. The process ends when its standard input does, as the sketch has then
ended. Files are written completely or not at all, so it may be killed at any time.
"""

import signal
import sys
import threading
import traceback
from typing import TextIO

from addon.background.parent_watch import claim_stdout, end_with_parent, run_and_leave
from addon.errors import AddonError, said, without_torch
from addon.training.protocol import CANCEL_LINE, Baking, Event, Failed, event_line, job_from


def main() -> int:
    """Serve one job; 0 unless it failed, then 1."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the sketch, which then closes the pipe
    events = claim_stdout()
    end_with_parent()
    first = sys.stdin.readline()
    if not first:
        return 0
    cancel = threading.Event()
    threading.Thread(target=_listen, args=(cancel,), daemon=True).start()
    try:
        _serve(first, events, cancel)
    except BrokenPipeError:
        return 0
    except Exception as error:
        traceback.print_exc()
        return _fail(events, _in_one_line(error))
    return 0


def _serve(line: str, events: TextIO, cancel: threading.Event) -> None:
    job = job_from(line)
    # Import only what the job needs. Torch takes seconds to import; if the sketch ends meanwhile, the
    # listener is already running.
    if isinstance(job, Baking):
        from addon.training.bake import bake

        return _tell(events, bake(job))
    from addon.training.config import adapt_config_from, config_from
    from addon.training.priority import lower_priority

    if job.model is None:
        from addon.training.run import run

        config = config_from(job.config)
        lower_priority(config)
        return run(job, config, lambda event: _tell(events, event), cancel.is_set)
    from addon.training.adapting import adapt

    adapting = adapt_config_from(job.config)
    lower_priority(adapting)
    adapt(job, adapting, lambda event: _tell(events, event), cancel.is_set)


def _listen(cancel: threading.Event) -> None:
    for line in sys.stdin:
        if line.strip() == CANCEL_LINE:
            cancel.set()
    cancel.set()


def _tell(events: TextIO, event: Event) -> None:
    events.write(event_line(event) + "\n")


def _fail(events: TextIO, message: str) -> int:
    try:
        _tell(events, Failed(message))
    except BrokenPipeError:
        return 0
    return 1


def _in_one_line(error: Exception) -> str:
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return "there is not enough memory to train; choose a smaller preset or batch"
    if isinstance(error, OSError):
        return f"its results cannot be written: {error.strerror or error}; the old model stays"
    if without_torch(error) or isinstance(error, (AddonError, ValueError)):
        return said(error)
    return f"{type(error).__name__}: {said(error)}"


if __name__ == "__main__":
    run_and_leave(main)
