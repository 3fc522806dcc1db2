from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.unit.live.saving import Show


class Starts(Protocol):
    def __call__(self, main: str, strict: bool = False, **files: str) -> Show: ...


@pytest.fixture
def starts(tmp_path) -> Iterator[Starts]:
    """Start a sketch of these files."""
    shows: list[Show] = []

    def start(main: str, strict: bool = False, **files: str) -> Show:
        shows.append(Show(tmp_path, strict, main=main, **files))
        return shows[-1]

    yield start
    for show in shows:
        show.close()
