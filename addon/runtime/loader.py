"""Loads and warms models beside the frame, and hands them over ready."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from addon.errors import AddonError
from addon.runtime.answered import one_line
from addon.runtime.model import LoadedModel, load_model
from addon.runtime.providers import Choice
from addon.threads import end_at_exit

CLOSING_SECONDS = 2.0

Load = Callable[[Path, Choice], LoadedModel]
Vet = Callable[[Path], None]
"""Tries a file where it can do no harm; raises `ModelError` if it must not be opened here."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A wish for a model.

    Attributes:
        number: Counts from 1.
        paths: Files to try, the first that loads is taken.
        choose: Tells what to ask of ONNX Runtime; called in the thread, since finding out may take a while.
        strange: Whether the files may be anybody's, and are to be tried elsewhere first.
        make: Loads the model in another way; None to load the files.
    """

    number: int
    paths: tuple[Path, ...]
    choose: Callable[[], Choice]
    strange: bool = False
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
        vet: Tries a strange file first; None to open all alike.
    """

    def __init__(self, load: Load = load_model, vet: Vet | None = None) -> None:
        self._load = load
        self._vet = vet
        self._requests: SimpleQueue[LoadRequest | None] = SimpleQueue()
        self._results: SimpleQueue[LoadResult] = SimpleQueue()
        self._asked = 0
        self._answered = 0
        self._thread: threading.Thread | None = None

    def request(self, paths: Sequence[Path], choose: Callable[[], Choice], strange: bool = False) -> int:
        """Load the first of `paths` that can be; returns at once with the number of the request."""
        return self._request(paths, choose, strange, None)

    def request_made(self, make: Callable[[], LoadedModel]) -> int:
        """Load what a function loads, as `request` does."""
        return self._request((), _no_choice, False, make)

    def _request(
        self,
        paths: Sequence[Path],
        choose: Callable[[], Choice],
        strange: bool,
        make: Callable[[], LoadedModel] | None,
    ) -> int:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inkloop-load", daemon=True)
            self._thread.start()
            end_at_exit(self, self._thread, partial(self._requests.put, None))
        self._asked += 1
        self._requests.put(LoadRequest(self._asked, tuple(paths), choose, strange, make))
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
                result = _first_that_loads(request, self._load, self._vet)
            except Exception as error:  # a thread that died silently would leave the sketch waiting for ever
                result = LoadResult(request.number, None, (f"no model can be loaded: {error}",))
            self._results.put(result)


def _no_choice() -> Choice:
    return Choice(())


def _first_that_loads(request: LoadRequest, load: Load, vet: Vet | None) -> LoadResult:
    if request.make is not None:
        return LoadResult(request.number, request.make(), ())
    choice = request.choose()
    refused: list[str] = []
    for path in request.paths:
        try:
            if request.strange and vet is not None:
                vet(path)
            return LoadResult(request.number, load(path, choice), tuple(refused))
        except AddonError as error:
            refused.append(str(error))
        except Exception as error:  # a full disk, say: whatever it is, the next file is tried
            refused.append(f"{path.name}: it cannot be loaded ({one_line(error)})")
    return LoadResult(request.number, None, tuple(refused))
