"""Meshes and authors' shaders for a canvas."""

import moderngl
import numpy as np

from sketch.arrays import Floats
from sketch.render.batch import Batch
from sketch.render.checks import check_kind
from sketch.render.drawing.images import ImageDrawing
from sketch.render.drawing.shape_arrays import ShapeArrayDrawing
from sketch.render.gl.blend import set_blending
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import ImageSource
from sketch.render.matrix import apply_to_points
from sketch.render.meshes.mesh import Mesh
from sketch.render.meshes.painter import VERTEX_FLOATS, ShadedPainter
from sketch.render.meshes.shader import Shader
from sketch.render.state import DrawingState
from sketch.render.targets import Targets
from sketch.scalars import floats


class MeshDrawing:
    """Draws triangles with colors, a texture or a shader, and the lines and points of meshes as shapes.

    Args:
        ctx: The context to draw in.
        state: Style and coordinates.
        batch: Draws what is pending before a mesh.
        targets: Tells how large a shader is if its author does not.
        images: Gives textures.
        shape_arrays: Draws lines and points.
        shaded: Draws triangles.
        complaints: Gets what is wrong with a changed shader that does not compile, by the shader's name.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        state: DrawingState,
        batch: Batch,
        targets: Targets,
        images: ImageDrawing,
        shape_arrays: ShapeArrayDrawing,
        shaded: ShadedPainter,
        complaints: dict[str, str],
    ) -> None:
        self._ctx = ctx
        self._state = state
        self._batch = batch
        self._targets = targets
        self._images = images
        self._shape_arrays = shape_arrays
        self._shaded = shaded
        self._complaints = complaints

    def mesh(self, mesh: Mesh, texture: ImageSource | Fbo | None, shader: Shader | None) -> None:
        """See `Canvas.mesh`."""
        self._batch.opened()
        check_kind(mesh, Mesh, "mesh needs a Mesh")
        triangles = mesh.mode.startswith("triangle")
        if texture is not None and shader is not None:
            raise ValueError("a mesh is drawn with a texture or with a shader, not with both")
        if not triangles and (texture is not None or shader is not None):
            raise ValueError(f"textures and shaders are for triangles; this mesh is one of {mesh.mode}")
        if texture is not None and mesh.texcoords is None:
            raise ValueError("a mesh needs texcoords to be drawn with a texture")
        if triangles:
            self._triangles(_vertices(mesh, self._colors(mesh)), mesh.mode, texture, shader)
        else:
            self._lines_or_points(mesh)

    def shader(self, shader: Shader, x: float, y: float, width: float | None, height: float | None) -> None:
        """See `Canvas.shader`."""
        self._batch.opened()
        check_kind(shader, Shader, 'shader needs a Shader, such as Shader("waves.frag")')
        whole = self._targets.current.size
        x, y, width, height = floats(
            x=x,
            y=y,
            width=whole[0] if width is None else width,
            height=whole[1] if height is None else height,
        )
        x, y, width, height = min(x, x + width), min(y, y + height), abs(width), abs(height)
        corners = np.array(((0, 0), (1, 0), (0, 1), (1, 1)), dtype=np.float32)
        place = corners * np.array((width, height), dtype=np.float32) + np.array((x, y), dtype=np.float32)
        color = np.array(self._state.style.color, dtype=np.float32)
        vertices = np.hstack((place, corners, np.tile(color, (4, 1))))
        self._triangles(vertices, "triangle_strip", None, shader)

    def _triangles(
        self, vertices: Floats, mode: str, texture: ImageSource | Fbo | None, shader: Shader | None
    ) -> None:
        if shader is None:
            found = None if texture is None else self._images.texture(texture)
            self._batch.flush()
            set_blending(self._ctx, self._state.style.blend)
            self._shaded.paint(vertices, mode, self._state.matrix, self._batch.size, found)
            return
        self._shaded.ready(shader)
        if shader.error is not None:
            self._complaints[shader.name] = shader.error
        pictures = {name: self._images.texture(picture) for name, picture in shader.pictures.items()}
        self._batch.flush()
        set_blending(self._ctx, self._state.style.blend)
        self._shaded.shade(vertices, mode, self._state.matrix, self._batch.size, shader, pictures)

    def _colors(self, mesh: Mesh) -> Floats:
        style = self._state.style
        if mesh.colors is not None:
            return mesh.colors
        if style.gradient is not None:
            return style.gradient.at(apply_to_points(self._state.matrix, mesh.vertices))
        return np.broadcast_to(np.array(style.color, dtype=np.float32), (len(mesh), 4))

    def _lines_or_points(self, mesh: Mesh) -> None:
        channels = 255 * self._colors(mesh)[mesh.indices]
        places = mesh.vertices[mesh.indices]
        if mesh.mode == "points":
            width = self._state.style.line_width
            if not width:
                return
            with self._state.pushed():
                self._state.style.filled = True
                self._shape_arrays.circles(places, width / 2, channels)
            return
        step = 2 if mesh.mode == "lines" else 1
        self._shape_arrays.lines(places[:-1:step], places[1::step], color=channels[:-1:step])


def _vertices(mesh: Mesh, colors: Floats) -> Floats:
    rows = np.zeros((len(mesh), VERTEX_FLOATS), dtype=np.float32)
    rows[:, 0:2] = mesh.vertices
    if mesh.texcoords is not None:
        rows[:, 2:4] = mesh.texcoords
    rows[:, 4:8] = colors
    return rows[mesh.indices]
