"""Names and labels are anybody's: what a terminal would obey in them is written out before it is said."""

import logging
from pathlib import Path

import pytest

from addon import text
from addon.errors import ModelError, said
from addon.inference.graph import open_graph
from addon.inference.inline_worker import InlineWorker
from addon.inference.providers import CPU, Choice
from addon.recognizer import Recognizer
from sketch import escaped as sketch_side

EVIL = "a\x1b[2K\rinkloop: all is well\n\x9b31m\u202e\udcff.onnx"
TAME = r"a\x1b[2K\rinkloop: all is well\n\x9b31m\u202e\udcff.onnx"


@pytest.mark.parametrize("escaped", [text.escaped, sketch_side.escaped])
def test_what_a_terminal_would_obey_is_written_out_and_every_script_stays(escaped):
    assert escaped(EVIL) == TAME
    assert escaped(TAME) == TAME
    for plain in ("ü ß é 漢字　x", "a\u00a0b\u202fc", "नमस्ते\u200d", "👨\u200d👩\u200d👧", r"C:\new\x1b"):
        assert escaped(plain) == plain


def test_lines_of_an_authors_own_message_stay():
    assert sketch_side.escaped_lines("one\ntwo\x1b[A") == "one\ntwo\\x1b[A"


def test_an_error_carries_no_orders():
    assert str(ModelError(f"{EVIL}: no")) == f"{TAME}: no"
    with pytest.raises(ModelError) as caught:
        open_graph(Path("/nowhere") / EVIL.replace("/", ""), Choice((CPU,)))
    assert str(caught.value).isprintable()


def test_a_message_of_a_recognizer_and_of_a_worker_carries_none(caplog):
    recognizer = Recognizer()
    with caplog.at_level(logging.INFO, logger="addon.recognizer"):
        recognizer._report(EVIL)
    assert recognizer.messages() == [TAME]
    assert caplog.messages == [TAME]

    def refuse(x: int) -> int:
        raise ModelError(f"{EVIL}: it is no picture")

    worker = InlineWorker(refuse, EVIL)
    worker.feed(1)
    assert worker.messages() == [
        f"{TAME}: it fails on what it is fed (it is no picture); the last answer stays"
    ]


def test_what_we_advise_is_never_cut_and_what_others_say_is_cut_between_words():
    advice = "long " * 80 + "with: pip install -U onnxruntime"
    assert said(ModelError(advice)) == advice.strip()
    cut = said(RuntimeError("something " * 80))
    assert cut.endswith("something...")
    assert len(cut) <= text.LONGEST
    assert said(RuntimeError()) == "RuntimeError"
