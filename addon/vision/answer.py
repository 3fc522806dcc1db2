"""The answer of an image model to a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from addon.arrays import Array, Floats, Ints, Pixels, Tensors
from addon.model.image_arrays import Crop
from addon.vision.regions import Region


@dataclass(frozen=True, slots=True)
class About:
    """Facts about the model in use.

    Attributes:
        title: Its name.
        provider: The provider it actually runs on.
        layers: Names of the inner tensors that can be shown.
        labels: Names of its classes; empty if they have no names or it has none.
        map_labels: Names of the classes of each class map, by the output's name, as far as they have names.
    """

    title: str = ""
    provider: str = ""
    layers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    map_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


NOWHERE = Crop(0, 0, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The answer of a model to a picture, and what else was requested.

    Attributes:
        about: The model.
        probabilities: Probabilities of its classes, shape (classes,); empty if it has none.
        place: The part of the picture that it used, in the picture's pixels.
        layer: Name of the layer of `maps` and `weights`; empty if none was requested.
        shape: Shape of that layer's tensor.
        maps: The maps of the layer in one picture, uint8 (h, w); None if not requested.
        weights: Its weights likewise, uint8 (h, w) or (h, w, 3); None if it has none.
        grid: Probabilities in a grid over the picture, (rows, columns, classes); None if not requested.
        outputs: Each output by its name, but for those that are described as class maps.
        regions: The hot regions of its heat maps, corners in the picture's pixels.
        picture: The picture it outputs, uint8 (h, w, 3); None if it outputs none.
        boxes: Left, top, right and bottom of its boxes, in the picture's pixels, shape (n, 4).
        points: x and y of its points, in the picture's pixels, shape (n, 2).
        ms: Milliseconds that it took, without transfers between processes.
        float_maps: Each map of numbers, such as depth or heat, by its output's name: float32 of shape (h, w),
            or (c, h, w) if it has several channels, in 0..1 for `canvas.image(…, colors="ember")`; NaN where
            the model answers NaN.
        class_maps: Each map of classes by its output's name: int64 of shape (h, w), for `canvas.image`.
    """

    about: About = About()
    probabilities: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    place: Crop = NOWHERE
    layer: str = ""
    shape: tuple[int, ...] = ()
    maps: Pixels | None = None
    weights: Pixels | None = None
    grid: Floats | None = None
    outputs: Tensors = field(default_factory=dict[str, Array])
    regions: tuple[Region, ...] = ()
    picture: Pixels | None = None
    boxes: Floats = field(default_factory=lambda: np.empty((0, 4), np.float32))
    points: Floats = field(default_factory=lambda: np.empty((0, 2), np.float32))
    ms: float = 0.0
    float_maps: dict[str, Floats] = field(default_factory=dict[str, Floats])
    class_maps: dict[str, Ints] = field(default_factory=dict[str, Ints])

    @property
    def label(self) -> str:
        """The most likely class; empty if there is none."""
        return self.top(1)[0][0] if len(self.probabilities) else ""

    @property
    def probability(self) -> float:
        """Probability of that class, 0..1."""
        return float(self.probabilities.max(initial=0))

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The most likely classes with their probabilities, the most likely first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.name_of(int(index)), float(self.probabilities[index])) for index in order]

    def name_of(self, index: int) -> str:
        """The name of a class."""
        return self.about.labels[index] if self.about.labels else f"class {index}"

    def grid_labels(self) -> list[list[tuple[str, float]]]:
        """The most likely class of every cell of the grid and its probability, row by row."""
        if self.grid is None:
            return []
        return [[(self.name_of(int(cell.argmax())), float(cell.max())) for cell in row] for row in self.grid]


def answer_from(result: Tensors, about: About, layer: str) -> Answer:
    """Make an answer from the arrays that `addon.vision.image_model.ImageModel` returns."""
    left, top, width, height = (float(each) for each in result["place"])
    place = Crop(left, top, width, height)
    named = {name.partition(".")[::2]: array for name, array in result.items()}

    def of_kind(wanted: str) -> dict[str, Array]:
        return {name: array for (kind, name), array in named.items() if kind == wanted}

    return Answer(
        about,
        result.get("probabilities", np.empty(0, np.float32)),
        place,
        layer if "maps" in result else "",
        tuple(int(size) for size in result.get("shape", ())),
        result.get("maps"),
        result.get("weights"),
        result.get("grid"),
        of_kind("out"),
        tuple(_region(row, place) for (kind, _), rows in named.items() if kind == "regions" for row in rows),
        next((array for (kind, _), array in named.items() if kind == "picture"), None),
        _placed([array for (kind, _), array in named.items() if kind == "boxes"], place, 4),
        _placed([array for (kind, _), array in named.items() if kind == "points"], place, 2),
        float(result["ms"]),
        of_kind("map"),
        of_kind("class map"),
    )


def _region(row: Floats, place: Crop) -> Region:
    return Region(_placed([row[:8].reshape(4, 2)], place, 2), float(row[8]))


def _placed(rows: Sequence[Floats], place: Crop, width: int) -> Floats:
    """Convert points in 0..1 of a crop to pixels of the picture: shape (n, width), alternating x and y."""
    joined = np.concatenate(rows) if rows else np.empty((0, width), np.float32)
    scale, origin = (place.width, place.height), (place.left, place.top)
    turns = width // 2
    return (joined * np.tile(scale, turns) + np.tile(origin, turns)).astype(np.float32)
