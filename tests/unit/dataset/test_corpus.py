import errno
import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.dataset.corpus import corpus_hash, corpus_of, inks, read_corpus, write_corpus
from addon.errors import TaughtError
from tests.hands import taught
from tests.strategies import inks as any_ink


@given(
    st.lists(st.tuples(any_ink(), st.text(st.characters(exclude_characters="\0"), max_size=3)), max_size=4)
)
def test_inks_come_back_as_they_went(pairs):
    several, labels = [ink for ink, _ in pairs], [label for _, label in pairs]
    corpus = corpus_of(several, labels)
    assert corpus.labels.tolist() == labels
    for back, ink in zip(inks(corpus), several, strict=True):
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(back, ink, strict=True))


def test_a_file_holds_what_was_written(tmp_path):
    several, labels = taught()
    write_corpus(tmp_path / "taught.npz", several, labels, writers=["me"] * len(labels))
    corpus = read_corpus(tmp_path / "taught.npz")
    assert len(corpus) == len(labels)
    assert set(corpus.writers.tolist()) == {"me"}
    assert corpus_hash(corpus) == corpus_hash(corpus_of(several, labels))
    assert os.listdir(tmp_path) == ["taught.npz"]


def test_inks_can_be_asked_for_by_number():
    several, labels = taught(each=2)
    corpus = corpus_of(several, labels)
    again = inks(corpus, [3, 0, 3])
    assert np.array_equal(again[0][0], several[3][0])
    assert np.array_equal(again[1][0], several[0][0])
    assert len(again) == 3


def test_nothing_is_a_corpus_too(tmp_path):
    write_corpus(tmp_path / "empty.npz", [], [])
    assert len(read_corpus(tmp_path / "empty.npz")) == 0


def test_the_hash_tells_labels_and_points_apart():
    several, labels = taught(each=1)
    hashes = {
        corpus_hash(corpus_of(several, labels)),
        corpus_hash(corpus_of(several, labels[::-1])),
        corpus_hash(corpus_of([*several[:-1], several[0]], labels)),
    }
    assert len(hashes) == 3


def arrays() -> dict[str, Any]:
    corpus = corpus_of(*taught(each=1))
    return {name: getattr(corpus, name) for name in corpus.__slots__}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"points": np.zeros((3, 2), np.float32)}, "shape"),
        ({"points": np.zeros((3, 4), np.int64)}, "type"),
        ({"stroke_ids": np.zeros(1, np.int16)}, "stroke_ids"),
        ({"offsets": np.array([0, 5], np.int64)}, "offsets"),
        ({"offsets": np.array([0, 9, 4, 99999], np.int64)}, "offsets"),
        ({"offsets": np.zeros(0, np.int64)}, "offsets"),
        ({"labels": np.array(["A"])}, "labels"),
        ({"labels": np.array([1, 2, 3, 4])}, "labels"),
        ({"writers": np.array(["A"])}, "writers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(tmp_path, change, says):
    np.savez(tmp_path / "bad.npz", **(arrays() | change))
    with pytest.raises(TaughtError, match=rf"bad\.npz: .*{says}"):
        read_corpus(tmp_path / "bad.npz")


def test_a_missing_array_is_named(tmp_path):
    kept = arrays()
    del kept["offsets"]
    np.savez(tmp_path / "bad.npz", **kept)
    with pytest.raises(TaughtError, match="no array named offsets"):
        read_corpus(tmp_path / "bad.npz")


def test_a_point_that_is_not_finite_is_refused(tmp_path):
    bad = arrays()
    bad["points"] = bad["points"].copy()
    bad["points"][2, 0] = np.nan
    np.savez(tmp_path / "bad.npz", **bad)
    with pytest.raises(TaughtError, match="finite"):
        read_corpus(tmp_path / "bad.npz")


def test_time_and_pressure_may_be_unknown(tmp_path):
    plain = arrays()
    plain["points"] = plain["points"].copy()
    plain["points"][:, 2:] = np.nan
    np.savez(tmp_path / "plain.npz", **plain)
    assert len(read_corpus(tmp_path / "plain.npz")) == 4


@pytest.mark.parametrize("content", [b"", b"some text", b"\x93NUMPY", b"PK\x03\x04 and no more"])
def test_what_is_no_file_of_arrays_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(TaughtError, match=r"bad\.npz cannot be read") as caught:
        read_corpus(tmp_path / "bad.npz")
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(tmp_path):
    write_corpus(tmp_path / "taught.npz", *taught())
    whole = (tmp_path / "taught.npz").read_bytes()
    for length in range(0, len(whole), 997):
        (tmp_path / "part.npz").write_bytes(whole[:length])
        with pytest.raises(TaughtError):
            read_corpus(tmp_path / "part.npz")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(TaughtError, match="No such file"):
        read_corpus(tmp_path / "none.npz")


def test_pickled_objects_are_never_loaded(tmp_path):
    objects: dict[str, Any] = arrays() | {"labels": np.array([print] * 4, dtype=object)}
    np.savez(tmp_path / "bad.npz", **objects)
    with pytest.raises(TaughtError, match="labels has the type object"):
        read_corpus(tmp_path / "bad.npz")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "taught.npz"
    write_corpus(path, *taught(each=1))
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("addon.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_corpus(path, *taught(each=2))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["taught.npz"]
