"""Files that are either the old one or the new one, never half of either; and files that may be anything."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegularError(OSError):
    """A pipe, a device or a socket: whoever reads it may wait for ever."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading that may be anything; never waits.

    Raises:
        NotRegularError: It is a pipe, a device or a socket; it is not even opened.
        OSError: It is a folder, is missing, or cannot be opened.
    """
    _check_regular(path, path.stat().st_mode)
    flags = ("O_NONBLOCK", "O_BINARY", "O_CLOEXEC")
    number = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in flags))
    try:
        # It may have been replaced since it was asked.
        _check_regular(path, os.fstat(number).st_mode)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def _check_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise NotRegularError(errno.EINVAL, "it is no ordinary file", str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` into the file at `path`, whole or not at all.

    It is written beside the old file, brought to the disk, then moved into its place.

    Raises:
        OSError: It cannot be written (a full disk, a missing folder); the old file is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
