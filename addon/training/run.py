"""A training, from the taught inks to the exported model."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from addon.dataset.corpus import Corpus, corpus_hash, inks, read_corpus
from addon.errors import TrainingError
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_scale
from addon.model.metadata import ModelSpec
from addon.training.accuracy import measure
from addon.training.checkpoint import load_checkpoint, resumed, save_checkpoint
from addon.training.config import TrainConfig
from addon.training.export import export_step
from addon.training.ink_set import InkSet, batches, ink_set, thinned
from addon.training.nets import seeded_net
from addon.training.protocol import Cancelled, Event, Exported, Job, Progress, Started
from addon.training.thumbnails import thumbnails
from addon.training.trainer import Learner, Step, new_learner, train

# Progress is reported at most this often, in seconds.
REPORT_EVERY = 0.05


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
    began = time.monotonic()
    lesson = prepare(job, config)
    tell(Started(lesson.data.labels, len(lesson.data), config.iterations))
    for step in _reported(_steps(lesson, config), config, began, tell):
        if cancelled():
            _keep(job, config, lesson)
            tell(Cancelled(step.index))
            return
        if step.index % config.checkpoint_every == 0:
            _keep(job, config, lesson)
    _keep(job, config, lesson)
    tell(_export(job, config, lesson, began))


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


def _reported(
    steps: Iterator[Step], config: TrainConfig, began: float, tell: Callable[[Event], None]
) -> Iterator[Step]:
    reported = -REPORT_EVERY
    for step in steps:
        now = time.monotonic() - began
        if now - reported >= REPORT_EVERY or step.index == config.iterations:
            tell(Progress(step.index, config.iterations, step.loss, step.accuracy, now))
            reported = now
        yield step


def _keep(job: Job, config: TrainConfig, lesson: TrainingSetup) -> None:
    save_checkpoint(job.checkpoint, lesson.learner, config.preset, lesson.data.labels, lesson.recipe)


def _export(job: Job, config: TrainConfig, lesson: TrainingSetup, began: float) -> Exported:
    net, data = lesson.learner.net, lesson.data
    found = measure(net, data, lesson.recipe)
    seconds = time.monotonic() - began
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
        seconds=seconds,
        accuracy=found.accuracy,
        accuracy_of="the taught inks",
        progress_error=found.progress_error,
    )
    export_step(net, spec, job.out)
    return Exported(job.out, found.accuracy["lifted"], time.monotonic() - began)
