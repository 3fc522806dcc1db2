"""The words for meshes and authors' shaders."""

from abc import ABC, abstractmethod

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.render.drawing.shape_arrays import Crowds
from sketch.render.gl.blend import set_blending
from sketch.render.images.cache import ImageCache
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import ImageSource
from sketch.render.matrix import apply_to_points
from sketch.render.meshes.mesh import Mesh
from sketch.render.meshes.painter import VERTEX_FLOATS, ShadedPainter
from sketch.render.meshes.shader import Shader
from sketch.scalars import floats, short

Floats = NDArray[np.float32]


class MeshVocabulary(Crowds, ABC):
    """The part of a canvas's vocabulary that is about meshes and shaders; whoever inherits owns the frame."""

    _ctx: moderngl.Context
    _shaded: ShadedPainter
    _images: ImageCache
    _complaints: dict[str, str]

    def mesh(
        self, mesh: Mesh, texture: ImageSource | Fbo | None = None, *, shader: Shader | None = None
    ) -> None:
        """A mesh in the colors of its vertices, or else in the current color or gradient.

        Triangles are not antialiased, so that they meet without a seam. Lines have the line width and the
        color of their first vertex, points are dots as wide.

        Args:
            mesh: What to draw.
            texture: A picture to draw it with, tinted by the colors: as for `image`.
            shader: What to draw it with instead.

        Raises:
            ValueError: Texture and shader were given both; a texture is given to a mesh without texture
                coordinates, or one of lines or points; or the picture cannot be read.
            ShaderError: The shader does not compile and never did.
        """
        self._check_open()
        if not isinstance(mesh, Mesh):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"mesh needs a Mesh; got {short(mesh)}")
        triangles = mesh.mode.startswith("triangle")
        if texture is not None and shader is not None:
            raise ValueError("a mesh is drawn with a texture or with a shader, not with both")
        if not triangles and (texture is not None or shader is not None):
            raise ValueError(f"textures and shaders are for triangles; this mesh is one of {mesh.mode}")
        if texture is not None and mesh.texcoords is None:
            raise ValueError("a mesh needs texcoords to be drawn with a texture")
        if triangles:
            self._triangles(_vertices(mesh, self._mesh_colors(mesh)), mesh.mode, texture, shader)
        else:
            self._lines_or_points(mesh)

    def shader(
        self,
        shader: Shader,
        x: float = 0.0,
        y: float = 0.0,
        width: float | None = None,
        height: float | None = None,
    ) -> None:
        """A rectangle painted by an author's shader: of the size of what is drawn into if left out.

        It goes from (x, y) to (x + width, y + height), where sizes may be negative, as those of `rect` may.
        Where a changed shader does not compile, the last good one is used and the frame says what is wrong.

        Raises:
            ValueError: A number is not finite.
            TypeError: It is no number, or the shader is none.
            ShaderError: It does not compile and never did.
        """
        self._check_open()
        if not isinstance(shader, Shader):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f'shader needs a Shader, as Shader("waves.frag"); got {short(shader)}')
        x, y, width, height = floats(
            x=x,
            y=y,
            width=self.size[0] if width is None else width,
            height=self.size[1] if height is None else height,
        )
        x, y, width, height = min(x, x + width), min(y, y + height), abs(width), abs(height)
        corners = np.array(((0, 0), (1, 0), (0, 1), (1, 1)), dtype=np.float32)
        place = corners * np.array((width, height), dtype=np.float32) + np.array((x, y), dtype=np.float32)
        vertices = np.hstack((place, corners, np.tile(np.array(self._style.color, dtype=np.float32), (4, 1))))
        self._triangles(vertices, "triangle_strip", None, shader)

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn into, in logical pixels."""

    @abstractmethod
    def _upright_texture(self, fbo: Fbo) -> moderngl.Texture:
        """The picture of an Fbo, its first row on top."""

    def _triangles(
        self, vertices: Floats, mode: str, texture: ImageSource | Fbo | None, shader: Shader | None
    ) -> None:
        if shader is None:
            found = None if texture is None else self._texture(texture)
            self._batch.flush()
            set_blending(self._ctx, self._style.blend)
            self._shaded.paint(vertices, mode, self._matrix, self._batch.size, found)
            return
        self._shaded.ready(shader)
        if shader.error is not None:
            self._complaints[shader.name] = shader.error
        pictures = {name: self._texture(picture) for name, picture in shader.pictures.items()}
        self._batch.flush()
        set_blending(self._ctx, self._style.blend)
        self._shaded.shade(vertices, mode, self._matrix, self._batch.size, shader, pictures)

    def _texture(self, source: ImageSource | Fbo) -> moderngl.Texture:
        return self._upright_texture(source) if isinstance(source, Fbo) else self._images.texture(source)

    def _mesh_colors(self, mesh: Mesh) -> Floats:
        style = self._style
        if mesh.colors is not None:
            return mesh.colors
        if style.gradient is not None:
            return style.gradient.at(apply_to_points(self._matrix, mesh.vertices))
        return np.broadcast_to(np.array(style.color, dtype=np.float32), (len(mesh), 4))

    def _lines_or_points(self, mesh: Mesh) -> None:
        channels = 255 * self._mesh_colors(mesh)[mesh.indices]
        places = mesh.vertices[mesh.indices]
        if mesh.mode == "points":
            if not self._style.line_width:
                return
            with self.pushed():
                self.fill()
                self.circles(places, self._style.line_width / 2, channels)
            return
        step = 2 if mesh.mode == "lines" else 1
        self.lines(places[:-1:step], places[1::step], color=channels[:-1:step])


def _vertices(mesh: Mesh, colors: Floats) -> Floats:
    rows = np.zeros((len(mesh), VERTEX_FLOATS), dtype=np.float32)
    rows[:, 0:2] = mesh.vertices
    if mesh.texcoords is not None:
        rows[:, 2:4] = mesh.texcoords
    rows[:, 4:8] = colors
    return rows[mesh.indices]
