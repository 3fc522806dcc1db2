"""A short run of what `python3 dev.py fuzz` does at length."""

from tests.fuzz.damage import DAMAGES, damaged, generator
from tests.fuzz.presets import fuzz_presets
from tests.fuzz.run import fuzz, seeds


def test_damaged_files_are_answered_in_one_line_and_in_time(tmp_path):
    tally = fuzz(60, seed=20261122, keep=tmp_path, say=lambda line: None)
    assert sum(tally.outcomes.values()) == 120
    assert not tally.hung
    assert tally.unsaid == []
    assert tally.outcomes["doctor refused"] > 20
    assert tally.outcomes["doctor runs"] > 0


def test_damaged_presets_and_documents_never_end_a_show():
    assert fuzz_presets(40, seed=20261130, say=lambda line: None) == []


def test_every_kind_of_damage_is_done_and_the_same_for_the_same_seed():
    sound = seeds()
    assert len(sound) > 40
    one, other = generator(3), generator(3)
    kinds: set[str] = set()
    for _ in range(150):
        kind, data = damaged(sound, one)
        assert (kind, data) == damaged(sound, other)
        kinds.update(kind.split("+"))
    assert kinds == set(DAMAGES)
