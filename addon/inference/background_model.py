"""Any model in a process of its own, as an addon of a sketch: arrays by name in, arrays by name out."""

import inspect
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from addon.arrays import Array
from addon.background.process_worker import ProcessWorker
from addon.background.timings import NO_TIMINGS, Timings
from addon.background.worker import BOUND, Policy, check_policy
from addon.errors import AddonError
from addon.inference.fed_arrays import as_array, checked
from addon.inference.graph import TensorInfo
from addon.inference.model_process import STREAM, infos_of
from addon.inference.providers import check_provider
from addon.model.registry import find_models, is_path, shipped_models
from addon.text import escaped

FILE_MAKER = "addon.inference.model_process:open_file"
OWN_MAKER = "addon.inference.model_process:open_own"

PATIENCE = 60.0
NICENESS = 5
"""The sketch has priority where cores are scarce."""

SLOW_US = 1e6
"""Microseconds of an answer after which a message says that the model is slow."""


class Model:
    """Runs any ONNX file, or what a function of yours makes, in a process of its own: no frame waits for it.

        self.depth = self.use(Model("depth.onnx"))
        ...
        self.depth.feed(image=picture)  # arrays by the names of the model's inputs
        if self.depth.ready:
            depth = self.depth.latest["depth"]

    Args:
        model: Path of an ONNX file; a relative one is looked for next to the sketch, then in the current
            folder. A description next to it may name its state and constant inputs.
        maker: Instead of a file: a function, or "module:function", that is called in the process with
            `arguments` and returns a function from arrays by name to arrays by name. Modules are looked for
            next to the sketch after all other places. If what it returns has a method `reset`, that is called
            where a stream begins.
        arguments: Arguments of `maker` by keyword; anything JSON can hold.
        policy: "latest" to replace an input that still waits by a newer one; "every" to answer each in
            order. By default "every" for a recurrent model, else "latest".
        bound: For "every": how many inputs may be without an answer.
        recurrent: Whether an answer depends on earlier inputs. None to find out from the names and shapes of
            an ONNX file; False to feed its state yourself.
        state: Pairs of an input and the output that it is fed from in the next step, where they are not found
            by name, such as [("h", "h_next")].
        provider: "auto", "cuda", "cpu" or ONNX Runtime's own name for another.
        require: "cuda" or "cpu" to refuse anything else; None to accept any.
        threads: Threads for one operator.
        patience: Seconds after which the process is ended if the model is not open, or gives no answer.

    Attributes:
        inputs: What must be fed, each with `name`, `shape` and `dtype`; empty before the model is open, and
            for a `maker`.
        outputs: What it answers, likewise.
        classes: Names of the classes of an output, by its name, where the file gives them.
        recurrent: Whether an answer depends on earlier inputs; None while that is not known.
        provider: The provider that it runs on; empty before the model is open, and for a `maker`.
        refusal: Why it cannot be opened; empty if it can, or is still loading.
        dropped: How many inputs were left out because a newer one came.

    Raises:
        ValueError: An option is not one of those above.
        TypeError: The arguments are none for JSON, or `maker` is no function.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        maker: str | Callable[..., Any] | None = None,
        arguments: Mapping[str, Any] | None = None,
        policy: Policy | None = None,
        bound: int = BOUND,
        recurrent: bool | None = None,
        state: Sequence[tuple[str, str]] = (),
        provider: str = "auto",
        require: str | None = None,
        threads: int = 1,
        patience: float = PATIENCE,
    ) -> None:
        if (model is None) == (maker is None):
            raise ValueError("a Model is made of a file, as Model('depth.onnx'), or of a maker=; give one")
        check_provider(provider, require)
        self.name = Path(model).name if model is not None else _name_of(maker)
        check_policy(self.name, policy or "every", bound, recurrent=policy == "latest" and bool(recurrent))
        if not patience > 0:
            raise ValueError(f"patience must be more than 0 seconds; got {patience!r}")
        self.inputs: tuple[TensorInfo, ...] = ()
        self.outputs: tuple[TensorInfo, ...] = ()
        self.classes: dict[str, tuple[str, ...]] = {}
        self.recurrent = recurrent
        self.provider = ""
        self.refusal = ""
        self._path = None if model is None else _checked_path(model)
        self._own = None if maker is None else _importable(maker)
        self._policy: Policy | None = policy or ("every" if recurrent else None)
        self._bound = bound
        self._patience = patience
        self._job: dict[str, Any] = (
            {
                "provider": provider,
                "require": require,
                "threads": threads,
                "recurrent": recurrent,
                "state": [list(pair) for pair in _checked_pairs(state)],
            }
            if maker is None
            else {"name": self.name, "arguments": _plain(arguments or {})}
        )
        self._worker: ProcessWorker | None = None
        self._described = False
        self._held: deque[dict[str, Array]] = deque()
        self._dropped = 0
        self._stream = 0
        self._started = 1
        self._answer: dict[str, Array] = {}
        self._new = False
        self._outbox: deque[str] = deque()
        self._reported: set[str] = set()

    @property
    def open(self) -> bool:
        """Whether the model is loaded and answers."""
        self._poll()
        return self._described and self._worker is not None and self._worker.open

    @property
    def ready(self) -> bool:
        """Whether there is an answer that `latest` has not given yet."""
        self._poll()
        return self._new

    @property
    def latest(self) -> dict[str, Array]:
        """The newest answer of the stream, an array for each output by its name; empty before the first."""
        self._poll()
        self._new = False
        return self._answer

    @property
    def waiting(self) -> int:
        """How many inputs wait; the one that the model works on does not count."""
        return len(self._held) + (self._worker.waiting if self._worker is not None else 0)

    @property
    def answered(self) -> int:
        """How many answers there were."""
        return self._worker.answered if self._worker is not None else 0

    @property
    def dropped(self) -> int:
        """How many inputs were left out because a newer one came."""
        return self._dropped + (self._worker.dropped if self._worker is not None else 0)

    @property
    def timings(self) -> Timings:
        """Microseconds from `feed` to the answer being ready, of the last 512 answers."""
        return NO_TIMINGS if self._worker is None else self._worker.timings()

    @property
    def busy_timings(self) -> Timings:
        """Microseconds in the model alone, of the same answers."""
        return NO_TIMINGS if self._worker is None else self._worker.busy_timings()

    def feed(self, /, **arrays: Any) -> bool:
        """Give it an array for each input; whether they were taken. Never waits.

        Arrays are copied. One of another type is converted where no number changes, and where floats only
        lose digits, as from numpy's float64 to float32; nothing is scaled, and shapes must fit as they are.
        While the model is loading inputs are held, and are checked once it is known what it takes.

        Args:
            **arrays: Arrays, numbers or rows of numbers, or text for inputs of text. For a name that is no
                word of Python's: `feed(**{"input.1": x})`.

        Returns:
            False if there is no model, or for the policy "every" if `bound` inputs are without an answer.

        Raises:
            ValueError: A name, a shape or a type does not fit; the message says what was given and what is
                declared.
        """
        self._poll()
        if self._worker is None or self.refusal:
            return False
        if self._described:
            return self._send(self._checked(arrays))
        return self._hold(_arrays(self.name, arrays))

    def reset(self) -> None:
        """End the stream, and begin another with the next input: from an empty state, and without an answer.

        Answers to what was fed before are left out.
        """
        self._stream += 1
        self._held.clear()
        self._answer, self._new = {}, False

    def messages(self) -> list[str]:
        """What went wrong since the last call, a line each, with the model's name; each reported once."""
        self._poll()
        lines = [self._outbox.popleft() for _ in range(len(self._outbox))]
        return lines + (self._worker.messages() if self._worker is not None else [])

    def setup(self, home: Path) -> None:
        """Start the process; `home` lies in the folder of the sketch."""
        folder = home.absolute().parent
        try:
            if self._own is None:
                assert self._path is not None
                found = find_models(self._path, folder, shipped_models(), folder)[0]
                maker, job = FILE_MAKER, {**self._job, "path": str(found.resolve())}
            else:
                function, file = self._own
                maker, job = OWN_MAKER, {**self._job, "maker": function, "file": file}
                job["folders"] = _folders(folder, file)
            policy = self._policy or "latest"
            self._worker = ProcessWorker(
                maker,
                job,
                self.name,
                policy,
                bound=self._bound,
                niceness=NICENESS,
                patience=self._patience,
            )
        except AddonError as error:
            self._refuse([str(error)])

    def update(self, dt: float) -> None:
        """Take new answers, and send what was held while the model was loading."""
        self._poll()

    def wait_ready(self, timeout: float = PATIENCE) -> bool:
        """For scripts: wait until the model is open, at most `timeout` seconds; returns whether it is."""
        deadline = time.monotonic() + timeout
        while not self.open and self._worker is not None and not self.refusal:
            if time.monotonic() > deadline:
                break
            time.sleep(0.005)
        return self.open

    def exit(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.close(0)
            self._worker = None

    def _poll(self) -> None:
        worker = self._worker
        if worker is None or self.refusal:
            return
        if worker.closed:
            self._refuse(worker.messages())
            return
        if worker.open and not self._described:
            self._learn(worker)
        if worker.started > self._started:
            self._started = worker.started
            if self.recurrent:
                lost = "its state was lost with its process; its stream begins again from an empty one"
                self._outbox.append(f"{escaped(self.name)}: {lost}")
        if worker.ready and (answer := worker.latest) is not None:
            number = int(answer[STREAM])
            if number == self._stream:
                self._answer = {name: array for name, array in answer.items() if name != STREAM}
                self._new = True
            took = worker.busy_timings().p50
            if took > SLOW_US:
                self._report(f"an answer takes {took / 1e6:.1f} s; the sketch does not wait for it")

    def _learn(self, worker: ProcessWorker) -> None:
        """Take in what the model is, once it is open, and feed it what was held until now."""
        self._described = True
        about = worker.about
        self.inputs, self.outputs = infos_of(about.get("inputs", [])), infos_of(about.get("outputs", []))
        self.classes = {name: tuple(classes) for name, classes in about.get("classes", {}).items()}
        self.provider = about.get("provider", "")
        for notice in about.get("notices", []):
            self._report(notice.removeprefix(f"{escaped(self.name)}: "))
        self.recurrent = bool(about.get("recurrent", self.recurrent))
        if self.recurrent and self._policy != "every":
            if self._policy is not None:
                self._report(
                    "it is recurrent, so each input is answered in order instead of the latest alone"
                )
            worker.answer_every(self._bound)
            self._policy = "every"
        self._policy = self._policy or "latest"
        if self._policy == "latest" and self._held:
            self._dropped += len(self._held) - 1
            self._held = deque([self._held[-1]])
        while self._held:
            try:
                self._send(self._checked(self._held.popleft()))
            except ValueError as error:
                self._report(str(error).removeprefix(f"{self.name}: "))

    def _checked(self, arrays: Mapping[str, Any]) -> dict[str, Array]:
        if self._own is None:
            return checked(self.name, self.inputs, arrays)
        return _arrays(self.name, arrays)

    def _send(self, arrays: Mapping[str, Array]) -> bool:
        assert self._worker is not None
        taken = self._worker.feed({**arrays, STREAM: np.array(self._stream)})
        if not taken and self._policy == "every" and not self._worker.closed:
            self._report(
                f"it is slower than it is fed: {self._bound} inputs wait, so feed returns False; "
                "feed it less often"
            )
        return taken

    def _hold(self, arrays: Mapping[str, Array]) -> bool:
        full = len(self._held) >= (1 if self._policy == "latest" else self._bound)
        if full and self._policy == "every":
            return False
        if full:
            self._held.popleft()
            self._dropped += 1
        # A camera's or a renderer's buffer is filled again before the model is open.
        self._held.append({name: array.copy() for name, array in arrays.items()})
        return True

    def _refuse(self, lines: list[str]) -> None:
        self._outbox += map(escaped, lines)
        self.refusal = escaped(" ".join(lines)) or f"{self.name}: it was closed"

    def _report(self, reason: str) -> None:
        if reason not in self._reported:
            self._reported.add(reason)
            self._outbox.append(escaped(f"{self.name}: {reason}"))


def _arrays(name: str, given: Mapping[str, Any]) -> dict[str, Array]:
    """Arrays of numbers or text, not yet checked against what a model declares."""
    made = {key: as_array(value) for key, value in given.items()}
    for key, array in made.items():
        if array is None:
            raise ValueError(
                f"{name}: its input {key!r} was given {type(given[key]).__name__}, "
                "which is no array of numbers or text"
            )
    return {key: array for key, array in made.items() if array is not None}


def _checked_path(model: str | Path) -> Path:
    if not is_path(model):
        raise ValueError(f"a model is the path of an .onnx file, such as 'depth.onnx'; got {model!r}")
    return Path(model)


def _checked_pairs(state: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = [tuple(pair) for pair in state]
    if not all(len(pair) == 2 and all(isinstance(name, str) for name in pair) for pair in pairs):  # pyright: ignore
        raise ValueError(
            'state is pairs of an input and the output that it is fed from, such as [("h", "h_next")]; '
            f"got {state!r}"
        )
    return [(given, made) for given, made in pairs]


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return json.loads(json.dumps(dict(arguments)))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"arguments must be what JSON can hold: numbers, text, lists and dicts; {error}"
        ) from error


def _name_of(maker: Any) -> str:
    return maker if isinstance(maker, str) else str(getattr(maker, "__qualname__", type(maker).__name__))


def _importable(maker: str | Callable[..., Any]) -> tuple[str, str]:
    """A function as "module:function", and the file of its module if it is the sketch itself.

    Raises:
        ValueError: A text of another form, or a function that another process cannot import.
        TypeError: It is neither text nor a function.
    """
    if isinstance(maker, str):
        module, _, function = maker.partition(":")
        if not (all(part.isidentifier() for part in module.split(".")) and function.isidentifier()):
            raise ValueError(f'maker must be a function or "module:function"; got {maker!r}')
        return maker, ""
    if not callable(maker):  # pyright: ignore[reportUnnecessaryComparison]
        raise TypeError(f'maker must be a function or "module:function"; got {maker!r}')
    module, function = getattr(maker, "__module__", ""), getattr(maker, "__qualname__", "")
    if not module or not all(part.isidentifier() for part in function.split(".")):
        raise ValueError(
            f"maker must be a function at the top of a file, which another process can import; got {maker!r}"
        )
    # A sketch that was started has a name that no import finds.
    if module != "__main__" and not module.startswith("_inkloop_"):
        return f"{module}:{function}", ""
    file = inspect.getsourcefile(inspect.unwrap(maker))
    if file is None or not Path(file).is_file():
        raise ValueError(f"{function} is in no file, so another process cannot import it; write it into one")
    return f"{module}:{function}", str(Path(file).absolute())


def _folders(sketch: Path, file: str) -> list[str]:
    """Where the child looks for modules last: next to the sketch, then where this process does."""
    near = [str(sketch), *([str(Path(file).parent)] if file else [])]
    return list(dict.fromkeys(folder or os.getcwd() for folder in (*near, *sys.path)))
