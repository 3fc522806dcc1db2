"""The color of a sketch's pen: looked at where it is set, since it is needed only when the pen comes down."""

from typing import Any

from sketch.render.color import ColorLike, parse_color


class PenColor:
    """An attribute that takes what `parse_color` takes and refuses all else at once.

    Args:
        color: Of every sketch of the class that sets no other.

    Raises:
        ValueError: It is no color.
        TypeError: A channel is not a number.
    """

    def __init__(self, color: ColorLike) -> None:
        self._color = checked(color)

    def __get__(self, sketch: object, kind: Any = None) -> ColorLike:
        """The color as it was written."""
        own: dict[str, ColorLike] = {} if sketch is None else vars(sketch)
        return own.get("pen_color", self._color)

    def __set__(self, sketch: object, color: ColorLike) -> None:
        """Of one sketch, from now on."""
        vars(sketch)["pen_color"] = checked(color)


def checked(color: ColorLike) -> ColorLike:
    """The color as it is, if it is one.

    Raises:
        ValueError: It is no color.
        TypeError: A channel is not a number.
    """
    try:
        parse_color(color)
    except (ValueError, TypeError) as error:
        raise type(error)(f"pen_color: {error}") from None
    return color
