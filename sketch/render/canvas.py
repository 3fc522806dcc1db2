"""The canvas: what an author draws with."""

from collections.abc import Sequence
from dataclasses import replace
from inspect import isfunction

import moderngl

from sketch.ink.ink import Ink, Stroke
from sketch.render.batch import Batch
from sketch.render.color import ColorLike, parse_color
from sketch.render.gl.blend import BlendMode, check_blend_mode, set_blending, unset_blending
from sketch.render.images.cache import ImageCache
from sketch.render.images.fbo import FboSurfaces
from sketch.render.layers.ink import InkLayers
from sketch.render.layers.pictures import Look, Picture
from sketch.render.matrix import scaling
from sketch.render.meshes.painter import ShadedPainter
from sketch.render.post.painter import PostPainter
from sketch.render.post.passes import Pass, check_passes
from sketch.render.shapes.quads import Quad
from sketch.render.strokes.pixels import ink_stroke
from sketch.render.targets import Targets, measured
from sketch.render.text.lines import TextCache
from sketch.render.vocabulary import Vocabulary
from sketch.scalars import clamped, short


class Canvas(Targets, Vocabulary):
    """Draws into a framebuffer it is given.

    Coordinates are logical pixels: the origin is the top left corner and y grows downward. Angles are
    radians; positive ones turn clockwise on the screen. Every frame starts with the same style (white,
    filled, line width 1, blend mode "alpha") and no transform.

    Args:
        ctx: A moderngl context of OpenGL 3.3 or newer, current whenever the canvas is used.
        size: Width and height in logical pixels, rounded and at least 1.
        pixel_ratio: Pixels of the framebuffer a logical pixel, such as 2.0 on a high-DPI screen.

    Raises:
        ValueError: A number is not finite, or the ratio not more than 0.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], pixel_ratio: float = 1.0) -> None:
        super().__init__(measured(size, pixel_ratio))
        self._ctx = ctx
        self._batch = Batch(ctx, self._target.pixels)
        self._fbos = FboSurfaces(ctx)
        self._shaded = ShadedPainter(ctx)
        self._complaints: dict[str, str] = {}
        self._layers = InkLayers(ctx)
        self._texts = TextCache(ctx)
        self._images = ImageCache(ctx)
        self._post = PostPainter(ctx, self._shaded)

    def begin(self, framebuffer: moderngl.Framebuffer) -> None:
        """Start a frame.

        Args:
            framebuffer: What is drawn into, of round(size × pixel ratio) pixels.

        Raises:
            RuntimeError: The last frame was not ended.
        """
        if self._target.framebuffer is not None:
            raise RuntimeError("begin was called twice without an end")
        self._frames += 1
        self._start(scaling(self.pixel_ratio, self.pixel_ratio))
        self._layers.begin_frame()
        self._post.begin_frame()
        self._batch.ground = None
        self._fbos.forget()
        self._images.forget()
        self._texts.begin_frame()
        self._shaded.forget()
        self._complaints.clear()
        self._aim(replace(self._target, framebuffer=framebuffer))

    def end(self) -> None:
        """Draw what is still pending and finish the frame.

        Leaves the framebuffer in use with its whole viewport, and blending, depth test, culling and scissor
        off, so that others may draw in the same context.

        Raises:
            RuntimeError: There was no begin, or something pushed was not popped; the frame is drawn all the
                same.
        """
        framebuffer = self._open()
        if self._outer or self._target.clip is not None:
            raise RuntimeError("end was called within into or clip")
        try:
            self._complain()
            self._batch.flush()
        finally:
            self._batch.drop()
            self._use_frame(framebuffer)
            self._aim(replace(self._target, framebuffer=None))
            unset_blending(self._ctx)
        unpopped = self._unpopped()
        if unpopped:
            raise RuntimeError(f"the frame ended with {unpopped} not popped")

    def abandon(self) -> None:
        """Give a frame up that cannot be finished: what is pending, pushed or entered in it is forgotten.

        Another one may begin after this, whatever state an error left this one in. Does nothing between two
        frames.
        """
        frame, framebuffer = self._frame_target(), self._frame_target().framebuffer
        self._batch.drop()
        self._outer.clear()
        self._frames += 1
        self._aim(replace(frame, framebuffer=None, clip=None))
        self._start(scaling(frame.ratio, frame.ratio))
        if framebuffer is not None:
            self._use_frame(framebuffer)
        unset_blending(self._ctx)
        _ = self._ctx.error  # one that OpenGL holds would be taken for the next frame's

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

        Ink is painted anew from its strokes, a part each frame if it is much; until it is sharp again the old
        picture is shown, where it belongs.

        Raises:
            RuntimeError: A frame is being drawn.
            ValueError: A number is not finite, or the ratio not more than 0.
        """
        if self._target.framebuffer is not None:
            raise RuntimeError("resize was called between begin and end")
        self._aim(measured(size, pixel_ratio))

    def release(self) -> None:
        """Give every GPU resource back. The canvas cannot be used afterwards."""
        pictures = (self._layers, self._texts, self._images, self._fbos)
        for part in (self._batch, self._shaded, self._post, *pictures):
            part.release()

    def notices(self) -> list[str]:
        """What the author should be told since the last call, such as which characters no font has."""
        return self._texts.notices()

    def background(self, *color: ColorLike) -> None:
        """Fill the whole frame, or Fbo or clip, with a color, whatever the transform and blend mode.

        Args:
            *color: As for `color`.
        """
        red, green, blue, alpha = parse_color(*color)
        framebuffer = self._open()
        self._batch.drop()
        framebuffer.clear(red * alpha, green * alpha, blue * alpha, alpha)
        if self._target.clip is None:
            # What is drawn over it now is not what earlier frames left, and need not fade.
            self._target = replace(self._target, kept=False)
            self._kept = False
        self._batch.ground = (red, green, blue, 1.0) if alpha == 1 and self._target.clip is None else None

    def ink(self, ink: Ink, opacity: float = 1.0, *, blend: BlendMode | None = None) -> None:
        """Draw an ink: finished strokes from a picture of them that is kept, wet ones as they are now.

        A finished stroke is painted once. What has to be painted again, because strokes were changed or
        removed or because the canvas has another size, transform or blend mode than last time, is painted at
        once if it is little, else a part each frame; the old picture is shown until then.

        Several inks are layers, in the order in which they are drawn:

            canvas.ink(self.sketched, opacity=0.4)
            canvas.ink(self.shadows, blend="multiply")
            canvas.ink(self.ink)

        Args:
            ink: What to draw.
            opacity: Of the ink as a whole, 0..1; what lies outside counts as 0 or 1.
            blend: How the ink as a whole meets what is there; its strokes then cover each other. If left out,
                every stroke of it meets what is there in the canvas's blend mode.

        Raises:
            ValueError: The opacity is not finite, or there is no such blend mode.
            TypeError: The opacity is no number, or the ink none.
        """
        opacity = clamped("opacity", opacity)
        if not isinstance(ink, Ink):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"ink needs an Ink, such as self.ink; got {short(ink)}")
        mode = self._style.blend if blend is None else check_blend_mode(blend)
        framebuffer, ground = self._open(), self._batch.ground
        self._batch.flush()
        look = Look(self._matrix, self._batch.size, self._style.blend if blend is None else "alpha")
        layer = self._layers.update(ink, look, self._paint_dry)
        live = [*layer.late, *(stroke.with_tip() for stroke in ink.wet.values() if len(stroke))]
        wet = [ink_stroke(stroke, self._matrix) for stroke in live]
        if layer.picture.look.mode != look.mode:
            mode = layer.picture.look.mode  # an old picture still shows as it was painted
        if wet and (opacity < 1 or blend is not None):
            # Wet ink and dry are blended as one picture, as they will be when both are dry.
            def paint():
                return self._batch.strokes_now(wet, look.mode, look.size)

            self._show(framebuffer, self._layers.with_wet(layer.picture, look, paint), look, opacity, mode)
            return
        whole = self._layers.on_ground(layer, look, ground) if ground and opacity == 1 else None
        if whole is not None and mode == "alpha":
            framebuffer.use()
            self._ctx.copy_framebuffer(framebuffer, whole.framebuffer)
        else:
            self._show(framebuffer, layer.picture, look, opacity, mode)
        for stroke in wet:
            self._batch.stroke(stroke, look.mode)

    def post(self, *passes: Pass) -> None:
        """Run passes over everything drawn so far, one after the other; what is drawn later stays as it is.

            canvas.post(Bloom(0.6), Trails(0.92), ColorMap("jet"))

        Within `clip` only what is in the rectangle is replaced, and within `into` the picture of the Fbo.
        Where a shader of one's own was changed and does not compile, the last one that did is used, and the
        frame says what is wrong with which line.

        Args:
            *passes: Of `sketch.render.post.passes`: `Blur`, `Bloom`, `Trails`, `ColorMap`, `Shade`.

        Raises:
            ShaderError: A shader of one's own is missing, has no such uniform, or never compiled.
            TypeError: What was given is no pass.
        """
        framebuffer = self._open()
        check_passes(passes)
        self._batch.flush()
        self._batch.ground = None
        self._use_frame(framebuffer)
        self._post.run(framebuffer, self._batch.size, self.pixel_ratio, passes)
        self._use_frame(framebuffer)
        self._complaints |= self._post.complaints

    def _complain(self) -> None:
        """Say on the frame what is wrong with the shaders and brushes that were used."""
        with self.pushed():
            self.reset()
            complaints = [*self._complaints.values(), *map(str, self.brush_errors.values())]
            for row, line in enumerate("\n".join(complaints).splitlines()):
                self.color(0, alpha=0.72)
                self.rect(10, 10 + 22 * row, self.text_size(line, 14)[0] + 20, 22)
                self.color("#ff9a8a")
                self.text(line, 20, 26 + 22 * row, 14)

    def _show(
        self, framebuffer: moderngl.Framebuffer, picture: Picture, look: Look, opacity: float, mode: BlendMode
    ) -> None:
        framebuffer.use()
        set_blending(self._ctx, mode)
        self._layers.show(picture, look, opacity)

    def _paint_dry(self, strokes: Sequence[Stroke], look: Look) -> None:
        pixels = [ink_stroke(stroke, look.matrix) for stroke in strokes]
        self._batch.strokes_now(pixels, look.mode, look.size)


for _part in Canvas.__mro__[1:-1]:
    for _name, _word in vars(_part).items():
        if isfunction(_word) and not _name.startswith("_"):
            # What Python says of a wrong argument names the canvas then, not the part of it the word is from.
            _word.__qualname__ = f"{Canvas.__name__}.{_name}"
