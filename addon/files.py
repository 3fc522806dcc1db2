"""Files that are either the old one or the new one, never half of either."""

import os
from pathlib import Path


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
