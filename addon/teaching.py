"""What a recogniser is taught: the examples, and what is to be said of them."""

import logging
import time
from pathlib import Path

from addon.dataset.taught import Example, TaughtStore, checked_strokes
from addon.features.points import Strokes
from addon.fewshot.coach import Advice, taught_as
from addon.fewshot.coach_thread import FIRST_SECONDS, Coach
from addon.fewshot.leave_one_out import Oddity
from addon.fewshot.prototypes import Prototypes
from addon.inference.pens import Pens
from addon.text import escaped

_log = logging.getLogger(__name__)


class Teaching:
    """The half of a recogniser that is taught; `addon.Recognizer` is the whole.

    Args:
        pens: Who is to know what is taught.
    """

    def __init__(self, pens: Pens) -> None:
        self._pens = pens
        self._store: TaughtStore | None = None
        self._lines: list[str] = []
        self._coach = Coach()
        self._asked = False

    @property
    def examples(self) -> tuple[Example, ...]:
        """What is taught, oldest first."""
        return self._taught.examples

    @property
    def labels(self) -> dict[str, int]:
        """Number of taught examples by label, in the order in which the labels were first taught."""
        return self._taught.labels

    @property
    def unsaved(self) -> int:
        """Changes to what is taught that are not on the disk yet."""
        return self._taught.unsaved

    def teach(self, label: str, strokes: Strokes) -> Example:
        """Add an example; it is saved by itself, see its `saved`.

        An ink that goes on from one that is taught under this label, point by point, takes its place: it was
        closed too early, and was opened again (see `on_ink_reopened`). If the very same ink is taught under
        another label already, `messages()` says so.

        Args:
            label: Any text that is not blank.
            strokes: At least one, each of shape (n, 4), n at least 1; copied.

        Raises:
            ValueError: The label is blank.
            PointsError: The strokes are none, empty, misshapen or not finite.
        """
        strokes = checked_strokes(strokes)
        before = self._taught.begun_by(label, strokes)
        if before is not None:
            return self.amend(before, strokes)
        example = self._taught.teach(label, strokes)
        self._tell_of_twins(example)
        return example

    def amend(self, example: Example, strokes: Strokes) -> Example:
        """Put other strokes in the place of an example's; it counts as such from the next point on.

        Args:
            example: One of `examples`.
            strokes: At least one, each of shape (n, 4), n at least 1; copied.

        Raises:
            ValueError: It is not taught.
            PointsError: The strokes are none, empty, misshapen or not finite.
        """
        amended = self._taught.amend(example, strokes)
        self._tell_of_twins(amended)
        return amended

    def relabel(self, example: Example, label: str) -> Example:
        """Say that an example is of another class; it counts as such from the next point on.

        Args:
            example: One of `examples`.
            label: Any text that is not blank.

        Raises:
            ValueError: It is not taught, or the label is blank.
        """
        relabelled = self._taught.relabel(example, label)
        self._tell_of_twins(relabelled)
        return relabelled

    def forget(self, example: Example) -> Example:
        """Take back an example; `restore` brings it back.

        Args:
            example: One of `examples`.

        Raises:
            ValueError: It is not taught.
        """
        return self._taught.forget(example)

    def remove_last(self) -> Example | None:
        """Take back the last example; None if there is none."""
        return self._taught.remove_last()

    def restore(self) -> Example | None:
        """Bring back what was removed last; None if there is nothing."""
        return self._taught.restore()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait, at most `timeout` seconds, until all that is taught is on the disk; whether it is."""
        return self._taught.flush(timeout)

    def advice(self, timeout: float | None = None) -> tuple[Advice, ...]:
        """What to draw next: the taught pairs that are close, the one in greatest need first.

        It is found beside the frame whenever something else is taught; until then it is what was said before.
        None with fewer than two classes, without a model, or with one that learns by training alone.

        Args:
            timeout: Seconds to wait until it is found, at most. None waits at the first call alone, when
                there is nothing that was said before; a sketch that draws gives 0.
        """
        return self._coach.says(self._known(timeout), timeout).pairs

    def oddities(self, timeout: float | None = None) -> tuple[Oddity, ...]:
        """The examples that do not fit their label, oldest first: they look like another, or unlike the rest.

        Args:
            timeout: As for `advice`, with which it is found.
        """
        return self._coach.says(self._known(timeout), timeout).odd

    def all_known(self, timeout: float | None = None) -> bool:
        """Whether every example is recognised without itself: then adapting the encoder has nothing to gain.

        Args:
            timeout: As for `advice`, with which it is found.
        """
        return self._coach.says(self._known(timeout), timeout).known

    def _known(self, timeout: float | None) -> Prototypes | None:
        """What the model knows; a worker that is behind may be waited for as `timeout` says."""
        asked_before, self._asked = self._asked, True
        wait = timeout if timeout is not None else 0.0 if asked_before else FIRST_SECONDS
        ends = time.monotonic() + wait
        while (known := self._pens.taught) is not None and time.monotonic() < ends:
            if len(known.keys) == len(self.examples):
                break
            time.sleep(0.002)
        return known

    @property
    def _taught(self) -> TaughtStore:
        if self._store is None:
            raise RuntimeError("call setup(home) before anything else; a sketch does so in use(addon)")
        return self._store

    def _open(self, path: Path) -> None:
        if self._store is not None:
            raise RuntimeError("this recognizer is set up already; make one for each sketch")
        self._store = TaughtStore(path, changed=self._pens.learn)

    def _tell_of_twins(self, example: Example) -> None:
        others = taught_as(self.examples, example.label, example.strokes)
        if others:
            both = " and as ".join((example.label, *others))
            self._say(f"the very same drawing is taught as {both}; forget one of them")

    def _say(self, *lines: str) -> None:
        for line in map(escaped, lines):
            self._lines.append(line)
            _log.info(line)
