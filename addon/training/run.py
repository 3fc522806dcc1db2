"""A training, from the taught inks to the exported model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from addon.arrays import Bools, Doubles, Floats, Ints
from addon.dataset.corpus import Corpus, corpus_hash, inks, read_corpus
from addon.errors import TrainingError
from addon.features.batch import flat_rows
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_scale
from addon.model.metadata import ModelSpec
from addon.training.checkpoint import load_checkpoint, resumed, save_checkpoint
from addon.training.config import TrainConfig
from addon.training.graph import export_step
from addon.training.ink_set import Batch, InkSet, batches, ink_set, padded, progress_of, thinned
from addon.training.nets import StepNet, seeded_net
from addon.training.protocol import Cancelled, CancelledError, Event, Exported, Job, Started, Teller
from addon.training.thumbnails import thumbnails
from addon.training.trainer import Learner, Step, new_learner, train


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSetup:
    """Everything a training needs.

    Attributes:
        corpus: The taught inks.
        data: The taught inks in the trainer's form.
        recipe: The feature recipe.
        learner: A new one, or one from a checkpoint.
    """

    corpus: Corpus
    data: InkSet
    recipe: FeatureRecipe
    learner: Learner


def run(job: Job, config: TrainConfig, tell: Callable[[Event], None], cancelled: Callable[[], bool]) -> None:
    """Train, and export the model.

    Args:
        job: The data, and where results go.
        config: The settings.
        tell: Called with each event.
        cancelled: Checked between iterations; once it is true, training is saved and ends without a model.

    Raises:
        TrainingError: There is nothing to learn from or to continue, or the loss is not finite.
        TaughtError: The inks cannot be read.
        OSError: The checkpoint or the model cannot be written.
    """
    teller = Teller(tell, cancelled, config.iterations)
    lesson = prepare(job, config)
    tell(Started(lesson.data.labels, len(lesson.data), config.iterations))
    try:
        for step in _steps(lesson, config):
            teller.step(step.loss, step.accuracy)
            if step.index % config.checkpoint_every == 0:
                _keep(job, config, lesson)
    except CancelledError:
        _keep(job, config, lesson)
        return tell(Cancelled(teller.made))
    _keep(job, config, lesson)
    tell(_export(job, config, lesson, teller))


def prepare(job: Job, config: TrainConfig) -> TrainingSetup:
    """Read and check the inks; make a new learner, or load the one of the checkpoint.

    A continued training keeps its feature recipe, which its weights depend on.

    Raises:
        TrainingError: There are too few inks or classes, or nothing to continue.
        TaughtError: The inks cannot be read.
    """
    corpus = read_corpus(job.data)
    labels = _checked_labels(corpus, job.labels)
    if job.resume:
        kept = load_checkpoint(job.checkpoint)
        recipe, learner = kept.recipe, resumed(kept, labels, config)
    else:
        recipe = FeatureRecipe(ink_scale(inks(corpus)), config.shape.spacing)
        shape = config.shape
        learner = new_learner(seeded_net(len(labels), shape.layers, shape.hidden, config.seed), config)
    data = ink_set(corpus, labels)
    # Samples closer than half a row do not change the rows.
    return TrainingSetup(corpus, replace(data, inks=thinned(data.inks, recipe.step / 2)), recipe, learner)


def _checked_labels(corpus: Corpus, labels: tuple[str, ...] | None) -> tuple[str, ...]:
    taught = sorted(set(corpus.labels.tolist()))
    if not taught:
        raise TrainingError("nothing is taught yet; draw a few letters first")
    wanted = tuple(taught) if labels is None else labels
    without = [label for label in wanted if label not in taught]
    if without:
        raise TrainingError(f"{', '.join(without)} has no example; draw one, or remove the label")
    unlisted = [label for label in taught if label not in wanted]
    if unlisted:
        raise TrainingError(f"there are examples of {', '.join(unlisted)}, but no such label")
    if len(wanted) < 2:
        raise TrainingError(f"only {', '.join(wanted)} is taught; teach at least one more letter")
    return wanted


def _steps(lesson: TrainingSetup, config: TrainConfig) -> Iterator[Step]:
    # A continued training gets other variations than before.
    chance = np.random.default_rng([config.seed, lesson.learner.iteration])
    return train(lesson.learner, batches(lesson.data, lesson.recipe, config, chance), config)


def _keep(job: Job, config: TrainConfig, lesson: TrainingSetup) -> None:
    save_checkpoint(job.checkpoint, lesson.learner, config.preset, lesson.data.labels, lesson.recipe)


def _export(job: Job, config: TrainConfig, lesson: TrainingSetup, teller: Teller) -> Exported:
    net, data = lesson.learner.net, lesson.data
    found = measure(net, data, lesson.recipe)
    spec = ModelSpec(
        data.labels,
        lesson.recipe,
        net.layers,
        net.hidden,
        net.hidden,
        thumbnails=thumbnails(lesson.corpus),
        taught_hash=corpus_hash(lesson.corpus),
    ).with_training(
        name=job.name,
        preset=config.preset,
        examples=len(data),
        iterations=lesson.learner.iteration,
        loss=lesson.learner.loss,
        seed=config.seed,
        seconds=teller.seconds,
        accuracy=found.accuracy,
        accuracy_of="the taught inks",
        progress_error=found.progress_error,
    )
    export_step(net, spec, job.out)
    return Exported(job.out, found.accuracy["lifted"], teller.seconds)


FRACTIONS = (0.25, 0.5, 0.75, 1.0)
AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Measured:
    """The accuracy of a network.

    Attributes:
        accuracy: Share of inks recognised, 0..1, by the fraction of their pen-down travel that is drawn
            ("0.25", "0.5", "0.75", "1.0") and for the finished ink ("lifted").
        progress_error: Mean of |detected progress - true fraction| over all rows.
    """

    accuracy: dict[str, float]
    progress_error: float


def measure(net: StepNet, data: InkSet, recipe: FeatureRecipe) -> Measured:
    """Measure the accuracy of a network on inks without augmentation.

    Args:
        net: The network.
        data: At least one ink, with classes as the network numbers them.
        recipe: How points become rows.
    """
    table = flat_rows(recipe, *data.inks)
    parts = np.split(np.arange(len(data)), range(AT_ONCE, len(data), AT_ONCE))
    longest = int(np.diff(table.offsets).max())
    progress = progress_of(table)
    checked = [_check(net, padded(table, progress, part, data.classes[part], longest)) for part in parts]
    right, off, rows = (np.concatenate(each) for each in zip(*checked, strict=True))
    names = [*map(str, FRACTIONS), "lifted"]
    shares = dict(zip(names, right.mean(axis=0).tolist(), strict=True))
    return Measured(shares, float(off.sum() / rows.sum()))


def _check(net: StepNet, batch: Batch) -> tuple[Bools, Doubles, Ints]:
    with torch.no_grad():
        out = net(batch.rows, *net.start(len(batch.rows)))
    best, lengths = out.scores.argmax(dim=2).numpy(), batch.lengths.numpy()
    true, guess = batch.progress.numpy(), out.progress[..., 0].numpy()
    there = _columns(true) < lengths[:, None]
    inks = np.arange(len(lengths))
    at = [_row_at(true, lengths, fraction) for fraction in FRACTIONS]
    right = np.stack([best[inks, row] == batch.classes.numpy() for row in [*at, lengths - 1]], axis=1)
    return right, np.where(there, np.abs(guess - true), 0.0).sum(axis=1), lengths


def _row_at(progress: Floats, lengths: Ints, fraction: float) -> Ints:
    """The last row at or before a fraction of the travel, while the pen is still down on the last stroke."""
    before_lift = _columns(progress) < lengths[:, None] - 1
    reached = before_lift & (progress <= fraction + 1e-6)
    return np.maximum(reached.sum(axis=1) - 1, 0)


def _columns(progress: Floats) -> Ints:
    return np.arange(progress.shape[1], dtype=np.int64)
