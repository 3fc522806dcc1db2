"""Everything that `python3 dev.py cuda` checks, each as a test."""

import pytest

from tests.cuda.checks import CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_on_a_device(name: str):
    assert CHECKS[name]("cuda")
