"""What an image network sees, layer by layer, in a picture that moves or in what you draw.

    inkloop run sketch/examples/what_the_network_sees.py

Draw on the picture, or drop an image, a video or a model (.onnx) on the window. C turns the camera on, D lets
the network dream of what it sees, SPACE shows the next picture, BACKSPACE clears. Other keys are on the
screen.
"""

from collections.abc import Callable
from pathlib import Path

import sketch
from addon import ImageClassifier
from addon.errors import AddonError
from addon.vision.dreamer import Dreamer
from addon.vision.sources import Video, Webcam, load_image
from sketch.arrays import Pixels
from sketch.examples.eye_panels import (
    KEYS_LINE,
    Plate,
    answer_maps,
    grid_labels,
    label_line,
    layer_plates,
    probability_graph,
    truth_line,
)
from sketch.examples.still_lifes import STILL_LIFES

MODEL = "efficientnet-lite0"
SECONDS = 4.0  # that each picture stays
SIDE = 448
LAYER_SECONDS = 1.0  # that each layer stays, until a key chooses one
GRID = (4, 4)
IMAGES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


class WhatTheNetworkSees(sketch.Sketch):
    """The picture on the left, the layers of the network on the right."""

    window = sketch.Window(title="What the network sees")
    predicts_pen = False

    def setup(self) -> None:
        """Load the image model in the background, made at the first start; + selects others in its folder."""
        others = sorted((self.home / "models").glob("*.onnx"))
        others = [path for path in others if path.stem != MODEL]
        self.eye = self.use(ImageClassifier(MODEL, *others, watch=True))
        self.eye.views = {"picture", "label", "graph", "parameters", "outputs"}
        self.plates = (Plate(), Plate())
        self.frame_of = sketch.Fbo(SIDE, SIDE, pixel_ratio=1.0)
        self.seen: Pixels | None = None
        self.dream: Dreamer | None = None
        self.source: Callable[[], Pixels | None] | None = None
        self.camera: Webcam | None = None
        self.first = 0
        self.answered = self.eye.answer, 0.0
        self.walks = True
        self.walked = 0.0

    def box(self) -> tuple[float, float, float]:
        """Left, top and side of the picture."""
        side = min(0.56 * self.height, 0.34 * self.width)
        return 0.03 * self.width, 0.06 * self.height, side

    def update(self, dt: float) -> None:
        """Step through the layers until a key chooses one; note when an answer came."""
        if self.eye.answer is not self.answered[0]:
            self.answered = self.eye.answer, self.time
        if self.walks and self.eye.answer.layer and self.time - self.walked > LAYER_SECONDS:
            self.eye.choose_layer(1)
            self.walked = self.time

    def draw(self, canvas: sketch.Canvas) -> None:
        """The picture, then the chosen views."""
        canvas.background(11, 12, 16)
        with canvas.into(self.frame_of):
            self.draw_picture(canvas)
            self.seen = canvas.grab().pixels
        self.eye.feed(self.seen)
        left, top, side = self.box()
        if "picture" in self.eye.views:
            canvas.image(self.frame_of, left, top, side, side)
            if self.eye.grid is not None:
                grid_labels(canvas, self.eye.answer, left, top, side)
        below = top + side
        if "label" in self.eye.views:
            label_line(canvas, self.eye.answer, left, below + 0.075 * self.height, 0.06 * self.height)
        if "graph" in self.eye.views:
            probability_graph(
                canvas, self.eye.answer, left, below + 0.14 * self.height, side, 0.032 * self.height
            )
        if not self.eye.answer.label:
            answer_maps(canvas, self.eye.answer, left, below + 0.02 * self.height, side, 0.3 * self.height)
        right = left + side + 0.03 * self.width
        box = (right, top, 0.97 * self.width - right, 0.84 * self.height)
        layer_plates(canvas, self.eye, self.plates, box)
        canvas.color(255, alpha=0.55)
        canvas.text(self.truth(), 0.97 * self.width, self.height - 36, 13, align="right")
        canvas.color(255, alpha=0.35)
        canvas.text(KEYS_LINE, 0.97 * self.width, self.height - 16, 13, align="right")

    def truth(self) -> str:
        """The status in one line."""
        line = truth_line(self.eye, self.time - self.answered[1])
        begins = self.dream is not None and self.dream.picture is None
        return f"starting the dream   {line}" if begins else line

    def draw_picture(self, canvas: sketch.Canvas) -> None:
        """The picture for the network, in a square framebuffer."""
        left, top, side = self.box()
        given = self.source() if self.source is not None else None
        if self.dream is not None and self.dream.picture is not None:
            self.draw_filled(canvas, self.dream.picture)
        elif given is not None:
            self.draw_filled(canvas, given)
        elif self.ink.strokes or self.ink.wet:
            canvas.background(245)
            canvas.scale(SIDE / side)
            canvas.translate(-left, -top)
            canvas.ink(self.ink)
        else:
            canvas.scale(SIDE / 100)
            lifes = STILL_LIFES[self.first :] + STILL_LIFES[: self.first]
            lifes[int(self.time / SECONDS) % len(lifes)](canvas, self.time)

    def draw_filled(self, canvas: sketch.Canvas, picture: Pixels) -> None:
        """Fill the square with a picture, cropped to its middle."""
        height, width = picture.shape[:2]
        scale = SIDE / min(height, width)
        canvas.image(picture, (SIDE - scale * width) / 2, (SIDE - scale * height) / 2, width=scale * width)

    def key_pressed(self, key: str) -> None:
        """Keys for views, layers and models go to the classifier; the others are about the picture."""
        if self.eye.key_pressed(key):
            self.walks = self.walks and key not in ("[", "]")
            return
        actions = {
            "c": self.look_through_camera,
            "d": self.dream_or_wake,
            "g": self.ask_for_grid,
            "space": self.next_picture,
            "backspace": self.clear,
        }
        if key in actions:
            actions[key]()

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """A model is swapped in between two frames; a picture or a video is shown to the network."""
        for path in paths:
            if path.suffix.lower() == ".onnx":
                self.eye.load(path)
                continue
            try:
                self.look_at(path)
            except AddonError as error:
                self.send_message(str(error))

    def look_at(self, path: Path) -> None:
        """Show a file to the network."""
        self.clear()
        if path.suffix.lower() in IMAGES:
            image = load_image(path)
            self.source = lambda: image
        else:
            video, began = Video(path), self.time
            self.source = lambda: video.at(self.time - began)

    def look_through_camera(self) -> None:
        """Show the pictures of the first camera."""
        self.clear()
        try:
            camera = self.camera = Webcam()
            self.source = lambda: camera.latest
        except AddonError as error:
            self.send_message(str(error))

    def dream_or_wake(self) -> None:
        """Start a dream from the current picture, at the layer that is shown; or end it."""
        if self.dream is not None:
            self.addons.remove(self.dream)
            self.dream.exit()
            self.dream = None
            return
        self.dream = self.use(Dreamer(self.eye.layer, size=(256, 256), zoom=1.006))
        if self.seen is not None:
            self.dream.begin(self.seen)

    def ask_for_grid(self) -> None:
        """Switch the grid of classes on or off."""
        self.eye.grid = None if self.eye.grid else GRID

    def next_picture(self) -> None:
        """Go to the next picture."""
        self.first = (self.first + 1) % len(STILL_LIFES)

    def clear(self) -> None:
        """Remove what was drawn, dropped or filmed."""
        self.ink.clear()
        self.source = None
        if self.camera is not None:
            self.camera.close()
            self.camera = None

    def exit(self) -> None:
        """Release the camera."""
        self.clear()


if __name__ == "__main__":
    sketch.run(WhatTheNetworkSees)
