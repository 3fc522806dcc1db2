import platform
import sys

import numpy as np
import pytest

from sketch.host.memory import keep_freed_memory


@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="other C libraries decide themselves"
)
def test_memory_that_is_freed_is_taken_again_without_the_system():
    import resource

    keep_freed_memory()
    np.ones(50_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        np.ones(50_000)  # a hundred pages
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 1000
