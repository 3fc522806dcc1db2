"""A pen model's description of itself: one JSON document in its `metadata_props`, under the key `inkloop`.

The graph is one LSTM step with explicit state:

    inputs   features [batch, time, F]   h [layers, batch, H]   c [layers, batch, H]
    outputs  embedding [batch, time, E]  h_next  c_next
             scores [batch, time, classes] (before the softmax)   progress [batch, time, 1] (0..1)
             unknown [batch, time, 1] (optional: log odds, minus their threshold, that the ink is none of
             the classes; it is unknown from 0 on)

The description of a base encoder has the scoring of its embeddings, over which classes are taught. It may end
at the embedding and know no classes, or have its own classes, which are used until one is taught.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from addon.errors import ModelError
from addon.features.ink_input import Preparation
from addon.features.recipe import COLUMNS, FeatureRecipe, recipe_from
from addon.fewshot.scoring import Scoring, as_document, scoring_of

METADATA_KEY = "inkloop"
FORMAT = 1
KIND = "pen-lstm-step"
ENCODER_KIND = "pen-encoder-step"
DESCRIBED_KIND = "described"

INPUTS = ("features", "h", "c")
OUTPUTS = ("embedding", "h_next", "c_next", "scores", "progress")
ENCODER_OUTPUTS = OUTPUTS[:3]
UNKNOWN_OUTPUT = "unknown"

MOST_TEXT = 4 * 1024**2
"""Characters of a description; Inkloop writes 40 000, and some thousand for each class."""

MOST_VALUES = 300_000
"""Numbers, texts, lists and tables in a description."""

MOST_LABELS = 10_000
LONGEST_LABEL = 200  # characters
MOST_POINTS = 2_000  # of a thumbnail, which a sketch may draw in each frame

Thumbnail = list[list[list[int]]]
"""Strokes of one taught ink, each a list of [x, y] in 0..255, scaled to its bounding box."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Everything needed to run a pen model and to name its classes.

    Attributes:
        labels: Class names in the order of the scores, all different; only a base encoder may have none.
        recipe: How points become feature rows.
        layers: LSTM layers, at least 1.
        hidden: Width H of each layer, at least 1.
        embedding: Width E of the embedding, at least 1.
        training: Facts about the training: preset, iterations, seconds, loss, accuracy, seed...
        thumbnails: One taught ink of each class.
        versions: Of torch, onnx, the opset and Inkloop, at export.
        taught_hash: SHA-256 of the inks it was trained on, in hex.
        scoring: How the embeddings of a base encoder are scored; None for a model that cannot be taught.
        unknown: Whether the graph has an output for the odds that a point is none of its classes.
        ink: How an ink is prepared for a model by someone else; None for Inkloop's own, which read the rows
            of the recipe.
    """

    labels: tuple[str, ...]
    recipe: FeatureRecipe
    layers: int
    hidden: int
    embedding: int
    training: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thumbnails: Mapping[str, Thumbnail] = field(default_factory=dict[str, Thumbnail])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    taught_hash: str = ""
    scoring: Scoring | None = None
    unknown: bool = False
    ink: Preparation | None = None

    def __post_init__(self) -> None:
        # A model by someone else may write text, or name its classes in its answers.
        if not (self.labels or self.scoring or self.ink) or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels must be one or more, no two alike; got {list(self.labels)}")
        if self.unknown and not self.labels:
            raise ValueError("the output unknown needs classes; this model has none")
        if min(self.layers, self.hidden, self.embedding) < 1:
            raise ValueError(
                "layers, hidden and embedding must be at least 1; "
                f"got {self.layers}, {self.hidden}, {self.embedding}"
            )

    @property
    def kind(self) -> str:
        """The kind of model, as in the file; of a model by someone else, that its description says it."""
        if self.ink is not None:
            return DESCRIBED_KIND
        return KIND if self.scoring is None else ENCODER_KIND

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the graph's outputs."""
        outputs = OUTPUTS if self.labels else ENCODER_OUTPUTS
        return (*outputs, UNKNOWN_OUTPUT) if self.unknown else outputs

    def with_training(self, **facts: Any) -> "ModelSpec":
        """The same spec with more facts about its training."""
        return replace(self, training={**self.training, **facts})


def spec_to_json(spec: ModelSpec) -> str:
    """Write a spec as the JSON document of a file."""
    document = {"format": FORMAT, "kind": spec.kind, "columns": list(COLUMNS)}
    document |= asdict(replace(spec, scoring=None, labels=spec.labels or ("",)))
    document |= {
        "labels": spec.labels,
        "reading": None if spec.scoring is None else as_document(spec.scoring),
    }
    # In the file it is called `reading`.
    del document["scoring"], document["ink"]
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def spec_from_json(text: str) -> ModelSpec:
    """Read the JSON document of a file.

    Raises:
        ModelError: It is not such a document, or of an unknown format or kind.
    """
    # No frame is drawn while JSON is parsed, so its values are counted first, which is fast.
    values = sum(map(text.count, ",[{"))
    if len(text) > MOST_TEXT or values > MOST_VALUES:
        raise ModelError(
            f"the model's description has {len(text):,} characters and {values:,} values; {MOST_TEXT:,} and "
            f"{MOST_VALUES:,} are allowed; export it again"
        )
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the model's description is not JSON ({error}); export it again") from error
    if not isinstance(loaded, dict):
        raise ModelError("the model's description is not a JSON object; export it again")
    document = cast(dict[str, Any], loaded)
    try:
        _check_format(document)
        return _spec_of(document)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"the model's description is inconsistent ({error}); export it again") from error


def _check_format(document: Mapping[str, Any]) -> None:
    if document.get("kind") not in (KIND, ENCODER_KIND):
        raise ModelError(
            f"the model is of kind {document.get('kind')!r}; a recogniser needs {KIND!r} or {ENCODER_KIND!r}"
        )
    if document.get("format") != FORMAT:
        raise ModelError(
            f"the model's description has format {document.get('format')!r}, this Inkloop reads {FORMAT}; "
            "export it again with this version"
        )
    if tuple(document.get("columns", ())) != COLUMNS:
        raise ModelError(
            f"the model was trained on the columns {document.get('columns')}; "
            f"this Inkloop makes {list(COLUMNS)}"
        )


def _spec_of(document: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        labels=_labels(document["labels"]),
        recipe=recipe_from(document["recipe"]),
        layers=int(document["layers"]),
        hidden=int(document["hidden"]),
        embedding=int(document["embedding"]),
        training=dict(document.get("training", {})),
        thumbnails=_thumbnails(document.get("thumbnails", {})),
        versions=dict(document.get("versions", {})),
        taught_hash=str(document.get("taught_hash", "")),
        scoring=scoring_of(document["reading"]) if document["kind"] == ENCODER_KIND else None,
        unknown=bool(document.get("unknown", False)),
    )


def _labels(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise TypeError("labels are not a list")
    labels = [str(label) for label in cast(list[Any], given)]
    longest = max(map(len, labels), default=0)
    if len(labels) > MOST_LABELS or longest > LONGEST_LABEL:
        raise ValueError(
            f"{len(labels)} labels, up to {longest} characters; {MOST_LABELS} of {LONGEST_LABEL} are allowed"
        )
    return tuple(labels)


def _thumbnails(given: Any) -> dict[str, Thumbnail]:
    """The thumbnails that can be drawn; others, of an untrusted file, are dropped and refuse no model."""
    inks = cast(dict[str, Any], given) if isinstance(given, dict) else {}
    return {label: ink for label, ink in inks.items() if _is_thumbnail(ink)}


def _is_thumbnail(ink: Any) -> bool:
    strokes = cast(list[Any], ink) if isinstance(ink, list) else [None]
    if len(strokes) > MOST_POINTS or not all(isinstance(stroke, list) for stroke in strokes):
        return False
    lists = cast(list[list[Any]], strokes)
    return sum(map(len, lists)) <= MOST_POINTS and all(_is_point(each) for stroke in lists for each in stroke)


def _is_point(point: Any) -> bool:
    pair = cast(list[Any], point) if isinstance(point, list) else []
    return len(pair) == 2 and all(isinstance(each, int | float) and abs(each) <= 1e6 for each in pair)
