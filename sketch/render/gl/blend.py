"""How new paint is combined with what is already drawn. All paint is premultiplied by its alpha."""

from typing import Any, Literal, TypeAlias, cast, get_args

import moderngl

from sketch.scalars import one_of

BlendMode: TypeAlias = Literal["alpha", "add", "multiply", "screen"]
BLEND_MODES: tuple[BlendMode, ...] = get_args(BlendMode)

_FACTORS: dict[BlendMode, tuple[int, int, int, int]] = {
    "alpha": (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
    # Added light covers nothing, so alpha stays: a layer of it adds to a picture as the light itself
    # would.
    "add": (moderngl.ONE, moderngl.ONE, moderngl.ZERO, moderngl.ONE),
    "multiply": (moderngl.DST_COLOR, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ZERO, moderngl.ONE),
    "screen": (moderngl.ONE, moderngl.ONE_MINUS_SRC_COLOR, moderngl.ZERO, moderngl.ONE),
}

_EMPTY: dict[BlendMode, tuple[float, float, float, float]] = {
    "alpha": (0.0, 0.0, 0.0, 0.0),
    "add": (0.0, 0.0, 0.0, 0.0),
    "multiply": (1.0, 1.0, 1.0, 1.0),
    "screen": (0.0, 0.0, 0.0, 0.0),
}


def check_blend_mode(mode: str) -> BlendMode:
    """Return the mode, or refuse one that does not exist.

    Raises:
        ValueError: There is no such mode.
    """
    return one_of("the blend mode", mode, BLEND_MODES)


def set_blending(ctx: moderngl.Context, mode: BlendMode) -> None:
    """Blend what is drawn from now on in this mode."""
    ctx.enable_only(moderngl.BLEND)
    ctx.blend_equation = cast(Any, moderngl.FUNC_ADD)
    ctx.blend_func = cast(Any, _FACTORS[mode])  # four factors are accepted, though the stub declares two


def unset_blending(ctx: moderngl.Context) -> None:
    """Turn blending off, with OpenGL's usual function for code that turns it on without setting its own."""
    ctx.enable_only(moderngl.NOTHING)
    ctx.blend_func = cast(Any, moderngl.DEFAULT_BLENDING)


def empty_layer(mode: BlendMode) -> tuple[float, float, float, float]:
    """The color of an empty layer, which changes nothing when it is put on a picture in this mode."""
    return _EMPTY[mode]
