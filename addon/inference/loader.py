"""A thread that loads and warms models in the background."""

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
"""A function that tries a file where it can do no harm; raises `ModelError` if it must not be opened here.

Inkloop loads what this function has read, because another file may be at the path by then."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A request for a model.

    Attributes:
        number: Number of the request, counted from 1.
        paths: Files to try in this order; the first that loads is taken.
        choose: Returns the providers to ask for; called in the thread, because it may take a while.
        untrusted: Whether to try the files in another process first.
        found: Whether the files were found in a watched folder; then a file is not loaded again if it is
            the last one loaded from its path and has not changed.
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
    """The result of a request.

    Attributes:
        number: Number of the request.
        model: The model; None if no file was loaded.
        refused: The reason for each file that was refused, one line each.
    """

    number: int
    model: LoadedModel | None
    refused: tuple[str, ...]


class ModelLoader:
    """Loads models in a thread, one after the other, in the order of the requests.

    If two models were warmed at the same time, each would slow down the measurement of the other.

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
        """Request the first of `paths` that loads; returns the number of the request immediately."""
        return self._request(paths, choose, untrusted, found, None)

    def request_made(self, make: Callable[[], LoadedModel]) -> int:
        """Request a model that a function loads; otherwise like `request`."""
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
        """Take the next result; None if there is none yet. Never waits."""
        try:
            result = self._results.get_nowait()
        except Empty:
            return None
        self._answered += 1
        return result

    @property
    def busy(self) -> bool:
        """Whether the result of a request has not been taken yet."""
        return self._answered < self._asked

    def close(self) -> None:
        """End the thread; waits at most `CLOSING_SECONDS` for the model that is being loaded."""
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
        """Whether the model that was last loaded from a path is still the one at that path."""
        try:
            return path in self._tried and read_pen(path).content == self._tried[path]
        except AddonError:
            return False


def _no_choice() -> Choice:
    return Choice(())
