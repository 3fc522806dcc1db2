"""One model that looks at pictures, open: from a picture to everything that was asked of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from addon.arrays import Array, Floats, Pixels, Tensors
from addon.errors import ModelError
from addon.inference.graph import GraphSession, TensorInfo, check_sizes, open_file
from addon.inference.opening import ModelFile
from addon.inference.providers import Choice
from addon.model.adaptor import LONGEST_LABEL, Adaptor, Output, adaptor_of, check_names
from addon.model.image_arrays import (
    WHOLE,
    Crop,
    as_batch,
    as_type,
    checked_image,
    crops,
    for_type,
    picture_size,
)
from addon.model.metadata import METADATA_KEY
from addon.text import shortened
from addon.vision.crops import grid_crops
from addon.vision.guess import guessed_adaptor, guessed_outputs, unflattened
from addon.vision.mosaic import filters, maps_of, mosaic
from addon.vision.outputs import meaning_of
from addon.vision.weights import weights_of

KEPT_SESSIONS = 3
GRAY = np.full((64, 64, 3), 128, np.uint8)
"""A picture to run a model on when only the running counts."""
MOST_CROPS = 256
MOST_LAYERS = 2000
"""To choose from; names without end would hold up the frame that reads them."""


class ImageModel:
    """From a picture to answers, and to what the layers make of it.

    Called with arrays by name, it gives arrays by name:

        image     uint8 (h, w, 3) or (h, w, 4)
        layer     index in `layers` whose maps are wanted; left out for none
        weights   if there, the weights of that layer as well
        grid      rows and columns of crops that are classified in one run; left out for none
        about     if there, what there is to know of the model, as JSON
        warm      alone, for a run whose answer nobody wants

        probabilities   float32 (classes,), the mean of the crops
        place           left, top, width and height of what it looked at, in the picture's pixels
        layer           its index
        maps            uint8 (h, w): the maps of the layer, side by side
        shape           of the layer's tensor
        weights         uint8 (h, w) or (h, w, 3)
        grid            float32 (rows, columns, classes)
        out.NAME        each output that is no classes, described or not
        and what it means, `addon.vision.outputs`
        ms              float, milliseconds from the picture to all of this

    Args:
        file: The model.
        choice: Providers to ask for.
        threads: For one operator.

    Attributes:
        adaptor: What goes in and what comes out, every name filled in.
        layers: Names of the tensors within that can be shown.
        notice: What was not said of it and had to be guessed; empty if nothing had to be.
        compared: How the providers compared, in one line; empty if there was nothing to compare.

    Raises:
        ModelError: It is broken, or does not look at pictures.
    """

    def __init__(self, file: ModelFile, choice: Choice, threads: int = 1) -> None:
        self._file, path = file, file.path
        if METADATA_KEY in self._file.contents.metadata:
            raise ModelError(f"{path.name}: a pen model, and none for pictures: Recognizer(model=…) takes it")
        self._choice = choice
        self._threads = threads
        described = adaptor_of(path)
        self._session = open_file(self._file, choice, threads=threads)
        try:
            found = described or guessed_adaptor(self._session.inputs, self._session.outputs)
        except ModelError as error:
            raise ModelError(f"{path.name}: {error}") from error
        self.notice = (
            "" if described else f"{path.name}: no description beside it, so its shapes were believed"
        )
        if not found.outputs:
            # One that says only how to feed the model, as an error advises, must not cost its answers.
            found = replace(found, outputs=guessed_outputs(self._session.outputs, found.input.layout))
            self.notice = f"{path.name}: its description names no output, so their shapes were believed"
        self.adaptor, given = _named(path.name, found, self._session)
        square = unflattened(given.shape, found.input.channels if described else None)
        # A row of numbers is fed as the picture that it is, row by row, and channel by channel.
        self._flat = square is not None
        self._input = given if square is None else replace(given, shape=square)
        if square is not None:
            self.adaptor = replace(self.adaptor, input=replace(self.adaptor.input, layout="NCHW"))
            _, channels, height, width = square
            self.notice += f"; its numbers are fed as a picture of {channels} × {height} × {width}"
            self.notice = self.notice.removeprefix("; ")
        self.layers = tuple(self.adaptor.layers or self._drawable())[:MOST_LAYERS]
        # What nobody described is an answer, too, under its own name.
        self._outputs = tuple(info.name for info in self._session.outputs)
        self._scores = {each.name for each in self.adaptor.outputs if each.kind == "classes"}
        self._deep: dict[str, GraphSession] = {}
        self.compared = ""
        self._said: dict[str, object] = {}

    def __call__(self, given: Tensors) -> dict[str, Array]:
        """Look."""
        began = perf_counter()
        if "warm" in given:
            self._look(GRAY, "")
            return {}
        image = checked_image(given["image"])
        layer = self._layer(given)
        told = self._look(image, layer)
        if "grid" in given:
            told["grid"] = self.dense(image, *(int(each) for each in given["grid"]))
        if layer and "weights" in given:
            told |= self._weights(layer)
        about = self.about()
        # Told again by itself where it has changed: a model whose device failed has moved to the CPU.
        if "about" in given or about != self._said:
            told["about"], self._said = _as_array(about), about
        return {**told, "ms": np.array(1000 * (perf_counter() - began))}

    def about(self) -> dict[str, object]:
        """What there is to know of it."""
        moved = [session.notice for session in (self._session, *self._deep.values())]
        return {
            "title": self.adaptor.title or self._file.path.stem,
            "provider": self.provider,
            "notices": list(dict.fromkeys(filter(None, (self.notice, *moved, self.compared)))),
            "layers": [shortened(each, LONGEST_LABEL) for each in self.layers],
            "labels": self.classes.labels if self.classes else (),
        }

    @property
    def provider(self) -> str:
        """What it really runs on."""
        return self._session.provider

    @property
    def classes(self) -> Output | None:
        """The output that is classes, if there is one."""
        return next((each for each in self.adaptor.outputs if each.kind == "classes"), None)

    def dense(self, image: Pixels, rows: int, columns: int) -> Floats:
        """Classify crops in a grid, in one run if the model's batch is free.

        Returns:
            Probabilities of shape (rows, columns, classes).

        Raises:
            ModelError: The model has no classes, or no axis for a batch; or there are too many crops.
        """
        if self.classes is None or not 1 <= rows * columns <= MOST_CROPS:
            why = f"{rows} × {columns} crops; {MOST_CROPS} at most" if self.classes else "it has no classes"
            raise ModelError(f"it cannot classify in a grid: {why}")
        places = grid_crops(image.shape[:2], rows, columns)
        found = self._probabilities(self._run(self._session, image, places, [self.classes.name]))
        return found.reshape(rows, columns, -1)

    def _look(self, image: Pixels, layer: str) -> dict[str, Array]:
        session = self._opened(layer) if layer else self._session
        size = picture_size(self.adaptor.input, self._input.shape, image.shape[:2])
        places = crops(self.adaptor.input, image.shape[:2], size)
        names = [*self._outputs]
        if layer and layer not in names:
            names.append(layer)
        made = self._run(session, image, places, names)
        first = places[0]
        told: dict[str, Array] = {"place": np.array((first.left, first.top, first.width, first.height))}
        if self.classes:
            told["probabilities"] = self._probabilities(made).mean(axis=0)
        told |= {f"out.{name}": made[name] for name in names if name not in self._scores and name != layer}
        for each in self.adaptor.outputs:
            told |= meaning_of(each, made[each.name], size)
        if layer:
            told["layer"] = np.array(self.layers.index(layer))
            told["maps"] = mosaic(maps_of(made[layer]))
            told["shape"] = np.array(made[layer].shape)
        return told

    def _run(
        self, session: GraphSession, image: Pixels, places: Sequence[Crop], names: Sequence[str]
    ) -> dict[str, Array]:
        wants = self.adaptor.input
        size = picture_size(wants, self._input.shape, image.shape[:2])
        fed = as_type(as_batch(image, places, wants, size), self._input.dtype)
        if self._flat:
            fed = fed.reshape(len(fed), -1)
        types = {info.name: info for info in session.inputs}
        constants = {name: _constant(number, types[name]) for name, number in self.adaptor.constants}

        def answers(batch: Array) -> dict[str, Array]:
            return session.run({self._input.name: batch, **constants}, names)

        fixed = self._input.shape[0] if wants.layout in ("NCHW", "NHWC") else None
        if isinstance(fixed, int) and fixed != len(fed):
            return _in_batches(answers, fed, fixed)
        return answers(fed)

    def _probabilities(self, made: dict[str, Array]) -> Floats:
        """Shape (crops, classes)."""
        output = self.classes
        assert output is not None
        scores = np.asarray(made[output.name], dtype=np.float32)
        scores = scores.reshape(len(scores), -1)
        labels = len(output.labels)
        if labels and labels != scores.shape[1]:
            raise ModelError(
                f"its output {output.name!r} has {scores.shape[1]} classes; {labels} labels are given"
            )
        if not np.isfinite(scores).all():
            raise ModelError(f"its output {output.name!r} has values that are no numbers")
        if output.scores == "probabilities":
            return scores
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def _layer(self, given: Tensors) -> str:
        if "layer" not in given or not self.layers:
            return ""
        return self.layers[int(given["layer"]) % len(self.layers)]

    def _weights(self, layer: str) -> dict[str, Array]:
        try:
            return {"weights": filters(weights_of(self._file.data, layer)[1])}
        except ModelError:
            return {}  # A sum, a mean, a form: many layers have none, and the view says so.

    def _opened(self, layer: str) -> GraphSession:
        """A session in which a tensor within comes out: its neighbors can then not be fused with it."""
        if layer not in self._deep:
            while len(self._deep) >= KEPT_SESSIONS:
                self._deep.pop(next(iter(self._deep)))
            self._deep[layer] = open_file(
                self._file, self._choice, threads=self._threads, more_outputs=[layer]
            )
        return self._deep[layer]

    def _drawable(self) -> list[str]:
        """Tensors within that have the axes of maps, as ONNX Runtime finds out."""
        try:
            every = open_file(
                self._file, self._choice, threads=self._threads, more_outputs=self._file.contents.produced
            )
        except ModelError as error:
            self.notice = f"{self.notice}; its layers cannot be shown: {error}".lstrip("; ")
            return []
        shapes = {info.name: info.shape for info in every.outputs if info.dtype.kind == "f"}
        return [name for name in self._file.contents.produced if len(shapes.get(name, ())) in (3, 4)]


def _named(file: str, adaptor: Adaptor, session: GraphSession) -> tuple[Adaptor, TensorInfo]:
    """An adaptor in which inputs and outputs have their names, and the input that takes the picture."""
    inputs = {info.name: info for info in session.inputs}
    outputs = {info.name: info for info in session.outputs}
    try:
        check_names(adaptor, inputs, outputs)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
    if adaptor.input.kind != "image" or adaptor.state:
        raise ModelError(f"{file}: it is fed no pictures, or has a state; it is none for looking")
    fed = inputs[adaptor.input.name or next(iter(inputs))]
    check_sizes(file, {fed.name: fed.shape})
    left = set(inputs) - {fed.name} - {name for name, _ in adaptor.constants}
    if left:
        raise ModelError(
            f"{file}: it wants inputs that nothing feeds ({', '.join(sorted(left))}); see [constants]"
        )
    first = next(iter(outputs))
    named = [replace(each, name=each.name or first) for each in adaptor.outputs or (Output(),)]
    spanned = [
        replace(each, span=WHOLE) if each.span is None and outputs[each.name].dtype.kind in "iu" else each
        for each in named
    ]
    try:
        wants = for_type(adaptor.input, fed.name, fed.dtype)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
    return replace(adaptor, input=wants, outputs=tuple(spanned)), fed


def _in_batches(answers: Callable[[Array], dict[str, Array]], fed: Array, fixed: int) -> dict[str, Array]:
    """Feed a model that takes only so many pictures at once: the last is repeated until they suffice."""
    parts: list[dict[str, Array]] = []
    for at in range(0, len(fed), fixed):
        part = fed[at : at + fixed]
        filled = np.concatenate([part, np.repeat(part[-1:], fixed - len(part), axis=0)])
        made = answers(filled)
        parts.append({name: _of_batch(array, fixed, len(part)) for name, array in made.items()})
    return {
        name: np.concatenate([part[name] for part in parts]) if first.ndim else first
        for name, first in parts[0].items()
    }


def _of_batch(array: Array, fixed: int, count: int) -> Array:
    """The answers to the first pictures of a batch; as it is, what is no answer a picture."""
    return array[:count] if array.ndim and len(array) == fixed else array


def _constant(number: float, info: TensorInfo) -> Array:
    shape = [size if isinstance(size, int) else 1 for size in info.shape]
    return np.full(shape, number, info.dtype)


def _as_array(document: Mapping[str, object]) -> Pixels:
    return np.frombuffer(json.dumps(document).encode(), np.uint8)
