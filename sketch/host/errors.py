"""Errors of a host that cannot open a window or a surface."""

import sys
from types import TracebackType

from sketch.escaped import escaped


class HostError(Exception):
    """No display, no OpenGL, or a driver that is too old; the message is one line and says what to do."""


def print_host_errors_in_one_line() -> None:
    """Print an uncaught HostError as one line instead of a traceback, from now on."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, HostError):
            print(f"inkloop: {escaped(str(error))}", file=sys.stderr)
        else:
            before(kind, error, trace)

    sys.excepthook = hook


def check_size(size: tuple[int, int], most: int) -> None:
    """Refuse a frame that is too large to draw.

    Raises:
        HostError: Width or height, in pixels, is more than `most`.
    """
    if max(size) > most:
        raise HostError(f"a frame of {size[0]}x{size[1]} is too large: at most {most} pixels a side here")


NO_DISPLAY = (
    "no display was found, so no window can open: run with --headless (or headless=True), "
    "or start a display first (on a server: xvfb-run -a COMMAND)"
)

SECOND_WINDOW = (
    "this program already has a window open, and only one is possible: "
    "close it first, or run the second sketch in another process"
)

NO_OPENGL = (
    "OpenGL 3.3 is not available here ({why}): install a graphics driver "
    "(Debian and Ubuntu, also without a GPU: "
    "apt-get install libgl1 libegl1 libgl1-mesa-dri libfontconfig1 libfribidi0)"
)
