"""Loads models in the background, swaps them in between two frames, and rolls back."""

import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from addon.errors import ModelError
from addon.inference.loaded_model import LoadedModel
from addon.inference.loader import ModelLoader, Vet
from addon.inference.pens import Pens
from addon.inference.providers import check_provider, choose_here
from addon.model.folder_watch import (
    Back,
    Debounced,
    Event,
    FolderWatch,
    Gone,
    HalfReplaced,
    folder_message,
    is_there,
    model_folders,
)
from addon.model.registry import find_models, shipped_models

HELD_SECONDS = 60.0
"""Seconds that a replay waits for a model."""

MOST_HELD = 8
"""Models that a replay keeps loaded."""

MOST_TRIED = 3
"""Of several files that appear together, how many are tried until one can be loaded, the newest first."""


def distinct_name(model: LoadedModel, other: LoadedModel | None) -> str:
    """A model's file name; with the beginning of its hash where the other one has the same name."""
    name = model.path.name
    if other is None or other.path.name != name or not model.content or other.content == model.content:
        return name
    return f"{name} ({model.content[:6]} instead of {other.content[:6]})"


class ModelManager:
    """Loads models in the background and gives them to the pens between two frames.

    Args:
        pens: The pens that use the model.
        provider: As for `addon.Recognizer`.
        require: Likewise.
        vet: Tries an untrusted file where it can do no harm, before it is opened here.

    Attributes:
        holds: Whether a model is adopted only if `expect` asked for it, as in a replay.

    Raises:
        ValueError: A provider is none of these.
    """

    def __init__(self, pens: Pens, provider: str, require: str | None, vet: Vet | None = None) -> None:
        check_provider(provider, require)
        self._pens = pens
        self._choose = cache(partial(choose_here, provider, require))
        self._require = require
        self._loader = ModelLoader(vet=vet)
        self._noticed = ""
        self._before: LoadedModel | None = None
        self._watch: FolderWatch | None = None
        self._found: set[int] = set()
        self._waiting: list[Path] = []
        self._leaving: tuple[LoadedModel, int] | None = None
        self.holds = False
        self._expected: tuple[str, tuple[Path, ...]] | None = None
        self._held: dict[str, LoadedModel] = {}

    @property
    def model(self) -> LoadedModel | None:
        """The model in use."""
        return self._pens.model

    @property
    def busy(self) -> bool:
        """Whether a model is being loaded."""
        return self._loader.busy

    def insist(self) -> None:
        """Check at once whether the required provider can run.

        Raises:
            ProviderError: It cannot.
        """
        if self._require is not None:
            self._choose()

    def load(
        self, model: str | Path, own: Path, untrusted: bool = False, sketch: Path | None = None
    ) -> list[str]:
        """Begin to load a model by name or path; gives what went wrong.

        Args:
            model: The name, or the path of a file.
            own: Folder of the user's models.
            untrusted: Whether a file is not known to be safe.
            sketch: Folder in which a relative path is looked for first.
        """
        try:
            paths = find_models(model, own, shipped_models(), sketch)
        except ModelError as error:
            return [str(error)]
        self._loader.request(paths, self._choose, untrusted)
        return []

    def load_file(self, path: Path) -> int:
        """Begin to load one file of our own; gives the number of the request."""
        return self._loader.request([path], self._choose)

    def follow(self, name: str, own: Path, named: Path | bool) -> list[str]:
        """Load by itself whatever model is new or changed; see `model_folders`. Gives what is missing."""
        watched = model_folders(name, own, shipped_models(), named)
        self._watch = FolderWatch(watched)
        return [
            f"{each.folder} is not there yet; models are picked up as soon as it is"
            for each in watched
            if each.named and not is_there(each.folder)
        ]

    def rollback(self) -> str:
        """Swap the previous model back in; the next call swaps them again.

        Returns:
            Messages for the user.
        """
        if self._before is None or self._pens.model is None:
            return "there is no model before this one"
        self._before, model = self._pens.model, self._before
        self._pens.adopt(model)
        return f"back to {distinct_name(model, self._before)}"

    def update(self) -> tuple[list[str], int]:
        """Take in loaded models and new files of the watched folders.

        Returns:
            Messages for the user, and the number of the request that has ended; 0 if none has.
        """
        if self.holds:
            return self._update_held(), 0
        lines = [] if self._watch is None else list(map(self._follow, self._watch.poll()))
        lines.append(self._leave_a_failed_device())
        # One at a time, and the newest: a newer file replaces the one that waits.
        if self._waiting and not self._loader.busy:
            self._found.add(self._loader.request(self._waiting, self._choose, untrusted=True, found=True))
            self._waiting = []
        result = self._loader.poll()
        if result is None:
            return list(filter(None, lines)), 0
        lines += result.refused
        if self._leaving is not None and result.number == self._leaving[1]:
            lines += self._arrive(result.model)
        elif result.model is not None:
            lines += self._news(result.model.notice)
            if result.number in self._found:
                lines.append(f"{distinct_name(result.model, self._pens.model)} has taken over")
            self._before = self._pens.model
            self._pens.adopt(result.model)
        self._found.discard(result.number)
        return list(filter(None, lines)), result.number

    def expect(self, content: str, paths: Sequence[Path]) -> None:
        """Adopt the model of this content in the next `update`, which waits for it.

        Args:
            content: As in `LoadedModel`.
            paths: Files that may have it.
        """
        self._expected = content, tuple(paths)

    def _update_held(self) -> list[str]:
        expected, self._expected = self._expected, None
        if expected is None:
            return []
        content, paths = expected
        model = self._pens.model
        if model is not None and model.content == content:
            return []
        found = self._found_model(content, paths)
        if found is None:
            names = ", ".join(dict.fromkeys(path.name for path in paths)) or "the model"
            return [f"{names} ({content[:6]}) is not here as recorded; the replay continues without it"]
        if model is not None:
            self._held[model.content] = model
        self._before = model
        self._pens.adopt(found)
        return []

    def _found_model(self, content: str, paths: Sequence[Path]) -> LoadedModel | None:
        ends = time.monotonic() + HELD_SECONDS
        if self._before is not None and self._before.content == content:
            return self._before
        waits = [path for path in paths if path.is_file()]
        while content not in self._held and time.monotonic() < ends:
            result = self._loader.poll()
            if result is not None and result.model is not None:
                self._held[result.model.content] = result.model
                while len(self._held) > MOST_HELD:
                    del self._held[next(iter(self._held))]
            elif result is None and not self._loader.busy:
                if not waits:
                    break
                self._loader.request([waits.pop(0)], self._choose, untrusted=True)
            elif result is None:
                time.sleep(0.002)
        return self._held.get(content)

    def close(self) -> None:
        """Drop the model that is being loaded."""
        if self._watch is not None:
            self._watch.close()
        self._loader.close()

    def _leave_a_failed_device(self) -> str:
        """Begin to load the model in use on the CPU, once a step of it has failed elsewhere."""
        model, failure = self._pens.model, self._pens.failure
        if model is None or model.elsewhere is None or not failure:
            return ""
        if self._leaving is not None and self._leaving[0] is model:
            return ""
        self._leaving = model, self._loader.request_made(partial(model.elsewhere, failure))
        where = model.session.provider
        return f"{model.path.name}: {where} failed while it ran; Inkloop moves it to the CPU ({failure})"

    def _arrive(self, moved: LoadedModel | None) -> list[str]:
        """Swap in the moved model, unless another one was swapped in meanwhile."""
        assert self._leaving is not None
        left, _ = self._leaving
        if moved is None or self._pens.model is not left:
            return []
        self._leaving = None
        # Open inks are replayed from their first sample: their state on the device is lost.
        self._pens.adopt(moved)
        if self._before is left:
            self._before = moved
        return self._news(moved.notice)

    def _follow(self, event: Event) -> str:
        match event:
            case Gone() | Back() | HalfReplaced():
                return folder_message(event)
            case Debounced(path, older):
                kept = [each for each in (*older, *self._waiting) if each != path]
                self._waiting = [path, *dict.fromkeys(kept)][:MOST_TRIED]
                return ""

    def _news(self, notice: str) -> list[str]:
        if not notice or notice == self._noticed:
            return []
        self._noticed = notice
        return [notice]
