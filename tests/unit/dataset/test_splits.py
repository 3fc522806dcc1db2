from collections import Counter

import numpy as np
import pytest

from addon.dataset.corpus import Corpus, corpus_of
from addon.dataset.splits import drawn_writers, halved, tasks

DOT = (np.zeros((1, 4), dtype=np.float32),)


def corpus(writers: str = "abcdef", labels: str = "123", each: int = 4) -> Corpus:
    rows = [(label, writer) for writer in writers for label in labels for _ in range(each)]
    return corpus_of([DOT] * len(rows), [label for label, _ in rows], [writer for _, writer in rows])


@pytest.mark.parametrize("shots", [1, 3])
def test_wd_teaches_some_of_a_writer_and_asks_the_rest(shots):
    given = corpus()
    made = tasks(given, "wd", shots, seed=0)
    assert len(made) == 6
    for task in made:
        assert len({*given.writers[task.taught], *given.writers[task.asked]}) == 1
        assert Counter(given.labels[task.taught]) == dict.fromkeys("123", shots)
        assert sorted([*task.taught, *task.asked]) == sorted({*task.taught, *task.asked})
        assert len(task.taught) + len(task.asked) == 12


@pytest.mark.parametrize("shots", [1, 3])
def test_wi_teaches_by_others_than_it_asks(shots):
    given = corpus()
    (task,) = tasks(given, "wi", shots, seed=0)
    taught, asked = given.writers[task.taught], given.writers[task.asked]
    assert set(taught).isdisjoint(asked)
    assert len(set(asked)) == 2
    assert len(task.asked) == 24
    for label in "123":
        by = taught[given.labels[task.taught] == label]
        assert len(by) == len(set(by)) == shots


@pytest.mark.parametrize("protocol", ["wd", "wi"])
def test_the_same_seed_gives_the_same_split_and_another_another(protocol):
    first, again, other = (tasks(corpus(), protocol, 2, seed) for seed in (0, 0, 1))
    assert all((a.taught == b.taught).all() for a, b in zip(first, again, strict=True))
    assert any((a.taught != b.taught).any() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("protocol", ["wd", "wi"])
def test_the_pool_is_limited_before_it_is_split(protocol):
    given = corpus()
    made = tasks(given, protocol, 1, seed=0, most_writers=3)
    seen = {writer for task in made for part in task for writer in given.writers[part]}
    assert 0 < len(seen) <= 3


def test_writers_are_drawn_by_the_seed_and_each_of_them_is_drawn():
    given = corpus()
    drawn = [drawn_writers(given, seed, 2).tolist() for seed in range(40)]
    assert drawn == [drawn_writers(given, seed, 2).tolist() for seed in range(40)]
    assert all(len(set(each)) == 2 for each in drawn)
    assert {writer for each in drawn for writer in each} == set(given.writers.tolist())
    assert drawn_writers(given, 0, 99).tolist() == np.unique(given.writers).tolist()


def test_a_task_that_asks_of_one_class_alone_is_none():
    lopsided = corpus(writers="a", labels="12")
    keep = np.append(np.flatnonzero(lopsided.labels == "1"), np.flatnonzero(lopsided.labels == "2")[:1])
    some = corpus_of(
        [[np.zeros((2, 4), dtype=np.float32)]] * len(keep), lopsided.labels[keep].tolist(), ["a"] * len(keep)
    )
    assert tasks(some, "wd", 1, seed=0) == []


def test_too_little_gives_no_task():
    assert tasks(corpus(), "wd", 5, seed=0) == []
    assert tasks(corpus(writers="ab"), "wi", 2, seed=0) == []
    assert tasks(corpus(labels="1"), "wd", 1, seed=0) == []
    assert tasks(corpus_of([], []), "wi", 1, seed=0) == []


def test_half_of_the_classes_are_taught_and_all_are_asked():
    given = corpus()
    for task in tasks(given, "wd", 2, seed=0):
        half = halved(given, task, seed=0)
        assert len(set(given.labels[half.taught])) == 2
        assert (half.asked == task.asked).all()


@pytest.mark.parametrize(
    ("protocol", "shots", "writers", "told"),
    [("both", 1, None, "both"), ("wd", 0, None, "0"), ("wi", 1, 0, "at least 1")],
)
def test_what_there_is_not_is_refused(protocol, shots, writers, told):
    with pytest.raises(ValueError, match=told):
        tasks(corpus(), protocol, shots, 0, writers)
