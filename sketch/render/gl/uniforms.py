"""Check an author's uniforms against what the shader declares, and set them."""

from collections.abc import Mapping
from typing import Any, cast

import moderngl
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.render.gl.glsl import Declared
from sketch.scalars import LARGEST, short

SAMPLER = "sampler2D"

_SIZES = {
    **{"float": 1, "int": 1, "uint": 1, "bool": 1},
    **{f"{kind}vec{n}": n for kind in ("", "i", "u", "b") for n in (2, 3, 4)},
    **{f"mat{n}": n * n for n in (2, 3, 4)},
}


def check_name(file: str, name: str, declared: Mapping[str, Declared]) -> Declared:
    """The declaration of a uniform by its name.

    Raises:
        ValueError: It declares no such uniform; the message names those it declares.
    """
    if name not in declared:
        known = ", ".join(f"{each} ({_described(kind)})" for each, kind in declared.items())
        raise ValueError(f"{file} has no uniform {name!r}; it declares {known or 'none'}")
    return declared[name]


def as_numbers(file: str, name: str, value: ArrayLike, declared: Declared) -> NDArray[Any]:
    """Read a number, a vector, a matrix or an array of those, as a flat array for the GPU.

    An array has its declared length, however much of it the shader uses. A matrix is given as in numpy, row
    by row: `matrix @ vector` here is `matrix * vector` there.

    Raises:
        ValueError: It has another size than declared, is not finite, or is out of the range of the type.
        TypeError: It is not a number, or not a whole number where the shader declares one, or the shader
            declares a type without numbers.
    """
    wanted = f"uniform {name!r} of {file} is a {_described(declared)}"
    size = _SIZES.get(declared.type)
    if size is None:
        advice = "" if "sampler" in declared.type else "; declare its members as separate uniforms"
        raise TypeError(f"{wanted}, which cannot be set to {short(value)}{advice}")
    whole = declared.type[0] in "iub"
    try:
        given = np.asarray(value)
    except ValueError:
        raise TypeError(f"{wanted}: numbers in rows of equal length; got {short(value)}") from None
    if given.dtype.kind not in ("biu" if whole else "biuf"):
        raise TypeError(f"{wanted}: {'whole numbers' if whole else 'numbers'}; got {short(value)}")
    right = given.size == size * declared.length if declared.length else given.size % size == 0
    if not right:
        raise ValueError(f"{wanted}: {size * declared.length} numbers; got {given.size}")
    if not np.isfinite(given).all():
        raise ValueError(f"{wanted} and must be finite; got {short(value)}")
    low, high = _reach(declared.type)
    if not ((given >= low) & (given <= high)).all():
        raise ValueError(f"{wanted} and must be within {low:g}..{high:g}; got {short(value)}")
    if declared.type.startswith("mat"):
        side = round(size**0.5)
        given = given.reshape(-1, side, side).transpose(0, 2, 1)  # GLSL stores matrices by columns
    if whole:
        return given.ravel().astype(np.int64).astype(np.int32)
    return np.ascontiguousarray(given.ravel(), dtype=np.float32)


def set_uniform(program: moderngl.Program, name: str, numbers: NDArray[Any]) -> None:
    """Set a uniform, or as much of it as the shader uses.

    Raises:
        ValueError: It is an array whose length the text does not give, and longer than what was set.
    """
    if name not in program:
        return
    uniform = cast(Any, program[name])
    used = uniform.array_length * uniform.dimension
    if len(numbers) < used:
        raise ValueError(f"uniform {name!r} is an array of {used} numbers; got {len(numbers)}")
    uniform.write(numbers[:used].tobytes())


def _reach(kind: str) -> tuple[float, float]:
    """The least and the greatest number of a type of GLSL."""
    if kind[0] in "bu":
        return (0, 2**32 - 1)
    return (-(2**31), 2**31 - 1) if kind[0] == "i" else (-LARGEST, LARGEST)


def _described(declared: Declared) -> str:
    return declared.type if declared.length == 1 else f"{declared.type}[{declared.length or '…'}]"
