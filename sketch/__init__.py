"""Inkloop's drawing half: write `setup`, `update` and `draw`, and strokes are drawn by shaders.

    import sketch

    class Dot(sketch.Sketch):
        def draw(self, canvas):
            canvas.background(12)
            canvas.circle(self.mouse_x, self.mouse_y, 40)

    sketch.run(Dot)

Nothing here opens a display or loads a network; the names below are imported on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sketch.assets import asset_path
    from sketch.easing import ease
    from sketch.host.errors import HostError
    from sketch.ink.brush import Brush
    from sketch.ink.ink import Ink, Stroke, WetStroke
    from sketch.ink.path import Path, PathPen
    from sketch.ink.points import Points, Strokes, as_points
    from sketch.ink.shape import Polyline
    from sketch.ink.style import StrokeStyle
    from sketch.launch import run
    from sketch.live.parameters import Monitor, Param, Trigger, parameters_of
    from sketch.live.parameters_passes import Effect
    from sketch.noise import Noise
    from sketch.plugin import Addon
    from sketch.render.canvas import Canvas
    from sketch.render.color import parse_color
    from sketch.render.gl.glsl import ShaderError
    from sketch.render.gradient import Gradient
    from sketch.render.images.fbo import Fbo
    from sketch.render.images.image import Image
    from sketch.render.meshes.mesh import Mesh
    from sketch.render.meshes.shader import Shader
    from sketch.render.oklab import oklch
    from sketch.render.post.passes import Bloom, Blur, ColorMap, Shade, Trails
    from sketch.sketch import Sketch
    from sketch.window import Window

__all__ = [
    "Addon",
    "Bloom",
    "Blur",
    "Brush",
    "Canvas",
    "ColorMap",
    "Effect",
    "Fbo",
    "Gradient",
    "HostError",
    "Image",
    "Ink",
    "Mesh",
    "Monitor",
    "Noise",
    "Param",
    "Path",
    "PathPen",
    "Points",
    "Polyline",
    "Shade",
    "Shader",
    "ShaderError",
    "Sketch",
    "Stroke",
    "StrokeStyle",
    "Strokes",
    "Trails",
    "Trigger",
    "WetStroke",
    "Window",
    "as_points",
    "asset_path",
    "ease",
    "oklch",
    "parameters_of",
    "parse_color",
    "run",
]

_HOMES = {
    "Addon": "sketch.plugin",
    "Bloom": "sketch.render.post.passes",
    "Blur": "sketch.render.post.passes",
    "Brush": "sketch.ink.brush",
    "Canvas": "sketch.render.canvas",
    "ColorMap": "sketch.render.post.passes",
    "Effect": "sketch.live.parameters_passes",
    "Fbo": "sketch.render.images.fbo",
    "Gradient": "sketch.render.gradient",
    "HostError": "sketch.host.errors",
    "Image": "sketch.render.images.image",
    "Ink": "sketch.ink.ink",
    "Mesh": "sketch.render.meshes.mesh",
    "Monitor": "sketch.live.parameters",
    "Noise": "sketch.noise",
    "Param": "sketch.live.parameters",
    "Path": "sketch.ink.path",
    "PathPen": "sketch.ink.path",
    "Points": "sketch.ink.points",
    "Polyline": "sketch.ink.shape",
    "Shade": "sketch.render.post.passes",
    "Shader": "sketch.render.meshes.shader",
    "ShaderError": "sketch.render.gl.glsl",
    "Sketch": "sketch.sketch",
    "Stroke": "sketch.ink.ink",
    "StrokeStyle": "sketch.ink.style",
    "Strokes": "sketch.ink.points",
    "Trails": "sketch.render.post.passes",
    "Trigger": "sketch.live.parameters",
    "WetStroke": "sketch.ink.ink",
    "Window": "sketch.window",
    "as_points": "sketch.ink.points",
    "asset_path": "sketch.assets",
    "ease": "sketch.easing",
    "oklch": "sketch.render.oklab",
    "parameters_of": "sketch.live.parameters",
    "parse_color": "sketch.render.color",
    "run": "sketch.launch",
}


def _search_the_sketch_folder_last() -> None:
    """Move the folder of the running program, which Python puts first, to the end of the path.

    A sketch may be called `statistics.py` and have a `queue.py` next to it: neither replaces Python's own
    module, which the imports below need.
    """
    import sys

    program = getattr(sys.modules.get("__main__"), "__file__", None)
    first = sys.path[0] if sys.path else ""
    if program and first and not sys.flags.safe_path and _folder(program) == _folder(f"{first}/_"):
        sys.path.append(sys.path.pop(0))


def _folder(file: str) -> str:
    from os.path import dirname, realpath

    return dirname(realpath(file))


_search_the_sketch_folder_last()


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562), so that `import sketch` stays fast."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'sketch' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
