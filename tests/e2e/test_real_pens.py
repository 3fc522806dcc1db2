"""Two writers of each real data set, taught a few signs and recognised through the exported model."""

import numpy as np
import pytest

from tests.real_pens import real_corpus, recognised, split_writer, taught_recognizer, writers_with

pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("name", "labels", "shots", "least"), [("pendigits", "0123", 5, 0.9), ("uji1", "ABCD", 1, 0.5)]
)
def test_a_writers_other_inks_are_recognised(name, labels, shots, least, tmp_path):
    corpus = real_corpus(name)
    for writer in writers_with(corpus, labels, shots + 1)[:2]:
        split = split_writer(corpus, writer, labels, shots)
        with taught_recognizer(split, tmp_path / writer) as recognizer:
            answers = [recognised(recognizer, label, strokes) for label, strokes in split.others]
        assert np.mean([answer.right[-1] for answer in answers]) >= least
        assert np.mean([answer.progress_error for answer in answers]) <= 0.2
