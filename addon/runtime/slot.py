"""The place where the model that is in sits, and how another one comes into it."""

from functools import cache, partial
from pathlib import Path

from addon.errors import ModelError
from addon.runtime.loader import ModelLoader
from addon.runtime.model import LoadedModel
from addon.runtime.pens import Pens
from addon.runtime.providers import check_provider, choose_here
from addon.runtime.registry import find_models, shipped_models


class ModelSlot:
    """Loads models beside the frame and hands them to the pens between two frames.

    Args:
        pens: Who the model is for.
        provider: "auto", "cuda" or "cpu".
        require: "cuda", "cpu" or None.

    Raises:
        ValueError: A provider is none of these.
    """

    def __init__(self, pens: Pens, provider: str, require: str | None) -> None:
        check_provider(provider, require)
        self._pens = pens
        self._choose = cache(partial(choose_here, provider, require))
        self._require = require
        self._loader = ModelLoader()
        self._noticed = ""

    @property
    def model(self) -> LoadedModel | None:
        """The model that is in."""
        return self._pens.model

    @property
    def busy(self) -> bool:
        """Whether one is on its way."""
        return self._loader.busy

    def insist(self) -> None:
        """Find out at once whether what is required can run.

        Raises:
            ProviderError: It cannot.
        """
        if self._require is not None:
            self._choose()

    def load(self, model: str | Path, own: Path) -> list[str]:
        """Begin to load a model by name or path; `own` is the folder of the user's. Gives what went wrong."""
        try:
            paths = find_models(model, own, shipped_models())
        except ModelError as error:
            return [str(error)]
        self._loader.request(paths, self._choose)
        return []

    def load_file(self, path: Path) -> int:
        """Begin to load one file; gives the number of the request."""
        return self._loader.request([path], self._choose)

    def update(self) -> tuple[list[str], int]:
        """Take in what has been loaded.

        Returns:
            What the user should be told, and the number of the request that has ended; 0 if none has.
        """
        result = self._loader.poll()
        if result is None:
            return [], 0
        lines = list(result.refused)
        if result.model is not None:
            lines += self._news(result.model.notice)
            self._pens.adopt(result.model)
        return lines, result.number

    def close(self) -> None:
        """Drop what is on its way."""
        self._loader.close()

    def _news(self, notice: str) -> list[str]:
        if not notice or notice == self._noticed:
            return []
        self._noticed = notice
        return [notice]
