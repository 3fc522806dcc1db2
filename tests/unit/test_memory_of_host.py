"""What a host does to memory so that frames come evenly."""

import gc

from sketch.host.memory import setup_kept_from_collector


def test_what_was_there_is_no_longer_looked_at_and_later_garbage_is_found():
    class Node:
        pass

    before = gc.get_freeze_count()
    with setup_kept_from_collector():
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
        node = Node()
        vars(node)["itself"] = node
        del node
        assert gc.collect() >= 1
    assert gc.get_freeze_count() == before == 0
