"""Atomic writes, and reads of files that may be a pipe or a device."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegularError(OSError):
    """A pipe, a device or a socket, which a reader may wait for without an end."""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; never waits.

    Raises:
        NotRegularError: It is a pipe, a device or a socket; it is not even opened.
        OSError: It is a folder, is missing, or cannot be opened.
    """
    _check_regular(path, path.stat().st_mode)
    flags = ("O_NONBLOCK", "O_BINARY", "O_CLOEXEC")
    number = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in flags))
    try:
        # It may have been replaced since the check.
        _check_regular(path, os.fstat(number).st_mode)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def _check_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise NotRegularError(errno.EINVAL, "it is not an ordinary file", str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to the file at `path`, whole or not at all.

    The data goes to a new file in the same folder and to the disk, then replaces the old file.

    Raises:
        OSError: It cannot be written (a full disk, a missing folder); the old file is unchanged.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
