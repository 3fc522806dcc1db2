"""Errors of a sketch that stay in its window: logged once, and shown over the picture while they last."""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from sketch.render.canvas import Canvas
from sketch.render.text.wrapping import wrapped
from sketch.tracebacks import authors_place, authors_traceback, suggestion

log = logging.getLogger("inkloop")

SECONDS = 4.0
"""How long the error of an event is shown, in seconds: an event lasts only one frame."""

READ = 0.25
"""How long a message stays, in seconds, before the same error may replace it with other numbers."""

Key: TypeAlias = tuple[str, str, int, str]
"""The identity of an error: its type, the path and line where it was raised, the hook."""

MOST = 1000
"""Characters of a message that are used; a screen has room for fewer."""

_PART = r"[/\\][^\s/\\'\":]+"
LONG_PATH = re.compile(rf"(?:[A-Za-z]:)?(?:{_PART}){{2,}}?((?:{_PART}){{2}})(?![^\s'\":])")

KNOWN = 500
"""Errors that are remembered."""

NOT_BEGUN = "the sketch cannot start; ESC closes the window"

KEPT = "the last version that worked keeps running"


class QuietError(Exception):
    """An error whose message says everything, so that its kind is not shown."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is shown of an error.

    Attributes:
        place: File, line and the hook that was called.
        message: The kind of error and what it says.
    """

    place: str
    message: str


class Failures:
    """The errors in the hooks of a sketch and of its addons.

    Args:
        file: The sketch's file.

    Attributes:
        frame_failed: Whether this frame cannot be shown.
        sketch_begun: Whether the setup succeeded; nothing else of the sketch is called otherwise.
    """

    def __init__(self, file: Path) -> None:
        self.frame_failed = False
        self.sketch_begun = True
        self._file = file
        self._of_frame: Failure | None = None
        self._of_event: Failure | None = None
        self._until = 0.0
        self._failure = Failure("", "")
        self._said: Key | None = None
        self._say_next = 0.0
        self._known: set[Key] = set()
        self._held: dict[str, Failure] = {}

    @property
    def shown(self) -> Failure | None:
        """The error to show over the picture now."""
        return self._of_frame or self._of_event or next(iter(self._held.values()), None)

    @property
    def of_frame(self) -> Failure | None:
        """The error of this frame, if it cannot be shown."""
        return self._of_frame

    def hold(self, file: str, failure: Exception | Failure) -> None:
        """Show what is wrong with a version of a file, until `let_go`; the version before it is in use.

        Args:
            file: Its path.
            failure: The error, which is logged, or an error that was logged.
        """
        if isinstance(failure, Exception):
            path, line = authors_place(failure, self._file)
            where = f"{_name(Path(path or file), self._file)}{f', line {line}' if line else ''}"
            kind = "" if isinstance(failure, QuietError) else f"{type(failure).__name__}: "
            text = authors_traceback(failure, self._file).rstrip()
            log.error("%s was saved and cannot be used: %s\n%s", where, KEPT, text)
            failure = Failure(where, f"{kind}{_plain(failure)}")
        self._held[file] = Failure(f"{failure.place}: {KEPT}", failure.message)

    def let_go(self, file: str) -> None:
        """Stop showing what was wrong with a file, which has another version now.

        What it raises is new, even where it looks like what the version before raised.
        """
        self._held.pop(file, None)
        self._said = None
        self._known.clear()

    def begin_again(self) -> None:
        """Forget that the setup failed: it runs again."""
        self.sketch_begun, self.frame_failed, self._of_frame = True, False, None

    def start_frame(self, now: float) -> None:
        """Forget what failed in the last frame: it may be fixed by now."""
        if self.sketch_begun:
            self.frame_failed, self._of_frame = False, None
        if now >= self._until:
            self._of_event = None

    def caught(self, error: Exception, hook: str, now: float, *, is_event: bool = False) -> None:
        """Record an error.

        Args:
            error: What was raised.
            hook: Which method was called.
            now: Seconds on the loop's clock.
            is_event: Whether the picture of this frame is still good.
        """
        path, line = authors_place(error, self._file)
        key = (type(error).__name__, path, line, hook)
        if key != self._said or now >= self._say_next:
            self._said, self._say_next = key, now + READ
            self._failure = self._described(error, hook, path, line)
        if is_event:
            self._of_event, self._until = self._failure, now + SECONDS
        elif not self.frame_failed:
            self._of_frame, self.frame_failed = self._failure, True
        if key not in self._known and len(self._known) < KNOWN:
            self._known.add(key)
            log.error("%s failed:\n%s", hook, authors_traceback(error, self._file).rstrip())

    def _described(self, error: Exception, hook: str, path: str, line: int) -> Failure:
        name = _name(Path(path), self._file)
        kind, message = type(error).__name__, _plain(error)
        where = f"{name}, line {line}, in {hook}" if line else f"in {hook}"
        advice = "" if self.sketch_begun and hook != "setup" else f": {NOT_BEGUN}"
        return Failure(f"{where}{advice}", f"{kind}: {message}" if message else kind)

    def draw(self, canvas: Canvas) -> None:
        """Draw the error on a band over the upper part of the frame."""
        if self.shown is None:
            return
        width, height = canvas.size
        size = max(9.0, min(64.0, height / 22, width / 30))
        left, room = 1.2 * size, max(size, width - 2.4 * size)

        def lines(text: str, size: float, most: int) -> list[str]:
            # No letter is narrower than a fifth of its height, so text beyond this cannot fit.
            text = text[: most * (2 + int(5 * room / size))]
            found = wrapped(text, room, lambda part: canvas.text_size(part, size)[0])
            return found if len(found) <= most else [*found[: most - 1], f"{found[most - 1][:-1]}…"]

        rows = max(2, int(0.8 * height / (1.3 * size)))
        place = lines(self.shown.place, 0.8 * size, max(1, rows // 3))
        message = lines(self.shown.message, size, max(1, rows - len(place)))
        tall = (1.04 * len(place) + 1.3 * len(message) + 1.0) * size
        canvas.color(14, 12, 14, alpha=0.9)
        canvas.rect(0, 0, width, tall)
        canvas.color("#ff5c4d")
        canvas.rect(0, 0, 0.35 * size, tall)
        y = 1.25 * size
        for line in place:
            canvas.color("#ffb0a6")
            canvas.text(line, left, y, 0.8 * size)
            y += 1.04 * size
        y += 0.26 * size
        for line in message:
            canvas.color(255)
            canvas.text(line, left, y, size)
            y += 1.3 * size


def _name(file: Path, sketch: Path) -> str:
    return file.name if file.parent == sketch.parent else "/".join(file.parts[-2:])


def _plain(error: Exception) -> str:
    """The message of an error, with printable characters only."""
    try:
        message = str(error)[:MOST]
    except Exception:  # an author's error class may fail here
        return ""
    return _printable(message + suggestion(error))


@lru_cache(maxsize=8)
def _printable(text: str) -> str:
    lines = (LONG_PATH.sub(r"…\1", line) for line in text.expandtabs(4).splitlines())
    return "\n".join(
        "".join(letter if letter.isprintable() else " " for letter in line).rstrip() for line in lines
    ).strip()
