"""The one object a sketch holds: it watches the pens, learns what it is taught, and trains beside the show.

    from addon import Recognizer

    class Letters(sketch.Sketch):
        def setup(self):
            self.letters = self.use(Recognizer("letters"))

        def draw(self, canvas):
            guess = self.letters.prediction
            canvas.text(guess.label, 40, 600, size=480, alpha=guess.opacity)

Without a sketch, call the hooks yourself: `setup(folder)`, `on_stroke_point(point, 0)`, ..., `update(dt)`,
`exit()`.
"""

import time
from collections.abc import Mapping
from pathlib import Path

from addon.background.timings import Timings
from addon.doctor.vetting import Vetting
from addon.features.points import Points, Strokes
from addon.inference.events import Events, Heard, Listeners
from addon.inference.model_manager import ModelManager
from addon.inference.pens import Pens
from addon.model.metadata import ModelSpec
from addon.model.registry import find_folder, is_path, model_name
from addon.prediction import Prediction
from addon.teaching import Teaching
from addon.training.client import TrainingClient
from addon.training.config import TrainConfig
from addon.training.status import TrainingStatus


class Recognizer(Teaching):
    """Predicts at every point of every pen; an addon by the hooks of `sketch/plugin.py`.

    Call from one thread. What a person can bring about live (a missing model, a full disk, a training that
    cannot begin or fails) never raises: it becomes a line in `messages()`, and everything else goes on.

    Args:
        model: A name, meaning the user's newest model of that name, else the one that ships; or an ONNX
            file's path.
        provider: "auto" (of CUDA and the CPU, what is faster for the model), "cuda" (where it runs), "cpu",
            or ONNX Runtime's own name for another one, which is not tested.
        require: One of these to have `setup` raise where it cannot run; or None.
        preset: Network to train from scratch: "lstm_short", "lstm_long", "deep_lstm_short" or
            "deep_lstm_long". None to adapt the base encoder that is in; without one, "lstm_short".
        home: Folder for what the user makes, instead of the one `setup` is given.
        watch: True to load by itself what is new or changed among the models of its name, the user's and
            those that ship; or a folder to watch besides, where any model counts. A relative path is looked
            for beside the sketch, then in the current folder.
        crossfade: Seconds in which a new model's answers take the place of the old one's, at least 0.

    Attributes:
        on_progress: Called with every answer and its pointer id; None, as the others are at first.
        on_decide: Called with the answer from which on `held` stands, once an ink, at the latest as it ends;
            again if, after `on_lost`, another one stands.
        on_lost: Called with the answer by which the one that was decided no longer holds.

    Raises:
        ValueError: An argument is none of these.
    """

    def __init__(
        self,
        model: str | Path = "letters",
        *,
        provider: str = "auto",
        require: str | None = None,
        preset: str | None = None,
        home: Path | None = None,
        watch: str | Path | bool = False,
        crossfade: float = 0.0,
    ) -> None:
        super().__init__(Pens(crossfade))
        self.name = model_name(model)
        self.on_progress: Heard | None = None
        self.on_decide: Heard | None = None
        self.on_lost: Heard | None = None
        self._wanted = model
        self._home = home
        self._watched = watch
        self._vetting = Vetting(provider=require or provider)
        self._slot = ModelManager(self._pens, provider, require, self._vetting)
        self._workshop = TrainingClient(self.name, self._pens, self._slot, preset)
        self._folder = Path()
        self._sketch: Path | None = None
        self._events = Events()

    def setup(self, home: Path) -> None:
        """Read what was taught and begin to load the model; it is in a moment later, see `ready`.

        Args:
            home: Folder for what the user makes, beside the sketch; made if need be. A relative path of a
                model is looked for in the folder that it is in, then in the current one.

        Raises:
            ProviderError: CUDA is required and cannot run here.
            RuntimeError: It was set up before.
        """
        self._slot.insist()
        # A process that trains or exports works in another folder, and so may the sketch, later.
        folder = (self._home or home).absolute() / self.name
        self._open(folder / "taught.sqlite3")
        self._folder, self._sketch = folder, home.absolute().parent
        self._say(*self._slot.load(self._wanted, self._folder / "models", sketch=self._sketch))
        if self._watched:
            named = self._watched if self._watched is True else find_folder(self._watched, self._sketch)
            self._say(*self._slot.follow(self.name, folder / "models", named))

    # What is going on

    @property
    def prediction(self) -> Prediction:
        """The answer for the pointer that was seen last; it stays until that pointer begins another ink.

        A model with longer steps answers in a worker, a moment after the point: a script that wants the
        answer to all it has drawn asks `wait_answer`.
        """
        return self._pens.prediction

    @property
    def predictions(self) -> Mapping[int, Prediction]:
        """The answers by pointer id."""
        return self._pens.predictions

    @property
    def ready(self) -> bool:
        """Whether a model is in."""
        return self._pens.model is not None

    @property
    def model(self) -> ModelSpec | None:
        """What the model that is in says about itself."""
        return None if self._pens.model is None else self._pens.model.spec

    @property
    def model_path(self) -> Path | None:
        """The file it came from."""
        return None if self._pens.model is None else self._pens.model.path

    @property
    def provider(self) -> str:
        """What it really runs on: "cpu", "cuda"; empty before a model is in."""
        return "" if self._pens.model is None else self._pens.model.session.provider

    @property
    def timings(self) -> Timings:
        """Microseconds from a point to its prediction, of the last 512 that gave one."""
        return self._pens.timings

    @property
    def training(self) -> TrainingStatus:
        """Where the training stands."""
        return self._workshop.status

    @property
    def refusal(self) -> str:
        """Why `train` would not begin now, in one line; empty if it would."""
        return self._workshop.refusal(self.labels)

    # Models

    def train(self, iterations: int | None = None, resume: bool = False) -> bool:
        """Adapt the base encoder that is in to what is taught, or train a network, in a process of its own.

        Drawing goes on meanwhile; the new model comes in between two frames. An adapted encoder does so only
        if it recognises inks better that were left out in turn; `messages()` gives both figures either way.

        Args:
            iterations: At most so many, at least 1; None for as many as suit.
            resume: Go on from where the last training of a network stopped.

        Returns:
            Whether it has begun. If not, `messages()` says why in the words of `refusal`.

        Raises:
            ValueError: `iterations` is out of its range.
        """
        if iterations is not None:
            TrainConfig(iterations=iterations)
        why_not = self.refusal
        try:
            said = why_not or self._workshop.train(self.examples, self._folder, iterations, resume)
        except OSError as error:
            why_not = said = f"training cannot begin ({error.strerror or error})"
        if said:
            self._say(said)
        return not why_not

    def export(self, path: str | Path) -> bool:
        """Write what is known to one file that needs nothing else: what is taught, baked into its encoder.

        It is made in a process of its own, and `messages()` says when it is there; an older file stays whole
        until then. Such a file can be loaded, and taught anew.

        Args:
            path: Where to, ending in .onnx.

        Returns:
            Whether it has begun. If not, `messages()` says why.

        Raises:
            ValueError: The path does not end in .onnx.
        """
        try:
            why_not = self._workshop.export(self.examples, self._folder, Path(path).absolute())
        except OSError as error:
            why_not = f"the export cannot begin ({error.strerror or error})"
        if why_not:
            self._say(why_not)
        return not why_not

    def cancel(self) -> None:
        """Stop the training, if one is under way; another may begin at once."""
        said = self._workshop.cancel()
        if said:
            self._say(said)

    def load(self, model: str | Path) -> None:
        """Load another model beside the show; the one before plays on until it comes in.

        A file may be anybody's: it is tried first in a process that may crash or hang without harm.

        Args:
            model: A name or a path, as for the recogniser itself.
        """
        self._say(*self._slot.load(model, self._folder / "models", is_path(model), self._sketch))

    def rollback(self) -> None:
        """Put the model back that was in before, between two frames; once more for the one after."""
        self._say(self._slot.rollback())

    def wait_ready(self, timeout: float = 10.0) -> bool:
        """For scripts: update until a model is in, at most `timeout` seconds; whether one is."""
        deadline = time.monotonic() + timeout
        while not self.ready and self._slot.busy and time.monotonic() < deadline:
            self.update(0.0)
            time.sleep(0.002)
        return self.ready

    def wait_answer(self, pointer_id: int | None = None, timeout: float = 10.0) -> Prediction:
        """For scripts: wait until all that was drawn and taught so far is answered, also by a worker.

        `on_progress`, `on_decide` and `on_lost` are called for it before this returns. A
        sketch must not call it while it draws: it may stall the frame.

        Args:
            pointer_id: Whose answer; None for the pointer that was seen last.
            timeout: Seconds to wait at most, also for a model that is on its way.

        Returns:
            The answer to the last point; empty if there is no model, or nothing was drawn.

        Raises:
            TimeoutError: It took longer; the answers go on coming.
        """
        deadline = time.monotonic() + timeout
        self.wait_ready(timeout)
        self.update(0.0)
        if not self._pens.wait(max(0.0, deadline - time.monotonic())) or (not self.ready and self._slot.busy):
            raise TimeoutError(f"no answer within {timeout:g} seconds; wait longer, or use a faster model")
        self._tell()
        return self._pens.answer(pointer_id)

    # The hooks of a sketch

    def update(self, dt: float) -> None:
        """Take in what has happened beside the frame: saved examples, a training's reports, a model."""
        self._say(*self._taught.poll())
        lines, loaded = self._slot.update()
        self._say(*lines)
        self._pens.pass_time(dt)
        self._say(*self._workshop.follow(loaded))
        self._pens.flush()
        self._say(*self._pens.take_faults())
        self._tell()

    def feed(self, points_by_pointer: Mapping[int, Points]) -> None:
        """Take the next points of several pens at once, in batched steps: cheaper than one after the other.

        For agents that draw, and for scripts; a sketch's own pens come through `on_stroke_point`. Each is
        lifted by `on_stroke`, and its ink closed by `on_ink`, as a hand's is.

        Args:
            points_by_pointer: Points of each pen that is down, shape (n, 4), oldest first.

        Raises:
            PointsError: An array has another shape or is not finite in x or y; nothing has changed.
        """
        self._pens.feed(points_by_pointer)
        self._tell_at_once()

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """Take one sample of a pen that is down: float32 of shape (4,).

        While one pen is down its answer is there when this returns; the points of several are answered
        together, in `update` or when an answer is asked for.

        Raises:
            PointsError: It has another shape, or x or y is not finite; nothing has changed.
        """
        self._pens.point(point, pointer_id)
        self._tell_at_once()

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """The pen was lifted."""
        self._pens.lift(pointer_id)
        self._tell_at_once()

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """The ink is closed: the answer to its last point stands, unless it is unknown.

        Where a worker answers, `on_decide` comes in a later `update`, after the answer to the last point.
        """
        self._pens.close_ink(pointer_id)
        self._tell()

    def on_ink_reopened(self, strokes: Strokes, pointer_id: int) -> None:
        """The ink is made of these strokes and goes on; its answer is that to all of them.

        Raises:
            PointsError: A stroke has another shape, or a point is not finite; nothing has changed.
        """
        self._tell()
        self._pens.reopen_ink(strokes, pointer_id)
        self._events.reopen(pointer_id)
        self._tell_at_once()

    def messages(self) -> list[str]:
        """What the user should be told since the last call, a line each."""
        lines, self._lines = self._lines, []
        return lines

    def exit(self) -> None:
        """End training and export, write what waits, let go of the model."""
        self._say(*self._workshop.stop())
        self._vetting.close()
        self._slot.close()
        self._pens.close()
        if self._store is not None:
            self._store.close()
            self._say(*self._store.poll())

    def _tell_at_once(self) -> None:
        # Asked at every point: while nobody listens, or a worker answers, it is enough to look once a frame.
        if self._pens.at_once and (self.on_progress or self.on_decide or self.on_lost):
            self._tell()

    def _tell(self) -> None:
        listeners = Listeners(self.on_progress, self.on_decide, self.on_lost)
        self._events.tell(self._pens.take_news(), listeners)
