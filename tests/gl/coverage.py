"""How much of each pixel a stroke covers, counted at many places in each: slow, and without GL."""

import numpy as np

SUBPIXELS = 8


def stroke_coverage(points, width, size):
    """Coverage 0..1 of shape (h, w) of the union of discs that glide from point to point."""
    columns, rows = size
    places = [(np.arange(count * SUBPIXELS) + 0.5) / SUBPIXELS for count in size]
    radii = np.broadcast_to(np.asarray(width, dtype=float) / 2, len(points))
    inside = np.zeros((rows * SUBPIXELS, columns * SUBPIXELS), dtype=bool)
    ends = list(zip(np.asarray(points, dtype=float), radii, strict=True))
    for (a, ra), (b, rb) in zip(ends[:-1] or ends, ends[1:] or ends, strict=True):
        inside |= _disc(places, a, ra) | _disc(places, b, rb) | _between(places, a, ra, b, rb)
    return inside.reshape(rows, SUBPIXELS, columns, SUBPIXELS).mean(axis=(1, 3))


def _disc(places, center, radius):
    x, y = places
    return (x - center[0]) ** 2 + (y[:, None] - center[1]) ** 2 <= radius**2


def _between(places, a, ra, b, rb):
    """The quadrilateral between the tangents that two discs share."""
    chord = b - a
    length = np.hypot(*chord)
    if length <= abs(ra - rb) + 1e-12:
        return False
    along = chord / length
    lean = (ra - rb) / length
    across = np.array((-along[1], along[0])) * np.sqrt(1 - lean**2)
    corners = [a + ra * (lean * along + across), b + rb * (lean * along + across)]
    corners += [b + rb * (lean * along - across), a + ra * (lean * along - across)]
    x, y = places[0], places[1][:, None]
    inside = True
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        side = end - start
        inside = inside & (side[0] * (y - start[1]) - side[1] * (x - start[0]) <= 0)
    return inside
