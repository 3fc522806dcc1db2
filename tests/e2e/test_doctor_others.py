"""The doctor on models that other people wrote and that many people use."""

from typing import Any

import pytest

from addon.doctor.examiner import Examiner
from addon.model.adaptor import read_adaptor
from tests import wheels
from tests.wheels import Member, fetched

SPEECH_IN_STEPS = Member(
    "silero-vad==6.2.3",
    "silero_vad/data/silero_vad_16k_sequence.onnx",
    "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
)
SPEECH = Member(
    "silero-vad==6.2.3",
    "silero_vad/data/silero_vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
)
NOTES = Member(
    "basic-pitch==0.4.0",
    "basic_pitch/saved_models/icassp_2022/nmp.onnx",
    "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
)


@pytest.fixture(scope="module")
def examiner():
    with Examiner("cpu", seconds=0.01, timeout=60) as examiner:
        yield examiner


@pytest.mark.parametrize(
    ("member", "kind", "state", "free"),
    [
        (SPEECH_IN_STEPS, "recurrent", [["h", "hn"], ["c", "cn"]], [1, 576]),
        (SPEECH, "recurrent", [["state", "stateN"]], None),
        (NOTES, "unknown", [], [1, 43844, 1]),
        (wheels.FACE_PROPOSALS, "detector", [], [1, 224, 224, 3]),
        (wheels.FACE_REFINER, "detector", [], [1, 24, 24, 3]),
        (wheels.FACE_POINTS, "detector", [], [1, 48, 48, 3]),
        (wheels.TEXT_DETECTOR, "heat map", [], [1, 3, 224, 224]),
    ],
    ids=["speech in steps", "speech", "notes", "face proposals", "face refiner", "face points", "text"],
)
def test_a_model_of_others_is_run_and_understood(member, kind, state, free, examiner):
    found: dict[str, Any] = dict(examiner.examine(fetched(member)))
    assert (found["verdict"], found["kind"], found["state"]) == ("runs", kind, state)
    fed = next(iter(found["speed"]["inputs"].values()))
    assert free is None or fed == free
    assert found["anatomy"]["parameters"] > 5000
    assert set(found["placement"]["parts"]) == {"cpu"}
    assert examiner.started == 1


def test_the_draft_for_a_model_of_others_fits_it(tmp_path, examiner):
    for member in (SPEECH_IN_STEPS, wheels.FACE_POINTS):
        path = tmp_path / fetched(member).name
        path.write_bytes(fetched(member).read_bytes())
        path.with_suffix(".toml").write_text(examiner.examine(path)["draft"])
        assert read_adaptor(path.with_suffix(".toml")).outputs
        assert examiner.examine(path)["verdict"] == "runs"
