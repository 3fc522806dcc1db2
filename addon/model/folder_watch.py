"""Folders of models, watched: what is new or changed is reported once all of it is written to its end.

A model is a set of files: the ONNX file, the files that it reads its weights from, the description beside it
and the labels that this one names. Whichever of them comes first, or last, or is replaced alone, the set is
reported when it is whole. Of several sets that come together the newest is reported first.

The system's notifications (through watchfiles) only wake the thread; what is true is read from the folders
each time. So a folder that vanishes, comes back, or lies on a disk that notifies nobody needs no special
care.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from queue import Empty, SimpleQueue
from stat import S_ISREG
from time import monotonic
from typing import NamedTuple, TypeAlias

from addon.background.threads import end_at_exit
from addon.errors import ModelError
from addon.files import NotRegularError, open_regular
from addon.model.adaptor import LARGEST_TEXT, adaptor_path, label_files
from addon.model.inspect import Bounds, contents_of
from addon.model.registry import SUFFIX, is_model_file

STILL_SECONDS = 0.3
"""How long a file's size and time must stay as they are."""

PATIENCE_SECONDS = 3.0
"""How long one that is still, but cut off or half replaced, is waited for before it is reported."""

HOLD_SECONDS = 10.0
"""How long one that is done waits for others that are still being written: fifty files are one change."""

LARGEST_LOOKED_INTO = 16 * 1024**2
"""Bytes of a file that is searched for the names of others; one with weights elsewhere is far smaller."""

LOOK = Bounds(fields=50_000, text=64 * 1024**2)
"""A network of more parts may be reported before its weights are there."""

WAKE_MS = 100
CLOSING_SECONDS = 2.0


class Stamp(NamedTuple):
    """By what a file, or a model with all of its files, is known to have changed.

    Attributes:
        size: Of the file, in bytes.
        time: When it was changed, in nanoseconds.
        number: Its number on the disk.
        weights: Stamps of the files that a model reads its weights from, by name; None for a missing one.
        words: Likewise of its description and labels.
    """

    size: int
    time: int
    number: int
    weights: "CompanionFiles" = ()
    words: "CompanionFiles" = ()

    @property
    def own(self) -> tuple[int, int, int]:
        """Of the file alone."""
        return self[:3]

    @property
    def newest(self) -> int:
        """Time of the newest of the files."""
        return max((self.time, *(each.time for _, each in (*self.weights, *self.words) if each is not None)))


CompanionFiles: TypeAlias = tuple[tuple[str, Stamp | None], ...]


class Debounced(NamedTuple):
    """A model that is new or has changed, and is written to its end.

    Attributes:
        path: The ONNX file.
        older: Others that ripened together with it, the newest first.
    """

    path: Path
    older: tuple[Path, ...] = ()


class Gone(NamedTuple):
    """A folder that has vanished."""

    folder: Path


class Back(NamedTuple):
    """A folder that was missed, and is there again."""

    folder: Path


Event = Debounced | Gone | Back


def said_of(event: Gone | Back) -> str:
    """What the user should be told of a folder."""
    if isinstance(event, Back):
        return f"{event.folder} is there now"
    return f"{event.folder} has vanished; what is loaded plays on, and it is looked for"


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder and the files in it that matter.

    Attributes:
        folder: It may not be there yet.
        wants: Whether a file's name matters.
        named: Whether an author has named it, who should know if it is missing.
    """

    folder: Path
    wants: Callable[[str], bool] = lambda name: True
    named: bool = False


class Debouncer:
    """Finds out from one look after the other which models are new and done.

    Args:
        known: Models that are there already, of which nothing is to be told.
        whole: Whether all files of a model are written to their end, as far as one can tell from them.
    """

    def __init__(self, known: Mapping[Path, Stamp], whole: Callable[[Path], bool]) -> None:
        self._known = dict(known)
        self._whole = whole
        self._since: dict[Path, tuple[Stamp, float]] = {}
        self._ripe: dict[Path, Stamp] = {}
        self._held = 0.0

    def look(self, models: Mapping[Path, Stamp], now: float) -> list[Path]:
        """The models that have become ripe, the newest last; none while others are still on their way.

        Args:
            models: All that are there now.
            now: Seconds, by a clock that only goes forward.
        """
        self._since = {path: at for path, at in self._since.items() if path in models}
        self._ripe = {path: model for path, model in self._ripe.items() if models.get(path) == model}
        for path, model in models.items():
            if self._known.get(path) == model:
                self._since.pop(path, None)
                continue
            seen, since = self._since.setdefault(path, (model, now))
            if seen != model:
                self._since[path] = model, now
            elif self._done(path, model, now - since):
                self._held = self._held if self._ripe else now
                self._ripe[path] = self._known[path] = model
                del self._since[path]
        if not self._ripe or (self._since and now - self._held < HOLD_SECONDS):
            return []
        ripe = sorted(self._ripe, key=lambda path: (self._ripe[path].newest, path.name))
        self._ripe = {}
        return ripe

    def _done(self, path: Path, model: Stamp, still: float) -> bool:
        if still >= PATIENCE_SECONDS:
            return True
        return still >= STILL_SECONDS and not self._half(path, model) and self._whole(path)

    def _half(self, path: Path, model: Stamp) -> bool:
        """Whether of a network and its weights, which are exported together, only one has been replaced."""
        known = self._known.get(path)
        if known is None or not model.weights or not known.weights:
            return False
        return (known.own == model.own) != (known.weights == model.weights)


def model_folders(name: str, own: Path, shipped: Path, named: Path | bool) -> list[WatchedFolder]:
    """The folders in which a recogniser looks for models.

    Args:
        name: The recogniser's; of the models that ship only the one of that name matters.
        own: Folder of the models that the user made under that name.
        shipped: Folder of the models that ship.
        named: A folder that the author names, besides; True for none.
    """
    watched = [WatchedFolder(own), WatchedFolder(shipped, lambda file: file == f"{name}{SUFFIX}")]
    if isinstance(named, Path) and named not in (own, shipped):
        watched.append(WatchedFolder(named, named=True))
    return watched


class FolderWatch:
    """Watches folders in a thread; what it finds is asked for with `poll`.

    Args:
        watched: Which folders. What is in them already is not told of.
    """

    def __init__(self, watched: Sequence[WatchedFolder]) -> None:
        self._watched = tuple(watched)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._ending = threading.Event()
        self._there = {each.folder: is_there(each.folder) for each in self._watched}
        # That the user's first model makes its folder is no news; that one came which was missed is.
        self._missed = {each.folder for each in self._watched if each.named and not self._there[each.folder]}
        self._ripening = Debouncer(models_in(self._watched), set_is_whole)
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
        ripe = self._ripening.look(models_in(self._watched), monotonic())
        if ripe:
            self._events.put(Debounced(ripe[-1], tuple(reversed(ripe[:-1]))))


def models_in(watched: Sequence[WatchedFolder]) -> dict[Path, Stamp]:
    """The models in folders, as far as these are there."""
    found: dict[Path, Stamp] = {}
    for each in watched:
        try:
            for path in each.folder.iterdir():
                if is_model_file(path.name) and not path.name.startswith(".") and each.wants(path.name):
                    model = model_at(path)
                    if model is not None:
                        found[path] = model
        except OSError:  # it is not there, or is going as we look
            continue
    return found


def model_at(path: Path) -> Stamp | None:
    """By what a model is known to have changed; None if its ONNX file is not there."""
    own = stamp_of(path)
    if own is None:
        return None
    description = adaptor_path(path)
    words = [description.name, *_labels_of(description, stamp_of(description))]
    return own._replace(weights=_stamps(path, needs(path, own)), words=_stamps(path, words))


def _stamps(path: Path, names: Iterable[str]) -> CompanionFiles:
    return tuple((name, stamp_of(path.parent / name)) for name in names)


@lru_cache(maxsize=256)
def needs(path: Path, own: Stamp) -> Mapping[str, int]:
    """The files in its folder that a model reads its weights from, and how many bytes each must have.

    Args:
        path: The ONNX file.
        own: Its stamp: a file is looked into once.
    """
    if own.size > LARGEST_LOOKED_INTO:
        return {}
    try:
        with open_regular(path) as file:
            locations = contents_of(file.read(LARGEST_LOOKED_INTO), LOOK).locations
    except (OSError, ModelError):  # cut off, or no model: whoever loads it says so
        return {}
    return {name: size for name, size in locations.items() if _is_inner(name)}


def _is_inner(name: str) -> bool:
    return not (Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name)


@lru_cache(maxsize=256)
def _labels_of(description: Path, stamp: Stamp | None) -> tuple[str, ...]:
    if stamp is None or stamp.size > LARGEST_TEXT:
        return ()
    try:
        with open_regular(description) as file:
            return tuple(label_files(file.read(LARGEST_TEXT)))
    except OSError:
        return ()


def is_there(folder: Path) -> bool:
    """Whether a folder can be looked into; one on a network disk that does not answer cannot."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def stamp_of(path: Path) -> Stamp | None:
    """By what a file is known to have changed; None if it is not there, or is a folder or a device."""
    try:
        stat = path.stat()
    except OSError:
        return None
    if not S_ISREG(stat.st_mode):
        return None
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def set_is_whole(path: Path) -> bool:
    """Whether all files of a model are there and as long as they have to be."""
    model = model_at(path)
    if model is None or not is_whole(path):
        return False
    sizes = needs(path, stamp_of(path) or model)
    return all(stamp is not None and stamp.size >= sizes.get(name, 0) for name, stamp in model.weights)


def is_whole(path: Path) -> bool:
    """Whether an ONNX file is not cut off: its outermost fields end where the file does.

    One that is no ONNX file at all counts as whole, since waiting would not help it.
    """
    try:
        with open_regular(path) as file:
            end = file.seek(0, 2)
            at = 0
            while at < end:
                file.seek(at)
                length = _field(file.read(20))
                if length is None:
                    return True
                at += length
            return at == end and end > 0
    except NotRegularError:
        return True
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
