"""A brush: a GLSL function that decides what a stroke paints, and its settings in TOML."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from sketch.assets import MissingAssetError, asset_path, may_be_read, written
from sketch.scalars import as_path, magnitude, number, short

Uniform: TypeAlias = float | tuple[float, ...]
Cap: TypeAlias = Literal["round", "butt", "square"]
Join: TypeAlias = Literal["round", "miter", "bevel"]
Overlap: TypeAlias = Literal["flat", "build"]
Blend: TypeAlias = Literal["alpha", "add", "multiply", "screen"]

_DECLARED = re.compile(
    r"\buniform\s+(?:(?:lowp|mediump|highp)\s+)?(?P<type>float|int|uint|bool|[biu]?vec[234])\s+(?P<names>[^;\[\]]+);"
)
"""Uniforms of numbers in GLSL; the driver checks the size of arrays."""

_MOST_DERIVED = 64
"""Brushes with their own uniforms that are kept per file; an animated brush is a new one each frame."""

_SETTINGS = {"name", "blend", "overlap", "cap", "join", "width", "spacing", "bleed", "uniforms"}


class BrushError(ValueError):
    """A brush's file is missing or has a setting that is not allowed; the message names the file."""


@dataclass(frozen=True, slots=True)
class Brush:
    """What a stroke is painted with.

    Attributes:
        name: Shown in messages.
        code: GLSL that defines `vec4 brush(Ink ink)`, which returns a color that is not premultiplied. What
            `Ink` holds is listed in `shaders/strokes/stroke_brush.glsl`.
        path: Its GLSL file, named where the driver refuses the code.
        blend: How the stroke is combined with what is already drawn, unless the canvas has another blend mode
            than "alpha". In an `Ink`, which is a picture of its own, "multiply" covers; draw that ink with
            blend="multiply".
        overlap: "flat" or "build", where the style leaves it out.
        cap: Where the style leaves it out.
        join: Where the style leaves it out.
        width: In logical pixels, where none is given; 0 paints nothing.
        spacing: Distance between points along the line, in logical pixels; 0 keeps the given points.
        bleed: How far it paints beyond the outline, in half widths; more than 0 only if the overlap is flat.
            A negative width, spacing or bleed counts as its magnitude.
        uniforms: Numbers the code declares as `uniform`, by name.
        error: Why the files could not be read again; the brush is then the last good one.
        own: Names of the uniforms that `with_uniforms` set; the files do not change these.
        files: The files it was read from, which are read again after they change; None for a brush that was
            made in code.
    """

    name: str
    code: str
    path: Path
    blend: Blend = "alpha"
    overlap: Overlap = "flat"
    cap: Cap = "round"
    join: Join = "round"
    width: float = 6.0
    spacing: float = 0.0
    bleed: float = 0.0
    uniforms: tuple[tuple[str, Uniform], ...] = field(default=())
    error: BrushError | None = field(default=None, compare=False, repr=False)
    own: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    files: "BrushFiles | None" = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse settings that are not allowed.

        Raises:
            BrushError: A word is unknown, or a number is not a finite number.
        """
        for name, allowed in (("blend", Blend), ("overlap", Overlap), ("cap", Cap), ("join", Join)):
            if getattr(self, name) not in get_args(allowed):
                raise self._refusal(f"{name} must be one of {', '.join(get_args(allowed))}", name)
        for name in ("width", "spacing", "bleed"):
            value = getattr(self, name)
            if isinstance(value, bool):
                raise self._refusal(f"{name} must be a number", name)
            try:
                object.__setattr__(self, name, magnitude(name, value))
            except (TypeError, ValueError) as error:
                raise BrushError(f"{self._settings}: {error}") from None
        if self.bleed > 0 and self.overlap != "flat":
            raise self._refusal('a bleed needs the overlap "flat"', "overlap")

    @classmethod
    def load(cls, path: str | Path) -> "Brush":
        """Read a brush from its pair of files.

        While the brush is in use, the files are read again after they change.

        Args:
            path: Of either file, or of both without an ending: `brushes/moss` stands for `brushes/moss.frag`
                and `brushes/moss.toml`. A relative path is looked for next to the sketch, then in the
                current folder.

        Raises:
            BrushError: A file is missing, or a setting is unknown or wrong.
            TypeError: The path is neither a string nor a `Path`.
        """
        path = as_path("a brush's path", path)
        try:
            code, _ = (asset_path(path.with_suffix(ending)) for ending in (".frag", ".toml"))
        except MissingAssetError as error:
            raise BrushError(f"{error} for the brush {path.stem!r}") from None
        files = BrushFiles(code.absolute())
        files.read()
        return files.brush

    def current(self) -> "Brush":
        """The brush as its files are now; the canvas calls this for each stroke.

        Uniforms that `with_uniforms` set are kept where the files still declare them with as many numbers.
        If the files are not a valid brush now, perhaps because an editor is still writing them, the last
        good brush stays in use; its `error` says why, and the frame shows it.
        """
        return self if self.files is None else self.files.current(self)

    fresh = current  # for sketches from the time when files were read again only on request

    def with_uniforms(self, **values: Uniform) -> "Brush":
        """The same brush with other numbers.

        Raises:
            BrushError: It has no uniform of that name.
        """
        mine = dict(self.uniforms)
        unknown = sorted(values.keys() - mine.keys())
        if unknown:
            has = f"it has {', '.join(mine)}" if mine else "it has none"
            raise BrushError(f"the brush {self.name!r} has no uniform {', '.join(unknown)}; {has}")
        uniforms = _uniforms(mine | values, self.code, self.path)
        return replace(self, uniforms=uniforms, own=self.own.union(values))

    def _refusal(self, rule: str, name: str) -> BrushError:
        return BrushError(f"{self._settings}: {rule}; got {getattr(self, name)!r}")

    @property
    def _settings(self) -> Path:
        return self.path.with_suffix(".toml")


class BrushFiles:
    """The two files of a brush, read again after one of them changes.

    Args:
        path: Of either file, or of both without an ending.

    Attributes:
        brush: The last good one.
        reads: How often they were read, with or without an error.
    """

    def __init__(self, path: Path) -> None:
        self.brush: Brush
        self.reads = 0
        self._name = path.stem
        self._code, self._settings = path.with_suffix(".frag"), path.with_suffix(".toml")
        self._written: tuple[tuple[int, int] | None, ...] = ()
        self._error: BrushError | None = None
        self._derived: dict[tuple[Brush, frozenset[str]], Brush] = {}

    def read(self) -> None:
        """Read both files.

        Raises:
            BrushError: A file is missing, or a setting is unknown or wrong.
        """
        # Before reading, so that a change during it is read the next time.
        self._written = self._times()
        self.reads += 1
        self._error = None
        self._derived.clear()
        try:
            self.brush = self._loaded()
        except BrushError as error:
            self._error = error.with_traceback(None)
            raise

    def look(self) -> None:
        """Read the files again if one was changed; an error in them is kept for `current`."""
        files = (self._code, self._settings)
        if self._times() != self._written and may_be_read("brush", files, files):
            with suppress(BrushError):
                self.read()

    def current(self, brush: Brush) -> Brush:
        """A brush that came from these files, as they are now; see `Brush.current`."""
        self.look()
        if self._error is None and brush is self.brush:
            return brush
        key = (brush, brush.own)
        if key not in self._derived:
            if len(self._derived) >= _MOST_DERIVED:
                self._derived.clear()
            self._derived[key] = self._renewed(brush)
        return self._derived[key]

    def _renewed(self, brush: Brush) -> Brush:
        known = {name: _count(value) for name, value in self.brush.uniforms}
        kept = {
            name: value
            for name, value in brush.uniforms
            if name in brush.own and known.get(name) == _count(value)
        }
        latest = self.brush.with_uniforms(**kept) if kept else self.brush
        return replace(latest, error=self._error) if self._error else latest

    def _times(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(written(file) for file in (self._code, self._settings))

    def _loaded(self) -> Brush:
        for file in (self._code, self._settings):
            if not file.is_file():
                raise BrushError(f"there is no file {file} for the brush {self._name!r}")
        try:
            given = tomllib.loads(_text(self._settings))
        except tomllib.TOMLDecodeError as error:
            raise BrushError(f"{self._settings}: {error}") from error
        unknown = sorted(given.keys() - _SETTINGS)
        if unknown:
            raise BrushError(
                f"{self._settings}: unknown {', '.join(unknown)}; known are {', '.join(sorted(_SETTINGS))}"
            )
        text = _text(self._code)
        if not text.strip():
            raise BrushError(f"{self._code}: the file is empty")
        uniforms = _uniforms(given.pop("uniforms", {}), text, self._settings)
        named: dict[str, Any] = {"name": self._name, **given}
        return Brush(**named, code=text, path=self._code.resolve(), uniforms=uniforms, files=self)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrushError(f"{file}: {error}") from error


def _count(value: Uniform) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _uniforms(given: object, code: str, file: Path) -> tuple[tuple[str, Uniform], ...]:
    if not isinstance(given, Mapping):
        raise BrushError(f"{file}: uniforms must be a table of numbers by name; got {short(given)}")
    return tuple(
        (name, _uniform(name, value, code, file)) for name, value in cast(Mapping[str, Any], given).items()
    )


def _uniform(name: str, value: Any, code: str, file: Path) -> Uniform:
    if name not in code:
        raise BrushError(f"{file}: the uniform {name!r} does not occur in the code")
    given = list(cast(Sequence[Any], value)) if isinstance(value, list | tuple) else [value]
    try:
        numbers = [number(name, each) for each in given if not isinstance(each, bool)]
    except (TypeError, ValueError):
        numbers = []
    if not 1 <= len(given) <= 4 or len(numbers) != len(given):
        raise BrushError(
            f"{file}: the uniform {name!r} must be 1 to 4 finite numbers; got {short(cast(object, value))}"
        )
    declared = _declared(code).get(name)
    if declared is not None and declared != len(numbers):
        raise BrushError(f"{file}: the code declares the uniform {name!r} with {declared}; got {value!r}")
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _declared(code: str) -> dict[str, int]:
    """How many numbers each declared uniform has, without arrays."""
    found: dict[str, int] = {}
    for match in _DECLARED.finditer(code):
        count = int(match["type"][-1]) if "vec" in match["type"] else 1
        found |= {name.split("=")[0].strip(): count for name in match["names"].split(",")}
    return found
