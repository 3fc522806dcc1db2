"""Create a model file in another process, from the weights in an installed package."""

from pathlib import Path

from addon.background.process_worker import ProcessWorker

MADE = {
    "efficientnet-lite0": "addon.pretraining.image_model:make_in_process",
    "text-detector": "addon.vision.text_detector:make_in_process",
}
"""The function that creates each model; only its name, as it needs torch."""


class Making:
    """A model that is being created.

    Args:
        model: Its name in `MADE`.
        path: The file to create.

    Raises:
        AddonError: No process can be started.
    """

    def __init__(self, model: str, path: Path) -> None:
        self.path = path
        self._worker = ProcessWorker(MADE[model], {"path": str(path.resolve())}, path.name, niceness=10)

    @property
    def ended(self) -> bool:
        """Whether the file was created, or creating it failed."""
        return self._worker.open or self._worker.full

    def messages(self) -> list[str]:
        """Why it failed; empty if it did not."""
        return self._worker.messages()

    def close(self) -> None:
        """End the process."""
        self._worker.close(0)
