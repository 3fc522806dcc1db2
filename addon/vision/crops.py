"""Crops in a grid over a picture."""

from collections.abc import Sequence

from addon.model.image_arrays import Crop


def grid_crops(image: Sequence[int], rows: int, columns: int, overlap: float = 1.5) -> list[Crop]:
    """Square crops in a grid over a picture, row by row.

    Args:
        image: Height and width of the picture, in pixels.
        rows: Rows of the grid, at least 1.
        columns: Columns of the grid, at least 1.
        overlap: Side of a crop relative to the distance between two crops, as far as the picture allows.

    Raises:
        ValueError: Rows or columns are less than 1.
    """
    if rows < 1 or columns < 1:
        raise ValueError(f"a grid needs at least 1 row and 1 column; got {rows} and {columns}")
    height, width = image[0], image[1]
    side = min(overlap * max(height / rows, width / columns), height, width)
    return [
        Crop(_start(column, columns, width, side), _start(row, rows, height, side), side, side)
        for row in range(rows)
        for column in range(columns)
    ]


def _start(index: int, count: int, length: float, side: float) -> float:
    return (length - side) * (index / (count - 1) if count > 1 else 0.5)
