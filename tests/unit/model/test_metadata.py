import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.errors import ModelError
from addon.features.recipe import FeatureRecipe
from addon.fewshot.scoring import Scoring
from addon.model.metadata import ENCODER_KIND, OUTPUTS, ModelSpec, spec_from_json, spec_to_json

SPEC = ModelSpec(("A", "ß", "愛"), FeatureRecipe(180.0, 0.04), layers=2, hidden=64, embedding=64)


@given(
    labels=st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=5, unique=True),
    scale=st.floats(1e-3, 1e6),
    numbers=st.tuples(*[st.integers(1, 512)] * 3),
)
def test_a_spec_survives_the_file(labels, scale, numbers):
    spec = ModelSpec(
        tuple(labels),
        FeatureRecipe(scale),
        *numbers,
        training={"preset": "lstm_short", "accuracy": 0.98},
        thumbnails={labels[0]: [[[0, 0], [255, 128]]]},
        versions={"opset": "17"},
        taught_hash="ab" * 32,
    )
    assert spec_from_json(spec_to_json(spec)) == spec


def test_a_model_may_know_classes_be_taught_others_and_tell_what_is_neither():
    background = np.zeros((2, 64), np.float32)
    scoring = Scoring(8, background, background[:, 0])
    both = replace(SPEC, scoring=scoring, unknown=True)
    again = spec_from_json(spec_to_json(both))
    assert (again.kind, again.labels, again.unknown) == (ENCODER_KIND, SPEC.labels, True)
    assert again.outputs == ("embedding", "h_next", "c_next", "scores", "progress", "unknown")
    assert replace(both, unknown=False).outputs == OUTPUTS
    assert replace(both, labels=(), unknown=False).outputs == OUTPUTS[:3]


def test_a_file_from_before_unknown_was_reported_still_loads():
    document = json.loads(spec_to_json(SPEC))
    del document["unknown"]
    assert spec_from_json(json.dumps(document)) == SPEC


def test_all_that_changes_a_row_is_in_the_file():
    recipe = FeatureRecipe(7.0, 0.1, 20.0, 32, 1e-3, 0.01, 1.5)
    document = json.loads(spec_to_json(replace(SPEC, recipe=recipe)))
    assert document["recipe"] == {
        "scale": 7.0, "spacing": 0.1, "limit": 20.0, "rows_per_sample": 32,
        "tolerance": 1e-3, "dot": 0.01, "rescaled": 1.5,
    }  # fmt: skip
    assert spec_from_json(json.dumps(document)).recipe == recipe
    for name in ("limit", "rows_per_sample", "tolerance", "dot", "rescaled"):
        del document["recipe"][name]
    assert spec_from_json(json.dumps(document)).recipe == FeatureRecipe(7.0, 0.1)


def test_unknown_needs_classes():
    background = np.zeros((2, 64), np.float32)
    with pytest.raises(ValueError, match="needs classes"):
        replace(SPEC, labels=(), scoring=Scoring(8, background, background[:, 0]), unknown=True)


def test_more_may_be_noted_of_the_training():
    assert SPEC.with_training(loss=1.0).with_training(seed=3).training == {"loss": 1.0, "seed": 3}
    assert SPEC.training == {}


@pytest.mark.parametrize("labels", [(), ("A", "A")])
def test_labels_must_be_there_and_differ(labels):
    with pytest.raises(ValueError, match="no two alike"):
        ModelSpec(labels, FeatureRecipe(1.0), 1, 1, 1)


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_numbers_must_be_at_least_one(numbers):
    with pytest.raises(ValueError, match="at least 1"):
        ModelSpec(("A",), FeatureRecipe(1.0), *numbers)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "image-classifier"}, "kind"),
        ({"format": 2}, "format"),
        ({"columns": ["x", "y"]}, "columns"),
        ({"recipe": {"scale": 100.0}}, "inconsistent"),
        ({"recipe": {"scale": -1.0, "spacing": 0.1}}, "inconsistent"),
        ({"layers": "many"}, "inconsistent"),
        ({"labels": None}, "inconsistent"),
        ({"labels": []}, "inconsistent"),
    ],
)
def test_a_description_of_something_else_is_refused_in_one_line(change, says):
    document = json.loads(spec_to_json(SPEC)) | change
    with pytest.raises(ModelError, match=says) as caught:
        spec_from_json(json.dumps(document))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(ModelError, match="JSON"):
        spec_from_json(text)
