"""The one object a sketch holds: it recognises inks, learns examples and trains in the background.

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

import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from addon.background.timings import Timings
from addon.dataset.taught import Example, TaughtStore, checked_strokes
from addon.doctor.vetting import Vetting
from addon.features.points import Points, Strokes
from addon.fewshot.coach import Advice, taught_as
from addon.fewshot.coach_thread import FIRST_SECONDS, Coach
from addon.fewshot.leave_one_out import Oddity
from addon.fewshot.prototypes import Prototypes
from addon.inference.events import Events, Heard, Listeners
from addon.inference.model_manager import ModelManager
from addon.inference.pens import Pens
from addon.model.metadata import ModelSpec
from addon.model.registry import find_folder, is_path, model_name, shipped_models
from addon.prediction import Prediction
from addon.text import escaped
from addon.training.client import TrainingClient
from addon.training.config import TrainConfig
from addon.training.status import TrainingStatus

_log = logging.getLogger(__name__)

PARAMETERS: Mapping[str, Mapping[str, object]] = {
    "hold": {"low": 0.0, "high": 6.0, "help": "how much speaks for another class before it takes over"},
    "unknown": {"low": -6.0, "high": 6.0, "help": "above 0 more inks are none of the classes"},
}
"""What a panel shows of a recogniser."""


class Recognizer:
    """Predicts at every point of every pen; an addon with the hooks of `sketch/plugin.py`.

    Call it from one thread. What can go wrong on stage (a missing model, a full disk, a training that cannot
    begin or fails) never raises: it becomes a line in `messages()`, and everything else continues.

    Args:
        model: A name, meaning the user's newest model of that name, else the one that ships; or an ONNX
            file's path.
        provider: "auto" (the faster of CUDA and the CPU for the model), "cuda" (where it runs), "cpu", or
            ONNX Runtime's own name for another one, which is not tested.
        require: One of these, for `setup` to raise where it cannot run; or None.
        preset: Network to train from scratch: "lstm_short", "lstm_long", "deep_lstm_short" or
            "deep_lstm_long". None to adapt the base encoder in use; without one, "lstm_short".
        home: Folder for what the user makes, instead of the one `setup` is given.
        watch: True to load new and changed models of its name by itself, the user's and those that ship; or
            a further folder to watch, where any model counts. A relative path is looked for next to the
            sketch, then in the current folder.
        crossfade: Seconds in which a new model's answers replace the old one's, at least 0.

    Attributes:
        parameters: What a panel shows of it: the options of each attribute, see `sketch/plugin.py`.
        on_progress: Called with every answer and its pointer id; None at first, as the others.
        on_decide: Called with the answer that decides `held`, once an ink, when the ink ends at the latest;
            again if another class is decided after `on_lost`.
        on_lost: Called with the answer that loses the decision.

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
        self.name = model_name(model)
        self.parameters: Mapping[str, Mapping[str, object]] = PARAMETERS
        self.on_progress: Heard | None = None
        self.on_decide: Heard | None = None
        self.on_lost: Heard | None = None
        self._wanted = model
        self._home = home
        self._watched = watch
        self._vetting = Vetting(provider=require or provider)
        self._pens = Pens(crossfade)
        self._manager = ModelManager(self._pens, provider, require, self._vetting)
        self._client = TrainingClient(self.name, self._pens, self._manager, preset)
        self._store: TaughtStore | None = None
        self._coach = Coach()
        self._advised = False
        self._lines: list[str] = []
        self._folder = Path()
        self._sketch: Path | None = None
        self._events = Events()

    def setup(self, home: Path) -> None:
        """Read what is taught and begin to load the model, which is in use a moment later, see `ready`.

        Args:
            home: Folder for what the user makes, next to the sketch; made if it is missing. A relative path
                of a model is looked for in the sketch's folder, then in the current one.

        Raises:
            ProviderError: CUDA is required and cannot run here.
            RuntimeError: It is set up already.
        """
        self._manager.insist()
        # A training works in another folder, and the sketch may change its own later.
        home = Path(home)
        folder = (self._home or home).absolute() / self.name
        if self._store is not None:
            raise RuntimeError("this recognizer is set up already; make one for each sketch")
        self._store = TaughtStore(folder / "taught.sqlite3", changed=self._pens.learn)
        self._folder, self._sketch = folder, home.absolute().parent
        self._report(*self._manager.load(self._wanted, self._folder / "models", sketch=self._sketch))
        if self._watched:
            named = self._watched if self._watched is True else find_folder(self._watched, self._sketch)
            self._report(*self._manager.follow(self.name, folder / "models", named))

    # What a performer changes

    @property
    def hold(self) -> float:
        """Evidence, as a logarithm, at which another class takes over from the held one; 1.0 at first.

        0 holds nothing, 6 needs a class that is 400 times as likely for one row. Less than 0 counts as 0.

        Raises:
            ValueError: It is set to what is no finite number.
        """
        return self._pens.tuning.hold

    @hold.setter
    def hold(self, value: float) -> None:
        self._pens.tuning.hold = max(0.0, _finite("hold", value))

    @property
    def unknown(self) -> float:
        """How readily an ink is none of the classes: added to its log odds; 0.0 at first.

        At 2 an ink that was unknown with 50 % is so with 88 %, at -2 with 12 %.

        Raises:
            ValueError: It is set to what is no finite number.
        """
        return self._pens.tuning.unknown

    @unknown.setter
    def unknown(self, value: float) -> None:
        self._pens.tuning.unknown = _finite("unknown", value)

    # Answers and state

    @property
    def prediction(self) -> Prediction:
        """The answer for the pointer that moved last; it stays until that pointer begins another ink.

        A model with longer steps answers in a worker, a moment after the point: a script that needs the
        answer to all it has drawn calls `wait_answer`.
        """
        return self._pens.prediction

    @property
    def predictions(self) -> Mapping[int, Prediction]:
        """The answers by pointer id."""
        return self._pens.predictions

    @property
    def ready(self) -> bool:
        """Whether a model is in use."""
        return self._pens.model is not None

    @property
    def model(self) -> ModelSpec | None:
        """The description in the file of the model in use."""
        return None if self._pens.model is None else self._pens.model.spec

    @property
    def model_path(self) -> Path | None:
        """The file of the model in use."""
        return None if self._pens.model is None else self._pens.model.path

    @property
    def model_content(self) -> str:
        """What identifies the model in use, in hex, whatever its file is called; empty without one."""
        return "" if self._pens.model is None else self._pens.model.content

    @property
    def provider(self) -> str:
        """The provider it really runs on: "cpu", "cuda"; empty before a model is in use."""
        return "" if self._pens.model is None else self._pens.model.session.provider

    @property
    def timings(self) -> Timings:
        """Microseconds from a point to its prediction, of the last 512 points that gave one."""
        return self._pens.timings

    @property
    def training(self) -> TrainingStatus:
        """The status of the training."""
        return self._client.status

    @property
    def refusal(self) -> str:
        """Why `train` would not begin now, in one line; empty if it would."""
        return self._client.refusal(self.labels)

    # What it is taught

    @property
    def examples(self) -> tuple[Example, ...]:
        """The taught examples, oldest first."""
        return self._taught.examples

    @property
    def labels(self) -> dict[str, int]:
        """Number of taught examples by label, in the order in which the labels were first taught."""
        return self._taught.labels

    @property
    def unsaved(self) -> int:
        """Number of changes to the taught set that are not on the disk yet."""
        return self._taught.unsaved

    def teach(self, label: str, strokes: Strokes) -> Example:
        """Add an example; it is saved in the background, see its `saved`.

        An ink that continues an example of this label, point by point, replaces it: that one was closed too
        early, and was opened again (see `on_ink_reopened`). If the very same ink is taught under another
        label already, a line in `messages()` reports it.

        Args:
            label: Any text that is not blank.
            strokes: At least one, each of shape (n, 4), n at least 1; copied.

        Raises:
            ValueError: The label is blank.
            PointsError: There are no strokes, or one is empty, misshapen or not finite.
        """
        strokes = checked_strokes(strokes)
        before = self._taught.begun_by(label, strokes)
        if before is not None:
            return self.amend(before, strokes)
        example = self._taught.teach(label, strokes)
        self._report_twins(example)
        return example

    def amend(self, example: Example, strokes: Strokes) -> Example:
        """Replace the strokes of an example, from the next point on.

        Args:
            example: One of `examples`.
            strokes: At least one, each of shape (n, 4), n at least 1; copied.

        Raises:
            ValueError: It is not taught.
            PointsError: There are no strokes, or one is empty, misshapen or not finite.
        """
        amended = self._taught.amend(example, strokes)
        self._report_twins(amended)
        return amended

    def relabel(self, example: Example, label: str) -> Example:
        """Give an example another label, from the next point on.

        Args:
            example: One of `examples`.
            label: Any text that is not blank.

        Raises:
            ValueError: It is not taught, or the label is blank.
        """
        relabelled = self._taught.relabel(example, label)
        self._report_twins(relabelled)
        return relabelled

    def forget(self, example: Example) -> Example:
        """Remove an example; `restore` brings it back.

        Args:
            example: One of `examples`.

        Raises:
            ValueError: It is not taught.
        """
        return self._taught.forget(example)

    def remove_last(self) -> Example | None:
        """Remove the last example; None if there is none."""
        return self._taught.remove_last()

    def restore(self) -> Example | None:
        """Bring back the example that was removed last; None if there is none."""
        return self._taught.restore()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait, at most `timeout` seconds, until the taught set is on the disk; whether it is."""
        return self._taught.flush(timeout)

    def advice(self, timeout: float | None = None) -> tuple[Advice, ...]:
        """What to draw next: the taught pairs that are close, the one that needs it most first.

        It is computed in the background after every change to the taught set; until then it is the previous
        advice. Empty with fewer than two classes, without a model, or with one that learns by training alone.

        Args:
            timeout: Seconds to wait for it, at most. None waits at the first call alone, when there is no
                previous advice; a sketch that draws passes 0.
        """
        return self._coach.says(self._learned(timeout), timeout).pairs

    def oddities(self, timeout: float | None = None) -> tuple[Oddity, ...]:
        """The examples that do not fit their label, oldest first: they look like another class, or like none.

        Args:
            timeout: As for `advice`.
        """
        return self._coach.says(self._learned(timeout), timeout).odd

    def all_known(self, timeout: float | None = None) -> bool:
        """Whether each example is recognised by the others: then adapting the encoder has nothing to gain.

        Args:
            timeout: As for `advice`.
        """
        return self._coach.says(self._learned(timeout), timeout).known

    # Models

    def train(self, iterations: int | None = None, resume: bool = False) -> bool:
        """Adapt the base encoder in use to the taught set, or train a network, in a process of its own.

        Drawing continues meanwhile; Inkloop swaps the new model in between two frames. It takes an adapted
        encoder only if its cross-validated accuracy is better; `messages()` gives both figures either way.

        Args:
            iterations: The most to make, at least 1; None for as many as suit.
            resume: Continue where the last training of a network stopped.

        Returns:
            Whether it has begun. If not, `messages()` gives the reason, as `refusal` does.

        Raises:
            ValueError: `iterations` is out of its range.
        """
        if iterations is not None:
            TrainConfig(iterations=iterations)
        refusal = self.refusal
        if self.replays:
            self._report("a replay trains nothing: the model that was trained is taken where it was ready")
            return not refusal
        try:
            message = refusal or self._client.train(self.examples, self._folder, iterations, resume)
        except OSError as error:
            refusal = message = f"training cannot begin ({error.strerror or error})"
        if message:
            self._report(message)
        return not refusal

    def export(self, path: str | Path) -> bool:
        """Write the taught classes and their encoder to one file that needs nothing else.

        A process of its own makes it, and `messages()` reports when it is there; an older file stays whole
        until then. The file can be loaded, and taught other classes.

        Args:
            path: The file, ending in .onnx.

        Returns:
            Whether it has begun. If not, `messages()` gives the reason.

        Raises:
            ValueError: The path does not end in .onnx.
        """
        try:
            refusal = self._client.export(self.examples, self._folder, Path(path).absolute())
        except OSError as error:
            refusal = f"the export cannot begin ({error.strerror or error})"
        if refusal:
            self._report(refusal)
        return not refusal

    def cancel(self) -> None:
        """Stop the training, if one runs; another may begin at once."""
        message = self._client.cancel()
        if message:
            self._report(message)

    def load(self, model: str | Path) -> None:
        """Load another model in the background; the previous model stays active until then.

        The file is not trusted: it runs first in a process that may crash or hang without harm.

        Args:
            model: A name or a path, as for the recogniser itself.
        """
        self._report(*self._manager.load(model, self._folder / "models", is_path(model), self._sketch))

    def rollback(self) -> None:
        """Swap the previous model back in, between two frames; the next call swaps them again."""
        self._report(self._manager.rollback())

    def wait_ready(self, timeout: float = 10.0) -> bool:
        """For scripts: update until a model is in use, at most `timeout` seconds; whether one is."""
        deadline = time.monotonic() + timeout
        while not self.ready and self._manager.busy and time.monotonic() < deadline:
            self.update(0.0)
            time.sleep(0.002)
        return self.ready

    def wait_answer(self, pointer_id: int | None = None, timeout: float = 10.0) -> Prediction:
        """For scripts: wait until all that was drawn and taught so far is answered, also by a worker.

        `on_progress`, `on_decide` and `on_lost` are called for it before this returns. A sketch must not call
        it while it draws: it may stall the frame.

        Args:
            pointer_id: The pointer; None for the one that moved last.
            timeout: Seconds to wait at most, also for a model that is being loaded.

        Returns:
            The answer to the last point; empty if there is no model, or nothing was drawn.

        Raises:
            TimeoutError: It took longer; the answers still come later.
        """
        deadline = time.monotonic() + timeout
        self.wait_ready(timeout)
        self.update(0.0)
        if not self._pens.wait(max(0.0, deadline - time.monotonic())) or (
            not self.ready and self._manager.busy
        ):
            raise TimeoutError(f"no answer within {timeout:g} seconds; wait longer, or use a faster model")
        self._notify()
        return self._pens.answer(pointer_id)

    # For a replay of what a sketch did, see docs/tapes.md

    @property
    def replays(self) -> bool:
        """Whether a tape is replayed: models change only as `expect_model` says, and nothing is trained."""
        return self._manager.holds

    @replays.setter
    def replays(self, value: bool) -> None:
        self._manager.holds = value

    def expect_model(self, content: str, paths: Sequence[Path]) -> None:
        """In a replay: take this model in the next `update`, which waits up to a minute for it.

        Args:
            content: Its `model_content`.
            paths: Files that may be it; they are not trusted.
        """
        folders = (self._folder / "models", shipped_models())
        named = [folder / path.name for folder in folders for path in paths]
        self._manager.expect(content, [*dict.fromkeys([*paths, *named])])

    def settle(self, timeout: float = 10.0) -> bool:
        """In a replay: wait until a worker has answered all that was drawn; whether it has.

        The callbacks are called for these answers, as they are at once where no worker answers.
        """
        if self._pens.at_once:
            return True
        is_done = self._pens.wait(timeout)
        self._notify()
        return is_done

    # The hooks of a sketch

    def update(self, dt: float) -> None:
        """Take in what has happened in the background: saved examples, training reports, a model."""
        self._report(*self._taught.poll())
        lines, loaded = self._manager.update()
        self._report(*lines)
        self._pens.pass_time(dt)
        self._report(*self._client.follow(loaded))
        self._pens.flush()
        self._report(*self._pens.take_faults(), *self._pens.take_notices())
        self._notify()

    def feed(self, points_by_pointer: Mapping[int, Points]) -> None:
        """Take the next points of several pens at once, in batched steps, which are faster than single ones.

        For agents that draw, and for scripts; a sketch's own pens come through `on_stroke_point`. As theirs,
        each pen is lifted by `on_stroke`, and its ink closed by `on_ink`.

        Args:
            points_by_pointer: Points of each pen that is down, shape (n, 4), oldest first.

        Raises:
            PointsError: An array has another shape or is not finite in x or y; nothing has changed.
        """
        self._pens.feed(points_by_pointer)
        self._notify_at_once()

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """Take one sample of a pen that is down: float32 of shape (4,).

        While one pen is down its answer is there when this returns; the points of several pens are answered
        together, in `update` or when an answer is read.

        Raises:
            PointsError: It has another shape, or x or y is not finite; nothing has changed.
        """
        self._pens.point(point, pointer_id)
        self._notify_at_once()

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """End a stroke: the pen was lifted."""
        self._pens.lift(pointer_id)
        self._notify_at_once()

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """End an ink: the answer to its last point is decided, unless the ink is unknown.

        Where a worker answers, `on_decide` is called in a later `update`, after the answer to the last point.
        """
        self._pens.close_ink(pointer_id)
        self._notify()

    def on_ink_reopened(self, strokes: Strokes, pointer_id: int) -> None:
        """Continue an ink that has these strokes; its answer is the one to all of them.

        Raises:
            PointsError: A stroke has another shape, or a point is not finite; nothing has changed.
        """
        self._notify()
        self._pens.reopen_ink(strokes, pointer_id)
        self._events.reopen(pointer_id)
        self._notify_at_once()

    def messages(self) -> list[str]:
        """Messages for the user since the last call, a line each."""
        lines, self._lines = self._lines, []
        return lines

    def exit(self) -> None:
        """End training and export, save what is taught, close the model."""
        self._report(*self._client.stop())
        self._vetting.close()
        self._manager.close()
        self._pens.close()
        if self._store is not None:
            self._store.close()
            self._report(*self._store.poll())

    def _notify_at_once(self) -> None:
        # Called at every point: without listeners, or with a worker, once a frame is enough.
        if self._pens.at_once and (self.on_progress or self.on_decide or self.on_lost):
            self._notify()

    def _notify(self) -> None:
        listeners = Listeners(self.on_progress, self.on_decide, self.on_lost)
        self._events.tell(self._pens.take_news(), listeners)

    @property
    def _taught(self) -> TaughtStore:
        if self._store is None:
            raise RuntimeError("call setup(home) before anything else; a sketch does so in use(addon)")
        return self._store

    def _report_twins(self, example: Example) -> None:
        others = taught_as(self.examples, example.label, example.strokes)
        if others:
            both = " and as ".join((example.label, *others))
            self._report(f"the very same drawing is taught as {both}; forget one of them")

    def _learned(self, timeout: float | None) -> Prototypes | None:
        """What the model has learned; waits for a worker that is behind, as `timeout` says."""
        asked_before, self._advised = self._advised, True
        wait = timeout if timeout is not None else 0.0 if asked_before else FIRST_SECONDS
        ends = time.monotonic() + wait
        while (learned := self._pens.taught) is not None and time.monotonic() < ends:
            if len(learned.keys) == len(self.examples):
                break
            time.sleep(0.002)
        return learned

    def _report(self, *lines: str) -> None:
        for line in map(escaped, lines):
            self._lines.append(line)
            _log.info(line)


def _finite(name: str, value: float) -> float:
    try:
        read = float(value)
    except (TypeError, ValueError):
        read = math.nan
    if not math.isfinite(read):
        raise ValueError(f"{name} must be a finite number; got {value!r}")
    return read
