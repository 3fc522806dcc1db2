"""What an author hands to a shader, checked against what the shader declares."""

from collections.abc import Mapping
from typing import Any, cast

import moderngl
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.render.gl.glsl import Declared

SAMPLER = "sampler2D"

_SIZES = {
    **{"float": 1, "int": 1, "uint": 1, "bool": 1},
    **{f"{kind}vec{n}": n for kind in ("", "i", "u", "b") for n in (2, 3, 4)},
    **{f"mat{n}": n * n for n in (2, 3, 4)},
}


def check_name(file: str, name: str, declared: Mapping[str, Declared]) -> Declared:
    """What a shader declares under a name.

    Raises:
        ValueError: It declares no such uniform; names those it does.
    """
    if name not in declared:
        known = ", ".join(f"{each} ({_described(kind)})" for each, kind in declared.items())
        raise ValueError(f"{file} has no uniform {name!r}; it declares {known or 'none'}")
    return declared[name]


def as_numbers(file: str, name: str, value: ArrayLike, declared: Declared) -> NDArray[Any]:
    """Read a number, a vector, a matrix or an array of those, as a flat array that the GPU takes.

    A matrix is given as numpy writes it, row by row: `matrix @ vector` here is `matrix * vector` there.

    Raises:
        ValueError: It is of another size than declared, or not finite.
        TypeError: It is no number, or no whole number where the shader declares one, or the shader declares
            a type that has no numbers.
    """
    wanted = f"uniform {name!r} of {file} is a {_described(declared)}"
    size = _SIZES.get(declared.type)
    if size is None:
        raise TypeError(f"{wanted}, which cannot be set to {value!r}")
    whole = declared.type[0] in "iub"
    given = np.asarray(value)
    if given.dtype.kind not in ("biu" if whole else "biuf"):
        raise TypeError(f"{wanted}: {'whole numbers' if whole else 'numbers'}; got {value!r}")
    right = given.size == size * declared.length if declared.length else given.size % size == 0
    if not right:
        raise ValueError(f"{wanted}: {size * declared.length} numbers; got {given.size}")
    if not np.isfinite(given).all():
        raise ValueError(f"{wanted} and must be finite; got {value!r}")
    if declared.type.startswith("mat"):
        side = round(size**0.5)
        given = given.reshape(-1, side, side).transpose(0, 2, 1)  # GLSL counts by columns
    return np.ascontiguousarray(given.ravel(), dtype=np.int32 if whole else np.float32)


def hand_over(program: moderngl.Program, name: str, numbers: NDArray[Any]) -> None:
    """Set a uniform, unless the shader declares it and makes no use of it."""
    if name in program:
        cast(Any, program[name]).write(numbers.tobytes())


def _described(declared: Declared) -> str:
    return declared.type if declared.length == 1 else f"{declared.type}[{declared.length or '…'}]"
