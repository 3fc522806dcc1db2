"""An image model: from a picture to everything that was requested."""

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
from addon.inference.recurrent import constant_array
from addon.model.adaptor import LONGEST_LABEL, Adaptor, Output, adaptor_of, check_names
from addon.model.image_arrays import (
    WHOLE,
    Crop,
    as_batch,
    as_type,
    checked_image,
    crops,
    for_type,
    grid_crops,
    picture_size,
)
from addon.model.metadata import METADATA_KEY
from addon.model.picture_outputs import leaves_unit
from addon.text import shortened
from addon.vision.guess import guessed_adaptor, guessed_outputs, unflattened
from addon.vision.mosaic import filters, maps_of, mosaic
from addon.vision.outputs import meaning_of
from addon.vision.weights import weights_of

KEPT_SESSIONS = 3
GRAY = np.full((64, 64, 3), 128, np.uint8)
"""A picture for runs whose answer does not matter."""
_RAMP = np.linspace(0, 255, 64).astype(np.uint8)[:, None].repeat(64, axis=1)
RAMPS = np.stack((_RAMP, _RAMP.T, 255 - _RAMP), axis=2)
"""A picture with every brightness in each channel, to see what range a model answers in."""
_LOUD = 2.0
_FEW = 4
_MAPS = ("heat map", "map", "class map")
MOST_CROPS = 256
MOST_LAYERS = 2000
"""Most layers to choose from: too many names would stall the frame that reads them."""


class ImageModel:
    """Computes the answer to a picture, and the maps of its layers.

    It takes arrays by name:

        image     uint8 (h, w, 3) or (h, w, 4)
        layer     optional: index in `layers` whose maps are requested
        weights   optional: requests the weights of that layer as well
        grid      optional: rows and columns of crops that are classified in one run
        about     optional: requests the facts about the model, as JSON
        warm      alone, for a run whose answer does not matter

    It returns arrays by name:

        probabilities   float32 (classes,), the mean of the crops
        place           left, top, width and height of the part it used, in the picture's pixels
        layer           its index
        maps            uint8 (h, w): the maps of the layer in one picture
        shape           shape of the layer's tensor
        weights         uint8 (h, w) or (h, w, 3)
        grid            float32 (rows, columns, classes)
        out.NAME        each output, but for those that are described as class maps
        ...             the meaning of each described output, see `addon.vision.outputs`
        ms              float, milliseconds for all of this

    Args:
        file: The model.
        choice: The providers to use.
        threads: Threads for one operator.

    Attributes:
        adaptor: The description of the model, with all names filled in.
        layers: Names of the inner tensors that can be shown.
        notice: What had to be guessed because it is not described; may be empty.
        compared: The comparison of providers in one line; empty if there was nothing to compare.

    Raises:
        ModelError: It is damaged, or not an image model.
    """

    def __init__(self, file: ModelFile, choice: Choice, threads: int = 1) -> None:
        self._file, path = file, file.path
        if METADATA_KEY in self._file.contents.metadata:
            raise ModelError(f"{path.name}: a pen model, not an image model: use it with Recognizer(model=…)")
        self._choice = choice
        self._threads = threads
        described = adaptor_of(path)
        self._session = open_file(self._file, choice, threads=threads)
        try:
            found = described or guessed_adaptor(self._session.inputs, self._session.outputs)
        except ModelError as error:
            raise ModelError(f"{path.name}: {error}") from error
        self.notice = (
            "" if described else f"{path.name}: it has no description, so Inkloop guesses from its shapes"
        )
        if not described and found.input.size:
            self.notice += "; where its picture's size is free, it is {} × {}".format(*found.input.size)
        guesses = not (described and described.outputs)
        if not found.outputs:
            # A description of only the input, as an error advises, must not lose the answers.
            found = replace(found, outputs=guessed_outputs(self._session.outputs, found.input.layout))
            self.notice = f"{path.name}: its description has no output, so Inkloop guesses from their shapes"
        self.adaptor, given = _named(path.name, found, self._session)
        square = unflattened(given.shape, found.input.channels if described else None)
        # A flat input gets the numbers of a picture row by row, channel by channel.
        self._flat = square is not None
        self._input = given if square is None else replace(given, shape=square)
        if square is not None:
            self.adaptor = replace(self.adaptor, input=replace(self.adaptor.input, layout="NCHW"))
            _, channels, height, width = square
            self.notice += f"; its flat input is read as a picture of {channels} × {height} × {width}"
            self.notice = self.notice.removeprefix("; ")
        self.layers = tuple(self.adaptor.layers or self._drawable())[:MOST_LAYERS]
        # Outputs that are not described are answers, too, under their own names.
        self._outputs = tuple(info.name for info in self._session.outputs)
        # The scores of each class for each pixel are large, and the frame would wait for their copy.
        scored = () if guesses else self.adaptor.outputs
        self._unsent = {each.name for each in scored if each.kind == "class map"}
        self._stretched: set[str] = set()
        self._look_at_answer(guesses, guesses_input=described is None)
        self.adaptor = replace(self.adaptor, outputs=tuple(map(self._labeled, self.adaptor.outputs)))
        self._deep: dict[str, GraphSession] = {}
        self.compared = ""
        self._sent: dict[str, object] = {}

    def __call__(self, given: Tensors) -> dict[str, Array]:
        """Run the model on a picture."""
        began = perf_counter()
        if "warm" in given:
            self._answer(GRAY, "")
            return {}
        image = checked_image(given["image"])
        layer = self._layer(given)
        result = self._answer(image, layer)
        if "grid" in given:
            result["grid"] = self.dense(image, *(int(each) for each in given["grid"]))
        if layer and "weights" in given:
            result |= self._weights(layer)
        about = self.about()
        # Also sent when it has changed: a model whose device failed has moved to the CPU.
        if "about" in given or about != self._sent:
            result["about"], self._sent = _as_array(about), about
        return {**result, "ms": np.array(1000 * (perf_counter() - began))}

    def about(self) -> dict[str, object]:
        """Facts about the model."""
        moved = [session.notice for session in (self._session, *self._deep.values())]
        return {
            "title": self.adaptor.title or self._file.path.stem,
            "provider": self.provider,
            "notices": list(dict.fromkeys(filter(None, (self.notice, *moved, self.compared)))),
            "layers": [shortened(each, LONGEST_LABEL) for each in self.layers],
            "labels": self.classes.labels if self.classes else (),
            "map_labels": {
                each.name: each.labels for each in self.adaptor.outputs if each.kind == "class map"
            },
        }

    @property
    def provider(self) -> str:
        """The provider it actually runs on."""
        return self._session.provider

    @property
    def classes(self) -> Output | None:
        """The output of classes, if there is one."""
        return next((each for each in self.adaptor.outputs if each.kind == "classes"), None)

    def dense(self, image: Pixels, rows: int, columns: int) -> Floats:
        """Classify crops in a grid, in one run if the model's batch size is free.

        Returns:
            Probabilities of shape (rows, columns, classes).

        Raises:
            ModelError: The model has no classes or no batch axis, or there are too many crops.
        """
        if self.classes is None or not 1 <= rows * columns <= MOST_CROPS:
            why = f"{rows} × {columns} crops; at most {MOST_CROPS}" if self.classes else "it has no classes"
            raise ModelError(f"it cannot classify in a grid: {why}")
        places = grid_crops(image.shape[:2], rows, columns)
        found = self._probabilities(self._run(self._session, image, places, [self.classes.name]))
        return found.reshape(rows, columns, -1)

    def _answer(self, image: Pixels, layer: str) -> dict[str, Array]:
        session = self._opened(layer) if layer else self._session
        size = picture_size(self.adaptor.input, self._input.shape, image.shape[:2])
        places = crops(self.adaptor.input, image.shape[:2], size)
        names = [*self._outputs]
        if layer and layer not in names:
            names.append(layer)
        made = self._run(session, image, places, names)
        first = places[0]
        result: dict[str, Array] = {"place": np.array((first.left, first.top, first.width, first.height))}
        if self.classes:
            result["probabilities"] = self._probabilities(made).mean(axis=0)
        result |= {
            f"out.{name}": _without_objects(made[name]) for name in self._outputs if name not in self._unsent
        }
        for each in self.adaptor.outputs:
            if each.kind == "map" and leaves_unit(made[each.name]):
                # From now on, since a map that is scaled in some frames alone would flicker.
                self._stretched.add(each.name)
            result |= meaning_of(each, made[each.name], size, each.name in self._stretched)
        if layer:
            result["layer"] = np.array(self.layers.index(layer))
            result["maps"] = mosaic(maps_of(made[layer]))
            result["shape"] = np.array(made[layer].shape)
        return result

    def _labeled(self, output: Output) -> Output:
        """The output with the names of its classes that the file gives, if the description has none."""
        labels = self._session.classes.get(output.name, ())
        return replace(output, labels=labels) if output.kind == "classes" and not output.labels else output

    def _look_at_answer(self, guesses: bool, guesses_input: bool) -> None:
        """Guess what is not described from an answer: declared sizes are often free, and ranges unknown.

        Args:
            guesses: Whether the outputs are not described.
            guesses_input: Whether the input is not described either.
        """
        wants = self.adaptor.input
        try:
            size = picture_size(wants, self._input.shape, RAMPS.shape[:2])
            made = self._run(self._session, RAMPS, crops(wants, RAMPS.shape[:2], size)[:1], self._outputs)
        except ModelError:
            return  # the first picture will tell why
        seen = [replace(info, shape=made[info.name].shape) for info in self._session.outputs]
        guessed = [_by_values(each, made[each.name]) for each in guessed_outputs(seen, wants.layout, size)]
        if guesses:
            self.adaptor = replace(self.adaptor, outputs=tuple(guessed))
        else:
            # What a description leaves out is drawn, too, but no regions are looked for in it.
            there = {each.name for each in self.adaptor.outputs}
            maps = [each for each in guessed if each.name not in there and each.kind in _MAPS]
            maps = [replace(each, kind="map") if each.kind == "heat map" else each for each in maps]
            self.adaptor = replace(self.adaptor, outputs=(*self.adaptor.outputs, *maps))
        read = [f"{each.name!r} as a {each.kind}" for each in guessed if each.kind in ("map", "class map")]
        if guesses and read:
            self.notice += f"; it reads {', '.join(read[:_FEW])}"
        maps = [each.name for each in self.adaptor.outputs if each.kind == "map"]
        self._stretched |= {name for name in maps if leaves_unit(made[name])}
        loud = [each for each in guessed if each.kind == "picture" and _is_loud(made[each.name])]
        if guesses_input and loud and self._input.dtype.kind == "f":
            most = _greatest(made[loud[0].name])
            self.notice += f", and 0..255 in and out, as its output {loud[0].name!r} reaches {most:.0f}"
            self.adaptor = replace(self.adaptor, input=replace(wants, span=WHOLE))

    def _run(
        self, session: GraphSession, image: Pixels, places: Sequence[Crop], names: Sequence[str]
    ) -> dict[str, Array]:
        wants = self.adaptor.input
        size = picture_size(wants, self._input.shape, image.shape[:2])
        fed = as_type(as_batch(image, places, wants, size), self._input.dtype)
        if self._flat:
            fed = fed.reshape(len(fed), -1)
        types = {info.name: info for info in session.inputs}
        constants = {name: constant_array(types[name], number) for name, number in self.adaptor.constants}

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
            raise ModelError(f"its output {output.name!r} has values that are not finite")
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
            return {}  # many layers have none, such as sums and means

    def _opened(self, layer: str) -> GraphSession:
        """A session with an inner tensor as output, which then cannot be fused with its neighbors."""
        if layer not in self._deep:
            while len(self._deep) >= KEPT_SESSIONS:
                self._deep.pop(next(iter(self._deep)))
            self._deep[layer] = open_file(
                self._file, self._choice, threads=self._threads, more_outputs=[layer]
            )
        return self._deep[layer]

    def _drawable(self) -> list[str]:
        """Inner tensors that have the axes of maps, as ONNX Runtime infers them."""
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
    """Fill in the names in a description; returns it and the input that takes the picture."""
    inputs = {info.name: info for info in session.inputs}
    outputs = {info.name: info for info in session.outputs}
    try:
        check_names(adaptor, inputs, outputs)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
    if adaptor.input.kind != "image" or adaptor.state:
        raise ModelError(f"{file}: not an image model: its description has another kind of input, or a state")
    fed = inputs[adaptor.input.name or next(iter(inputs))]
    check_sizes(file, {fed.name: fed.shape})
    left = set(inputs) - {fed.name} - {name for name, _ in adaptor.constants}
    if left:
        raise ModelError(
            f"{file}: it has other inputs ({', '.join(sorted(left))}); give them values in [constants]"
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


def _by_values(output: Output, values: Array) -> Output:
    """A guessed output, with what its values say: their range, and whether they are probabilities."""
    if output.kind == "classes":
        rows = np.asarray(values, np.float32).reshape(len(values), -1)
        sums_to_one = np.allclose(rows.sum(axis=1), 1, atol=1e-3) and float(rows.min(initial=0)) > -1e-3
        return replace(output, scores="probabilities" if sums_to_one else "logits")
    if output.kind == "heat map" and leaves_unit(values):
        return replace(output, kind="map")
    if output.kind == "picture" and (values.dtype.kind in "iu" or _is_loud(values)):
        return replace(output, span=WHOLE)
    return output


def _is_loud(values: Array) -> bool:
    """Whether floats are in 0..255 rather than in 0..1, of which a network may leave a little."""
    return values.dtype.kind == "f" and _greatest(values) > _LOUD


def _greatest(values: Array) -> float:
    return float(values[np.isfinite(values)].max(initial=0))


def _in_batches(answers: Callable[[Array], dict[str, Array]], fed: Array, fixed: int) -> dict[str, Array]:
    """Run a model with a fixed batch size; the last picture is repeated to fill the last batch."""
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
    """The answers to the first pictures of a batch; an array without a batch axis stays as it is."""
    return array[:count] if array.ndim and len(array) == fixed else array


def _without_objects(array: Array) -> Array:
    """Text of a fixed width: no other process could read Python's."""
    return array.astype(np.str_) if array.dtype.hasobject else array


def _as_array(document: Mapping[str, object]) -> Pixels:
    return np.frombuffer(json.dumps(document).encode(), np.uint8)
