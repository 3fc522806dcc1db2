"""Tracebacks for authors: their own lines, without those of Inkloop and Python that called them."""

import builtins
import sys
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from sketch.escaped import escaped_lines

MACHINERY = {Path(folder).resolve() for folder in (Path(__file__).parent, sys.prefix, sys.base_prefix)}


def authors_traceback(error: BaseException, file: Path) -> str:
    """The traceback of an error from the author's first line on; the whole of it if there is none.

    Args:
        error: What was raised; its causes are included.
        file: The author's file. The other files in its folder count as the author's, too.
    """
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        if isinstance(each, SyntaxError) and each.filename and _is_authors(each.filename, file):
            # It names the line itself; no line of the author has run.
            each.__traceback__ = None
        else:
            each.__traceback__ = _from_author(each.__traceback__, file)
        each = each.__cause__ or each.__context__
    text = "".join(traceback.format_exception(error)).rstrip("\n")
    # The message may contain untrusted text: a file name, a label.
    return f"{escaped_lines(text if 'Did you mean' in text else text + suggestion(error))}\n"


def suggestion(error: BaseException) -> str:
    """A suggestion for a misspelt name, such as ". Did you mean: 'circle'?"; empty if nothing is similar.

    Python adds it when an error ends a program, but before 3.12 not to the text of a traceback.
    """
    if isinstance(error, AttributeError):
        known = dir(error.obj) if error.obj is not None else []
    elif isinstance(error, NameError) and error.__traceback__ is not None:
        *_, last = _steps(error.__traceback__)
        known = [*last.tb_frame.f_locals, *last.tb_frame.f_globals, *dir(builtins)]
    else:
        return ""
    near = get_close_matches(error.name or "", [name for name in known if not name.startswith("_")], n=1)
    return f". Did you mean: {near[0]!r}?" if near else ""


def authors_place(error: BaseException, file: Path) -> tuple[str, int]:
    """Where an error was raised: path and line of the author's last frame in the traceback.

    If there is none, as in an addon's hook, it is the last frame outside installed packages, else the last
    one.

    Args:
        error: What was raised; a SyntaxError names its line itself.
        file: The author's, as in `authors_traceback`.

    Returns:
        Path and line; an empty path and 0 if unknown.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    places = [(step.tb_frame.f_code.co_filename, step.tb_lineno) for step in _steps(error.__traceback__)]
    own = [place for place in places if _is_authors(place[0], file)]
    others = [place for place in places if not _is_installed(place[0])]
    return (own or others or places or [("", 0)])[-1]


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _from_author(trace: TracebackType | None, file: Path) -> TracebackType | None:
    own = (step for step in _steps(trace) if _is_authors(step.tb_frame.f_code.co_filename, file))
    return next(own, trace)


@lru_cache(maxsize=1024)
def _is_authors(name: str, file: Path) -> bool:
    if name.startswith("<"):  # a frozen module or typed text, which has no file
        return False
    path, file = Path(name).resolve(), file.resolve()
    return path == file or (file.parent in path.parents and not _is_installed(name))


@lru_cache(maxsize=1024)
def _is_installed(name: str) -> bool:
    path = Path(name).resolve()
    return name.startswith("<") or "site-packages" in path.parts or not MACHINERY.isdisjoint(path.parents)
