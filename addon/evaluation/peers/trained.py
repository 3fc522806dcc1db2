"""A network trained from scratch on the few examples, with Inkloop's own training."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import sleep

import numpy as np

from addon.dataset.corpus import write_corpus
from addon.errors import EvaluationError
from addon.evaluation.checkpoints import marked
from addon.evaluation.model import new_engine
from addon.evaluation.outcomes import outcome
from addon.evaluation.peers.peer import Ask, PeerAnswer
from addon.evaluation.replay import Stopwatch, draw
from addon.features.points import Strokes
from addon.inference.loaded_model import load_model
from addon.inference.providers import choose_here
from addon.training.protocol import Event, Exported, Job
from addon.training.trainer_process import TrainerProcess

# As many as `recognizer.train()` makes.
ITERATIONS = 2000


def teach_network(inks: Sequence[Strokes], labels: Sequence[str], iterations: int = ITERATIONS) -> Ask:
    """An LSTM of the default preset, trained in another process as `recognizer.train()` does."""
    with tempfile.TemporaryDirectory(prefix="inkloop-") as folder:
        out = Path(folder) / "plain.onnx"
        write_corpus(Path(folder) / "taught.npz", inks, labels)
        config = {"iterations": iterations}
        job = Job(Path(folder) / "taught.npz", out, Path(folder) / "checkpoint", "plain", config=config)
        _train(job)
        engine = new_engine(load_model(out, choose_here("cpu", None)))

    def ask(strokes: Strokes) -> PeerAnswer:
        watch = Stopwatch()
        ready = marked(strokes)
        judged = outcome(ready, draw(engine, ready.strokes, watch), 0, 0, "", "")
        return PeerAnswer(judged.answers, judged.progress_error, tuple(np.array(watch.points) / 1e9))

    return ask


def _train(job: Job) -> None:
    trainer = TrainerProcess.start(job)
    last: Event | None = None
    try:
        while trainer.running:
            sleep(0.05)
            last = (trainer.poll() or [last])[-1]
        last = (trainer.poll() or [last])[-1]
    finally:
        trainer.stop()
    if not isinstance(last, Exported):
        raise EvaluationError(f"a network could not be trained ({last})")
