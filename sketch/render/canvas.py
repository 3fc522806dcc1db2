"""The canvas: what an author draws with."""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Never

import moderngl
from numpy.typing import ArrayLike

from sketch.ink.brush import BrushError
from sketch.ink.ink import PAPER_WHITE, Ink
from sketch.ink.path import Path
from sketch.ink.style import PLAIN, StrokeStyle
from sketch.render.batch import Batch
from sketch.render.color import ColorLike, parse_color
from sketch.render.drawing.color_tables import Colors, ColorTables
from sketch.render.drawing.images import ImageDrawing
from sketch.render.drawing.ink import InkDrawing
from sketch.render.drawing.meshes import MeshDrawing
from sketch.render.drawing.shape_arrays import ShapeArrayDrawing
from sketch.render.drawing.shapes import ShapeDrawing
from sketch.render.drawing.strokes import StrokeDrawing
from sketch.render.drawing.text import TextDrawing
from sketch.render.gl.blend import BlendMode, check_blend_mode, unset_blending
from sketch.render.gl.glsl import ShaderError
from sketch.render.gradient import Gradient, placed
from sketch.render.images.cache import ImageCache
from sketch.render.images.fbo import Fbo, FboSurfaces
from sketch.render.images.image import Image, ImageSource
from sketch.render.layers.ink import InkLayers
from sketch.render.matrix import rotation, scaling, translation
from sketch.render.meshes.mesh import Mesh
from sketch.render.meshes.painter import ShadedPainter
from sketch.render.meshes.shader import Shader
from sketch.render.post.painter import PostPainter
from sketch.render.post.passes import Pass, check_passes
from sketch.render.shapes.quads import Quad
from sketch.render.state import DrawingState
from sketch.render.strokes.buffers import RetainedStroke
from sketch.render.strokes.pixels import PointData
from sketch.render.targets import Targets, measured
from sketch.render.text.lines import Align, TextCache
from sketch.scalars import floats, magnitude

_NO_WIDTH = 1e-12
"""Logical pixels up to which a line is not drawn."""


class Canvas:
    """Draws into a framebuffer it is given.

    Coordinates are logical pixels: the origin is the top left corner and y grows downward. Angles are
    radians; positive angles turn clockwise on the screen. Every frame starts with the same style (white,
    filled, line width 1, blend mode "alpha") and no transform.

    Args:
        ctx: A moderngl context of OpenGL 3.3 or newer, current whenever the canvas is used.
        size: Width and height in logical pixels, rounded and at least 1.
        pixel_ratio: Pixels of the framebuffer per logical pixel, such as 2.0 on a high-DPI screen.

    Raises:
        ValueError: A number is not finite, or the ratio is not more than 0.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], pixel_ratio: float = 1.0) -> None:
        target = measured(size, pixel_ratio)
        self._ctx = ctx
        self._complaints: dict[str, str] = {}
        self._state = state = DrawingState()
        self._batch = batch = Batch(ctx, target.pixels)
        self._fbos = FboSurfaces(ctx)
        self._texts = TextCache(ctx)
        self._image_cache = ImageCache(ctx)
        self._shaded = ShadedPainter(ctx)
        self._layers = InkLayers(ctx)
        self._post = PostPainter(ctx, self._shaded)
        self._targets = targets = Targets(ctx, state, batch, self._fbos, target)
        self._strokes = StrokeDrawing(state, batch)
        self._shapes = ShapeDrawing(state, batch, targets, self._strokes)
        self._shape_arrays = arrays = ShapeArrayDrawing(state, batch, self._strokes)
        self._ink = InkDrawing(ctx, state, batch, self._layers)
        self._text = TextDrawing(state, batch, targets, self._texts)
        self._tables = ColorTables(ctx)
        self._images = images = ImageDrawing(state, batch, targets, self._image_cache, self._tables)
        self._meshes = MeshDrawing(ctx, state, batch, targets, images, arrays, self._shaded, self._complaints)

    # Frames

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn into, in logical pixels."""
        return self._targets.current.size

    @property
    def width(self) -> int:
        """Width of what is drawn into, in logical pixels."""
        return self._targets.current.size[0]

    @property
    def height(self) -> int:
        """Height of what is drawn into, in logical pixels."""
        return self._targets.current.size[1]

    @property
    def pixel_ratio(self) -> float:
        """Pixels per logical pixel in what is drawn into."""
        return self._targets.current.ratio

    def begin(self, framebuffer: moderngl.Framebuffer) -> None:
        """Start a frame.

        Args:
            framebuffer: What is drawn into, of round(size × pixel ratio) pixels.

        Raises:
            RuntimeError: The last frame was not ended.
        """
        if self._targets.current.framebuffer is not None:
            raise RuntimeError("begin was called twice without an end")
        self._state.frames += 1
        self._state.start(scaling(self.pixel_ratio, self.pixel_ratio))
        self._layers.begin_frame()
        self._post.begin_frame()
        self._batch.ground = None
        self._fbos.forget()
        self._image_cache.forget()
        self._texts.begin_frame()
        self._shaded.forget()
        self._complaints.clear()
        self._targets.aim(replace(self._targets.current, framebuffer=framebuffer))

    def end(self) -> None:
        """Draw what is still pending and finish the frame.

        Leaves the framebuffer in use with its whole viewport, and blending, depth test, culling and scissor
        off, so that other code may draw in the same context.

        Raises:
            RuntimeError: There was no begin, or something pushed was not popped; the frame is still drawn.
        """
        framebuffer, target = self._batch.opened(), self._targets.current
        if self._targets.in_fbo or target.clip is not None:
            raise RuntimeError("end was called within into or clip")
        try:
            self._complain()
            self._batch.flush()
        finally:
            self._batch.drop()
            self._targets.use(framebuffer)
            self._targets.aim(replace(self._targets.current, framebuffer=None))
            unset_blending(self._ctx)
        unpopped = self._state.unpopped()
        if unpopped:
            raise RuntimeError(f"the frame ended with {unpopped} not popped")

    def abandon(self) -> None:
        """Give up a frame that cannot be finished, with everything that is pending, pushed or entered in it.

        Another frame may begin after this, whatever state an error left this one in. Does nothing between two
        frames.
        """
        self._batch.drop()
        self._state.frames += 1
        self._targets.abandon()
        self._state.start(scaling(self.pixel_ratio, self.pixel_ratio))
        unset_blending(self._ctx)
        _ = self._ctx.error  # an error that OpenGL holds would be blamed on the next frame

    def cover(self, picture: moderngl.Texture) -> None:
        """Fill the frame with a texture whose first row is at the bottom, as large as fits, on black.

        Raises:
            RuntimeError: No frame has begun.
        """
        self.background(0)
        width, height = self._batch.size
        share = min(width / picture.width, height / picture.height)
        wide, high = picture.width * share, picture.height * share
        across, down = (width - wide) / 2, (height - high) / 2
        self._batch.picture(picture, Quad((across, down + high), (wide, 0.0, 0.0, -high)), 1.0, "alpha")

    def resize(self, size: tuple[int, int], pixel_ratio: float = 1.0) -> None:
        """Take another size, rounded and at least 1 x 1, between two frames.

        Ink is repainted from its strokes, over several frames if it is much; until it is sharp again, the old
        picture is shown in its place.

        Raises:
            RuntimeError: A frame is being drawn.
            ValueError: A number is not finite, or the ratio is not more than 0.
        """
        if self._targets.current.framebuffer is not None:
            raise RuntimeError("resize was called between begin and end")
        self._targets.aim(measured(size, pixel_ratio))

    def release(self) -> None:
        """Free every GPU resource. The canvas cannot be used afterwards."""
        pictures = (self._layers, self._texts, self._image_cache, self._tables, self._fbos)
        for part in (self._batch, self._shaded, self._post, *pictures):
            part.release()

    def notices(self) -> list[str]:
        """Messages for the author since the last call, such as which characters no font has."""
        return self._texts.notices()

    def _complain(self) -> None:
        """Write on the frame what is wrong with the shaders and brushes that were used."""
        with self.pushed():
            self.reset()
            complaints = [*self._complaints.values(), *map(str, self.brush_errors.values())]
            for row, line in enumerate("\n".join(complaints).splitlines()):
                self.color(0, alpha=0.72)
                self.rect(10, 10 + 22 * row, self.text_size(line, 14)[0] + 20, 22)
                self.color("#ff9a8a")
                self.text(line, 20, 26 + 22 * row, 14)

    # State: style and coordinates

    def color(self, *color: ColorLike, alpha: float = 1.0) -> None:
        """Set the color of everything drawn from now on.

        Args:
            *color: (grey), (grey, alpha), (r, g, b) or (r, g, b, a), each 0..255, or "#rrggbb" or
                "#rrggbbaa". Numbers outside of 0..255 count as 0 or 255.
            alpha: Factor in 0..1 on the color's own alpha; numbers outside of 0..1 count as 0 or 1.
        """
        style = self._state.style
        # Without a keyword a call is a fifth cheaper, and sketches make this one before every shape.
        style.color = parse_color(*color) if alpha == 1.0 else parse_color(*color, alpha=alpha)
        style.gradient = None

    def gradient(self, gradient: Gradient) -> None:
        """Paint everything drawn from now on with a gradient, until the next `color`.

        Its numbers are coordinates as they are now; it stays in its place when the coordinates change.

        Raises:
            TypeError: It is not a gradient.
        """
        style = self._state.style
        style.gradient = placed(gradient, self._state.matrix)
        style.color = PAPER_WHITE  # only its alpha counts

    def fill(self, *color: Never) -> None:
        """Fill shapes from now on, in the color that `color` sets.

        Raises:
            TypeError: A color was given.
        """
        if color:
            given = ", ".join(map(repr, color))
            raise TypeError(f"fill() takes no color: write canvas.color({given}), then canvas.fill()")
        self._state.style.filled = True

    def no_fill(self) -> None:
        """Outline shapes with the line width from now on."""
        self._state.style.filled = False

    def line_width(self, width: float) -> None:
        """Set the width of lines and outlines, in logical pixels.

        With 0 they are not drawn; a negative width counts as its magnitude.
        """
        wide = magnitude("line_width", width)
        # float32 has no smaller numbers, and to the shaders an outline of width 0 is a filled shape.
        self._state.style.line_width = wide if wide > _NO_WIDTH else 0.0

    def blend_mode(self, mode: BlendMode) -> None:
        """Choose how paint is combined with what is already drawn: "alpha", "add", "multiply" or "screen"."""
        self._state.style.blend = check_blend_mode(mode)

    def push_style(self) -> None:
        """Remember color or gradient, fill, line width and blend mode until `pop_style`."""
        self._state.styles.append(replace(self._state.style))

    def pop_style(self) -> None:
        """Go back to the style of the last `push_style`.

        Raises:
            RuntimeError: There was none.
        """
        self._state.pop_style()

    def push_matrix(self) -> None:
        """Remember the coordinates until `pop_matrix`."""
        self._state.matrices.append(self._state.matrix)

    def pop_matrix(self) -> None:
        """Go back to the coordinates of the last `push_matrix`.

        Raises:
            RuntimeError: There was none.
        """
        self._state.pop_matrix()

    def pushed(self) -> AbstractContextManager[None]:
        """Push style and matrix for the length of a `with` block; an error inside pops them too."""
        return self._state.pushed()

    def translate(self, x: float, y: float) -> None:
        """Move the origin by (x, y) logical pixels."""
        self._state.transform(translation(*floats(x=x, y=y)))

    def rotate(self, radians: float) -> None:
        """Turn what is drawn from now on about the origin, clockwise on the screen for positive angles."""
        self._state.transform(rotation(*floats(radians=radians)))

    def scale(self, x: float, y: float | None = None) -> None:
        """Stretch what is drawn from now on by x and y, or by x both ways, and line widths by their mean.

        A negative factor mirrors; where a factor is 0 nothing is drawn.
        """
        self._state.transform(scaling(*floats(x=x, y=x if y is None else y)))

    def reset(self) -> None:
        """Go back to the style and coordinates that a frame starts with; what was pushed stays pushed."""
        self._state.reset()

    # Shapes

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A straight line of the line width, with round ends."""
        self._shapes.line(x1, y1, x2, y2)

    def polyline(self, points: ArrayLike, closed: bool | None = None, *, style: StrokeStyle = PLAIN) -> None:
        """A line of the line width through points, with round ends and corners; never filled.

        Args:
            points: Shape (n, 2..4), n at least 1, or a `Polyline`; only x and y matter.
            closed: Whether it goes back to its first point; if left out, as a `Polyline` says, else not.
            style: As for `stroke`.

        Raises:
            ValueError: A shape or a number is not as described, or a closed line is to be tapered or smooth.
        """
        self._strokes.polyline(points, closed, style)

    def circle(self, x: float, y: float, radius: float) -> None:
        """A circle about (x, y); a negative radius counts as its magnitude."""
        self._shapes.circle(x, y, radius)

    def ellipse(self, x: float, y: float, width: float, height: float) -> None:
        """An ellipse about (x, y), as wide and high as given; a negative size counts as its magnitude."""
        self._shapes.ellipse(x, y, width, height)

    def rect(self, x: float, y: float, width: float, height: float, radius: float = 0.0) -> None:
        """A rectangle from its corner (x, y) to (x + width, y + height).

        Args:
            x: Left, or right where the width is negative.
            y: Top, or bottom where the height is negative.
            width: To the right; a negative width goes to the left.
            height: Downward; a negative height goes upward.
            radius: Of its corners; at most half of the shorter side has an effect, and a negative radius
                counts as its magnitude.
        """
        self._shapes.rect(x, y, width, height, radius)

    def triangle(self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float) -> None:
        """A triangle; its outline has round corners."""
        self._shapes.triangle(x1, y1, x2, y2, x3, y3)

    def polygon(self, points: ArrayLike) -> None:
        """A convex polygon; its outline has round corners. Use `path` for other polygons.

        Args:
            points: Shape (n, 2..4), n at least 3, clockwise or counterclockwise.

        Raises:
            ValueError: It is not convex.
        """
        self._shapes.polygon(points)

    def bezier(
        self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, x4: float, y4: float
    ) -> None:
        """A cubic Bézier curve from (x1, y1) to (x4, y4), a line of the line width; never filled."""
        self._shapes.bezier(x1, y1, x2, y2, x3, y3, x4, y4)

    def arc(self, x: float, y: float, radius: float, start: float, end: float) -> None:
        """A part of a circle about (x, y), a line of the line width; never filled: for a pie, see `PathPen`.

        Args:
            x: Center.
            y: Center.
            radius: Of the circle; a negative radius counts as its magnitude.
            start: Angle at which it starts, in radians from the right; angles grow clockwise.
            end: Angle at which it ends. More than a whole turn is a whole one.
        """
        self._shapes.arc(x, y, radius, start, end)

    def path(self, path: Path) -> None:
        """A shape of any outline, with holes: filled by its rule, or all its outlines with the line width.

        Raises:
            TypeError: It is not a path.
        """
        self._shapes.path(path)

    # Shape arrays

    def circles(self, xy: ArrayLike, radius: ArrayLike, color: ColorLike | ArrayLike | None = None) -> None:
        """Circles, in order, filled or outlined.

        Args:
            xy: Centers, shape (n, 2..4); only x and y matter.
            radius: One number or shape (n,); negative radii count as their magnitude.
            color: One color as for `color`, or shape (n, 3) or (n, 4) with channels 0..255; the current color
                or gradient if left out.

        Raises:
            ValueError: A shape or a number is not as described.
            TypeError: What should be numbers is something else.
        """
        self._shape_arrays.circles(xy, radius, color)

    def rects(
        self,
        xy: ArrayLike,
        size: ArrayLike,
        radius: ArrayLike = 0.0,
        color: ColorLike | ArrayLike | None = None,
    ) -> None:
        """Rectangles, in order, filled or outlined.

        Args:
            xy: Top left corners, shape (n, 2..4).
            size: Width and height: one pair, or shape (n, 2); negative sizes go to the left and upward.
            radius: Of their corners, one number or shape (n,); negative radii count as their magnitude.
            color: As for `circles`.

        Raises:
            ValueError: A shape or a number is not as described.
        """
        self._shape_arrays.rects(xy, size, radius, color)

    def lines(
        self,
        start: ArrayLike,
        end: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
    ) -> None:
        """Straight lines with round ends, in order.

        Args:
            start: Shape (n, 2..4).
            end: Shape (n, 2..4).
            width: One number or shape (n,), negative widths count as their magnitude; the line width if left
                out. Lines of width 0 are not drawn.
            color: As for `circles`.

        Raises:
            ValueError: A shape or a number is not as described.
        """
        self._shape_arrays.lines(start, end, width, color)

    def triangles(self, corners: ArrayLike, color: ColorLike | ArrayLike | None = None) -> None:
        """Filled triangles, in order.

        Args:
            corners: Shape (n, 3, 2), or (3 n, 2), three rows per triangle.
            color: As for `circles`.

        Raises:
            ValueError: A shape or a number is not as described, or `no_fill` is on: outlines of triangles
                are drawn one by one.
        """
        self._shape_arrays.triangles(corners, color)

    # Strokes and ink

    def stroke(
        self,
        points: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
        *,
        style: StrokeStyle = PLAIN,
        data: PointData | None = None,
        time: float = 0.0,
    ) -> None:
        """A stroke, whose width and color may change from point to point.

            canvas.stroke(points, 12, "#ffb454", style=StrokeStyle(brush="chalk", smooth=True))

        Args:
            points: Shape (n, 2..4), n at least 1; one point makes a dot. A brush also knows the time and the
                pressure, if they are there.
            width: Diameter in logical pixels, one number or shape (n,), negative widths count as their
                magnitude; if left out the brush's, or the line width. With 0 nothing is drawn.
            color: One color as for `color`, or shape (n, 3) or (n, 4) with channels 0..255; the current color
                or gradient if left out.
            style: Its caps, joins, dashes, tapers, smoothing and brush.
            data: For the brush, each one number or shape (n,): "progress", "class", "confidence", "age"; and
                "own", four numbers or shape (n, 4).
            time: For the brush, in seconds.

        Raises:
            ValueError: A shape or a number is not as described, or there is no such brush.
            ShaderError: The brush does not compile and never did.
        """
        self._strokes.stroke(points, width, color, style, data, time)

    def keep_stroke(
        self,
        points: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
        *,
        style: StrokeStyle = PLAIN,
        data: PointData | None = None,
    ) -> RetainedStroke:
        """Keep a stroke on the GPU, where drawing it costs a call; arguments as for `stroke`.

            self.letter = canvas.keep_stroke(points, 12, style=StrokeStyle(brush=self.heat))
            ...
            self.letter.update(progress=guess.progress)   # one small buffer is written, nothing else
            canvas.kept_stroke(self.letter, time=self.time)

        The caller releases it. May be called outside a frame, too.
        """
        return self._strokes.keep(points, width, color, style, data)

    def kept_stroke(self, kept: RetainedStroke, time: float = 0.0) -> None:
        """Draw a kept stroke in the current coordinates and blend mode; the time is for its brush."""
        self._strokes.kept(kept, time)

    @property
    def brush_errors(self) -> dict[FilePath, ShaderError | BrushError]:
        """What is wrong with brushes whose files were changed, by file; their last good version paints."""
        return self._batch.brush_errors

    def ink(self, ink: Ink, opacity: float = 1.0, *, blend: BlendMode | None = None) -> None:
        """Draw an ink: dry strokes from a picture that is kept, wet strokes as they are now.

        A dry stroke is painted once. It is repainted when strokes were changed or removed, or when the canvas
        has another size, transform or blend mode than last time: at once if that is little work, else over
        several frames, while the old picture is shown.

        Several inks are layers, in the order in which they are drawn:

            canvas.ink(self.sketched, opacity=0.4)
            canvas.ink(self.shadows, blend="multiply")
            canvas.ink(self.ink)

        Args:
            ink: What to draw.
            opacity: Of the ink as a whole, 0..1; numbers outside of 0..1 count as 0 or 1.
            blend: How the ink as a whole is combined with what is already drawn; its strokes then cover each
                other. If left out, each stroke is combined with it in the canvas's blend mode.

        Raises:
            ValueError: The opacity is not finite, or there is no such blend mode.
            TypeError: The opacity is not a number, or the ink not an ink.
        """
        self._ink.draw(ink, opacity, blend)

    # Text

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float = 16.0,
        *,
        align: Align = "left",
        width: float | None = None,
        font: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Write text in the current color or gradient.

        Letters are shaped by Pillow (ligatures, joined and right-to-left scripts) and sharpest when neither
        turned nor scaled. The font that ships, Inter Display, has Latin, Greek, Cyrillic and common symbols.
        What a font lacks is written with another: the one that ships, or a system font of
        `sketch.render.text.fonts.FALLBACKS`. For what no font has, such as most emoji, a box is drawn and a
        message names it, once. A line of any length and size is drawn; letters higher than 2048 pixels get
        soft edges.

        Args:
            text: A line break of any kind starts a new line, 1.25 sizes further down; a tab is a space, and
                other control characters are left out.
            x: Where each line starts, is centered or ends, as `align` says.
            y: Baseline of the first line.
            size: Of the letters, in logical pixels; 0 writes nothing, and a negative size counts as its
                magnitude.
            align: "left", "center" or "right".
            width: How wide lines may be: longer lines break at spaces. If left out, they do not.
            font: Path of a font file, or None for the font that ships.
            alpha: Factor in 0..1 on the color's alpha; numbers outside of 0..1 count as 0 or 1.

        Raises:
            ValueError: The font cannot be read, the alignment is unknown, or a number is not finite.
            TypeError: The text is not a string, or another argument is not a number.
        """
        self._text.write(text, x, y, size, align, width, font, alpha)

    def text_size(
        self, text: str, size: float = 16.0, *, width: float | None = None, font: str | None = None
    ) -> tuple[float, float]:
        """Width of the longest line of a text and height of all its lines, in logical pixels.

        Args:
            text: As for `text`.
            size: As for `text`.
            width: As for `text`.
            font: As for `text`.
        """
        return self._text.size(text, size, width, font)

    # Images

    def image(
        self,
        source: ImageSource | Fbo,
        x: float,
        y: float,
        width: float | None = None,
        height: float | None = None,
        *,
        alpha: float = 1.0,
        colors: Colors | None = None,
    ) -> None:
        """Draw a picture with its top left corner at (x, y), in its own colors or by a table of colors.

            canvas.image(depth, 0, 0, width=640, colors="ember")  # floats in 0..1, shape (h, w)
            canvas.image(classes, 0, 0, width=640)  # whole numbers, shape (h, w)

        Args:
            source: Path of a file, `Image`, `Fbo`, Pillow image or array. A file is read once, and again
                after it was changed; an `Image` is uploaded again after it was changed; Pillow images and
                arrays are uploaded at every call. An array has the shape (h, w), a grey, (h, w, 3) or
                (h, w, 4). It is of uint8, of booleans, or of floats in 0..1: what is outside counts as 0 or
                1, and a pixel with a NaN is transparent. Whole numbers of another type than uint8, of shape
                (h, w), are classes; a negative class is transparent.
            x: Left.
            y: Top.
            width: Logical pixels. If left out, it follows from the height and the picture's proportions, or
                is the picture's own width. A negative width goes to the left of x; the picture is not
                mirrored, which `scale(-1, 1)` does.
            height: The same for the height, upward from y.
            alpha: Opacity, 0..1; numbers outside of 0..1 count as 0 or 1.
            colors: For each brightness: "jet", "ember", "sea", or two or more colors at even distances from
                dark to bright. For classes: "classes", which is the default (class 0 is black, the others
                differ in hue), or up to 256 colors, one a class; larger classes start again at the first.
                "classes" also draws uint8 of shape (h, w) as classes.

        Raises:
            ValueError: The picture cannot be read, `colors` are none, or a number is not finite.
            TypeError: An argument that should be a number is not.
        """
        self._images.image(source, x, y, width, height, alpha, colors)

    def grab(self) -> Image:
        """A copy of everything drawn so far, into the frame or, within `into`, into the Fbo."""
        return self._images.grab()

    # Meshes and shaders

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
                coordinates, or to a mesh of lines or points; or the picture cannot be read.
            ShaderError: The shader does not compile and never did.
        """
        self._meshes.mesh(mesh, texture, shader)

    def shader(
        self,
        shader: Shader,
        x: float = 0.0,
        y: float = 0.0,
        width: float | None = None,
        height: float | None = None,
    ) -> None:
        """A rectangle painted by an author's shader: of the size of what is drawn into if left out.

        It goes from (x, y) to (x + width, y + height), where sizes may be negative, as for `rect`. If a
        changed shader does not compile, the last good version is used and the frame shows what is wrong.

        Raises:
            ValueError: A number is not finite.
            TypeError: A size or place is not a number, or the shader not a `Shader`.
            ShaderError: It does not compile and never did.
        """
        self._meshes.shader(shader, x, y, width, height)

    # Layers: background, Fbo, clip, post

    def background(self, *color: ColorLike) -> None:
        """Fill the whole frame, or Fbo or clip, with a color, whatever the transform and blend mode.

        Args:
            *color: As for `color`.
        """
        red, green, blue, alpha = parse_color(*color)
        framebuffer, whole = self._batch.opened(), self._targets.current.clip is None
        self._batch.drop()
        framebuffer.clear(red * alpha, green * alpha, blue * alpha, alpha)
        if whole:
            # What is drawn over it now is not what earlier frames left, and need not fade.
            self._targets.current = replace(self._targets.current, kept=False)
        self._batch.ground = (red, green, blue, 1.0) if alpha == 1 and whole else None

    def into(self, fbo: Fbo) -> AbstractContextManager[None]:
        """Draw into an Fbo for the length of a `with` block.

        Style and coordinates start fresh in it, as at the start of a frame, and are restored afterwards.

        Raises:
            TypeError: It is not an Fbo.
            ValueError: It is larger than the driver allows, or is being drawn into already.
            RuntimeError: At the end: something pushed in it was not popped.
        """
        return self._targets.into(fbo)

    def clip(self, x: float, y: float, width: float, height: float) -> AbstractContextManager[None]:
        """Draw only within a rectangle for the length of a `with` block; within another clip, in both.

        Its edges are those of whole pixels.

        Args:
            x: Left, or right where the width is negative.
            y: Top, or bottom where the height is negative.
            width: To the right.
            height: Downward.

        Raises:
            ValueError: A number is not finite, or the coordinates are turned, so that the rectangle would not
                be upright.
            TypeError: An argument is not a number.
        """
        return self._targets.clip(x, y, width, height)

    def post(self, *passes: Pass) -> None:
        """Run passes over everything drawn so far, one after the other; what is drawn later stays as it is.

            canvas.post(Bloom(0.6), Trails(0.92), ColorMap("jet"))

        Within `clip` only what is in the rectangle is replaced, and within `into` the picture of the Fbo. If
        a changed shader of the author's does not compile, the last good version is used, and the frame shows
        what is wrong with which line.

        Args:
            *passes: Of `sketch.render.post.passes`: `Blur`, `Bloom`, `Trails`, `ColorMap`, `Shade`.

        Raises:
            ShaderError: An author's shader is missing, has no such uniform, or never compiled.
            TypeError: An argument is not a pass.
        """
        framebuffer = self._batch.opened()
        check_passes(passes)
        self._batch.flush()
        self._targets.use(framebuffer)
        self._post.run(framebuffer, self._batch.size, self.pixel_ratio, passes)
        self._targets.use(framebuffer)
        self._complaints |= self._post.complaints
