"""One training from the taught inks to the exported model."""

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

# Progress is told at most this often, in seconds.
TELL_EVERY = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSetup:
    """Everything a training needs, ready.

    Attributes:
        corpus: The taught inks as they came.
        data: The same, as the trainer takes them.
        recipe: How points become rows.
        learner: A new one, or one that goes on.
    """

    corpus: Corpus
    data: InkSet
    recipe: FeatureRecipe
    learner: Learner


def run(job: Job, config: TrainConfig, tell: Callable[[Event], None], cancelled: Callable[[], bool]) -> None:
    """Train, and export the model.

    Args:
        job: What to train on, and where results go.
        config: How to train.
        tell: Takes each event.
        cancelled: Asked between iterations; once it is true, the training is kept and ends without a model.

    Raises:
        TrainingError: There is nothing to learn from, nothing to go on with, or the loss is no number.
        TaughtError: The inks cannot be read.
        OSError: The checkpoint or the model cannot be written.
    """
    began = time.monotonic()
    lesson = prepare(job, config)
    tell(Started(lesson.data.labels, len(lesson.data), config.iterations))
    for step in _told(_steps(lesson, config), config, began, tell):
        if cancelled():
            _keep(job, config, lesson)
            tell(Cancelled(step.index))
            return
        if step.index % config.checkpoint_every == 0:
            _keep(job, config, lesson)
    _keep(job, config, lesson)
    tell(_export(job, config, lesson, began))


def prepare(job: Job, config: TrainConfig) -> TrainingSetup:
    """Read and check the inks; begin a learner, or take up the one that was kept.

    Whoever goes on keeps the feature recipe: the weights know no other.

    Raises:
        TrainingError: There are too few inks or classes, or nothing to go on with.
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
    # Samples closer than half a row say nothing that a row would show.
    return TrainingSetup(corpus, replace(data, inks=thinned(data.inks, recipe.step / 2)), recipe, learner)


def _checked_labels(corpus: Corpus, labels: tuple[str, ...] | None) -> tuple[str, ...]:
    taught = sorted(set(corpus.labels.tolist()))
    if not taught:
        raise TrainingError("nothing is taught yet; draw a few letters first")
    wanted = tuple(taught) if labels is None else labels
    without = [label for label in wanted if label not in taught]
    if without:
        raise TrainingError(f"{', '.join(without)} has no example; draw one, or take the label away")
    beside = [label for label in taught if label not in wanted]
    if beside:
        raise TrainingError(f"there are examples of {', '.join(beside)}, but no such label")
    if len(wanted) < 2:
        raise TrainingError(
            f"only {', '.join(wanted)} is taught; draw at least one other letter to tell it from"
        )
    return wanted


def _steps(lesson: TrainingSetup, config: TrainConfig) -> Iterator[Step]:
    # A training that goes on sees other variations than it saw before.
    chance = np.random.default_rng([config.seed, lesson.learner.iteration])
    return train(lesson.learner, batches(lesson.data, lesson.recipe, config, chance), config)


def _told(
    steps: Iterator[Step], config: TrainConfig, began: float, tell: Callable[[Event], None]
) -> Iterator[Step]:
    told = -TELL_EVERY
    for step in steps:
        now = time.monotonic() - began
        if now - told >= TELL_EVERY or step.index == config.iterations:
            tell(Progress(step.index, config.iterations, step.loss, step.accuracy, now))
            told = now
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
