"""The image addon of a sketch: feed it pictures, read answers; models are swapped in the background."""

import os.path
import time
from pathlib import Path

from addon.arrays import Pixels
from addon.background.process_worker import ProcessWorker
from addon.background.timings import Timings
from addon.errors import AddonError, ModelError
from addon.inference.pens import WARM_SECONDS
from addon.inference.providers import check_provider
from addon.model.folder_watch import (
    Debounced,
    Event,
    FolderWatch,
    Stamp,
    WatchedFolder,
    folder_message,
    model_at,
)
from addon.model.image_arrays import checked_image
from addon.model.registry import find_folder, find_models, is_path, no_such_file, shipped_models
from addon.text import escaped
from addon.vision.answer import About, Answer
from addon.vision.image_worker import ImageWorker, Question

MADE = {
    "efficientnet-lite0": "addon.pretraining.image_model:make_in_process",
    "text-detector": "addon.vision.text_detector:make_in_process",
}
"""The function that creates each model, from the weights in a package; only its name, as it needs torch."""

VIEWS = ("picture", "label", "graph", "parameters", "outputs")
"""What can be shown, in the order of the keys 0 to 4."""

KEYS = {"[": ("layer", -1), "]": ("layer", 1), "-": ("model", -1), "+": ("model", 1), "=": ("model", 1)}
"""What the keys change, and in which direction; "=" is "+" without Shift."""


class ImageClassifier:
    """Classifies pictures with an ONNX model in another process: no frame ever waits for it.

        self.eye = self.use(ImageClassifier("efficientnet-lite0"))
        ...
        self.eye.feed(canvas.grab().pixels)
        canvas.text(self.eye.answer.label, 40, 60)

    Args:
        *models: Paths of ONNX files, or names of models in the user's folder `models`. The first one is
            loaded; `-` and `+` switch between them. "efficientnet-lite0" is created if it is missing.
        provider: "auto", "cuda" or "cpu".
        require: "cuda" or "cpu" to refuse anything else; None to accept any.
        threads: Threads for one operator.
        watch: True to load new or changed models in the user's folder automatically; or another folder to
            watch as well.

    Attributes:
        models: The models to choose from.
        views: Those of `VIEWS` that are shown. What is not shown is not computed.
        layer: Index of the layer that "parameters" and "outputs" show.
        grid: Rows and columns of a grid over the picture whose cells are classified; None for none.
        answer: The newest answer; empty before the first.
        refusal: Why the last requested model could not be loaded; empty if it was, or is still loading.

    Raises:
        ValueError: There is no model, or the provider is unknown.
    """

    def __init__(
        self,
        *models: str | Path,
        provider: str = "auto",
        require: str | None = None,
        threads: int = 1,
        watch: str | Path | bool = False,
    ) -> None:
        if not models:
            raise ValueError("an image classifier needs a model, a name or a path")
        check_provider(provider, require)
        self.models: list[str | Path] = list(models)
        self.views: set[str] = {"picture", "label", "graph"}
        self.layer = 0
        self.grid: tuple[int, int] | None = None
        self.answer = Answer()
        self.refusal = ""
        self._chosen: int | None = None
        self._settings = (provider, require, threads)
        self._wishes = watch
        self._watch: FolderWatch | None = None
        self._opened: dict[Path, Stamp | None] = {}
        self._paused = 0.0
        self._home: Path | None = None
        self._now: ImageWorker | None = None
        self._next: ImageWorker | None = None
        self._making: tuple[Path, ProcessWorker] | None = None
        self._outbox: list[str] = []
        self._reported: set[str] = set()

    @property
    def about(self) -> About:
        """The model in use; empty before its first answer."""
        return self._now.about if self._now else About()

    @property
    def state(self) -> str:
        """The state: making, loading, ready, or idle if there is no model."""
        if self._making is not None:
            return "making"
        if self._next is not None:
            return "loading"
        return "ready" if self._now else "idle"

    @property
    def ready(self) -> bool:
        """Whether a model is in use."""
        return self._now is not None

    @property
    def dropped(self) -> int:
        """Pictures that the model in use skipped because newer ones came."""
        return self._now.dropped if self._now else 0

    @property
    def timings(self) -> Timings | None:
        """Microseconds from a picture to its answer; None before there is a model."""
        return self._now.timings() if self._now else None

    def setup(self, home: Path) -> None:
        """Start loading the first model."""
        self._home = home
        self.load(self.models[0])
        if self._wishes:
            folder = None if self._wishes is True else find_folder(self._wishes, home.absolute().parent)
            named = [] if folder is None else [WatchedFolder(folder, named=True)]
            self._watch = FolderWatch([WatchedFolder(home / "models"), *named])

    def load(self, model: str | Path) -> None:
        """Load another model in the background; the current one stays in use until it is ready."""
        self.refusal, self._chosen = "", None
        if model not in self.models:
            self.models.append(model)
        own = (self._home or Path()) / "models"
        named = own / f"{model}.onnx"
        is_own = not is_path(model) and os.path.isfile(named)
        try:
            if model in MADE and not is_own:
                self._make(str(model), named)
                return
            paths = (
                [named]
                if is_own
                else find_models(model, own, shipped_models(), self._home and self._home.absolute().parent)
            )
            self._open(Path(paths[0]))
        except AddonError as error:
            self._refuse([str(error)])

    def feed(self, image: Pixels) -> bool:
        """Classify a picture as soon as the previous one is done; it replaces one that is still waiting.

        Args:
            image: Uint8 of shape (h, w, 3) or (h, w, 4).

        Returns:
            Whether there is a model for it.

        Raises:
            ValueError: It is not a picture.
        """
        checked = checked_image(image)
        self._paused = 0.0
        return self._now is not None and self._now.feed(checked, self._question())

    def update(self, dt: float) -> None:
        """Take new answers, and models that were created or loaded."""
        self._finish_making()
        if self._watch is not None:
            for event in self._watch.poll():
                self._follow(event)
        self._swap()
        self._paused += dt
        if self._paused >= WARM_SECONDS and self._now is not None:
            self._paused = 0.0
            self._now.keep_warm()
        if self._now is not None:
            self._report(self._now.messages())
            self.answer = self._now.take() or self.answer

    def wait_ready(self, timeout: float = 60.0) -> bool:
        """For scripts: update until a model is in use, at most `timeout` seconds; returns whether one is."""
        deadline = time.monotonic() + timeout
        while not self.ready and self.state != "idle" and time.monotonic() < deadline:
            self.update(0.0)
            time.sleep(0.005)
        return self.ready

    def choose_layer(self, step: int) -> None:
        """Choose the next layer, or the previous one."""
        self.layer = (self.layer + step) % max(len(self.about.layers), 1)

    def choose_model(self, step: int) -> None:
        """Load the next model, or the previous one."""
        place = self._place() if self._chosen is None else self._chosen
        chosen = (place + step) % len(self.models)
        self.load(self.models[chosen])
        # The next key continues after a model that was refused, instead of trying it again.
        self._chosen = chosen

    def key_pressed(self, key: str) -> bool:
        """Handle a key: 0 to 4 for views, [ and ] for layers, - and + for models; whether it was one."""
        if key in ("0", "1", "2", "3", "4"):
            self.views ^= {VIEWS[int(key)]}
        elif key in KEYS:
            what, step = KEYS[key]
            (self.choose_layer if what == "layer" else self.choose_model)(step)
        else:
            return False
        return True

    def messages(self) -> list[str]:
        """Messages for the user since the last call."""
        outbox, self._outbox = self._outbox, []
        return list(map(escaped, outbox))

    def exit(self) -> None:
        """End its processes."""
        for part in (self._now, self._next):
            if part is not None:
                part.close()
        if self._making is not None:
            self._making[1].close(0)
        self._now = self._next = self._making = None
        if self._watch is not None:
            self._watch.close()

    def _follow(self, event: Event) -> None:
        if not isinstance(event, Debounced):
            self._outbox.append(folder_message(event))
            return
        for path in reversed(event.older):
            self._choice_of(path)
        # A model that was created here, or requested by name, is already open.
        if self._opened.get(event.path) != model_at(event.path):
            self.load(self._choice_of(event.path))

    def _choice_of(self, path: Path) -> str | Path:
        """The entry of a file among the models to choose from; it is added if needed."""
        for model in self.models:
            if (is_path(model) and Path(model).resolve() == path.resolve()) or model == path.stem:
                return model
        self.models.append(path)
        return path

    def _question(self) -> Question:
        looks = bool(self.views & {"parameters", "outputs"})
        return Question(self.layer if looks else None, "parameters" in self.views, self.grid)

    def _place(self) -> int:
        latest = self._next or self._now
        stems = [Path(model).stem if is_path(model) else str(model) for model in self.models]
        return stems.index(latest.path.stem) if latest and latest.path.stem in stems else 0

    def _make(self, model: str, path: Path) -> None:
        if self._making is not None:
            return
        self._outbox.append(f"{model} is being created; this happens only once")
        arguments = {"path": str(path.resolve())}
        self._making = path, ProcessWorker(MADE[model], arguments, path.name, niceness=10)

    def _finish_making(self) -> None:
        if self._making is None:
            return
        path, worker = self._making
        if not (worker.open or worker.full):
            return
        self._making = None
        try:
            if path.is_file():
                self._open(path)
            else:
                self._refuse(worker.messages())
        except AddonError as error:
            self._refuse([str(error)])
        worker.close(0)

    def _open(self, path: Path) -> None:
        if not path.is_file():
            raise ModelError(no_such_file(path))
        if self._next is not None:
            self._next.close()
        if self._watch is not None:
            self._opened[path] = model_at(path)
        self._next = ImageWorker(path, *self._settings)

    def _swap(self) -> None:
        """Switch to the next model if it is open; report it if it was refused."""
        if self._next is None:
            return
        if self._next.open:
            if self._now is not None:
                self._now.close()
            self._now, self._next, self.layer = self._next, None, 0
        elif self._next.refused:
            self._refuse(self._next.messages())
            self._next.close()
            self._next = None

    def _report(self, lines: list[str]) -> None:
        """Queue new messages: one that is true of every model, such as a missing CUDA, is given once."""
        self._outbox += [line for line in lines if line not in self._reported]
        self._reported.update(lines)

    def _refuse(self, lines: list[str]) -> None:
        self._outbox += lines
        self.refusal = escaped(" ".join(lines))
