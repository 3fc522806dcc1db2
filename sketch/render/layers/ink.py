"""Layers of dry ink: dry strokes are painted once and kept, so a frame costs only what is new.

What must be repainted, because a stroke under others was removed or because the frame has another size, is
painted on a second picture, over several frames. Until that is done the first picture stays on screen, in the
right place and size, and strokes that dry in the meantime are painted on both.
"""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import moderngl

from sketch.ink.brush import Brush, BrushFiles
from sketch.ink.ink import Ink, Rgba, Stroke
from sketch.render.layers.boxes import area, clipped, mark, stroke_box, union
from sketch.render.layers.pictures import (
    Ground,
    Look,
    PaintStrokes,
    Picture,
    PicturePainter,
    blank_picture,
    refreshed,
)
from sketch.render.layers.repaint import Repaint, cost
from sketch.render.matrix import mean_scale
from sketch.render.strokes.rows import PixelBounds


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two lists of strokes.

    Attributes:
        stale: Strokes that are gone, or new with old strokes after them: their place must be redrawn.
        fresh: New strokes at the end, which are drawn on top.
    """

    stale: list[Stroke]
    fresh: list[Stroke]


def changes(before: Sequence[Stroke], after: Sequence[Stroke]) -> Changes:
    """Compare two lists of strokes by identity, not by what they look like.

    Args:
        before: What was drawn, in order.
        after: What is to be drawn, in order.

    Returns:
        The strokes between which the lists differ; where strokes changed places, all strokes between them.
    """
    start = _common_start(before, after)
    end = _common_start(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    olds, news = {id(stroke) for stroke in old}, {id(stroke) for stroke in new}
    kept = [stroke for stroke in old if id(stroke) in news]
    if kept != [stroke for stroke in new if id(stroke) in olds]:
        return Changes([*old, *new], [])
    fresh = _fresh(new, olds) if end == 0 else []
    gone = [stroke for stroke in old if id(stroke) not in news]
    inserted = [stroke for stroke in new[: len(new) - len(fresh)] if id(stroke) not in olds]
    return Changes([*gone, *inserted], fresh)


def _fresh(strokes: Sequence[Stroke], known: set[int]) -> list[Stroke]:
    """The strokes after the last known one."""
    last = max((index for index, stroke in enumerate(strokes) if id(stroke) in known), default=-1)
    return list(strokes[last + 1 :])


def _common_start(a: Sequence[Stroke], b: Sequence[Stroke]) -> int:
    """Length of the common start of two lists, by bisection: Python compares slices fast."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


BUDGET = 2500
"""Thin points that are repainted per frame: about a third of its time on two cores without a GPU."""

BULK = 4
"""Cost of new strokes, in budgets, from which they are painted in slices, too."""

MANY = 500
"""Number of stale strokes from which the whole picture is repainted."""


@dataclass(slots=True, eq=False)
class Layer:
    """The dry strokes of one ink.

    Attributes:
        ink: The ink.
        picture: What is shown.
        known: The strokes that the picture shows once the places of `stale` are repainted.
        revision: Revision of the ink when `known` was compared with it.
        stale: Strokes that are gone, or were put between others.
        late: Strokes that dried since the picture is out of date; they are drawn on top of it.
        behind: Whether the whole picture must be repainted.
        repaint: The repainting in progress.
        ground: The background with the ink on it, if it was drawn on one.
        brushes: The files of its brushes, and how often each had been read.
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
        """Note that the whole picture must be repainted if a brush's files were changed.

        Args:
            fresh: New strokes.
        """
        for stroke in fresh:
            brush = stroke.style.brush
            if isinstance(brush, Brush) and brush.files is not None:
                self.brushes.setdefault(brush.files, brush.files.reads)
        for files, reads in self.brushes.items():
            files.look()
            if files.reads != reads:
                # After a failed read it is repainted, too, so that the frame shows what is wrong.
                self.brushes[files] = files.reads
                self.behind = True

    def changes(self, ink: Ink) -> Changes:
        """What changed in the ink since the last call."""
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
        """Release the textures."""
        repainted = None if self.repaint is None else self.repaint.picture
        for part in filter(None, (self.picture, repainted, self.ground)):
            part.release()


class InkLayers:
    """The layers of every ink that a canvas draws.

    Args:
        ctx: The context to draw in.

    Attributes:
        budget: What all layers together may repaint in a frame, in thin points.
        painter: Draws pictures of ink on the frame.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self.budget = BUDGET
        self._ctx = ctx
        self._left = self.budget
        self._layers: dict[tuple[int, int], Layer] = {}
        self._drawn: dict[int, int] = {}
        self._spare: Picture | None = None
        self._scratch: Picture | None = None
        self.painter = PicturePainter(ctx)

    def begin_frame(self) -> None:
        """Release the layers of inks that are gone: not in a finalizer, which may have no context."""
        self._left = self.budget
        self._drawn.clear()
        for key in [key for key, layer in self._layers.items() if layer.ink() is None]:
            self._layers.pop(key).release()

    def update(self, ink: Ink, look: Look, paint: PaintStrokes) -> Layer:
        """Bring the layer of an ink up to date, as far as this frame's budget goes.

        An ink that was never drawn before is painted at once. May leave another framebuffer in use.

        Args:
            ink: Its dry strokes are painted. Each time it is drawn in a frame it has another layer.
            look: How they should look.
            paint: Paints strokes into the framebuffer in use.
        """
        layer = self._layer_of(ink, look, paint)
        self._follow(layer, layer.changes(ink), look, paint)
        self._work(layer, look, paint)
        return layer

    def on_ground(self, layer: Layer, look: Look, color: Rgba) -> Picture | None:
        """A layer on a plain color, if the frame can be copied from it.

        May leave another framebuffer in use.
        """
        if layer.ground is None:
            layer.ground = Ground(color)
        if layer.ground.color != color:
            # The color may change again in the next frame, so a picture is not worth its cost yet.
            layer.ground.release()
            layer.ground = Ground(color)
            return None
        if not layer.picture.look.mode == look.mode == "alpha":
            return None
        return refreshed(self._ctx, layer.ground, layer.picture, look, self.painter)

    def with_wet(self, picture: Picture, look: Look, paint: Callable[[], PixelBounds]) -> Picture:
        """A copy of a picture with something painted on it, valid until the next call."""
        self._scratch = blank_picture(self._ctx, self._scratch, look)
        self._scratch.framebuffer.use()
        if picture.look == look:
            self._ctx.copy_framebuffer(self._scratch.framebuffer, picture.framebuffer)
            self._scratch.cells |= picture.cells
        else:
            self._ctx.enable_only(moderngl.NOTHING)
            self.painter.show(picture, look, 1.0)
            self._scratch.cells[:] = True
        mark(self._scratch.cells, clipped(paint(), look.size))
        return self._scratch

    def release(self) -> None:
        """Release every texture."""
        for layer in self._layers.values():
            layer.release()
        self._layers.clear()
        for part in filter(None, (self._spare, self._scratch, self.painter)):
            part.release()
        self._spare = self._scratch = None

    def _layer_of(self, ink: Ink, look: Look, paint: PaintStrokes) -> Layer:
        """The layer of an ink; a new one paints all strokes, in parts, so that buffers stay small."""
        nth = self._drawn.get(id(ink), 0)
        self._drawn[id(ink)] = nth + 1
        found = self._layers.get((id(ink), nth))
        if found is not None:
            if found.ink() is ink:
                return found
            found.release()  # an ink that is gone had the same address
        layer = Layer(weakref.ref(ink), self._blank(look), list(ink.strokes), ink.revision)
        self._layers[id(ink), nth] = layer
        layer.follow_brushes(layer.known)
        whole = Repaint(layer.picture, layer.known)
        while not whole.finished:
            whole.advance(self.budget, paint)
        return layer

    def _follow(self, layer: Layer, found: Changes, look: Look, paint: PaintStrokes) -> None:
        """Paint fresh strokes on top of the picture and of the repainting; note stale strokes."""
        layer.stale += found.stale
        layer.follow_brushes(found.fresh)
        expense = sum(cost(stroke, mean_scale(look.matrix)) for stroke in found.fresh)
        if expense > BULK * self.budget:
            layer.behind = True
        elif layer.picture.look == look:
            layer.picture.add(found.fresh, paint)
            self._left += expense  # so that the repainting still makes progress
        else:
            layer.late += found.fresh
            layer.behind |= bool(found.fresh) and layer.repaint is None
        if layer.repaint is not None:
            layer.repaint.strokes += found.fresh

    def _work(self, layer: Layer, look: Look, paint: PaintStrokes) -> None:
        """Repaint what must be repainted, until it is done or the budget is used up."""
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
        """The next repainting, if any."""
        within = None
        if not layer.behind and layer.picture.look == look:
            if not layer.stale:
                return None
            # If no stroke is left, or so many are gone that finding their place takes long, all is stale.
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
            self.painter.copy(done.picture, layer.picture, done.within)
        self._keep(done)

    def _blank(self, look: Look, within: PixelBounds | None = None) -> Picture:
        """An empty picture, or one that is empty within a rectangle."""
        spare, self._spare = self._spare, None
        return blank_picture(self._ctx, spare, look, within)

    def _keep(self, done: Repaint | None) -> None:
        """Keep a picture that is no longer needed, to be used for the next one."""
        if done is not None:
            if self._spare is not None:
                self._spare.release()
            self._spare = done.picture
