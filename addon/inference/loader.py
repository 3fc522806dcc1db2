"""Loads and warms models in the background."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from addon.background.threads import end_at_exit
from addon.errors import AddonError, said
from addon.inference.loaded_model import LoadedModel, load_model, read_pen
from addon.inference.opening import ModelFile
from addon.inference.providers import Choice

CLOSING_SECONDS = 2.0

Load = Callable[[Path | ModelFile, Choice], LoadedModel]
Vet = Callable[[Path], ModelFile]
"""Tries a file where it can do no harm; raises `ModelError` if it must not be opened here.

What was read of it is what is loaded: by then another file may lie at its path."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A wish for a model.

    Attributes:
        number: Counts from 1.
        paths: Files to try, the first that loads is taken.
        choose: Tells what to ask of ONNX Runtime; called in the thread, since finding out may take a while.
        untrusted: Whether to try the files in another process first.
        found: Whether they were found in a watched folder: what was loaded last from a path, and has
            not changed, is then not loaded again.
        make: Loads the model in another way; None to load the files.
    """

    number: int
    paths: tuple[Path, ...]
    choose: Callable[[], Choice]
    untrusted: bool = False
    found: bool = False
    make: Callable[[], LoadedModel] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LoadResult:
    """How a request ended.

    Attributes:
        number: The request's.
        model: The model, or None if none of the files could be loaded.
        refused: Why each file that was tried before was refused, a line each.
    """

    number: int
    model: LoadedModel | None
    refused: tuple[str, ...]


class ModelLoader:
    """Loads one model after the other in a thread, in the order in which they were asked for.

    One at a time, since two that are warmed together would slow down each other's measurement.

    Args:
        load: Opens, warms and measures a file.
        vet: Tries an untrusted file first; None to open all files here.
    """

    def __init__(self, load: Load = load_model, vet: Vet | None = None) -> None:
        self._load = load
        self._vet = vet
        self._requests: SimpleQueue[LoadRequest | None] = SimpleQueue()
        self._results: SimpleQueue[LoadResult] = SimpleQueue()
        self._asked = 0
        self._answered = 0
        self._thread: threading.Thread | None = None
        self._tried: dict[Path, str] = {}

    def request(
        self,
        paths: Sequence[Path],
        choose: Callable[[], Choice],
        untrusted: bool = False,
        found: bool = False,
    ) -> int:
        """Load the first of `paths` that can be; returns at once with the number of the request."""
        return self._request(paths, choose, untrusted, found, None)

    def request_made(self, make: Callable[[], LoadedModel]) -> int:
        """Load what a function loads, as `request` does."""
        return self._request((), _no_choice, False, False, make)

    def _request(
        self,
        paths: Sequence[Path],
        choose: Callable[[], Choice],
        untrusted: bool,
        found: bool,
        make: Callable[[], LoadedModel] | None,
    ) -> int:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inkloop-load", daemon=True)
            self._thread.start()
            end_at_exit(self, self._thread, partial(self._requests.put, None))
        self._asked += 1
        self._requests.put(LoadRequest(self._asked, tuple(paths), choose, untrusted, found, make))
        return self._asked

    def poll(self) -> LoadResult | None:
        """The next result, each once; None if there is none yet. Never waits."""
        try:
            result = self._results.get_nowait()
        except Empty:
            return None
        self._answered += 1
        return result

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._answered < self._asked

    def close(self) -> None:
        """End; waits a bounded time for what is being loaded."""
        if self._thread is not None:
            self._requests.put(None)
            self._thread.join(CLOSING_SECONDS)

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            try:
                result = self._first_that_loads(request)
            except Exception as error:  # a thread that died silently would leave the sketch waiting for ever
                result = LoadResult(request.number, None, (f"no model can be loaded: {error}",))
            self._results.put(result)

    def _first_that_loads(self, request: LoadRequest) -> LoadResult:
        if request.make is not None:
            return LoadResult(request.number, request.make(), ())
        choice = request.choose()
        refused: list[str] = []
        for path in request.paths:
            try:
                if request.found and self._knows(path):
                    return LoadResult(request.number, None, tuple(refused))
                file = self._vet(path) if request.untrusted and self._vet is not None else None
                model = self._load(path if file is None else file, choice)
                self._tried[path] = model.content
                return LoadResult(request.number, model, tuple(refused))
            except AddonError as error:
                refused.append(str(error))
            except Exception as error:  # a full disk, for example: the next file is tried
                refused.append(f"{path.name}: it cannot be loaded ({said(error)})")
        return LoadResult(request.number, None, tuple(refused))

    def _knows(self, path: Path) -> bool:
        """Whether what was loaded last from a path is what is there now."""
        try:
            return path in self._tried and read_pen(path).content == self._tried[path]
        except AddonError:
            return False


def _no_choice() -> Choice:
    return Choice(())
