"""The peers on signs of a machine-written hand."""

import numpy as np
import pytest

from addon.dataset.corpus import corpus_of, inks
from addon.dataset.splits import tasks
from addon.evaluation.measure import Plan
from addon.evaluation.model import open_model
from addon.evaluation.peers import compare as room
from addon.evaluation.peers.compare import PEERS, compare, compared, few_inks
from addon.evaluation.peers.peer import Peer
from addon.evaluation.report import lines
from tests.encoders import make_encoder
from tests.hands import taught, written

QUICK = [peer for peer in PEERS if peer.module != "torch"]
NAMES = [peer.name for peer in QUICK]


def signs(writers: str = "abcd", each: int = 3):
    rows = [(label, writer, copy) for writer in writers for label in "LTVZ" for copy in range(each)]
    drawn = [written(label, 100 * ord(writer) + copy) for label, writer, copy in rows]
    return corpus_of(drawn, [row[0] for row in rows], [row[1] for row in rows])


@pytest.mark.parametrize("peer", QUICK, ids=NAMES)
def test_a_peer_knows_the_signs_it_was_taught(peer):
    ask = peer.teach(*taught(each=2))
    for label in "LVZ" if peer.name == "$1" else "LTVZ":
        answer = ask(written(label, 77))
        assert answer.answers[-1] == label
        assert all(seconds > 0 for seconds in answer.seconds)
        assert len(answer.answers) == 5


@pytest.mark.parametrize("peer", QUICK, ids=NAMES)
def test_a_dot_upsets_no_peer(peer):
    drawn, labels = taught(each=1)
    dot = [np.full((1, 4), 3, dtype=np.float32)]
    ask = peer.teach([*drawn, dot], [*labels, "."])
    assert ask(dot).answers[-1] in ("", *labels, ".")
    assert ask(drawn[0]).answers[-1] == labels[0]


def test_open_ended_warping_answers_on_the_way_and_never_looks_ahead():
    (peer,) = [peer for peer in QUICK if peer.name == "open-end DTW"]
    ask = peer.teach(*taught(each=2))
    strokes = written("Z", 5)
    answer = ask(strokes)
    assert None not in answer.answers
    assert answer.progress_error is not None
    assert answer.progress_error < 0.2
    swapped = strokes[0].copy()
    swapped[-3:, :2] += 2
    assert ask([swapped]).answers[:3] == answer.answers[:3]


def test_few_inks_are_spread_over_few_writers(monkeypatch):
    monkeypatch.setattr(room, "WRITERS", 3)
    monkeypatch.setattr(room, "INKS", 12)
    corpus = signs(each=4)
    for protocol in ("wd", "wi"):
        few = few_inks(corpus, tasks(corpus, protocol, 1, seed=0))
        chosen = np.concatenate([task.asked for task in few])
        assert len(chosen) <= 12
        assert len(set(corpus.writers[chosen])) <= 3
        sizes = [int((corpus.writers[chosen] == writer).sum()) for writer in set(corpus.writers[chosen])]
        assert max(sizes) - min(sizes) == 0


def test_a_peer_that_is_missing_is_named():
    absent = Peer("absent", "no_such_module_anywhere", "no-such-package", QUICK[0].teach)
    row = compared(absent, signs(), [])
    assert row["accuracy"] is None
    assert row["reason"] == "not installed; pip install no-such-package"


def test_a_peer_that_fails_costs_the_others_nothing():
    def teach(strokes, labels):
        raise RuntimeError("no such\n  thing")

    few = tasks(signs("ab"), "wd", 1, seed=0)
    row = compared(Peer("broken", "numpy", "numpy", teach), signs("ab"), few)
    assert row["accuracy"] is None
    assert row["reason"] == "failed (RuntimeError: no such thing)"


def test_peers_are_asked_the_same_inks(tmp_path):
    corpus, answers = signs("ab"), []
    model = open_model(make_encoder(tmp_path / "small.onnx"))
    absent = Peer("absent", "no_such_module_anywhere", "no-such-package", QUICK[0].teach)
    found = compare(model, corpus, Plan("wd", 1, 1), answers.append, [*QUICK, absent])
    assert list(found["peers"]) == [*NAMES, "absent"]
    assert found["on_peers_inks"]["inks"] == 16
    assert answers[-1] == "absent: not installed; pip install no-such-package"
    for name in NAMES:
        row = found["peers"][name]
        assert set(row["accuracy"]) == {"0.25", "0.5", "0.75", "1.0", "lifted"}
        assert row["accuracy"]["lifted"] is not None
        assert row["ms"] > 0
    assert found["peers"]["$P"]["accuracy"]["0.5"] is None
    assert found["peers"]["open-end DTW"]["accuracy"]["0.5"] is not None
    figures = {
        **dict.fromkeys(("data", "protocol", "shots", "seeds", "classes", "writers", "inks"), 1),
        "accuracy": found["on_peers_inks"]["accuracy"],
        **dict.fromkeys(("area", "progress_mae", "ece", "taught_per_s"), 0.5),
        **dict.fromkeys(("unknown_auroc", "unknown_auroc_softmax"), None),
        **dict.fromkeys(("unknown_rejected", "unknown_rejected_softmax"), None),
        "refused": {"known": None, "unknown": None},
        "spread": {"writers": None, "seeds": None},
        "point_us": dict.fromkeys(("p50", "p99", "bare_p50"), None),
    }
    text = "\n".join(lines(figures | found))
    assert "no-such-package" in text
    assert "DTW-1NN" in text


def test_inputs_are_left_as_they_were():
    corpus = signs("a")
    before = corpus.points.copy()
    for peer in QUICK:
        ask = peer.teach(inks(corpus), corpus.labels.tolist())
        ask(inks(corpus)[0])
    assert (corpus.points == before).all()
