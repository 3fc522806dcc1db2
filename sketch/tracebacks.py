"""What an author sees of an error: their own lines, without those of the machinery that called them."""

import sys
import traceback
from pathlib import Path
from types import TracebackType

MACHINERY = {Path(folder).resolve() for folder in (Path(__file__).parent, sys.prefix, sys.base_prefix)}


def authors_traceback(error: BaseException, file: Path) -> str:
    """The traceback of an error from the first line of the author's on; the whole of it where there is none.

    Args:
        error: What was raised; the errors it came from are told, too.
        file: The author's. What lies in its folder is the author's as well.
    """
    told: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in told:
        told.add(id(each))
        if isinstance(each, SyntaxError) and each.filename and _is_authors(each.filename, file):
            # It names the line itself; nothing of the author's has run.
            each.__traceback__ = None
        else:
            each.__traceback__ = _from_author(each.__traceback__, file)
        each = each.__cause__ or each.__context__
    return "".join(traceback.format_exception(error))


def _from_author(trace: TracebackType | None, file: Path) -> TracebackType | None:
    step = trace
    while step is not None:
        if _is_authors(step.tb_frame.f_code.co_filename, file):
            return step
        step = step.tb_next
    return trace


def _is_authors(name: str, file: Path) -> bool:
    if name.startswith("<"):  # a frozen module or a text that was typed, which lies nowhere
        return False
    path, file = Path(name).resolve(), file.resolve()
    installed = "site-packages" in path.parts or not MACHINERY.isdisjoint(path.parents)
    return path == file or (file.parent in path.parents and not installed)
