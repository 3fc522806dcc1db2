"""An author's shader, from files that may change while the sketch runs."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.assets import MissingAssetError, asset_path, may_be_read
from sketch.render.gl.glsl import Declared, ShaderError, Source, assemble, declared_uniforms
from sketch.render.gl.shaders import shader_text
from sketch.render.gl.uniforms import SAMPLER, as_numbers, check_name
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import Image
from sketch.scalars import short

Picture: TypeAlias = Image | Fbo | str | Path
PathLike: TypeAlias = str | os.PathLike[str]

VERTEX = "meshes/author.vert"


class Shader:
    """An author's fragment stage, and a vertex stage if needed, read again after a file changes.

        self.waves = Shader("waves.frag")               # in setup
        self.waves.set(time=self.time, photo=self.photo)  # in draw
        canvas.shader(self.waves)

    The fragment stage gets `in vec2 at`, 0..1 from the top left corner of what is drawn; `in vec2 place`, the
    coordinates; and `in vec4 tint`, the color, not premultiplied. What it writes is premultiplied by its
    alpha. `#include "name"` includes a file next to it, or one of Inkloop's.

    While the sketch runs, the last good shader stays in use if a changed file does not compile; `error` says
    what is wrong with which line, and the frame shows it.

    Args:
        fragment: File of the fragment stage; a relative path is looked for next to the sketch, then in the
            current folder.
        vertex: File of the vertex stage; Inkloop's, "author.vert", if left out.

    Attributes:
        error: What is wrong with the files as they are now, or None.
        version: How often they were read.
        stages: The vertex and the fragment stage as they were last read.
        pictures: What was set for samplers, by name.

    Raises:
        ShaderError: A file is missing.
    """

    def __init__(self, fragment: PathLike, vertex: PathLike | None = None) -> None:
        self._fragment = _located(fragment)
        self._vertex = None if vertex is None or str(vertex) == Path(VERTEX).name else _located(vertex)
        self.error: str | None = None
        self.version = 0
        self._numbers: dict[str, ArrayLike] = {}
        self.pictures: dict[str, Picture] = {}
        self._read()

    @property
    def name(self) -> str:
        """The file name of the fragment stage."""
        return self._fragment.name

    @property
    def _files(self) -> tuple[Path, ...]:
        return (self._fragment,) if self._vertex is None else (self._fragment, self._vertex)

    @property
    def declared(self) -> dict[str, Declared]:
        """The uniforms that both stages declare, without Inkloop's."""
        found = declared_uniforms(self.stages[0]) | declared_uniforms(self.stages[1])
        return {name: kind for name, kind in found.items() if not name.startswith("frame_")}

    def set(self, **values: ArrayLike | Picture) -> None:
        """Set uniforms by name; they stay until they are set again.

        Args:
            **values: A number for float, int and bool; a sequence for a vector; rows for a matrix; an
                `Image`, an `Fbo` or the path of an image file for a sampler2D.

        Raises:
            ValueError: The shader declares no such uniform, or one of another size.
            TypeError: A value has another type than declared.
        """
        declared = self.declared
        for name, value in values.items():
            kind = check_name(self.name, name, declared)
            if kind.type == SAMPLER and kind.length == 1:
                self.pictures[name] = self._picture(name, value)
            else:
                as_numbers(self.name, name, value, kind)  # pyright: ignore[reportArgumentType]
                self._numbers[name] = np.array(value)

    def numbers(self, declared: Mapping[str, Declared]) -> dict[str, NDArray[Any]]:
        """What was set, as the GPU takes it, without uniforms that are no longer declared.

        Raises:
            ValueError: A uniform is declared with another size than when it was set.
            TypeError: It is declared with another type.
        """
        return {
            name: as_numbers(self.name, name, value, declared[name])
            for name, value in self._numbers.items()
            if name in declared
        }

    def refresh(self) -> None:
        """Read the files again if one was changed; a file that is missing for a moment is read later."""
        try:
            if self._written != _times(self._paths) and may_be_read("shader", self._files, self._paths):
                self._read()
        except ShaderError as error:
            self.error = str(error)
        except OSError:
            return

    def _read(self) -> None:
        paths: dict[str, Path] = {}
        vertex = _stage(Path(VERTEX), paths) if self._vertex is None else _stage(self._vertex, paths)
        self.stages = (vertex, _stage(self._fragment, paths))
        self._paths = tuple(paths.values())
        self._written = _times(self._paths)
        self.version += 1

    def _picture(self, name: str, value: object) -> Picture:
        if isinstance(value, Image | Fbo | str | Path):
            return value
        raise TypeError(
            f"uniform {name!r} of {self.name} is a sampler2D: an Image, an Fbo or a path; got {short(value)}"
        )


def _located(path: PathLike) -> Path:
    try:
        return asset_path(path)
    except MissingAssetError as error:
        raise ShaderError(f"there is no shader {os.fspath(path)!r}: {error}") from None


def _stage(path: Path, paths: dict[str, Path]) -> Source:
    """Assemble a stage, and note which files it was read from, by the names used in errors."""

    def include(wanted: str, within: str) -> tuple[str, str]:
        neighbor = paths[within].parent / wanted if within in paths else Path(wanted)
        if within in paths and neighbor.is_file():
            paths[wanted] = neighbor
            return wanted, neighbor.read_text(encoding="utf-8")
        try:
            return wanted, shader_text(wanted)
        except ShaderError:
            raise ShaderError(f"there is no {wanted!r} next to it or among Inkloop's shaders") from None

    if path == Path(VERTEX):
        return assemble(VERTEX, shader_text(VERTEX), include)
    if not path.is_file():
        raise ShaderError(f"there is no shader {str(path)!r}")
    paths[path.name] = path
    return assemble(path.name, path.read_text(encoding="utf-8"), include)


def _times(paths: Iterable[Path]) -> list[int]:
    return [path.stat().st_mtime_ns for path in paths]
