"""Layers of dry ink: finished strokes are painted once and kept, so a frame costs only what is new.

What must be painted anew, because a stroke under others was taken away or because the frame has another
size, is painted on a second picture, some of it each frame. Until that is done the first one stays on screen,
in the place and size it should have, and strokes that dry meanwhile are painted on both.
"""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import moderngl

from sketch.ink.brush import Brush, BrushFiles
from sketch.ink.ink import Ink, Rgba, Stroke
from sketch.render.layers.background_cache import Ground, refreshed
from sketch.render.layers.boxes import area, clipped, mark, stroke_box, union
from sketch.render.layers.changes import Changes, changes
from sketch.render.layers.pictures import Look, PaintStrokes, Picture, PicturePainter, new_picture
from sketch.render.layers.repaint import Repaint, cost
from sketch.render.matrix import mean_scale
from sketch.render.strokes.rows import PixelBounds

BUDGET = 2500
"""Thin points that are painted anew in a frame: about a third of it on two cores without a GPU."""

BULK = 4
"""Budgets from which on new strokes are painted in slices, too."""

MANY = 500
"""Stale strokes from which on the whole picture is painted anew."""


@dataclass(slots=True, eq=False)
class Layer:
    """The dry strokes of one ink.

    Attributes:
        ink: Whose strokes.
        picture: What is shown.
        known: The strokes that the picture shows, once what is under `stale` is painted anew.
        revision: Of the ink, when `known` was compared with it.
        stale: Strokes that are gone, or came in between others.
        late: Strokes that dried since the picture grew old, and must be drawn with it.
        behind: Whether all of the picture must be painted anew.
        repaint: What is being painted.
        ground: What was under the ink when it was last drawn.
        brushes: The files of the brushes it is painted with, and how often they had been read.
    """

    ink: "weakref.ref[Ink]"
    picture: Picture
    known: list[Stroke]
    revision: int
    stale: list[Stroke] = field(default_factory=list[Stroke])
    late: list[Stroke] = field(default_factory=list[Stroke])
    behind: bool = False
    repaint: Repaint | None = None
    ground: Ground | None = None
    brushes: dict[BrushFiles, int] = field(default_factory=dict[BrushFiles, int])

    def follow_brushes(self, fresh: Sequence[Stroke]) -> None:
        """Note that all must be painted again if a brush's files were written since.

        Args:
            fresh: Strokes that were not looked at before.
        """
        for stroke in fresh:
            brush = stroke.style.brush
            if isinstance(brush, Brush) and brush.files is not None:
                self.brushes.setdefault(brush.files, brush.files.reads)
        for files, reads in self.brushes.items():
            files.look()
            if files.reads != reads:
                # A read in vain is painted, too, so that the frame says what is wrong.
                self.brushes[files] = files.reads
                self.behind = True

    def changes(self, ink: Ink) -> Changes:
        """What happened to the ink since this was last called."""
        if ink.revision == self.revision and len(ink.strokes) >= len(self.known):
            found = Changes([], ink.strokes[len(self.known) :])
            self.known += found.fresh
        else:
            found = changes(self.known, ink.strokes)
            self.known, self.revision = list(ink.strokes), ink.revision
            gone = {id(stroke) for stroke in found.stale}
            self.late = [stroke for stroke in self.late if id(stroke) not in gone]
        return found

    def stale_box(self) -> PixelBounds:
        """The part of the picture that holds every stale stroke."""
        boxes = [stroke_box(stroke, self.picture.look.matrix) for stroke in self.stale]
        return clipped(reduce(union, boxes), self.picture.size)

    def release(self) -> None:
        """Give the textures back."""
        self.picture.release()
        if self.repaint is not None:
            self.repaint.picture.release()
        if self.ground is not None:
            self.ground.release()


class InkLayers:
    """The layers of every ink that a canvas draws.

    Args:
        ctx: The context to draw in.

    Attributes:
        budget: What may be painted anew in a frame by all layers together, in thin points.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self.budget = BUDGET
        self._ctx = ctx
        self._left = self.budget
        self._layers: dict[tuple[int, int], Layer] = {}
        self._drawn: dict[int, int] = {}
        self._spare: Picture | None = None
        self._scratch: Picture | None = None
        self._painter = PicturePainter(ctx)

    def begin_frame(self) -> None:
        """Forget the inks that are gone: not in a finalizer, where no context may be current."""
        self._left = self.budget
        self._drawn.clear()
        for key in [key for key, layer in self._layers.items() if layer.ink() is None]:
            self._layers.pop(key).release()

    def update(self, ink: Ink, look: Look, paint: PaintStrokes) -> Layer:
        """Bring the layer of an ink up to date, as far as this frame's budget goes.

        What was never drawn before is painted at once. Leaves any framebuffer in use.

        Args:
            ink: Whose finished strokes are painted. Each time it is drawn in a frame it has another layer.
            look: How they should look.
            paint: Paints strokes into the framebuffer in use.
        """
        layer = self._layer_of(ink)
        if layer is None:
            layer = self._new_layer(ink, look, paint)
        self._follow(layer, layer.changes(ink), look, paint)
        self._work(layer, look, paint)
        return layer

    def on_ground(self, layer: Layer, look: Look, color: Rgba) -> Picture | None:
        """What a layer looks like on a plain color, if that may be had by copying.

        Leaves any framebuffer in use.
        """
        if layer.ground is None:
            layer.ground = Ground(color)
        if layer.ground.color != color:
            # It may be another one in the next frame, and so not worth a picture yet.
            layer.ground.release()
            layer.ground = Ground(color)
            return None
        if not layer.picture.look.mode == look.mode == "alpha":
            return None
        return refreshed(self._ctx, layer.ground, layer.picture, look, self._painter)

    def show(self, picture: Picture, look: Look, opacity: float) -> None:
        """Draw a picture with the current blending; see `PicturePainter.show`."""
        self._painter.show(picture, look, opacity)

    def with_wet(self, picture: Picture, look: Look, paint: Callable[[], PixelBounds]) -> Picture:
        """A copy of a picture with something painted on it, valid until the next call."""
        if self._scratch is None or self._scratch.size != look.size:
            if self._scratch is not None:
                self._scratch.release()
            self._scratch = new_picture(self._ctx, look)
        self._scratch.clear(look)
        self._scratch.framebuffer.use()
        if picture.look == look:
            self._ctx.copy_framebuffer(self._scratch.framebuffer, picture.framebuffer)
            self._scratch.cells |= picture.cells
        else:
            self._ctx.enable_only(moderngl.NOTHING)
            self._painter.show(picture, look, 1.0)
            self._scratch.cells[:] = True
        mark(self._scratch.cells, clipped(paint(), look.size))
        return self._scratch

    def release(self) -> None:
        """Give every texture back."""
        for layer in self._layers.values():
            layer.release()
        self._layers.clear()
        for picture in (self._spare, self._scratch):
            if picture is not None:
                picture.release()
        self._spare = self._scratch = None
        self._painter.release()

    def _layer_of(self, ink: Ink) -> Layer | None:
        nth = self._drawn.get(id(ink), 0)
        self._drawn[id(ink)] = nth + 1
        found = self._layers.get((id(ink), nth))
        # An ink that is gone may have had the same address.
        return found if found is not None and found.ink() is ink else None

    def _new_layer(self, ink: Ink, look: Look, paint: PaintStrokes) -> Layer:
        """Paint everything there is, in parts, so that the GPU's buffers stay small."""
        key = (id(ink), self._drawn[id(ink)] - 1)
        if key in self._layers:
            self._layers.pop(key).release()
        layer = self._layers[key] = Layer(
            weakref.ref(ink), self._blank(look), list(ink.strokes), ink.revision
        )
        layer.follow_brushes(layer.known)
        whole = Repaint(layer.picture, layer.known)
        while not whole.finished:
            whole.advance(self.budget, paint)
        return layer

    def _follow(self, layer: Layer, found: Changes, look: Look, paint: PaintStrokes) -> None:
        """Put fresh strokes on top of what is shown and of what is being painted; note what is stale."""
        layer.stale += found.stale
        layer.follow_brushes(found.fresh)
        expense = sum(cost(stroke, mean_scale(look.matrix)) for stroke in found.fresh)
        if expense > BULK * self.budget:
            layer.behind = True
        elif layer.picture.look == look:
            layer.picture.add(found.fresh, paint)
            self._left += expense  # so that what is painted anew comes nearer to its end all the same
        else:
            layer.late += found.fresh
            layer.behind |= bool(found.fresh) and layer.repaint is None
        if layer.repaint is not None:
            layer.repaint.strokes += found.fresh

    def _work(self, layer: Layer, look: Look, paint: PaintStrokes) -> None:
        """Paint anew what has to be, until nothing is left of it or of the budget."""
        if not layer.known or (layer.repaint and layer.repaint.within and layer.picture.look != look):
            self._keep(layer.repaint)
            layer.repaint = None
        while self._left > 0:
            layer.repaint = layer.repaint or self._begin(layer, look)
            if layer.repaint is None:
                return
            self._left = layer.repaint.advance(self._left, paint)
            if not layer.repaint.finished:
                return
            self._finish(layer, layer.repaint)

    def _begin(self, layer: Layer, look: Look) -> Repaint | None:
        """What is to be painted anew next, if anything."""
        within = None
        if not layer.behind and layer.picture.look == look:
            if not layer.stale:
                return None
            # Where nothing is left, or so much went that looking for its place would take long, all is stale.
            if layer.known and len(layer.stale) < MANY:
                within = layer.stale_box()
        layer.stale.clear()
        layer.behind = False
        return Repaint(self._blank(look, within), list(layer.known), within)

    def _finish(self, layer: Layer, done: Repaint) -> None:
        layer.repaint = None
        if done.within is None:
            layer.picture, done.picture = done.picture, layer.picture
            layer.late.clear()
        elif area(done.within):
            self._painter.copy(done.picture, layer.picture, done.within)
        self._keep(done)

    def _blank(self, look: Look, within: PixelBounds | None = None) -> Picture:
        """An empty picture, or one that is empty within a rectangle."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.size == look.size:
            spare.clear(look, within)
            return spare
        if spare is not None:
            spare.release()
        return new_picture(self._ctx, look)

    def _keep(self, done: Repaint | None) -> None:
        """Keep a picture that is no longer needed for the next one."""
        if done is not None:
            if self._spare is not None:
                self._spare.release()
            self._spare = done.picture
