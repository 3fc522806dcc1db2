"""Pictures of paths, gradients, crowds, meshes and Fbos: look at each after --update-golden."""

import math

import numpy as np

from sketch.easing import ease
from sketch.ink.path import Path, PathPen
from sketch.ink.shape import Polyline
from sketch.noise import Noise
from sketch.render.gradient import Gradient
from sketch.render.images.fbo import Fbo
from sketch.render.meshes.mesh import Mesh
from sketch.render.meshes.shader import Shader
from sketch.render.oklab import oklch

WAVES = """#version 330 core
uniform float time;
in vec2 at;
out vec4 paint;
void main() {
    float wave = 0.5 + 0.5 * sin(12.0 * at.x + time + 3.0 * sin(7.0 * at.y));
    paint = vec4(0.2 + 0.6 * wave, 0.5 * at.y, 0.9 - 0.6 * wave, 1.0);
}
"""


def star(points, step, x, y, radius):
    angle = np.arange(points) * step * 2 * math.pi / points - math.pi / 2
    return np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle)))


def test_paths(draw, golden):
    def paint(canvas):
        canvas.color(oklch(0.75, 0.15, 30))
        canvas.path(Path([star(5, 2, 60, 60, 50)]))
        canvas.color(oklch(0.75, 0.15, 145))
        canvas.path(Path([star(7, 3, 180, 60, 50)], "nonzero"))
        canvas.color(oklch(0.75, 0.12, 250), alpha=0.7)
        rings = PathPen()
        for radius in (50, 38, 26, 14):
            rings.arc(300, 60, radius, 0, 2 * math.pi).close()
        canvas.path(rings.path())
        heart = PathPen().move_to(60, 225).curve_to(-40, 145, 40, 115, 60, 155)
        heart.curve_to(80, 115, 160, 145, 60, 225)
        canvas.color(oklch(0.65, 0.2, 5))
        canvas.path(heart.path())
        canvas.color(255)
        canvas.path(Path([[(130, 130), (230, 131.2), (130, 131.6)]]))
        canvas.path(Path([[(130 + 4 * i, 150 + 70 * (i % 2)) for i in range(25)] + [(228, 225), (130, 225)]]))
        canvas.no_fill()
        canvas.line_width(3)
        canvas.path(Path([star(9, 4, 300, 180, 50)]))

    golden(draw((360, 240), paint))


def test_gradients(draw, golden):
    def paint(canvas):
        hues = [oklch(0.75, 0.13, hue) for hue in range(0, 361, 30)]
        canvas.gradient(Gradient.linear(10, 0, 350, 0, hues))
        canvas.rect(10, 10, 340, 40, 12)
        canvas.gradient(Gradient.radial(60, 110, 45, ["#ffe08a", "#e8553d", "#3a1d5c"], [0, 0.35, 1]))
        canvas.circle(60, 110, 45)
        canvas.gradient(Gradient.radial(175, 95, 60, [(255, 255), (90, 176, 240, 255), (90, 176, 240, 0)]))
        canvas.rect(120, 65, 110, 90)
        with canvas.pushed():
            canvas.translate(300, 110)
            canvas.rotate(0.5)
            canvas.scale(1, 0.6)
            canvas.gradient(Gradient.linear(-40, 0, 40, 0, ["#0b3d2e", "#9adf7a"]))
            canvas.rect(-45, -45, 90, 90, 8)
        canvas.gradient(Gradient.linear(0, 170, 0, 235, ["#5ab0f0", "#f05ab0"]))
        canvas.text("Gradient", 10, 220, 48)
        canvas.gradient(Gradient.linear(230, 0, 350, 0, ["#f0c05a", "#e8553d", "#5ab0f0"]))
        canvas.stroke([(235, 220), (265, 180), (295, 225), (345, 175)], width=12)

    golden(draw((360, 240), paint))


def test_crowds_of_shapes(draw, golden):
    spiral = np.arange(600)
    angle, radius = spiral * 2.39996, 4.6 * np.sqrt(spiral)
    xy = np.column_stack((180 + radius * np.cos(angle), 120 + radius * np.sin(angle)))
    colors = np.array([oklch(0.45 + 0.4 * i / 600, 0.12, i * 0.5) for i in spiral])
    noise = Noise(7, frequency=0.02)
    grid = np.stack(np.meshgrid(np.arange(8, 360, 16), np.arange(8, 240, 16)), axis=2).reshape(-1, 2)
    turn = math.pi * noise(grid[:, 0], grid[:, 1])
    ends = grid + 7 * np.column_stack((np.cos(turn), np.sin(turn)))

    def paint(canvas):
        canvas.lines(grid, ends, 1.5, (90, 100, 120))
        canvas.circles(xy, 1 + spiral / 180, colors)
        canvas.color("#f0c05a")
        steps = np.arange(12)
        heights = [4 + 50 * ease(step / 11, "bounce", "out") for step in steps]
        sizes = np.column_stack((np.full(12, 5), heights))
        canvas.rects(np.column_stack((8 + steps * 7, 236 - sizes[:, 1])), sizes)
        corners = (
            np.array([(352, 8), (322, 8), (352, 38)]) - np.stack((steps * 3, 0 * steps), axis=1)[:, None]
        )
        canvas.triangles(corners[::4], "#e8553d")

    golden(draw((360, 240), paint))


def test_meshes_fbos_and_clips(draw, golden, tmp_path):
    (tmp_path / "waves.frag").write_text(WAVES, encoding="utf-8")
    waves = Shader(tmp_path / "waves.frag")
    waves.set(time=2.0)
    tile = Fbo(60, 60)

    def paint(canvas):
        with canvas.into(tile):
            canvas.background("#24425c")
            canvas.color("#f0c05a")
            canvas.circle(30, 30, 22)
            canvas.color("#e8553d")
            canvas.text("up", 15, 40, 26)
        canvas.image(tile, 10, 10)
        bent = [(90, 20), (150, 5), (140, 75), (95, 65)]
        canvas.mesh(Mesh(bent, mode="triangle_fan", texcoords=[(0, 0), (1, 0), (1, 1), (0, 1)]), tile)
        hues = [oklch(0.75, 0.14, hue) for hue in range(0, 360, 60)]
        wheel = np.vstack(((205, 40), star(6, 1, 205, 40, 34), star(6, 1, 205, 40, 34)[:1]))
        canvas.mesh(Mesh(wheel, mode="triangle_fan", colors=[(255, 255, 255, 255), *hues, hues[0]]))
        canvas.line_width(2)
        canvas.mesh(Mesh(star(12, 5, 300, 40, 34), mode="line_strip", colors=np.array([*hues, *hues])))
        canvas.shader(waves, 10, 90, 160, 60)
        with canvas.clip(190, 90, 70, 60):
            canvas.background("#3a1d5c")
            canvas.color("#9adf7a")
            canvas.circle(190, 90, 50)
            canvas.circles([(260, 150), (225, 120)], (30, 8))
        canvas.color(230)
        words = "Text breaks at spaces where a line would be wider than it may be."
        canvas.text(words, 10, 172, 14, width=150)
        canvas.color("#5ab0f0")
        canvas.text(words, 260, 172, 11, width=110, align="center")
        wave = Polyline([(x, 200 + 25 * math.sin(x / 9)) for x in range(320, 356, 2)]).rotate(0.2, (340, 200))
        canvas.polyline(wave.resample_by_count(9))
        for at in wave.resample_by_count(9).points:
            canvas.circle(*at.tolist(), 2.5)

    golden(draw((360, 240), paint))
