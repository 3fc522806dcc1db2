"""The JSON Schema of docs/pen-model.md takes what Inkloop writes and refuses what a reader must refuse."""

import json
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from addon.errors import ModelError
from addon.model import metadata
from addon.model.metadata import spec_from_json, spec_to_json
from addon.training.bake import bake
from addon.training.nodes import read_model
from tests.encoders import make_encoder, make_knowing_encoder, make_weighed_encoder
from tests.models import make_model
from tests.unit.inference.test_baking import examples, job_for

ROOT = Path(__file__).parents[3]
SCHEMA = Path(metadata.__file__).with_name("pen-model.schema.json")
valid = fastjsonschema.compile(json.loads(SCHEMA.read_text("utf-8")))


def document(path: Path) -> dict[str, Any]:
    import onnx

    return json.loads(
        next(prop.value for prop in onnx.load(path).metadata_props if prop.key == metadata.METADATA_KEY)
    )


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "models").glob("*.onnx")))
def test_shipped_models_follow_it(name: str) -> None:
    valid(document(ROOT / "models" / f"{name}.onnx"))


def test_fresh_exports_follow_it(tmp_path: Path) -> None:
    make_model(tmp_path / "lstm.onnx")
    make_encoder(tmp_path / "encoder.onnx")
    make_weighed_encoder(tmp_path / "weighed.onnx")
    make_knowing_encoder(tmp_path / "knowing.onnx")
    job, _ = job_for(tmp_path / "encoder.onnx", tmp_path, examples())
    bake(job)
    paths = sorted(tmp_path.glob("*.onnx"))
    assert len(paths) == 5
    for path in paths:
        fresh = document(path)
        valid(fresh)
        assert "scoring" not in fresh
        assert spec_to_json(spec_from_json(json.dumps(fresh))) == json.dumps(
            fresh, ensure_ascii=False, sort_keys=True
        )
        assert read_model(path)[1].labels == tuple(fresh["labels"])


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"kind": "pen-transformer"},
        {"columns": ["x", "y"]},
        {"labels": []},
        {"labels": ["A", "A"]},
        {"layers": 0},
        {"recipe": {"scale": 200.0}},
        {"recipe": {"scale": 200.0, "spacing": 0.1, "smoothing": 3}},
        {"recipe": {"scale": 200.0, "spacing": 2.0}},
        {"kind": "pen-encoder-step"},
    ],
)
def test_what_inkloop_refuses_it_refuses(tmp_path: Path, change: dict[str, Any]) -> None:
    make_model(tmp_path / "lstm.onnx")
    changed = document(tmp_path / "lstm.onnx") | change
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        valid(changed)
    with pytest.raises(ModelError):
        spec_from_json(json.dumps(changed))
