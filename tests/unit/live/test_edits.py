"""A short run of what `python -m tests.fuzz.edits` does at length."""

from tests.fuzz.edits import fuzz


def test_random_edits_end_no_show_and_leave_nothing_behind(tmp_path):
    said: list[str] = []
    assert fuzz(50, seed=20261130, folder=tmp_path, say=said.append) == 0, said
