"""One export of a model to a file, as the sketch follows it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from addon.background.threads import in_thread
from addon.inference.inline import Taught
from addon.model.folder_watch import stamp_of
from addon.training.jobs import result_of, stop
from addon.training.protocol import Baked, Failed
from addon.training.trainer_process import TrainerProcess


class ExportRun:
    """An export in the background; nothing here waits but `stop`.

    Args:
        out: The file to write or to replace.
        begin: Starts the process that makes it, or makes it at once; called in a thread.
        learned: What `begin` waits for, if anything.
        missing: Labels of taught examples that the model does not know.
    """

    def __init__(
        self,
        out: Path,
        begin: Callable[[], TrainerProcess | Baked],
        learned: Future[Taught] | None = None,
        missing: Sequence[str] = (),
    ) -> None:
        self.out = out
        self._before = stamp_of(out)
        self._learned = learned
        self._missing = missing
        self._begun = in_thread(begin, "inkloop-export")

    def poll(self) -> str:
        """How it ended, in one line; empty while it has not."""
        begun = result_of(self._begun, "export")
        if begun is None or isinstance(begun, str):
            return begun or ""
        for event in [begun] if isinstance(begun, Baked) else begun.poll():
            if isinstance(event, Baked):
                of = f" of {event.examples} examples" if event.examples else ""
                return f"exported {len(event.labels)} classes{of} to {event.path}{_unknown(self._missing)}"
            if isinstance(event, Failed):
                return f"export failed: {event.message}"
        return ""

    def stop(self) -> bool:
        """End it; a file that is not finished does not appear. Whether it was finished all the same."""
        if self._learned is not None:
            self._learned.cancel()
        stop(self._begun)
        return stamp_of(self.out) != self._before


def _unknown(labels: Sequence[str]) -> str:
    if not labels:
        return ""
    names = ", ".join(map(repr, labels[:8])) + (", ..." if len(labels) > 8 else "")
    return f"; the model was not trained on {names}: train it, then export again"
