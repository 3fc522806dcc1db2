"""Watch folders of models: a new or changed model is reported once all of its files are completely written.

A model is a set of files: the ONNX file, its external weights, its TOML description and the labels that the
description names. They may arrive in any order, or be replaced one by one; the set is reported when it is
complete, and again whenever one of its files changes. Of several sets that become complete together, the
newest is reported first.

A network and its weights are exported together, and nothing in them shows whether they are of the same
export. So if only some of these files are replaced, the set waits for the others, and a message says so.

The system's notifications (through watchfiles) only wake the thread; the folders themselves are read each
time. So a folder that is removed, comes back, or is on a disk without notifications needs no special case.
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
from addon.model.protobuf import LENGTH, VARINT, WireError, varint
from addon.model.registry import SUFFIX, is_model_file
from addon.text import one_line

STILL_SECONDS = 0.3
"""How long a file's size and time must stay the same."""

PATIENCE_SECONDS = 3.0
"""How long an unchanging model that is truncated is waited for before it is reported, and one that is half
replaced before a message says so."""

HALF_SECONDS = 10.0
"""How long an unchanging model that is half replaced is waited for before it is reported all the same."""

HOLD_SECONDS = 10.0
"""How long a complete model waits for others that are still being written: fifty files are one change."""

LARGEST_LOOKED_INTO = 16 * 1024**2
"""Larger files are not searched for external weights; a model that has them is far smaller."""

LOOK = Bounds(fields=50_000, text=64 * 1024**2)
"""A network with more parts may be reported before its weights are there."""

WAKE_MS = 100
CLOSING_SECONDS = 2.0

_HEAD = 20
"""Bytes that hold any two varints: the tag of a field, and its value or length."""


class Stamp(NamedTuple):
    """Identifies the state of a file, or of a model with all of its files.

    Attributes:
        size: Size of the file in bytes.
        time: Time of its last change, in nanoseconds.
        number: Its inode number.
        weights: Stamps of a model's external weights by name; None for a missing file.
        words: Stamps of its description and labels, likewise.
    """

    size: int
    time: int
    number: int
    weights: "CompanionFiles" = ()
    words: "CompanionFiles" = ()

    @property
    def own(self) -> tuple[int, int, int]:
        """The stamp of the file alone."""
        return self[:3]

    @property
    def newest(self) -> int:
        """Time of the newest file."""
        return max((self.time, *(each.time for _, each in (*self.weights, *self.words) if each is not None)))


CompanionFiles: TypeAlias = tuple[tuple[str, Stamp | None], ...]


class Debounced(NamedTuple):
    """A model that is new or has changed, and is completely written.

    Attributes:
        path: The ONNX file.
        older: Other models that were completed together with it, the newest first.
    """

    path: Path
    older: tuple[Path, ...] = ()


class Gone(NamedTuple):
    """A folder that was removed."""

    folder: Path


class Back(NamedTuple):
    """A missing folder that is there now."""

    folder: Path


class HalfReplaced(NamedTuple):
    """A model of which only some files were replaced.

    Attributes:
        path: The ONNX file.
        replaced: Names of the ONNX file and weights that were replaced.
        kept: Names of those that were not.
        fits: Whether the weights have exactly the sizes that the network declares; otherwise the files are
            certainly of different exports, and the model is not reported before that changes.
    """

    path: Path
    replaced: tuple[str, ...]
    kept: tuple[str, ...]
    fits: bool


Event = Debounced | Gone | Back | HalfReplaced


def folder_message(event: Gone | Back | HalfReplaced) -> str:
    """The message for the user about a folder, or about a model that is not complete."""
    if isinstance(event, HalfReplaced):
        return _half_message(event)
    if isinstance(event, Back):
        return f"{event.folder} is there now"
    return f"{event.folder} was removed; the current model stays in use, and Inkloop waits for the folder"


def _half_message(half: HalfReplaced) -> str:
    replaced, kept = (one_line(", ".join(names)) for names in (half.replaced, half.kept))
    left = f"{HALF_SECONDS - PATIENCE_SECONDS:g} seconds"
    otherwise = (
        f"loads them as they are in {left} otherwise; touch it to load now"
        if half.fits
        else "does not load them as they are: the sizes do not fit"
    )
    return f"{half.path.name}: {replaced} was replaced, {kept} was not; Inkloop waits for it, and {otherwise}"


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder, and which files in it are watched.

    Attributes:
        folder: It may not exist yet.
        wants: Whether a file of this name is watched.
        named: Whether the author named it; then a missing folder is reported.
    """

    folder: Path
    wants: Callable[[str], bool] = lambda name: True
    named: bool = False


class Debouncer:
    """Finds out, from repeated looks at the files, which models are new and complete.

    Args:
        known: Models that are already there; they are not reported.
        whole: Whether all files of a model are complete, as far as their contents show.
        fits: Whether a model's weights have exactly the sizes that its network declares.
    """

    def __init__(
        self,
        known: Mapping[Path, Stamp],
        whole: Callable[[Path], bool],
        fits: Callable[[Path], bool] = lambda path: True,
    ) -> None:
        self._known = dict(known)
        self._whole = whole
        self._fits = fits
        self._half: dict[Path, Stamp] = {}
        self._halves: list[HalfReplaced] = []
        self._since: dict[Path, tuple[Stamp, float]] = {}
        self._complete: dict[Path, Stamp] = {}
        self._held = 0.0

    def look(self, models: Mapping[Path, Stamp], now: float) -> list[Path]:
        """The models that have become complete, the newest last; none while others are still being written.

        Args:
            models: All models that are there now.
            now: Seconds of a monotonic clock.
        """
        self._since = {path: at for path, at in self._since.items() if path in models}
        self._complete = {path: model for path, model in self._complete.items() if models.get(path) == model}
        self._half = {path: model for path, model in self._half.items() if models.get(path) == model}
        for path, model in models.items():
            if self._known.get(path) == model:
                self._since.pop(path, None)
                continue
            seen, since = self._since.setdefault(path, (model, now))
            if seen != model:
                self._since[path] = model, now
            elif self._done(path, model, now - since):
                self._held = self._held if self._complete else now
                self._complete[path] = self._known[path] = model
                del self._since[path]
        others = self._since.keys() - self._half.keys()
        if not self._complete or (others and now - self._held < HOLD_SECONDS):
            return []
        complete = sorted(self._complete, key=lambda path: (self._complete[path].newest, path.name))
        self._complete = {}
        return complete

    def take_halves(self) -> list[HalfReplaced]:
        """The half replaced models that were found since the last call, each reported once."""
        halves, self._halves = self._halves, []
        return halves

    def _done(self, path: Path, model: Stamp, still: float) -> bool:
        replaced, kept = _replaced(self._known.get(path), path, model)
        if not (replaced and kept):
            return still >= PATIENCE_SECONDS or (still >= STILL_SECONDS and self._whole(path))
        if still < PATIENCE_SECONDS:
            return False
        fits = self._whole(path) and self._fits(path)
        if path not in self._half:
            self._half[path] = model
            self._halves.append(HalfReplaced(path, replaced, kept, fits))
        return fits and still >= HALF_SECONDS


def _replaced(known: Stamp | None, path: Path, model: Stamp) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of a network and its weights were replaced since it was reported last, and which were not.

    A network that is new, or whose weights were missing, is not half replaced: it becomes complete.
    """
    if known is None or any(stamp is None for _, stamp in known.weights):
        return (), ()
    before = dict(known.weights)
    same = {path.name: known.own == model.own}
    same |= {name: before.get(name) == stamp for name, stamp in model.weights}
    return tuple(name for name in same if not same[name]), tuple(name for name in same if same[name])


def model_folders(name: str, own: Path, shipped: Path, named: Path | bool) -> list[WatchedFolder]:
    """The folders in which a recogniser looks for models.

    Args:
        name: The recogniser's name; among the models that ship only the one of that name is watched.
        own: Folder of the models that the user made under that name.
        shipped: Folder of the models that ship.
        named: Another folder that the author names; True for none.
    """
    watched = [WatchedFolder(own), WatchedFolder(shipped, lambda file: file == f"{name}{SUFFIX}")]
    if isinstance(named, Path) and named not in (own, shipped):
        watched.append(WatchedFolder(named, named=True))
    return watched


class FolderWatch:
    """Watches folders in a thread; `poll` returns what it found.

    Args:
        watched: The folders. Models that are already there are not reported.
    """

    def __init__(self, watched: Sequence[WatchedFolder]) -> None:
        self._watched = tuple(watched)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._ending = threading.Event()
        self._there = {each.folder: is_there(each.folder) for each in self._watched}
        # Only a folder that the author named is reported when it appears.
        self._missed = {each.folder for each in self._watched if each.named and not self._there[each.folder]}
        self._debouncer = Debouncer(models_in(self._watched), set_is_whole, sizes_fit)
        self._thread = threading.Thread(target=self._work, name="inkloop-watch", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, self._ending.set)

    def poll(self) -> list[Event]:
        """The events since the last call, in order; never waits."""
        return list(_drained(self._events))

    def close(self) -> None:
        """Stop watching; waits up to two seconds for the thread."""
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
        complete = self._debouncer.look(models_in(self._watched), monotonic())
        for half in self._debouncer.take_halves():
            self._events.put(half)
        if complete:
            self._events.put(Debounced(complete[-1], tuple(reversed(complete[:-1]))))


def models_in(watched: Sequence[WatchedFolder]) -> dict[Path, Stamp]:
    """The models in those folders that exist."""
    found: dict[Path, Stamp] = {}
    for each in watched:
        try:
            for path in each.folder.iterdir():
                if is_model_file(path.name) and not path.name.startswith(".") and each.wants(path.name):
                    model = model_at(path)
                    if model is not None:
                        found[path] = model
        except OSError:  # it does not exist, or is being removed
            continue
    return found


def model_at(path: Path) -> Stamp | None:
    """The stamp of a model with all its files; None if its ONNX file is not there."""
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
    """A model's external weights in its folder, and how many bytes each file must have.

    Args:
        path: The ONNX file.
        own: Its stamp, so that a file is read once.
    """
    if own.size > LARGEST_LOOKED_INTO:
        return {}
    try:
        with open_regular(path) as file:
            locations = contents_of(file.read(LARGEST_LOOKED_INTO), LOOK).locations
    except (OSError, ModelError):  # truncated, or not a model: loading it reports that
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
    """Whether a folder exists and can be read; one on a network disk that does not answer cannot."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file; None if it does not exist, or is a folder or a device."""
    try:
        stat = path.stat()
    except OSError:
        return None
    if not S_ISREG(stat.st_mode):
        return None
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def set_is_whole(path: Path) -> bool:
    """Whether all files of a model are there and long enough."""
    model = model_at(path)
    if model is None or not is_whole(path):
        return False
    sizes = needs(path, stamp_of(path) or model)
    return all(stamp is not None and stamp.size >= sizes.get(name, 0) for name, stamp in model.weights)


def sizes_fit(path: Path) -> bool:
    """Whether the files of a model's weights have exactly the sizes that its network declares."""
    model = model_at(path)
    if model is None:
        return False
    sizes = needs(path, stamp_of(path) or model)
    return all(stamp is not None and sizes.get(name, 0) in (0, stamp.size) for name, stamp in model.weights)


def is_whole(path: Path) -> bool:
    """Whether an ONNX file is complete: its outermost fields end where the file does.

    A file that is not ONNX counts as complete, since waiting would not help.
    """
    try:
        with open_regular(path) as file:
            end = file.seek(0, 2)
            at = 0
            while at < end:
                file.seek(at)
                length = _field(file.read(_HEAD))
                if length is None:
                    return True
                at += length
            return at == end and end > 0
    except NotRegularError:
        return True
    except OSError:
        return False


def _field(head: bytes) -> int | None:
    """Length of the protobuf field that begins with these bytes; None if no model has such a field."""
    try:
        tag, at = varint(memoryview(head), 0, len(head))
        # The fields of a model are numbered 1 to 25 or so, and all of them are numbers or nested.
        if not 1 <= tag >> 3 <= 100 or tag & 7 not in (VARINT, LENGTH):
            return None
        value, after = varint(memoryview(head), at, len(head))
    except WireError:  # truncated if the file ends here; otherwise the number is too long
        return len(head) + 1 if len(head) < _HEAD else None
    return after + value if tag & 7 == LENGTH else after


def _wakes(folders: Sequence[Path], ending: threading.Event) -> Iterator[None]:
    """Yield whenever something in the folders changes, and regularly."""
    if not folders:
        if not ending.wait(WAKE_MS / 1000):
            yield
        return
    try:
        from watchfiles import watch

        wake = partial(watch, debounce=50, step=20, rust_timeout=WAKE_MS, yield_on_timeout=True)
        for _ in wake(*folders, stop_event=ending, recursive=False, watch_filter=None, raise_interrupt=False):
            yield
    # A folder was removed while it was watched, or no more files can be opened: look again from time to time.
    except (OSError, RuntimeError):
        if not ending.wait(WAKE_MS / 1000):
            yield


def _drained(events: "SimpleQueue[Event]") -> Iterator[Event]:
    while True:
        try:
            yield events.get_nowait()
        except Empty:
            return
