"""A lock file next to the ink file, so that a second run of the same sketch does not write to it."""

import errno
import sys
from pathlib import Path
from typing import IO


class FileLock:
    """A lock on a file; the system releases it however the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @property
    def held(self) -> bool:
        """Whether this process has the lock."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock; return False if another run has it.

        Raises:
            OSError: The file cannot be opened.
        """
        if self._file is not None:
            return True
        file = self._path.open("ab")
        try:
            _lock_file(file)
        except OSError as error:
            file.close()
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK):
                return False
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock_file(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock_file(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
