import gc
import platform
import sys

import numpy as np
import pytest

from sketch.host.memory import keep_freed_memory, setup_kept_from_collector


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


def test_what_was_there_is_no_longer_looked_at_and_later_garbage_is_found():
    class Node:
        pass

    with setup_kept_from_collector():
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
        node = Node()
        vars(node)["itself"] = node
        del node
        assert gc.collect() >= 1
    assert gc.get_freeze_count() == 0
