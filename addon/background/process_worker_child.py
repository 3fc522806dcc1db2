"""The process behind a `ProcessWorker`: makes the model, then answers, one line in, one line out.

    python -P -m addon.background.process_worker_child

Arrays travel in shared memory, of which the lines only say where. It ends when its standard input does: then
the sketch is gone, or has closed the worker.
"""

import importlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from multiprocessing.shared_memory import SharedMemory
from time import perf_counter_ns
from typing import Any, TextIO

from addon.arrays import Tensors
from addon.background.parent_watch import end_with_parent
from addon.background.shared_memory import attach, plan, read, write
from addon.background.worker_result import notices_of
from addon.errors import said

Model = Callable[[Tensors], Tensors]
Line = dict[str, Any]


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the sketch, which then closes the pipe
    answers = _claim_stdout()
    # A model that computes for ever would never come to see that the pipe has ended.
    end_with_parent()
    first = sys.stdin.readline()
    if not first:
        return
    job = json.loads(first)
    try:
        model = make(job["maker"], job["arguments"])
    except Exception as error:
        _say(answers, {"refused": said(error)})
        return
    _say(answers, {"open": True})
    desk = Desk(model)
    later: deque[Line] = deque()
    # Read here and not in a thread: each one that has to be woken costs time before the answer.
    while (line := later.popleft() if later else _next()) is not None:
        answer = desk.serve(line)
        _say(answers, answer)
        if "needs" in answer:
            # Answers keep their order: whatever else was fed meanwhile waits until this one is delivered.
            while (line := _next()) is not None and "given" in line:
                later.append(line)
            if line is not None:
                _say(answers, desk.serve(line))


def make(maker: str, arguments: Mapping[str, Any]) -> Model:
    """The model that `module:function` makes of its arguments."""
    module, _, function = maker.partition(":")
    return getattr(importlib.import_module(module), function)(**arguments)


class Desk:
    """Answers what lies in shared memory, in the order of the lines.

    Args:
        model: From tensors to tensors.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._blocks: dict[str, SharedMemory] = {}
        self._unsent: tuple[Tensors, int] = {}, 0

    def serve(self, line: Line) -> Line:
        """The answer to one line: where the answer lies, how large a block it needs, or what went wrong."""
        number = line["number"]
        if "given" not in line:
            if line["told"] is None:
                return {"number": number, "fault": line["why"]}
            return self._tell(line, *self._unsent)
        given = read(self._block(f"given{line['slot']}", line["given"]), line["places"])
        began = perf_counter_ns()
        try:
            told = self._model(given)
            return self._tell(line, told, perf_counter_ns() - began)
        except Exception as error:  # whatever a model raises: the next one is answered again
            return {"number": number, "fault": said(error)}

    def _tell(self, line: Line, told: Tensors, busy: int) -> Line:
        number, slot = line["number"], line["slot"]
        places, size = plan(told)
        if line["told"] is None or self._block(f"told{slot}", line["told"]).size < size:
            self._unsent = told, busy
            return {"number": number, "needs": size}
        write(self._block(f"told{slot}", line["told"]), places, told)
        said = notices_of(self._model)
        more = {"said": said} if said else {}
        return {"number": number, "places": places, "busy": busy, "at": perf_counter_ns(), **more}

    def _block(self, role: str, name: str) -> SharedMemory:
        block = self._blocks.get(role)
        if block is not None and block.name == name:
            return block
        if block is not None:
            block.close()
        self._blocks[role] = attach(name)
        return self._blocks[role]


def _claim_stdout() -> TextIO:
    """A stream of our own onto standard output; whatever else prints there goes to standard error."""
    ours = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return ours


def _next() -> Line | None:
    """The next line; None once the pipe ends: the sketch is gone, or has closed the worker."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def _say(answers: TextIO, line: Line) -> None:
    answers.write(json.dumps(line) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
