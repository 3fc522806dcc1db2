"""Folders of models, watched: what is new or changed is told once it is written to its end.

The system's notifications (through watchfiles) only wake the thread; what is true is read from the folders
each time. So a folder that vanishes, comes back, or lies on a disk that notifies nobody needs no special
care.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

from addon.runtime.registry import SUFFIX
from addon.threads import end_at_exit

STILL_SECONDS = 0.3
"""How long a file's size and time must stay as they are."""

PATIENCE_SECONDS = 3.0
"""How long one that is still, but cut off, is waited for before it is told of all the same."""

WAKE_MS = 100
CLOSING_SECONDS = 2.0


class Stamp(NamedTuple):
    """By what a file is known to have changed: its size, its time in nanoseconds, its number on the disk."""

    size: int
    time: int
    number: int


class Ripe(NamedTuple):
    """A file that is new or has changed, and is written to its end."""

    path: Path


class Gone(NamedTuple):
    """A folder that has vanished."""

    folder: Path


class Back(NamedTuple):
    """A folder that was missed, and is there again."""

    folder: Path


Event = Ripe | Gone | Back


def said_of(event: Gone | Back) -> str:
    """What the user should be told of a folder."""
    if isinstance(event, Back):
        return f"{event.folder} is there now"
    return f"{event.folder} has vanished; what is loaded plays on, and it is looked for"


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder and the files in it that matter.

    Attributes:
        folder: It may not be there yet.
        wants: Whether a file's name matters.
        named: Whether an author has named it, who should know if it is missing.
    """

    folder: Path
    wants: Callable[[str], bool] = lambda name: True
    named: bool = False


class Ripening:
    """Finds out from one look after the other which files are new and done.

    Args:
        known: Files that are there already, of which nothing is to be told.
        whole: Whether a file is written to its end, as far as one can tell from it.
    """

    def __init__(self, known: Mapping[Path, Stamp], whole: Callable[[Path], bool]) -> None:
        self._known = dict(known)
        self._whole = whole
        self._since: dict[Path, tuple[Stamp, float]] = {}

    def look(self, files: Mapping[Path, Stamp], now: float) -> list[Path]:
        """The files that have become ripe, in the order of their times.

        Args:
            files: All that are there now.
            now: Seconds, by a clock that only goes forward.
        """
        ripe: list[Path] = []
        self._since = {path: at for path, at in self._since.items() if path in files}
        for path, stamp in sorted(files.items(), key=lambda item: (item[1].time, item[0])):
            if self._known.get(path) == stamp:
                self._since.pop(path, None)
                continue
            seen, since = self._since.setdefault(path, (stamp, now))
            if seen != stamp:
                self._since[path] = stamp, now
            elif self._done(path, now - since):
                self._known[path] = stamp
                del self._since[path]
                ripe.append(path)
        return ripe

    def _done(self, path: Path, still: float) -> bool:
        return still >= PATIENCE_SECONDS or (still >= STILL_SECONDS and self._whole(path))


def model_folders(name: str, own: Path, shipped: Path, named: Path | bool) -> list[Watched]:
    """The folders in which a recogniser looks for models.

    Args:
        name: The recogniser's; of the models that ship only the one of that name matters.
        own: Folder of the models that the user made under that name.
        shipped: Folder of the models that ship.
        named: A folder that the author names, besides; True for none.
    """
    watched = [Watched(own), Watched(shipped, lambda file: file == f"{name}{SUFFIX}")]
    if isinstance(named, Path) and named not in (own, shipped):
        watched.append(Watched(named, named=True))
    return watched


class FolderWatch:
    """Watches folders in a thread; what it finds is asked for with `poll`.

    Args:
        watched: Which folders. What is in them already is not told of.
    """

    def __init__(self, watched: Sequence[Watched]) -> None:
        self._watched = tuple(watched)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._ending = threading.Event()
        self._there = {each.folder: is_there(each.folder) for each in self._watched}
        # That the user's first model makes its folder is no news; that one came which was missed is.
        self._missed = {each.folder for each in self._watched if each.named and not self._there[each.folder]}
        self._ripening = Ripening(files_in(self._watched), is_whole)
        self._thread = threading.Thread(target=self._work, name="inkloop-watch", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, self._ending.set)

    def poll(self) -> list[Event]:
        """What happened since the last call, in order; never waits."""
        return list(_drained(self._events))

    def close(self) -> None:
        """End; waits a moment for the thread."""
        self._ending.set()
        self._thread.join(CLOSING_SECONDS)

    def _work(self) -> None:
        while not self._ending.is_set():
            folders = [folder for folder, there in self._there.items() if there]
            for _ in _wakes(folders, self._ending):
                self._look()
                if [folder for folder, there in self._there.items() if there] != folders:
                    break

    def _look(self) -> None:
        for folder, before in self._there.items():
            self._there[folder] = is_there(folder)
            if before and not self._there[folder]:
                self._missed.add(folder)
                self._events.put(Gone(folder))
            elif self._there[folder] and folder in self._missed:
                self._missed.remove(folder)
                self._events.put(Back(folder))
        for path in self._ripening.look(files_in(self._watched), monotonic()):
            self._events.put(Ripe(path))


def files_in(watched: Sequence[Watched]) -> dict[Path, Stamp]:
    """The model files in folders, as far as these are there."""
    found: dict[Path, Stamp] = {}
    for each in watched:
        try:
            for path in each.folder.iterdir():
                if path.suffix == SUFFIX and not path.name.startswith(".") and each.wants(path.name):
                    stamp = stamp_of(path)
                    if stamp is not None:
                        found[path] = stamp
        except OSError:  # it is not there, or is going as we look
            continue
    return found


def is_there(folder: Path) -> bool:
    """Whether a folder can be looked into; one on a network disk that does not answer cannot."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def stamp_of(path: Path) -> Stamp | None:
    """By what a file is known to have changed; None if it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def is_whole(path: Path) -> bool:
    """Whether an ONNX file is not cut off: its outermost fields end where the file does.

    One that is no ONNX file at all counts as whole, since waiting would not help it.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            at = 0
            while at < end:
                file.seek(at)
                length = _field(file.read(20))
                if length is None:
                    return True
                at += length
            return at == end and end > 0
    except OSError:
        return False


def _field(head: bytes) -> int | None:
    """Length of a protobuf field of which these are the first bytes; None if it cannot be one of a model."""
    tag, at = _varint(head, 0)
    if at > len(head):
        return at
    number, kind = tag >> 3, tag & 7
    # A model's fields are numbers 1 to 25 or so, and all of them numbers (0) or nested (2).
    if not 1 <= number <= 100 or kind not in (0, 2):
        return None
    value, after = _varint(head, at)
    return after + value if kind == 2 else after


def _varint(head: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends, which is beyond the bytes if it goes on there."""
    value, shift = 0, 0
    while at < len(head):
        value |= (head[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not head[at - 1] & 0x80:
            return value, at
    return value, at + 1


def _wakes(folders: Sequence[Path], ending: threading.Event) -> Iterator[None]:
    """Comes back whenever something in the folders changes, and every so often by itself."""
    if not folders:
        if not ending.wait(WAKE_MS / 1000):
            yield
        return
    try:
        from watchfiles import watch

        wake = partial(watch, debounce=50, step=20, rust_timeout=WAKE_MS, yield_on_timeout=True)
        for _ in wake(*folders, stop_event=ending, recursive=False, watch_filter=None, raise_interrupt=False):
            yield
    # A folder went while it was being watched, or no file can be opened: it is looked at from time to time.
    except (OSError, RuntimeError):
        if not ending.wait(WAKE_MS / 1000):
            yield


def _drained(events: "SimpleQueue[Event]") -> Iterator[Event]:
    while True:
        try:
            yield events.get_nowait()
        except Empty:
            return
