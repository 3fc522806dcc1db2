"""Models that are not in a file yet, made by a process of its own out of weights that a package brings."""

from pathlib import Path

from addon.background.process_worker import ProcessWorker

MADE = {
    "efficientnet-lite0": "addon.pretraining.image_model:make_in_process",
    "text-detector": "addon.vision.text_detector:make_in_process",
}
"""What makes a model, by its name: this room knows of it by name alone, as it needs torch."""


class Making:
    """A model that is being made.

    Args:
        model: Name of it, in `MADE`.
        path: The file to make.

    Raises:
        AddonError: No process can be started.
    """

    def __init__(self, model: str, path: Path) -> None:
        self.path = path
        self._worker = ProcessWorker(MADE[model], {"path": str(path.resolve())}, path.name, niceness=10)

    @property
    def ended(self) -> bool:
        """Whether the file is there, or never will be."""
        return self._worker.open or self._worker.full

    def messages(self) -> list[str]:
        """Why it failed; none if it did not."""
        return self._worker.messages()

    def close(self) -> None:
        """End the process."""
        self._worker.close(0)
