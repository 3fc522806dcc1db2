"""The process of a `ProcessWorker`: it makes the model, then answers each line with a line.

    python -P -m addon.background.process_worker_child

Arrays are in shared memory; the lines only say where. The process ends when its standard input does: then the
sketch is gone, or has closed the worker.
"""

import importlib
import json
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from multiprocessing.shared_memory import SharedMemory
from time import perf_counter_ns
from typing import Any, TextIO

from addon.arrays import Tensors
from addon.background.parent_watch import claim_stdout, end_with_parent, run_and_leave
from addon.background.shared_memory import attach, plan, read, write
from addon.background.worker import notices_of
from addon.errors import said

Model = Callable[[Tensors], Tensors]
Line = dict[str, Any]


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the sketch, which then closes the pipe
    answers = claim_stdout()
    # A model that computes for ever would never read that the pipe has ended.
    end_with_parent()
    first = sys.stdin.readline()
    if not first:
        return
    job = json.loads(first)
    try:
        model = make(job["maker"], job["arguments"])
        about = described(model)
    except Exception as error:
        _send(answers, {"refused": said(error)})
        return
    _send(answers, {"open": True, "about": about})
    server = Server(model)
    later: deque[Line] = deque()
    # Read here and not in a thread: waking one would delay each answer.
    while (line := later.popleft() if later else _next()) is not None:
        answer = server.serve(line)
        _send(answers, answer)
        if "needs" in answer:
            # Answers keep their order: other inputs wait until this answer is delivered.
            while (line := _next()) is not None and "input" in line:
                later.append(line)
            if line is not None:
                _send(answers, server.serve(line))


def make(maker: str, arguments: Mapping[str, Any]) -> Model:
    """The model that `module:function` makes of its arguments."""
    module, _, function = maker.partition(":")
    return getattr(importlib.import_module(module), function)(**arguments)


def described(model: object) -> dict[str, Any]:
    """What a model says about itself once it is open, as plain data; empty if it has no `describe`."""
    describe = getattr(model, "describe", None)
    return {} if describe is None else dict(describe())


class Server:
    """Answers inputs in shared memory, in the order of the lines.

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
        if "input" not in line:
            if line["output"] is None:
                return {"number": number, "fault": line["why"]}
            return self._answer(line, *self._unsent)
        given = read(self._block(f"input{line['slot']}", line["input"]), line["places"])
        began = perf_counter_ns()
        try:
            output = self._model(given)
            return self._answer(line, output, perf_counter_ns() - began)
        except Exception as error:  # whatever a model raises: the next input is answered
            return {"number": number, "fault": said(error)}

    def _answer(self, line: Line, output: Tensors, busy: int) -> Line:
        number, slot = line["number"], line["slot"]
        places, size = plan(output)
        if line["output"] is None or self._block(f"output{slot}", line["output"]).size < size:
            self._unsent = output, busy
            return {"number": number, "needs": size}
        write(self._block(f"output{slot}", line["output"]), places, output)
        notices = notices_of(self._model)
        answer = {"number": number, "places": places, "busy": busy, "at": perf_counter_ns()}
        return {**answer, "notices": notices} if notices else answer

    def _block(self, role: str, name: str) -> SharedMemory:
        block = self._blocks.get(role)
        if block is not None and block.name == name:
            return block
        if block is not None:
            block.close()
        self._blocks[role] = attach(name)
        return self._blocks[role]


def _next() -> Line | None:
    """The next line; None once the pipe has ended."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def _send(answers: TextIO, line: Line) -> None:
    answers.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    run_and_leave(main)
