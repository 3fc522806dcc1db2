"""Examine a file as far as possible. Runs in the child process, see `examiner`."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

from addon.doctor.advice import advice
from addon.doctor.described import check_description, draft
from addon.doctor.findings import Anatomy, Findings, Kind, Placement, Value
from addon.doctor.ink_draft import ink_draft
from addon.doctor.inputs import STEPS, attempts
from addon.doctor.kinds import judge, signatures_of, state_pairs
from addon.doctor.measure import Trial
from addon.errors import AddonError, ModelError
from addon.features.ink_input import InkInput
from addon.inference import placement
from addon.inference.described_session import labels_in, opened
from addon.inference.described_step import DescribedStep
from addon.inference.graph import TensorInfo, open_file
from addon.inference.loaded_model import load_model, try_magnitudes
from addon.inference.opening import LIMIT, ModelFile, read_model
from addon.inference.providers import Choice, choose_here, short_name
from addon.inference.stroke_guess import guess_strokes
from addon.inference.undescribed import who_takes
from addon.model.adaptor import Adaptor, adaptor_from, adaptor_of, adaptor_path
from addon.model.inspect import Contents
from addon.model.metadata import ENCODER_KIND, METADATA_KEY
from addon.text import escaped


def examine(path: Path, folder: Path, *, provider: str, seconds: float, limit: int = LIMIT) -> Findings:
    """Examine a file; the findings say what is wrong with it.

    Args:
        path: The ONNX file.
        folder: Folder for temporary files.
        provider: As for a recogniser: "auto", "cuda" or "cpu".
        seconds: Time to spend on measuring.
        limit: Most bytes of the file, and of each tensor it declares.
    """
    found = Findings(file=path.name, verdict="refused")
    try:
        file = read_model(path, limit)
        choice = choose_here(provider, None)
        trial = _open(found, file, choice, provider, folder)
        _run(found, file, choice, trial, seconds)
        found["verdict"] = "runs"
    except (AddonError, ValueError) as error:
        found["why"] = str(error).removeprefix(f"{escaped(path.name)}: ")
    except (MemoryError, RecursionError) as error:
        found["why"] = _beyond(error)
    return found


def load_pen(path: Path, provider: str = "cpu") -> Findings:
    """Load a file as the pen's engine does: on the CPU, then on the provider that will run it.

    Args:
        path: The ONNX file.
        provider: As for a recogniser.
    """
    found = Findings(file=path.name, verdict="refused")
    choice = choose_here("cpu", None)
    try:
        file = read_model(path)
        described = adaptor_of(path)
        is_pen = METADATA_KEY in file.contents.metadata or (described is not None and described.ink)
        if not is_pen:
            return Findings(file=path.name, verdict="refused", why=other_kind_message(file, choice))
        try_magnitudes(load_model(file, choice).session)
        wanted = choose_here(provider, None)
        if wanted.providers != choice.providers:
            # A model that fails there without a crash runs on the CPU, and the sketch reports it.
            load_model(file, replace(wanted, rivals=()))
        found["content"] = file.content
        found["verdict"] = "runs"
    except AddonError as error:
        found["why"] = str(error)
    except MemoryError as error:
        found["why"] = _beyond(error)
    return found


def _beyond(error: MemoryError | RecursionError) -> str:
    if isinstance(error, MemoryError):
        return "it needs more memory than a model may use here"
    return "its description has lists that are nested too deeply"


def _open(found: Findings, file: ModelFile, choice: Choice, asked: str, folder: Path) -> Trial:
    """Add what can be found out without running it."""
    found["bytes"] = len(file.data)
    found["sha256"] = file.sha256
    found["anatomy"] = _anatomy(file)
    found["metadata"] = {key: text for key, text in file.contents.metadata.items() if key != METADATA_KEY}
    trial = Trial(file, choice.providers, folder)
    found["inputs"], found["outputs"] = trial.inputs, trial.outputs
    named = {value["name"]: file.contents.classes.get(value["name"], ()) for value in trial.outputs}
    found["classes"] = {name: list(classes) for name, classes in named.items() if classes}
    registered = short_name(trial.session.get_providers()[0])
    found["placement"] = Placement(asked=asked, runs=registered, notice=choice.notice, parts={})
    if METADATA_KEY in file.contents.metadata:
        _add_pen(found, file, choice)
    return trial


def _run(found: Findings, file: ModelFile, choice: Choice, trial: Trial, seconds: float) -> None:
    """Add what can be found out by running it."""
    described = adaptor_of(file.path)
    if described is not None:
        found["adaptor"] = asdict(described)
    reads_ink = described is not None and described.ink is not None
    if reads_ink:
        _add_described(found, file, choice)
    _try(found["file"], trial, described)
    if "placement" in found and trial.parts:
        ran = placement.Placement({name: sum(operators.values()) for name, operators in trial.parts.items()})
        notice = placement.truth(file.path.name, choice, ran)
        found["placement"] |= Placement(
            asked=found["placement"]["asked"], runs=ran.provider, notice=notice, parts=trial.parts
        )
    found["speed"] = speed = trial.measure(seconds)
    refused = ""
    if "kind" not in found:
        judged = judge(trial.inputs, trial.outputs, speed["inputs"], speed["outputs"])
        found["kind"], found["can"] = judged.kind, judged.can
        found["state"] = [list(pair) for pair in judged.state]
        found["draft"] = draft(judged, trial.inputs, speed["inputs"], speed["outputs"], trial.outputs)
        if judged.strokes is not None:
            labels = labels_in(file.contents.metadata) or next(iter(found.get("classes", {}).values()), ())
            found["draft"] = ink_draft(found["file"], judged.strokes, trial.answers, labels)
            refused = _draft_refused(found["draft"], file, choice)
    if described is not None and not reads_ink:
        check_description(described, trial.inputs, speed["inputs"], speed["outputs"])
    found["advice"] = advice(found, trial.finite(), described is not None)
    if refused and described is None:
        found["advice"].append(f"the draft does not load yet: {refused}")


def _try(name: str, trial: Trial, described: Adaptor | None) -> None:
    """Run it once on inputs that it accepts.

    Raises:
        ModelError: There are none.
    """
    # For a recurrent model the time of one step counts.
    steps = 1 if state_pairs(trial.inputs, trial.outputs) else STEPS
    if described is not None and isinstance(described.ink, InkInput) and steps > 1:
        steps = described.ink.length or described.ink.points or steps
    try:
        trial.run(steps, dict(described.constants) if described else {})
    except ModelError as error:
        frozen = _frozen_length(trial)
        if not frozen:
            raise
        raise ModelError(
            f"{name}: it declares any number of rows, but its length is frozen at {frozen} inside; export it "
            f"again with that axis dynamic, or describe it with points = {frozen} or length = {frozen}"
        ) from error


def _frozen_length(trial: Trial) -> int:
    """The only number of rows at which a model runs that declares any; 0 if there is none."""
    guess = guess_strokes(signatures_of(trial.inputs), signatures_of(trial.outputs))
    if guess is None or guess.rows or not guess.columns:
        return 0
    sizes = {size for value in trial.outputs for size in value["shape"] if isinstance(size, int) and size > 1}
    for size in sorted(sizes, reverse=True):
        with suppress(Exception):  # whatever ONNX Runtime raises: the next size is tried
            trial.session.run(None, next(attempts(trial.inputs, size, {})))
            return size
    return 0


def _add_described(found: Findings, file: ModelFile, choice: Choice) -> None:
    """Load it by its description of an ink, as the pen's engine does.

    Raises:
        ModelError: The description does not fit; the message is that of loading.
    """
    session = load_model(file, choice).session
    assert isinstance(session, DescribedStep)
    found["kind"] = "stroke model"
    if session.output is None:
        found["can"] = "teach it signs by one example each: Recognizer(model=…)"
        return
    labels = session.spec.labels
    what = f"recognise {len(labels)} classes" if session.output.kind != "text" else "read text"
    found["can"] = f"{what}, asked {_asked(session)}: Recognizer(model=…)"
    if labels:
        found["labels"] = list(labels[:_MOST_SHOWN])


def _asked(session: DescribedStep) -> str:
    points, seconds = session.asking.points, session.asking.seconds
    each = "at every point of the pen" if points <= 1 else f"every {points} points of the pen"
    return f"{each}, at most every {seconds:.2g} s" if seconds else each


def _draft_refused(text: str, file: ModelFile, choice: Choice) -> str:
    """Why a draft does not load as it is; empty if it does."""
    try:
        adaptor = adaptor_from(text, adaptor_path(file.path))
        graph = open_file(file, choice, threads=1)
        opened(graph, adaptor, file.contents.metadata)
    except ModelError as error:
        return str(error)
    return ""


def _anatomy(file: ModelFile) -> Anatomy:
    contents: Contents = file.contents
    return Anatomy(
        ir_version=contents.ir_version,
        producer=contents.producer,
        opsets=contents.opsets,
        operators=dict(contents.operators.most_common()),
        functions=sorted(contents.functions),
        parameters=contents.parameters,
        external={name: len(data) for name, data in file.weights.items()},
    )


def _add_pen(found: Findings, file: ModelFile, choice: Choice) -> None:
    """Check it as the pen's engine does, and add its description of itself."""
    spec = load_model(file, choice).spec
    document: Any = json.loads(file.contents.metadata[METADATA_KEY])
    if not isinstance(document, dict):
        raise ModelError("its description is not a JSON object")
    found["pen"] = cast(dict[str, Any], document)
    if spec.kind == ENCODER_KIND:
        found["kind"] = "pen encoder"
        found["can"] = "teach it letters by one example each: Recognizer(model=…)"
    else:
        found["kind"] = "pen model"
        found["can"] = f"recognise {len(spec.labels)} classes at every point of the pen: Recognizer(model=…)"


_MOST_SHOWN = 200
"""Classes of a described model that are listed."""

_SIDE = 224
_EYE = "use it with ImageClassifier"
_TAKERS: dict[Kind, tuple[str, str]] = {
    "recurrent": ("a recurrent model", "use it with Model"),
    "image classifier": ("an image classifier", _EYE),
    "image to image": ("a picture in, a picture out", _EYE),
    "heat map": ("a heat map over a picture", _EYE),
    "map": ("a map over a picture", _EYE),
    "class map": ("a class for each pixel of a picture", _EYE),
    "detector": ("a detector", _EYE),
    "text recogniser": ("a reader of lines of text", _EYE),
    "features": ("features of a picture", _EYE),
}
"""For each kind, what it is and what can use it."""


def other_kind_message(file: ModelFile, choice: Choice) -> str:
    """The message about a valid model of another kind, judged by its signature.

    Args:
        file: The model.
        choice: The providers to use.

    Raises:
        ModelError: It cannot be opened.
    """
    graph = open_file(file, choice)
    fed = {info.name: _sizes(info) for info in graph.inputs}
    answered = {info.name: _sizes(info) for info in graph.outputs}
    judged = judge(_values(graph.inputs), _values(graph.outputs), fed, answered)
    if judged.strokes is not None:
        return f"{file.path.name}: {who_takes(file.path, graph, adaptor_of(file.path))}"
    kind = judged.kind
    if kind not in _TAKERS:
        return f"{file.path.name}: not a pen model of Inkloop; inkloop doctor shows what is in it"
    what, who = _TAKERS[kind]
    return f"{file.path.name}: {what}, not a pen model: {who}"


def _values(infos: Sequence[TensorInfo]) -> list[Value]:
    return [Value(name=info.name, shape=list(info.shape), type=str(info.dtype)) for info in infos]


def _sizes(info: TensorInfo) -> list[int]:
    """Its shape; free sizes become 1 for the batch and a picture's side for the others."""
    made_up = [1, *[_SIDE] * len(info.shape)]
    return [
        size if isinstance(size, int) and size > 0 else free
        for size, free in zip(info.shape, made_up, strict=False)
    ]
