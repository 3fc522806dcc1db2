"""Coordinates that Python has and the GPU has not."""

import pytest

FAR = 1e39


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas: canvas.circle(FAR, 0, 5),
        lambda canvas: canvas.rect(0, -FAR, 5, 5),
        lambda canvas: canvas.ellipse(0, 0, FAR, 5),
        lambda canvas: canvas.line(0, 0, FAR, 5),
        lambda canvas: canvas.triangle(0, 0, 5, 5, FAR, 0),
        lambda canvas: canvas.stroke([(0, 0), (FAR, 0)], 5),
        lambda canvas: canvas.polyline([(0, 0), (FAR, 0)]),
        lambda canvas: canvas.circles([(0, 0), (FAR, 0)], 5),
        lambda canvas: canvas.polygon([(0, 0), (FAR, 0), (0, 5)]),
        lambda canvas: (canvas.scale(1e30), canvas.stroke([(0, 0), (1e20, 0)], 1)),
        lambda canvas: (canvas.translate(1e300, 0), canvas.polyline([(0, 0), (5, 0)])),
    ],
    ids=range(11),
)
def test_what_float32_does_not_reach_is_refused_at_the_call(canvas, framebuffer, draw):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match=r"finite|3\.4e\+?38"):
        draw(canvas)
    canvas.circle(20, 20, 5)
    canvas.end()
