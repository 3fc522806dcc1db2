"""What every command prints: the reason why it stops, and lines next to its output."""

import sys
from typing import NoReturn

from sketch.escaped import escaped


def stop(message: str) -> NoReturn:
    """End with a reason on standard error and exit code 1."""
    print(f"inkloop: {escaped(message)}", file=sys.stderr)
    raise SystemExit(1)


def aside(line: str) -> None:
    """Print a line on standard error, at once."""
    print(escaped(line), file=sys.stderr, flush=True)
