"""Adapt a base encoder to the taught inks, if that makes it better.

Only the projection to the embedding and the background are trained: a metric that separates the inks of this
user. The LSTM stays as it was trained on many writers, since a few dozen inks would make it worse. Episodes
and loss are those of pretraining.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from onnx.utils import Extractor
from torch import Tensor, nn

from addon.arrays import Ints
from addon.dataset.corpus import Corpus, inks, read_corpus
from addon.errors import TrainingError
from addon.features.batch import flat_rows
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_scale
from addon.fewshot import prototypes
from addon.fewshot.prototypes import answers, no_prototypes, taught
from addon.fewshot.scoring import Scoring
from addon.model.metadata import ENCODER_OUTPUTS, INPUTS, ModelSpec
from addon.training.config import FEWEST_COPIES, AdaptConfig
from addon.training.encoder import EncoderNet, loss_at
from addon.training.encoder_export import background_of
from addon.training.encoder_import import read_encoder
from addon.training.episodes import MOST_ROWS
from addon.training.export_check import Arrays, onnx_answer, session_of, versions, write_checked
from addon.training.graph import array_of
from addon.training.ink_set import ink_set, thinned
from addon.training.nodes import described, read_model, tensors
from addon.training.pool import scaled
from addon.training.protocol import Cancelled, CancelledError, Event, Exported, Job, Kept, Started, Teller
from addon.training.variations import VariedInks, copied, exercise, hidden_at, varied_inks

# Steps over which the learning rate rises.
RISE = 10
LARGEST_GRADIENT = 1.0


class Taught(NamedTuple):
    """The data that an encoder is adapted to.

    Attributes:
        drill: The inks and their copies.
        asked: The LSTM's output at the rows that are tested: half drawn, and with the pen lifted.
    """

    drill: VariedInks
    asked: Tensor


def adapt(
    job: Job, config: AdaptConfig, tell: Callable[[Event], None], cancelled: Callable[[], bool]
) -> None:
    """Adapt an encoder, and export it if it is better in cross-validation.

    Args:
        job: The data, and the encoder.
        config: The settings.
        tell: Called with each event.
        cancelled: Checked between steps; once it is true, adapting ends without an export.

    Raises:
        TrainingError: No class has two examples, or there is only one class.
        ModelError: The encoder cannot be read.
        TaughtError: The inks cannot be read.
        OSError: The encoder cannot be written.
    """
    teller = Teller(tell, cancelled, config.iterations)
    corpus = read_corpus(job.data)
    classes = checked_classes(corpus)
    assert job.model is not None
    net, spec = read_encoder(job.model)
    assert spec.scoring is not None
    tell(Started(tuple(np.unique(corpus.labels).tolist()), len(corpus), config.iterations))
    torch.manual_seed(config.seed)  # pyright: ignore[reportUnknownMemberType]
    try:
        given = taught_of(net, corpus, classes, spec.recipe, spec.scoring.levels, config, teller)
        before, after = compared(net, given, spec.scoring, config, teller)
        if after <= before:
            return tell(Kept(before, after, teller.seconds))
        made = adapted(net, given.drill, np.arange(len(classes)), config, config.folds, teller)
    except CancelledError:
        return tell(Cancelled(teller.made))
    facts = {"examples": len(corpus), "before": before, "after": after, "steps": config.steps}
    export_adapted(made, job.model, job.name, facts | {"lr": config.lr, "seed": config.seed}, job.out)
    tell(Exported(job.out, after, teller.seconds, before))


def checked_classes(corpus: Corpus) -> Ints:
    """The classes of the taught inks, as numbers.

    Raises:
        TrainingError: No class has two examples, or there is only one class.
    """
    labels, classes, counts = np.unique(corpus.labels, return_inverse=True, return_counts=True)
    if len(labels) < 2:
        raise TrainingError("only one class is taught; teach at least one more")
    if counts.max() < 2:
        raise TrainingError("there is one example of each class; draw a second example of some of them")
    return classes


def taught_of(
    net: EncoderNet,
    corpus: Corpus,
    classes: Ints,
    recipe: FeatureRecipe,
    levels: int,
    config: AdaptConfig,
    teller: Teller,
) -> Taught:
    """Run the inks and their copies through the LSTM.

    Raises:
        CancelledError: Adapting was cancelled.
    """
    scale = ink_scale(inks(corpus), recipe.dot)
    flat = ink_set(corpus, np.unique(corpus.labels).tolist()).inks
    flat = scaled(flat, np.full(len(classes), 1 / scale))
    recipe = replace(recipe, scale=1.0)
    spacing = recipe.spacing
    chance = np.random.default_rng(config.seed)
    copies = [copied(net, flat, recipe, levels, chance, varied=False)]
    thin = thinned(flat, spacing / 2)
    for _ in range(max(FEWEST_COPIES, min(config.copies, config.most // len(classes)))):
        teller.check()
        copies.append(copied(net, thin, recipe, levels, chance, varied=True))
    table = flat_rows(recipe, *flat)
    ends = zip(table.offsets[:-1].tolist(), table.offsets[1:].tolist(), strict=True)
    rows = np.stack([prototypes.level_rows(table.travel[a:b], 2)[[0, -1]] for a, b in ends])
    return Taught(
        varied_inks(copies, classes, levels), hidden_at(net, table, np.minimum(rows, MOST_ROWS - 1))
    )


def compared(
    net: EncoderNet, given: Taught, scoring: Scoring, config: AdaptConfig, teller: Teller
) -> tuple[float, float]:
    """Cross-validated accuracy before and after adapting, over half drawn and finished inks.

    Raises:
        CancelledError: Adapting was cancelled.
    """
    chance = np.random.default_rng(config.seed)
    before, after, asked = 0, 0, 0
    for number, fold in enumerate(folds(given.drill.classes, config.folds, chance)):
        made = adapted(net, given.drill, fold.taught, config, number, teller)
        asked += 2 * len(fold.asked)
        counts: list[int] = []
        for each in (net, made):
            with torch.no_grad():
                tracks = each.project(given.drill.tracks)
                rows = each.project(given.asked)
            vectors, bias = background_of(each)
            own = replace(scoring, background=vectors, background_bias=bias)
            counts.append(int(right(own, tracks, rows, given.drill.classes, fold).sum()))
        before, after = before + counts[0], after + counts[1]
    return before / asked, after / asked


def adapted(
    net: EncoderNet, drill: VariedInks, allowed: Ints, config: AdaptConfig, run: int, teller: Teller
) -> EncoderNet:
    """A copy of an encoder, adapted to some of the inks.

    Args:
        net: The encoder; not changed.
        drill: The inks and their copies.
        allowed: Indices of the inks to train on.
        config: The settings.
        run: Number of the training; each draws other episodes.
        teller: Counts the steps.

    Raises:
        CancelledError: Adapting was cancelled.
    """
    net = copy.deepcopy(net).requires_grad_(False)
    chance = np.random.default_rng([config.seed, run])
    weights = [net.project.weight, net.background, net.background_bias]
    for each in weights:
        each.requires_grad_(True)
    optimizer = torch.optim.Adam(weights, config.lr)
    for step in range(config.steps):
        part = exercise(drill, allowed, chance)
        tracks: Tensor = net.project(drill.hidden[part.taught[:, None], part.levels])
        loss, figures = loss_at(net, tracks, net.project(drill.hidden[part.asked, part.rows]), part)
        for group in optimizer.param_groups:
            group["lr"] = config.lr * min(1.0, (step + 1) / RISE) * (1 - step / config.steps)
        optimizer.zero_grad()
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
        optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        teller.step(float(loss.detach()), float(figures[-1]))
    return net


class Fold(NamedTuple):
    """The inks to teach and the inks to test, as indices."""

    taught: Ints
    asked: Ints


def folds(classes: Ints, count: int, chance: np.random.Generator) -> Iterator[Fold]:
    """Split the inks: every ink of a class with several is tested once; each class is always taught."""
    part = np.full(len(classes), -1)
    for label in np.unique(classes):
        mine = chance.permutation(np.flatnonzero(classes == label))
        if len(mine) > 1:
            part[mine] = np.arange(len(mine)) % count
    for number in range(count):
        yield Fold(np.flatnonzero(part != number), np.flatnonzero(part == number))


def right(scoring: Scoring, tracks: Tensor, asked: Tensor, classes: Ints, fold: Fold) -> Ints:
    """How many of a fold's tested inks are recognised, at each tested row.

    Args:
        scoring: The scoring.
        tracks: Embeddings of every ink at its levels, shape (inks, levels + 1, embedding).
        asked: Embeddings of every ink at the rows to test, shape (inks, rows, embedding).
        classes: Shape (inks,).
        fold: The fold.

    Returns:
        Shape (rows,).
    """
    if not len(fold.asked):
        return np.zeros(asked.shape[1], dtype=np.int64)
    names = [str(label) for label in classes[fold.taught].tolist()]
    known = taught(no_prototypes(scoring), range(len(names)), names, list(array_of(tracks)[fold.taught]))
    rows = array_of(asked)[fold.asked]
    best = answers(known, rows.reshape(-1, rows.shape[2])).probabilities.argmax(axis=1)
    named = np.array(known.labels)[best].reshape(rows.shape[:2])
    return (named == classes[fold.asked].astype(str)[:, None]).sum(axis=0)


def export_adapted(net: EncoderNet, base: Path, name: str, facts: dict[str, Any], path: Path) -> ModelSpec:
    """Write an adapted encoder, checked like every export.

    A head that reads the LSTM is kept; a head that reads the embedding is removed.

    Args:
        net: The adapted encoder: the base's LSTM with another projection and background.
        base: The file of the base encoder.
        name: Name of the recogniser.
        facts: Facts about the adapting, for the description.
        path: The file to write or to replace; its folder exists.

    Raises:
        ModelError: The base cannot be read, or ONNX Runtime's answers differ from torch's.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    model, spec = read_model(base)
    before = spec.scoring
    assert before is not None
    if any("embedding" in node.input for node in model.graph.node):
        model = Extractor(model).extract_model(list(INPUTS), list(ENCODER_OUTPUTS))
        spec = replace(spec, labels=(), unknown=False, thumbnails={})
    (project,) = (each for each in model.graph.initializer if each.name == "project.W")
    session = session_of(model.SerializeToString())
    (changed,) = tensors({"project.W": array_of(net.project.weight).T})
    project.CopyFrom(changed)
    background, bias = array_of(net.background), array_of(net.background_bias)
    scoring = replace(before, background=background, background_bias=bias)
    written = replace(spec, scoring=scoring, versions=versions()).with_training(name=name, adapted=facts)

    def answer(inputs: Arrays) -> Arrays:
        rows, h, c = map(torch.as_tensor, inputs)
        with torch.no_grad():
            hidden, _ = net.lstm(rows.transpose(0, 1), (h, c))
            embedding = net.project(hidden.transpose(0, 1))
        return [embedding.numpy(), *onnx_answer(session, written.outputs[1:], inputs)]

    write_checked(described(model.graph, written), written, answer, path)
    return written
